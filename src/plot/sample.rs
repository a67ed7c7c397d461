//! A few neurons of a record, evenly chosen: what a raster has room for.

use crate::record::SpikeTrain;

/// Rows of a raster that show one neuron of a record each.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    elements: u64,
    rows: u64,
}

impl Sample {
    /// At most `rows` neurons of a record.
    pub fn new(train: &SpikeTrain, rows: usize) -> Sample {
        let elements = u64::from(train.width);
        Sample { elements, rows: (rows as u64).min(elements) }
    }

    /// Number of rows.
    pub fn rows(self) -> usize {
        self.rows as usize
    }

    /// The row that shows `sender`, if one does.
    pub fn row(self, sender: u32) -> Option<usize> {
        let sender = u64::from(sender);
        let row = sender * self.rows / self.elements.max(1);
        let shown = row < self.rows && (row * self.elements).div_ceil(self.rows) == sender;
        shown.then_some(row as usize)
    }
}

/// Rows for each record by its size, `least` at least; about `total` together.
pub fn share(trains: &[SpikeTrain], total: usize, least: usize) -> Vec<usize> {
    let all: f64 = trains.iter().map(|train| f64::from(train.width)).sum();
    let free = total.saturating_sub(least * trains.len()) as f64;
    trains
        .iter()
        .map(|train| least + (free * f64::from(train.width) / all.max(1.0)).round() as usize)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_shows_one_neuron() {
        for (width, rows) in [(1000, 20), (7, 7), (7, 3), (3, 50), (1, 1), (u32::MAX, 10)] {
            let sample = Sample::new(&SpikeTrain { width, ..SpikeTrain::default() }, rows);
            let shown: Vec<usize> = (0..width.min(1000)).filter_map(|sender| sample.row(sender)).collect();
            let expected = if width > 1000 { 1 } else { sample.rows() };
            assert_eq!(shown, (0..expected).collect::<Vec<_>>());
        }
        assert_eq!(Sample::new(&SpikeTrain::default(), 5).row(0), None);
    }
}
