//! Reads the committed reference data.

use std::fs::File;
use std::path::Path;

/// An array: its shape and its numbers as f64.
pub struct Array {
    pub shape: Vec<u64>,
    pub values: Vec<f64>,
}

/// Every array of an npz file, by name.
pub fn read(path: &Path) -> Vec<(String, Array)> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut archive = npyz::npz::NpzArchive::new(file).expect("an npz file");
    let names: Vec<String> = archive.array_names().map(str::to_string).collect();
    let mut arrays = vec![];
    for name in names {
        let array = archive.by_name(&name).expect("readable").expect("listed");
        let (shape, kind) = (array.shape().to_vec(), array.dtype().descr());
        let values: Vec<f64> = if kind.contains("f8") {
            array.into_vec::<f64>().expect("f64")
        } else if kind.contains("f4") {
            array.into_vec::<f32>().expect("f32").into_iter().map(f64::from).collect()
        } else if kind.contains("u4") {
            array.into_vec::<u32>().expect("u32").into_iter().map(f64::from).collect()
        } else {
            panic!("{name} has type {kind}")
        };
        arrays.push((name, Array { shape, values }));
    }
    arrays
}
