//! Pictures of runs: rasters with rates, and curves such as potentials or power spectra.
//!
//! They are PNG files of 1800 by 1200 pixels that look the same on every machine; the font is built in.
//!
//! ```
//! use synfire::plot::{self, Curve, Panel};
//!
//! let points = (0..100).map(|k| (f64::from(k), (f64::from(k) / 10.0).sin())).collect();
//! let panel = Panel::new("time (ms)", "potential (mV)").with(Curve::new("V", points));
//! let folder = std::env::temp_dir();
//! plot::curves("a sine", &[panel], &folder.join("synfire-sine.png"))?;
//! # Ok::<(), synfire::Error>(())
//! ```

mod canvas;
mod font;
mod panel;
mod raster;
pub(crate) mod sample;

pub use panel::{Curve, Panel};

use crate::error::Result;
use crate::record::SpikeTrain;
use std::ops::Range;
use std::path::Path;

/// Draws the spikes of records between two times in ms, each row a neuron, and their rates below.
///
/// Of more spikes than the eye tells apart only the end is drawn. The folder of `path` is created where it is missing.
///
/// # Errors
/// [`Error::File`](crate::Error::File) where the picture cannot be written.
pub fn raster(title: &str, trains: &[SpikeTrain], window_ms: Range<f64>, path: &Path) -> Result<()> {
    canvas::picture(path, |area| raster::paint(area, title, trains, window_ms))
}

/// Draws panels of curves, one below the other.
///
/// The folder of `path` is created where it is missing.
///
/// # Errors
/// [`Error::File`](crate::Error::File) where the picture cannot be written.
pub fn curves(title: &str, panels: &[Panel], path: &Path) -> Result<()> {
    canvas::picture(path, |area| panel::paint_all(area, title, panels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_records_are_drawn_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/raster.png");
        let odd = SpikeTrain {
            name: "µ…".repeat(40),
            times: vec![f64::NAN, 1e300, 0.1],
            senders: vec![0, 9, 7],
            width: 1,
            trials: vec![],
        };
        for (trains, window) in [(vec![], 0.0..0.0), (vec![SpikeTrain::default(), odd], 0.0..0.1)] {
            raster("odd", &trains, window, &path).expect("a picture");
        }
    }

    #[test]
    fn odd_curves_are_drawn_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("curves.png");
        for points in [vec![], vec![(0.0, 0.0)], vec![(f64::NAN, 1.0), (1e300, -1e300)], vec![(-5.0, 3.0); 2]]
        {
            let panel =
                Panel::new("x", "y").with(Curve::new("a", points.clone())).with(Curve::new("b", points));
            curves("odd", &[panel.clone(), panel], &path).expect("a picture");
        }
        curves("none", &[], &path).expect("a picture");
    }
}
