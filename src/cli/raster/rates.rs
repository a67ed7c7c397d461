//! The lower part of the picture: rates over time, with the axes.

use super::{Area, COLOURS, INK, LEFT, Painted, RIGHT, style, x_of};
use crate::record::SpikeTrain;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Top and bottom in pixels.
const RATES: (i32, i32) = (850, 1090);
const FAINT: RGBColor = RGBColor(225, 225, 225);

/// The rate of every record in bins, as steps.
pub(super) fn paint(area: &Area, trains: &[SpikeTrain], window: (f64, f64)) -> Painted {
    let length = window.1 - window.0;
    // 5 ms resolve the rhythms of a network; a long run gets wider bins, a pixel or more each
    let bin = if length > 2000.0 { round_down(length / 200.0) } else { 5.0f64.min(length) };
    let all: Vec<Vec<f64>> = trains.iter().map(|train| binned(train, window, bin)).collect();
    let highest = all.iter().flatten().copied().fold(1.0, f64::max);
    let step = tick_step(highest, 4);
    let top = (highest / step).ceil() * step;
    let at = |time: f64, rate: f64| (x_of(time, window), y_of(rate, top));
    grid(area, top, step)?;
    times(area, window)?;
    for (k, rates) in all.iter().enumerate().rev() {
        let points = rates.iter().enumerate().flat_map(|(k, rate)| {
            let begin = window.0 + k as f64 * bin;
            [at(begin, *rate), at((begin + bin).min(window.1), *rate)]
        });
        let line = PathElement::new(points.collect::<Vec<_>>(), COLOURS[k % COLOURS.len()].stroke_width(3));
        area.draw(&line)?;
    }
    let style = style(28, INK).pos(Pos::new(HPos::Center, VPos::Center));
    let rotated = style.transform(FontTransform::Rotate270);
    area.draw_text("rate (Hz)", &rotated, (LEFT - 96, (RATES.0 + RATES.1) / 2))?;
    let below = format!("time (ms), rates in bins of {bin} ms");
    let centre = super::style(28, INK).pos(Pos::new(HPos::Center, VPos::Top));
    area.draw_text(&below, &centre, ((LEFT + RIGHT) / 2, RATES.1 + 56))?;
    Ok(())
}

/// Rate in Hz of every bin.
fn binned(train: &SpikeTrain, window: (f64, f64), bin: f64) -> Vec<f64> {
    // 1e-9: a length that is a multiple of the bin must not get one more by rounding
    let n = ((window.1 - window.0) / bin - 1e-9).ceil().max(1.0) as usize;
    let mut counts = vec![0u32; n];
    for time in train.times.iter().filter(|time| (window.0..=window.1).contains(*time)) {
        // a spike stamped t happened in the step that ends at t
        let k = ((time - window.0) / bin - 1e-9).max(0.0) as usize;
        counts[k.min(n - 1)] += 1;
    }
    let last = (window.1 - window.0) - (n - 1) as f64 * bin;
    let length = |k: usize| if k + 1 == n { last } else { bin };
    let rate =
        |(k, count): (usize, &u32)| f64::from(*count) / f64::from(train.width.max(1)) / length(k) * 1000.0;
    counts.iter().enumerate().map(rate).collect()
}

/// The largest 1, 2 or 5 times a power of ten that is not above `value`.
pub(super) fn round_down(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [5.0, 2.0].iter().map(|digit| digit * power).find(|round| *round <= value).unwrap_or(power)
}

/// A round step that makes at most about `n` ticks.
fn tick_step(range: f64, n: u32) -> f64 {
    let least = range / f64::from(n);
    let below = round_down(least);
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .iter()
        .map(|factor| factor * below)
        .find(|step| *step >= least * 0.999)
        .unwrap_or(below)
}

/// Where a rate lies, in pixels.
fn y_of(rate: f64, top: f64) -> i32 {
    RATES.1 - (rate / top * f64::from(RATES.1 - RATES.0)).round() as i32
}

/// Lines and numbers of the rates.
fn grid(area: &Area, top: f64, step: f64) -> Painted {
    let right = style(26, INK).pos(Pos::new(HPos::Right, VPos::Center));
    for k in 0..=(top / step).round() as u32 {
        let rate = f64::from(k) * step;
        let y = y_of(rate, top);
        area.draw(&PathElement::new(vec![(LEFT, y), (RIGHT, y)], FAINT.stroke_width(2)))?;
        area.draw_text(&number(rate, step), &right, (LEFT - 18, y))?;
    }
    Ok(())
}

/// The axis of time.
fn times(area: &Area, window: (f64, f64)) -> Painted {
    let centre = style(26, INK).pos(Pos::new(HPos::Center, VPos::Top));
    let step = tick_step(window.1 - window.0, 10);
    // 1e-9: the last tick must not be lost by rounding
    let (first, last) = ((window.0 / step - 1e-9).ceil() as i64, (window.1 / step + 1e-9).floor() as i64);
    for k in first..=last {
        let time = k as f64 * step;
        let x = x_of(time, window);
        area.draw(&PathElement::new(vec![(x, RATES.1), (x, RATES.1 + 10)], INK.stroke_width(2)))?;
        area.draw_text(&number(time, step), &centre, (x, RATES.1 + 14))?;
    }
    area.draw(&PathElement::new(vec![(LEFT, RATES.1), (RIGHT, RATES.1)], INK.stroke_width(2)))?;
    Ok(())
}

/// A number with as many digits as its step needs.
fn number(value: f64, step: f64) -> String {
    let digits = (0..9).find(|digits| (step * 10f64.powi(*digits)).fract() < 1e-6).unwrap_or(9);
    format!("{value:.digits$}", digits = digits as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        for (range, n, expected) in [(1000.0, 10, 100.0), (187.0, 4, 50.0), (3.0, 4, 1.0), (0.7, 10, 0.1)] {
            let step = tick_step(range, n);
            assert!((step - expected).abs() < 1e-9, "{range}: {step}");
        }
        assert_eq!((number(0.5, 0.1), number(200.0, 50.0)), ("0.5".into(), "200".into()));
    }

    #[test]
    fn rates_are_spikes_per_neuron_and_second() {
        let train = SpikeTrain {
            name: "x".into(),
            times: vec![5.0, 5.1, 12.0],
            senders: vec![0; 3],
            width: 2,
            trials: vec![],
        };
        assert_eq!(binned(&train, (0.0, 12.0), 5.0), [100.0, 100.0, 250.0]);
    }
}
