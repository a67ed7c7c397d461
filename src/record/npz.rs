//! Arrays in files that numpy reads: `numpy.load("exc.npz")["times"]`.
//!
//! The same arrays give the same bytes: entries carry no date.

use crate::error::{Error, Result};
use npyz::WriterBuilder;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;

/// A file of arrays being written.
pub struct Writer {
    path: PathBuf,
    zip: zip::ZipWriter<BufWriter<File>>,
}

impl Writer {
    /// Begins a file.
    ///
    /// # Errors
    /// [`Error::File`] where it cannot be created.
    pub fn create(path: PathBuf) -> Result<Writer> {
        match File::create(&path) {
            Ok(file) => Ok(Writer { path, zip: zip::ZipWriter::new(BufWriter::new(file)) }),
            Err(source) => Err(Error::File { action: "create", path, source }),
        }
    }

    /// Adds an array of any number of dimensions, the last one varying fastest.
    ///
    /// # Errors
    /// [`Error::File`] where it cannot be written.
    pub fn array<T: npyz::AutoSerialize>(&mut self, name: &str, shape: &[u64], values: &[T]) -> Result<()> {
        let written = write_array(&mut self.zip, name, shape, values);
        written.map_err(|source| Error::File { action: "write", path: self.path.clone(), source })
    }

    /// Completes the file.
    ///
    /// # Errors
    /// [`Error::File`] where it cannot be written.
    pub fn finish(self) -> Result<()> {
        let finished = self.zip.finish().map_err(io::Error::from).and_then(|mut file| file.flush());
        finished.map_err(|source| Error::File { action: "write", path: self.path, source })
    }
}

fn write_array<W: Write + Seek, T: npyz::AutoSerialize>(
    zip: &mut zip::ZipWriter<W>,
    name: &str,
    shape: &[u64],
    values: &[T],
) -> io::Result<()> {
    // the fastest level: spikes shrink to a third, and higher levels gain little
    let options = SimpleFileOptions::default().compression_level(Some(1)).large_file(true);
    zip.start_file(npyz::npz::file_name_from_array_name(name), options)?;
    // values come one by one, and an entry of the archive compresses whatever it is given at once
    let mut buffered = BufWriter::with_capacity(1 << 16, zip);
    let mut array =
        npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut buffered).begin_nd()?;
    array.extend(values)?;
    array.finish()?;
    buffered.flush()
}

/// Reads one array of a file, whatever its shape.
///
/// # Errors
/// [`Error::File`] where the file or the array is missing or damaged.
pub fn read<T: npyz::Deserialize>(path: &Path, name: &str) -> Result<Vec<T>> {
    let read = || -> io::Result<Vec<T>> {
        let mut zip = zip::ZipArchive::new(BufReader::new(File::open(path)?))?;
        let entry = zip.by_name(&npyz::npz::file_name_from_array_name(name))?;
        npyz::NpyFile::new(entry)?.into_vec()
    };
    read().map_err(|source| Error::File { action: "read", path: path.into(), source })
}
