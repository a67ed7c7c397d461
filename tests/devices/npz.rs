//! Reads the committed reference data.

use std::path::Path;
use synfire::record::npz::read;

/// An array of any number type, as f64; none where the file has no such array.
pub fn array(path: &Path, name: &str) -> Option<Vec<f64>> {
    let wide = read::<f64>(path, name).ok();
    let narrow = || read::<f32>(path, name).ok().map(|values| values.into_iter().map(f64::from).collect());
    let whole = || read::<u32>(path, name).ok().map(|values| values.into_iter().map(f64::from).collect());
    let signed =
        || read::<i64>(path, name).ok().map(|values| values.into_iter().map(|it| it as f64).collect());
    wide.or_else(narrow).or_else(whole).or_else(signed)
}
