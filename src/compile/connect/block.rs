//! Blocks: rows of synapses as they are stored.

use crate::Error;

/// How an entry is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One word: `slot | delay << slot_bits`.
    Narrow {
        /// Bits of the ring slot; the delay has the others.
        slot_bits: u32,
    },
    /// Two words: slot, delay.
    Wide,
}

impl Layout {
    /// Words of an entry.
    pub fn words(self) -> usize {
        match self {
            Layout::Narrow { .. } => 1,
            Layout::Wide => 2,
        }
    }

    /// Writes an entry to the first words of `out`.
    #[inline]
    pub(super) fn pack(self, slot: u32, delay: u32, out: &mut [u32]) {
        match self {
            Layout::Narrow { slot_bits } => out[0] = slot | delay << slot_bits,
            Layout::Wide => out[..2].copy_from_slice(&[slot, delay]),
        }
    }
}

/// Rows of one projection, or of several that are stored as one, into one partition: some of their sources, all edges of
/// these there.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Index of the projection, of the first where there are several.
    pub projection: u32,
    /// Index of the partition.
    pub partition: u32,
    /// First source, as its place in the projection.
    pub source_first: u32,
    /// Where the rows begin, in entries from the start of the block; one more than there are rows.
    pub rows: Vec<u32>,
    /// Ring slot and delay of every edge, words by [`Layout`].
    pub entries: Vec<u32>,
    /// In which order the entries of a row come.
    pub order: Order,
    /// Weights in units of 1 / scale of the slot.
    pub weights: Weights,
}

/// In which order the entries of a row come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By target.
    Target,
    /// By delay, then by projection and target.
    Delay,
    /// By delay once, before delays were changed.
    Edited,
}

/// Fixed-point weights of a block.
#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    /// One for all edges.
    Shared(i32),
    /// One per edge.
    Each(Vec<i32>),
}

/// First row and offsets of each block of at most `max_entries` entries, from the lengths of rows. What follows the last
/// block that holds an entry is left out.
pub(super) fn split(lens: &[u64], max_entries: u32) -> Result<Vec<(u32, Vec<u32>)>, Error> {
    let (mut blocks, mut offsets) = (vec![], vec![0]);
    let (mut first, mut total) = (0, 0u32);
    for (row, &len) in lens.iter().enumerate() {
        if len > u64::from(max_entries) {
            return Err(Error::Rule(format!(
                "source {row} has {len} edges in one partition; a block holds {max_entries}"
            )));
        }
        if u64::from(total) + len > u64::from(max_entries) {
            blocks.push((first, std::mem::replace(&mut offsets, vec![0])));
            (first, total) = (row as u32, 0);
        }
        total += len as u32;
        offsets.push(total);
    }
    if total > 0 {
        blocks.push((first, offsets));
    }
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::split;

    /// Offsets near the end of 32 bits, without the entries that they count.
    #[test]
    fn rows_beyond_32_bits_go_to_blocks_of_their_own() {
        let half = 1u64 << 31;
        let cases = [
            (vec![half, half - 1], u32::MAX, vec![(0, 3)]),
            (vec![half, half], u32::MAX, vec![(0, 2), (1, 2)]),
            (vec![u64::from(u32::MAX), 0, 1], u32::MAX, vec![(0, 3), (2, 2)]),
            (vec![half - 1, 1, half, 7, half], u32::MAX, vec![(0, 3), (2, 3), (4, 2)]),
            // the largest binding of 2^31 bytes, in words
            (vec![1 << 29, 1, (1 << 29) - 1], 1 << 29, vec![(0, 2), (1, 3)]),
            (vec![0, 0], u32::MAX, vec![]),
        ];
        for (lens, most, expected) in cases {
            let blocks = split(&lens, most).expect("every row fits");
            let shapes: Vec<(u32, usize)> =
                blocks.iter().map(|(first, offsets)| (*first, offsets.len())).collect();
            assert_eq!(shapes, expected, "{lens:?}");
            for (first, offsets) in &blocks {
                let found = offsets.windows(2).map(|pair| u64::from(pair[1] - pair[0]));
                assert!(found.eq(lens[*first as usize..].iter().copied().take(offsets.len() - 1)));
            }
        }
        let error = split(&[3, half + 1], 1 << 31).expect_err("a row is too long").to_string();
        assert_eq!(error, "source 1 has 2147483649 edges in one partition; a block holds 2147483648");
    }
}
