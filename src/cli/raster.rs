//! The picture of a run: spikes by record above, their rates below.

mod rates;

use super::font;
use super::sample::{Sample, share};
use crate::error::{Error, Result};
use crate::record::{SpikeTrain, Summary};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::io;
use std::path::Path;

/// The file's name.
pub const FILE: &str = "raster.png";

/// Width and height in pixels: 9 by 6 inches at 200 dots per inch.
const SIZE: (u32, u32) = (1800, 1200);
/// Where time begins and ends.
const LEFT: i32 = 190;
const RIGHT: i32 = 1760;
/// Top and bottom of the raster.
const RASTER: (i32, i32) = (130, 800);
/// More dots than this merge into a surface: then only the end of the run is drawn.
const MOST_DOTS: usize = 60_000;
/// Okabe & Ito's colours, told apart by every kind of eye.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(60, 60, 60),
];
const INK: RGBColor = RGBColor(40, 40, 40);

type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
type Painted = std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Draws the spike records of a run.
///
/// # Errors
/// [`Error::File`] where the picture cannot be written.
pub fn draw(summary: &Summary, trains: &[SpikeTrain], path: &Path) -> Result<()> {
    font::register();
    let window = window(trains, summary.duration_ms);
    let painted = BitMapBackend::new(path, SIZE).into_drawing_area();
    let done = paint(&painted, summary, trains, window);
    done.map_err(|error| Error::File { action: "draw", path: path.into(), source: io::Error::other(error) })
}

/// Begin and end of what is drawn, in ms: all, or the end of a run with too many spikes.
fn window(trains: &[SpikeTrain], duration_ms: f64) -> (f64, f64) {
    let samples = trains.iter().zip(share(trains, rows_in_all(), 4));
    let shown = |(train, rows): (&SpikeTrain, usize)| {
        let sample = Sample::new(train, rows);
        train.senders.iter().filter(|sender| sample.row(**sender).is_some()).count()
    };
    let dots: usize = samples.map(shown).sum();
    let end = if duration_ms > 0.0 && duration_ms.is_finite() { duration_ms } else { 1.0 };
    if dots <= MOST_DOTS {
        return (0.0, end);
    }
    let length = rates::round_down(end * MOST_DOTS as f64 / dots as f64);
    (end - length, end)
}

/// Neurons that all records together may show: one every three pixels.
fn rows_in_all() -> usize {
    ((RASTER.1 - RASTER.0) / 3) as usize
}

fn paint(area: &Area, summary: &Summary, trains: &[SpikeTrain], window: (f64, f64)) -> Painted {
    area.fill(&WHITE)?;
    heading(area, summary, trains)?;
    spikes(area, trains, window)?;
    rates::paint(area, trains, window)?;
    area.present()?;
    Ok(())
}

fn style(size: i32, colour: RGBColor) -> TextStyle<'static> {
    (font::NAME, size).into_font().color(&colour)
}

/// The name with its size, then the mean rate of every record in its colour.
fn heading(area: &Area, summary: &Summary, trains: &[SpikeTrain]) -> Painted {
    let title = format!("{}: {} neurons, {} synapses", summary.name, summary.neurons, summary.synapses);
    area.draw_text(&title, &style(40, INK), (LEFT, 22))?;
    let mut x = LEFT;
    for (k, train) in trains.iter().enumerate() {
        let spikes = train.times.len() as f64;
        let rate = spikes / f64::from(train.width.max(1)) / summary.duration_ms.max(1e-9) * 1000.0;
        let text = format!("{} {rate:.1} Hz", train.name);
        let style = style(30, COLOURS[k % COLOURS.len()]);
        let width = area.estimate_text_size(&text, &style)?.0 as i32;
        if x + width > RIGHT {
            area.draw_text("…", &style, (x, 76))?;
            break;
        }
        area.draw_text(&text, &style, (x, 76))?;
        x += width + 40;
    }
    Ok(())
}

/// Where a time lies, in pixels.
fn x_of(time: f64, window: (f64, f64)) -> i32 {
    LEFT + ((time - window.0) / (window.1 - window.0) * f64::from(RIGHT - LEFT)).round() as i32
}

/// A record for each band, first on top; each row is one neuron.
fn spikes(area: &Area, trains: &[SpikeTrain], window: (f64, f64)) -> Painted {
    let samples: Vec<Sample> = trains
        .iter()
        .zip(share(trains, rows_in_all(), 4))
        .map(|(train, rows)| Sample::new(train, rows))
        .collect();
    let gap = 12;
    let rows: usize = samples.iter().map(|sample| sample.rows()).sum();
    let free = RASTER.1 - RASTER.0 - gap * (trains.len() as i32 - 1).max(0);
    let row_height = f64::from(free) / rows.max(1) as f64;
    let mut top = f64::from(RASTER.0);
    for (k, (train, sample)) in trains.iter().zip(&samples).enumerate() {
        let colour = COLOURS[k % COLOURS.len()];
        let height = row_height * sample.rows() as f64;
        let tick = (row_height * 0.8).clamp(3.0, 16.0).round() as i32;
        for (time, sender) in train.times.iter().zip(&train.senders) {
            let Some(row) = sample.row(*sender).filter(|_| (window.0..=window.1).contains(time)) else {
                continue;
            };
            let x = x_of(*time, window) - 1;
            let y = (top + (row as f64 + 0.5) * row_height) as i32 - tick / 2;
            area.draw(&Rectangle::new([(x, y), (x + 3, y + tick)], colour.filled()))?;
        }
        label(area, train, sample, colour, (top + height / 2.0) as i32)?;
        let axis = vec![(LEFT - 12, top as i32), (LEFT - 12, (top + height) as i32)];
        area.draw(&PathElement::new(axis, colour.stroke_width(4)))?;
        top += height + f64::from(gap);
    }
    Ok(())
}

/// The record's name, and how many of its neurons are shown.
fn label(area: &Area, train: &SpikeTrain, sample: &Sample, colour: RGBColor, middle: i32) -> Painted {
    let right = Pos::new(HPos::Right, VPos::Center);
    let name: String = train.name.chars().take(12).collect();
    area.draw_text(&name, &style(32, colour).pos(right), (LEFT - 28, middle - 16))?;
    let size = match sample.rows() as u64 == u64::from(train.width) {
        true => train.width.to_string(),
        false => format!("{} of {}", sample.rows(), train.width),
    };
    area.draw_text(&size, &style(24, INK).pos(right), (LEFT - 28, middle + 18))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_records_are_drawn_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let odd = SpikeTrain {
            name: "µ…".repeat(40),
            times: vec![f64::NAN, 1e300, 0.1],
            senders: vec![0, 9, 7],
            width: 1,
            trials: vec![],
        };
        for (trains, duration_ms) in [(vec![], 0.0), (vec![SpikeTrain::default(), odd], 0.1)] {
            let summary = Summary { duration_ms, ..Summary::default() };
            draw(&summary, &trains, &folder.path().join(FILE)).expect("a picture");
        }
    }
}
