//! A raster in the terminal: braille dots, a few neurons of each record.

use crate::plot::sample::{Sample, share};
use crate::record::SpikeTrain;
use std::io::{self, IsTerminal};

/// Characters of a line of dots; each is two dots wide and four high.
const WIDTH: usize = 72;
/// Lines for all records together.
const LINES: usize = 20;
/// ANSI colours of the records in turn: blue, red, green, magenta.
const COLOURS: [u8; 4] = [34, 31, 32, 35];

/// The raster of the first records; each row of dots is one neuron, evenly chosen.
pub fn raster(trains: &[SpikeTrain], duration_ms: f64) -> String {
    let trains = &trains[..trains.len().min(LINES)];
    let coloured = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let margin = trains.iter().map(|train| train.name.chars().count()).max().unwrap_or(0);
    let lines = share(trains, LINES, 1);
    let mut text = String::new();
    for (k, (train, lines)) in trains.iter().zip(&lines).enumerate() {
        for (row, dots) in band(train, *lines, duration_ms).iter().enumerate() {
            let name = if row == 0 { train.name.as_str() } else { "" };
            let dots: String =
                dots.iter().map(|bits| char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' ')).collect();
            text += &match coloured {
                true => format!("{name:>margin$} \x1b[{}m{dots}\x1b[0m\n", COLOURS[k % COLOURS.len()]),
                false => format!("{name:>margin$} {dots}\n"),
            };
        }
    }
    let end = format!("{duration_ms} ms");
    let shown: usize =
        trains.iter().zip(&lines).map(|(train, lines)| Sample::new(train, 4 * lines).rows()).sum();
    let all: u64 = trains.iter().map(|train| u64::from(train.width)).sum();
    let middle = format!("{shown} of {all} neurons");
    let space = WIDTH.saturating_sub(1 + end.chars().count());
    text + &format!("{:margin$} 0{middle:^space$}{end}\n", "")
}

/// The dots of a record: one byte a character.
fn band(train: &SpikeTrain, lines: usize, duration_ms: f64) -> Vec<[u8; WIDTH]> {
    /// Bits of a braille character: [row][column].
    const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let sample = Sample::new(train, 4 * lines);
    let mut dots = vec![[0; WIDTH]; lines];
    for (time, sender) in train.times.iter().zip(&train.senders) {
        let Some(row) = sample.row(*sender) else { continue };
        let column = ((time / duration_ms * (2 * WIDTH) as f64) as usize).min(2 * WIDTH - 1);
        dots[row / 4][column / 2] |= BITS[row % 4][column % 2];
    }
    dots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_one_neuron() {
        let width = 1000;
        let senders: Vec<u32> = (0..width).collect();
        let train =
            SpikeTrain { name: "exc".into(), times: vec![50.0; 1000], senders, width, trials: vec![] };
        let dots: u32 = band(&train, 5, 100.0).iter().flatten().map(|bits| bits.count_ones()).sum();
        assert_eq!(dots, 20);
        let text = raster(&[train], 100.0);
        assert_eq!(text.lines().count(), LINES + 1);
        assert!(text.ends_with("100 ms\n") && text.contains("80 of 1000 neurons"), "{text}");
    }

    #[test]
    fn an_empty_or_odd_record_is_drawn_empty() {
        let odd = SpikeTrain {
            name: "x".into(),
            times: vec![f64::NAN, 9e9, -1.0],
            senders: vec![0, 9, 7],
            width: 1,
            trials: vec![],
        };
        assert!(raster(&[SpikeTrain::default(), odd], 1.0).lines().count() > 2);
        assert_eq!(raster(&[], 1.0).lines().count(), 1);
    }
}
