//! The font of the pictures, so that they look the same on every machine.
//!
//! Noto Sans (copyright 2012 Google Inc., Apache License 2.0), cut down to Latin, Greek and a few signs.

use plotters::style::{FontStyle, register_font};
use std::sync::Once;

/// The font's name in drawing calls.
pub const NAME: &str = "sans-serif";

static FONT: &[u8] = include_bytes!("../../assets/NotoSans.ttf");

/// Makes the font known, once.
pub fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if register_font(NAME, FontStyle::Normal, FONT).is_err() {
            log::error!("the built-in font cannot be read");
        }
    });
}
