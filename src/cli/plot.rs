//! `synfire plot`: the raster of a run that was saved.

use super::print;
use crate::error::{Error, Result};
use crate::plot;
use crate::record::{SpikeTrain, Stage, Summary, npz};
use std::path::{Path, PathBuf};

/// The name of the picture.
pub const RASTER: &str = "raster.png";

#[derive(clap::Args)]
pub struct Args {
    /// The folder of a run, as `synfire run --out` writes it
    folder: PathBuf,
}

/// Draws the raster of a folder into it.
pub fn run(args: &Args) -> Result<()> {
    let folder = &args.folder;
    let summary = Summary::read(folder)?;
    let records = summary.records.iter().filter(|record| record.what == "spikes");
    let trains =
        records.map(|record| read(folder, &record.name, record.elements)).collect::<Result<Vec<_>>>()?;
    if trains.is_empty() {
        return Err(Error::network(format!("{} has no record of spikes to draw", folder.display())));
    }
    let mut stage = Stage::open(folder)?;
    plot::raster(&summary.title(), &trains, 0.0..summary.duration_ms, &stage.path(RASTER))?;
    stage.commit()?;
    print(&format!("written to {}\n", folder.join(RASTER).display()))
}

fn read(folder: &Path, name: &str, elements: u32) -> Result<SpikeTrain> {
    let path = folder.join(format!("{name}.npz"));
    let (times, senders) = (npz::read(&path, "times")?, npz::read(&path, "senders")?);
    Ok(SpikeTrain { name: name.into(), times, senders, width: elements })
}
