//! A panel: curves over a common axis, with grid, numbers and labels.

use super::canvas::{Area, COLOURS, FAINT, INK, LEFT, Painted, RIGHT, heading, number, style, tick_step};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Where the first panel of a picture begins and the last one ends.
const TOP: i32 = 140;
const BOTTOM: i32 = 1090;
/// Space for the numbers and the label below a panel.
const BELOW: i32 = 120;

/// A line with a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
}

impl Curve {
    /// A line through `points`; those that are no numbers are left out.
    pub fn new(name: &str, points: Vec<(f64, f64)>) -> Curve {
        let points = points.into_iter().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        Curve { name: name.into(), points }
    }

    /// Values of bins, as steps: the first bin begins at `begin`, each is `bin` wide.
    pub fn steps(name: &str, begin: f64, bin: f64, values: &[f64]) -> Curve {
        let corners = values.iter().enumerate().flat_map(|(k, value)| {
            let left = begin + k as f64 * bin;
            [(left, *value), (left + bin, *value)]
        });
        Curve::new(name, corners.collect())
    }
}

/// Curves over a common axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    x_label: String,
    y_label: String,
    x_range: Option<(f64, f64)>,
    curves: Vec<Curve>,
}

impl Panel {
    /// An empty panel with the labels of its axes, units included.
    pub fn new(x_label: &str, y_label: &str) -> Panel {
        Panel { x_label: x_label.into(), y_label: y_label.into(), x_range: None, curves: vec![] }
    }

    /// Adds a curve.
    pub fn with(mut self, curve: Curve) -> Panel {
        self.curves.push(curve);
        self
    }

    /// Shows `begin..end` of the horizontal axis in place of all.
    pub fn range(mut self, begin: f64, end: f64) -> Panel {
        self.x_range = Some((begin, end));
        self
    }
}

/// Least and greatest of some numbers, never equal.
fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    match (low.is_finite() && high.is_finite() && (high - low).is_finite(), low < high) {
        (true, true) => (low, high),
        (true, false) => (low - 0.5, low + 0.5),
        _ => (0.0, 1.0),
    }
}

/// A panel's place in the picture and its ranges.
struct Frame {
    top: i32,
    bottom: i32,
    x: (f64, f64),
    y: (f64, f64),
}

impl Frame {
    fn at(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let place = |value: f64, (low, high): (f64, f64)| ((value - low) / (high - low)).clamp(0.0, 1.0);
        let right = place(x, self.x) * f64::from(RIGHT - LEFT);
        let up = place(y, self.y) * f64::from(self.bottom - self.top);
        (LEFT + right.round() as i32, self.bottom - up.round() as i32)
    }
}

/// All panels below a heading.
pub fn paint_all(area: &Area, title: &str, panels: &[Panel]) -> Painted {
    let longest = panels.iter().max_by_key(|panel| panel.curves.len());
    let names = longest.into_iter().flat_map(|panel| panel.curves.iter().map(|curve| curve.name.clone()));
    heading(area, title, names)?;
    let height = (BOTTOM + BELOW - TOP) / panels.len().max(1) as i32;
    for (k, panel) in panels.iter().enumerate() {
        let top = TOP + k as i32 * height;
        paint(area, panel, (top, top + height - BELOW))?;
    }
    Ok(())
}

/// One panel between two heights.
pub fn paint(area: &Area, panel: &Panel, (top, bottom): (i32, i32)) -> Painted {
    let points = || panel.curves.iter().flat_map(|curve| curve.points.iter().copied());
    let x = panel.x_range.unwrap_or_else(|| span(points().map(|(x, _)| x)));
    let shown = points().filter(|point| (x.0..=x.1).contains(&point.0));
    let (low, high) = span(shown.map(|(_, y)| y));
    // what is never negative is seen from 0
    let low = if low >= 0.0 { 0.0 } else { low };
    let step = tick_step(high - low, 4);
    let y = ((low / step).floor() * step, (high / step).ceil() * step);
    let frame = Frame { top, bottom, x, y };
    horizontal(area, &frame, step)?;
    vertical(area, &frame)?;
    for (k, curve) in panel.curves.iter().enumerate().rev() {
        let line: Vec<(i32, i32)> = curve
            .points
            .iter()
            .filter(|point| (x.0..=x.1).contains(&point.0))
            .map(|point| frame.at(*point))
            .collect();
        area.draw(&PathElement::new(line, COLOURS[k % COLOURS.len()].stroke_width(3)))?;
    }
    let style = style(28, INK);
    let turned = style.pos(Pos::new(HPos::Center, VPos::Center)).transform(FontTransform::Rotate270);
    area.draw_text(&panel.y_label, &turned, (LEFT - 120, (top + bottom) / 2))?;
    let below = style.pos(Pos::new(HPos::Center, VPos::Top));
    area.draw_text(&panel.x_label, &below, ((LEFT + RIGHT) / 2, bottom + 56))?;
    Ok(())
}

/// Faint lines with the numbers of the vertical axis.
fn horizontal(area: &Area, frame: &Frame, step: f64) -> Painted {
    let right = style(26, INK).pos(Pos::new(HPos::Right, VPos::Center));
    for k in 0..=((frame.y.1 - frame.y.0) / step).round() as u32 {
        let value = frame.y.0 + f64::from(k) * step;
        let (_, y) = frame.at((frame.x.0, value));
        area.draw(&PathElement::new(vec![(LEFT, y), (RIGHT, y)], FAINT.stroke_width(2)))?;
        area.draw_text(&number(value, step), &right, (LEFT - 18, y))?;
    }
    Ok(())
}

/// The horizontal axis with its numbers.
fn vertical(area: &Area, frame: &Frame) -> Painted {
    let centre = style(26, INK).pos(Pos::new(HPos::Center, VPos::Top));
    let step = tick_step(frame.x.1 - frame.x.0, 10);
    // 1e-9: the last tick must not be lost by rounding
    let (first, last) = ((frame.x.0 / step - 1e-9).ceil() as i64, (frame.x.1 / step + 1e-9).floor() as i64);
    for k in first..=last {
        let value = k as f64 * step;
        let (x, y) = frame.at((value, frame.y.0));
        area.draw(&PathElement::new(vec![(x, y), (x, y + 10)], INK.stroke_width(2)))?;
        area.draw_text(&number(value, step), &centre, (x, y + 14))?;
    }
    let y = frame.bottom;
    area.draw(&PathElement::new(vec![(LEFT, y), (RIGHT, y)], INK.stroke_width(2)))?;
    Ok(())
}
