//! A run's folder: a file for each record and a summary, all of them or none.
//!
//! *How it works.* Files are written into a hidden folder inside the target and renamed into place when all are
//! complete; the summary comes last, so a folder with a summary is a complete one.

use super::npz::Writer;
use super::summary::{self, Summary};
use super::{Detected, Found, Recording, SpikeTrain, SpinTrain, TraceTable};
use crate::error::{Error, Result};
use crate::network::detector::Measure;
use std::fs;
use std::path::{Path, PathBuf};

/// Checks that a run can be saved in `folder`, and leaves nothing behind: call it before a long run.
///
/// # Errors
/// [`Error::File`] where there is a file in the way or nothing may be written there.
pub fn prepare(folder: &Path) -> Result<()> {
    let failed = |source| Error::File { action: "write to", path: folder.into(), source };
    let absolute = std::path::absolute(folder).map_err(failed)?;
    let existing = absolute.ancestors().find(|ancestor| ancestor.symlink_metadata().is_ok());
    let existing = existing.unwrap_or(&absolute);
    let probe = existing.join(format!(".synfire-{}", std::process::id()));
    fs::create_dir(&probe).and_then(|()| fs::remove_dir(&probe)).map_err(failed)
}

/// Writes `NAME.npz` for every record and `summary.json` into `folder`, which is created where it is missing.
///
/// # Errors
/// [`Error::File`]; files of an earlier run are then left as they were.
pub fn save(recording: &Recording, folder: &Path, summary: &Summary) -> Result<()> {
    let mut stage = Stage::open(folder)?;
    for train in &recording.spikes {
        save_spikes(train, recording.trials.len(), stage.path(&format!("{}.npz", train.name)))?;
    }
    for table in &recording.traces {
        save_trace(table, stage.path(&format!("{}.npz", table.name)))?;
    }
    for train in &recording.spins {
        save_spins(train, recording.trials.len(), stage.path(&format!("{}.npz", train.name)))?;
    }
    for detected in &recording.detectors {
        save_detected(detected, stage.path(&format!("{}.npz", detected.name)))?;
    }
    let path = stage.path(summary::FILE);
    let text = serde_json::to_string_pretty(summary).expect("a summary is plain data");
    fs::write(&path, text + "\n").map_err(|source| Error::File { action: "write", path, source })?;
    stage.commit()
}

fn save_spikes(train: &SpikeTrain, n_trials: usize, path: PathBuf) -> Result<()> {
    let mut file = Writer::create(path)?;
    file.array("times", &[train.times.len() as u64], &train.times)?;
    file.array("senders", &[train.senders.len() as u64], &train.senders)?;
    if n_trials > 1 {
        file.array("trials", &[train.trials.len() as u64], &train.trials)?;
    }
    file.finish()
}

fn save_spins(train: &SpinTrain, n_trials: usize, path: PathBuf) -> Result<()> {
    let mut file = Writer::create(path)?;
    let shape = [train.times.len() as u64];
    file.array("times", &shape, &train.times)?;
    file.array("senders", &shape, &train.senders)?;
    file.array("state", &shape, &train.states)?;
    if n_trials > 1 {
        file.array("trials", &shape, &train.trials)?;
    }
    file.finish()
}

fn save_detected(detected: &Detected, path: PathBuf) -> Result<()> {
    let mut file = Writer::create(path)?;
    let [weighted, counts] = detected.names();
    file.array("lags", &[detected.lags_ms.len() as u64], &detected.lags_ms)?;
    let shape = detected.shape();
    let of_trials = |numbers: fn(&Found) -> &Vec<u64>| -> Vec<u64> {
        detected.trials.iter().flat_map(numbers).copied().collect()
    };
    if detected.measure != Measure::Spins {
        let all: Vec<f64> = detected.trials.iter().flat_map(|found| &found.weighted).copied().collect();
        file.array(weighted, &shape, &all)?;
    }
    file.array(counts, &shape, &of_trials(|found| &found.counts))?;
    let channels =
        [&shape[..usize::from(detected.trials.len() > 1)], &[u64::from(detected.n_channels)]].concat();
    file.array("n_events", &channels, &of_trials(|found| &found.n_events))?;
    file.finish()
}

fn save_trace(table: &TraceTable, path: PathBuf) -> Result<()> {
    let rows = table.times.len() as u64;
    let mut file = Writer::create(path)?;
    file.array("times", &[rows], &table.times)?;
    let shape = [rows, u64::from(table.n_trials), u64::from(table.width)];
    // files of a single trial have no dimension for it
    let shape = if table.n_trials > 1 { shape.to_vec() } else { vec![shape[0], shape[2]] };
    for (variable, values) in &table.variables {
        file.array(variable, &shape, values)?;
    }
    file.finish()
}

/// Files on their way into a folder; without [`Stage::commit`] they vanish.
#[derive(Debug)]
pub struct Stage {
    folder: PathBuf,
    hidden: PathBuf,
    names: Vec<String>,
}

impl Stage {
    /// Begins with a folder, which is created where it is missing.
    ///
    /// # Errors
    /// [`Error::File`] where it cannot be created.
    pub fn open(folder: &Path) -> Result<Stage> {
        let hidden = folder.join(format!(".synfire-{}", std::process::id()));
        match fs::create_dir_all(&hidden) {
            Ok(()) => Ok(Stage { folder: folder.into(), hidden, names: vec![] }),
            Err(source) => Err(Error::File { action: "create", path: folder.into(), source }),
        }
    }

    /// Where to write the file `name` for now.
    pub fn path(&mut self, name: &str) -> PathBuf {
        self.names.push(name.into());
        self.hidden.join(name)
    }

    /// Puts the files in their place, in the order of [`Stage::path`].
    ///
    /// # Errors
    /// [`Error::File`] where one cannot be put there.
    pub fn commit(self) -> Result<()> {
        if self.names.iter().any(|name| name == summary::FILE) {
            // an older summary must not stand beside newer files; that there is none is fine
            let _ = fs::remove_file(self.folder.join(summary::FILE));
        }
        for name in &self.names {
            let path = self.folder.join(name);
            fs::rename(self.hidden.join(name), &path).map_err(|source| Error::File {
                action: "write",
                path,
                source,
            })?;
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // nothing more can be done where this fails
        let _ = fs::remove_dir_all(&self.hidden);
    }
}

#[cfg(test)]
mod tests {
    use super::super::npz;
    use super::*;

    fn recording() -> Recording {
        let train = SpikeTrain {
            name: "exc".into(),
            times: vec![0.1, 2.5],
            senders: vec![3, 0],
            width: 4,
            trials: vec![],
        };
        let variables = vec![("V_m".to_string(), vec![1.0, 2.0, 3.0, 4.0]), ("e2e.g".into(), vec![0.0; 4])];
        let table = TraceTable {
            name: "trace".into(),
            times: vec![0.1, 0.2],
            width: 2,
            n_trials: 1,
            variables,
            units: vec![],
        };
        Recording { spikes: vec![train], traces: vec![table], ..Recording::default() }
    }

    #[test]
    fn what_is_saved_is_read_back() {
        let target = tempfile::tempdir().expect("a folder");
        let folder = target.path().join("a/b");
        prepare(&folder).expect("it is writable");
        assert!(!target.path().join("a").exists(), "prepare leaves nothing behind");
        let summary = Summary { name: "test".into(), seed: u64::MAX, ..Summary::default() };
        save(&recording(), &folder, &summary).expect("it is writable");
        assert_eq!(Summary::read(&folder).expect("a summary"), summary);
        let senders: Vec<u32> = npz::read(&folder.join("exc.npz"), "senders").expect("an array");
        let rows: Vec<f32> = npz::read(&folder.join("trace.npz"), "V_m").expect("an array");
        assert_eq!((senders, rows), (vec![3, 0], vec![1.0, 2.0, 3.0, 4.0]));
        let first = fs::read(folder.join("exc.npz")).expect("a file");
        save(&recording(), &folder, &summary).expect("it replaces the files");
        assert_eq!(first, fs::read(folder.join("exc.npz")).expect("a file"), "same data, same bytes");
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 3, "no other file is left");
    }

    #[test]
    fn a_file_in_the_way_is_refused_beforehand() {
        let target = tempfile::tempdir().expect("a folder");
        let file = target.path().join("out");
        fs::write(&file, "precious").expect("it is writable");
        for folder in [file.clone(), file.join("below")] {
            let message = prepare(&folder).expect_err("a file is no folder").to_string();
            assert!(message.starts_with("cannot write to "), "{message}");
        }
        assert_eq!(fs::read_to_string(&file).expect("it is still there"), "precious");
    }
}
