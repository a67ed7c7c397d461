//! `synfire plot`: the raster of a run that was saved.

use super::print;
use crate::error::{Error, Result};
use crate::plot;
use crate::record::{RecordSummary, SpikeTrain, Stage, Summary, TrialSummary, npz};
use std::path::{Path, PathBuf};

/// The name of the picture.
pub const RASTER: &str = "raster.png";

#[derive(clap::Args)]
pub struct Args {
    /// The folder of a run, as `synfire run --out` writes it
    folder: PathBuf,
}

/// Draws the raster of a folder into it; of several trials, the first.
pub fn run(args: &Args) -> Result<()> {
    let folder = &args.folder;
    let summary = Summary::read(folder)?;
    let records = summary.records.iter().filter(|record| record.what == "spikes");
    let trains =
        records.map(|record| read(folder, record, summary.trials.as_ref())).collect::<Result<Vec<_>>>()?;
    if trains.is_empty() {
        return Err(Error::network(format!("{} has no record of spikes to draw", folder.display())));
    }
    let mut stage = Stage::open(folder)?;
    plot::raster(&summary.title(), &trains, 0.0..summary.duration_ms, &stage.path(RASTER))?;
    stage.commit()?;
    print(&format!("written to {}\n", folder.join(RASTER).display()))
}

fn read(folder: &Path, record: &RecordSummary, trials: Option<&TrialSummary>) -> Result<SpikeTrain> {
    let (name, elements) = (&record.name, record.elements);
    let path = folder.join(format!("{name}.npz"));
    let (times, senders) = (npz::read(&path, "times")?, npz::read(&path, "senders")?);
    let train = SpikeTrain { name: name.into(), times, senders, trials: vec![], width: elements };
    let Some(trials) = trials.filter(|trials| trials.count > 1) else { return Ok(train) };
    let train = SpikeTrain { trials: npz::read(&path, "trials")?, ..train };
    Ok(train.trial(trials.first))
}
