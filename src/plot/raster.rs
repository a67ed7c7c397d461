//! The picture of a run: spikes by record above, their rates below.

use super::canvas::{Area, COLOURS, INK, LEFT, Painted, RIGHT, heading, round_down, style};
use super::panel::{self, Curve, Panel};
use super::sample::{Sample, share};
use crate::record::SpikeTrain;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;

/// Top and bottom of the raster.
const RASTER: (i32, i32) = (130, 800);
/// Top and bottom of the rates.
const RATES: (i32, i32) = (850, 1090);
/// More dots than this merge into a surface: then only the end of the run is drawn.
const MOST_DOTS: usize = 60_000;

/// The picture: heading, raster, rates.
pub fn paint(area: &Area, title: &str, trains: &[SpikeTrain], asked: Range<f64>) -> Painted {
    let rate = |train: &SpikeTrain| format!("{} {:.1} Hz", train.name, train.rate_hz(asked.clone()));
    heading(area, title, trains.iter().map(rate))?;
    let window = window(trains, &asked);
    spikes(area, trains, window)?;
    panel::paint(area, &rates(trains, window), RATES)
}

/// Begin and end of what is drawn, in ms: all that is asked for, or the end of it where there are too many spikes.
fn window(trains: &[SpikeTrain], asked: &Range<f64>) -> (f64, f64) {
    let samples = trains.iter().zip(share(trains, rows_in_all(), 4));
    let shown = |(train, rows): (&SpikeTrain, usize)| {
        let sample = Sample::new(train, rows);
        let spikes = train.times.iter().zip(&train.senders);
        spikes.filter(|(time, sender)| asked.contains(*time) && sample.row(**sender).is_some()).count()
    };
    let dots: usize = samples.map(shown).sum();
    let length = asked.end - asked.start;
    if !(length > 0.0 && length.is_finite()) {
        return (0.0, 1.0);
    }
    if dots <= MOST_DOTS {
        return (asked.start, asked.end);
    }
    (asked.end - round_down(length * MOST_DOTS as f64 / dots as f64), asked.end)
}

/// Neurons that all records together may show: one every three pixels.
fn rows_in_all() -> usize {
    ((RASTER.1 - RASTER.0) / 3) as usize
}

/// The rate of every record in bins.
fn rates(trains: &[SpikeTrain], (begin, end): (f64, f64)) -> Panel {
    let length = end - begin;
    // 5 ms resolve the rhythms of a network; a long run gets wider bins, a pixel or more each
    let bin = if length > 2000.0 { round_down(length / 200.0) } else { 5.0f64.min(length) };
    let panel = Panel::new(&format!("time (ms), rates in bins of {bin} ms"), "rate (Hz)").range(begin, end);
    trains.iter().fold(panel, |panel, train| {
        let rates = train.rates_hz(begin..end, bin);
        panel.with(Curve::steps(&train.name, begin, bin, &rates))
    })
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
