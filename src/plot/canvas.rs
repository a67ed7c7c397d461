//! What all pictures share: size, colours, text, round numbers on axes.

use super::font;
use crate::error::{Error, Result};
use plotters::coord::Shift;
use plotters::prelude::*;
use std::io;
use std::path::Path;

/// Width and height in pixels: 9 by 6 inches at 200 dots per inch.
const SIZE: (u32, u32) = (1800, 1200);
/// Where the horizontal axis begins and ends.
pub const LEFT: i32 = 190;
pub const RIGHT: i32 = 1760;
/// Okabe & Ito's colours, told apart by every kind of eye.
pub const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(60, 60, 60),
];
pub const INK: RGBColor = RGBColor(40, 40, 40);
pub const FAINT: RGBColor = RGBColor(225, 225, 225);

pub type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
pub type Painted = std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Writes the picture that `paint` draws.
pub fn picture(path: &Path, paint: impl FnOnce(&Area) -> Painted) -> Result<()> {
    font::register();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|source| Error::File {
            action: "create",
            path: folder.into(),
            source,
        })?;
    }
    let area = BitMapBackend::new(path, SIZE).into_drawing_area();
    let draw = || -> Painted {
        area.fill(&WHITE)?;
        paint(&area)?;
        area.present()?;
        Ok(())
    };
    draw().map_err(|error| Error::File { action: "draw", path: path.into(), source: io::Error::other(error) })
}

/// Text of a size in pixels.
pub fn style(size: i32, colour: RGBColor) -> TextStyle<'static> {
    (font::NAME, size).into_font().color(&colour)
}

/// The title, and below it words in the colours of the curves or records.
pub fn heading(area: &Area, title: &str, words: impl Iterator<Item = String>) -> Painted {
    area.draw_text(title, &style(40, INK), (LEFT, 22))?;
    let mut x = LEFT;
    for (k, word) in words.enumerate() {
        let style = style(30, COLOURS[k % COLOURS.len()]);
        let width = area.estimate_text_size(&word, &style)?.0 as i32;
        if x + width > RIGHT {
            area.draw_text("…", &style, (x, 76))?;
            break;
        }
        area.draw_text(&word, &style, (x, 76))?;
        x += width + 40;
    }
    Ok(())
}

/// The largest 1, 2 or 5 times a power of ten that is not above `value`.
pub fn round_down(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [5.0, 2.0].iter().map(|digit| digit * power).find(|round| *round <= value).unwrap_or(power)
}

/// A round step that makes at most about `n` ticks.
pub fn tick_step(range: f64, n: u32) -> f64 {
    let least = range / f64::from(n);
    let below = round_down(least);
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .iter()
        .map(|factor| factor * below)
        .find(|step| *step >= least * 0.999)
        .unwrap_or(below)
}

/// A number with as many digits as its step needs.
pub fn number(value: f64, step: f64) -> String {
    // 1e5, 1e-4: beyond, zeros say less than a power of ten
    if !(1e-4..1e5).contains(&step) {
        return format!("{value:.1e}");
    }
    // 1e-6: steps such as 0.1 are no exact fractions
    let whole = |x: f64| (x - x.round()).abs() < 1e-6;
    let digits = (0..9).find(|digits| whole(step * 10f64.powi(*digits))).unwrap_or(9);
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
        assert_eq!((number(0.6, 0.2), number(2e-5, 1e-5)), ("0.6".into(), "2.0e-5".into()));
    }
}
