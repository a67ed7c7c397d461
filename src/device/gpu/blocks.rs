//! Which projections are delivered by blocks of ring slots, and the order of their entries.
//!
//! *How it works.* `accumulate` sums up in workgroup memory what all rows bring to a block of slots. That pays where all
//! entries have one delay and a row brings many of them to each block ([`Rule`]). Rows are then sorted by slot, and
//! the table of rows says where each block begins in each row: the end of one is the beginning of the next.

use super::adapter::Adapter;
use super::shard::{Piece, Shard, entry_words};
use crate::compile::connect::{Block, Layout, Weights};
use crate::compile::estimate::{Estimate, Part, Stored};
use crate::compile::kernel::BLOCK_SLOTS;
use crate::error::Result;
use crate::program::{MAX_WINDOW, Program};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::ops::Range;

/// Entries that are sorted and moved at a time, rounded up to whole rows.
const BATCH: usize = 1 << 20;

/// What a projection needs to be delivered by blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// Least entries that a row brings to a block on average: fewer leave most of a team idle, and the table of rows
    /// is no longer small.
    pub per_row: u64,
    /// Least entries that a step is expected to bring to a block: its sums are cleared and added in any case.
    pub per_step: u64,
}

impl Rule {
    /// For hardware. 16: half a subgroup, and the table of rows takes a sixteenth of what entries take.
    pub const HARDWARE: Rule = Rule { per_row: 16, per_step: BLOCK_SLOTS as u64 };

    /// Whether this many entries in rows bring enough to each of the blocks.
    fn is_dense(self, entries: u64, rows: u64, blocks: u64) -> bool {
        let each = entries / blocks;
        // 1 neuron in 200 spikes in a step: 50 Hz at steps of 0.1 ms
        each >= self.per_row * rows && each / 200 >= self.per_step
    }
}

/// How the rows of a projection are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// The first block of ring slots that they reach.
    pub first: u32,
    /// Blocks of ring slots from there on.
    pub blocks: u32,
    /// The delay of all entries.
    pub delay: u32,
}

/// How the rows of each of the program's blocks are cut, if they are.
pub(super) fn cuts(program: &Program, rule: Option<Rule>) -> Vec<Option<Cut>> {
    let none = vec![None; program.blocks.len()];
    // trials share rows, but not slots: every block would look at the spikes of all trials
    let Some(rule) = rule.filter(|_| program.copies() == 1) else { return none };
    let mut cuts: Vec<_> = program.blocks.iter().map(|block| Cut::new(program.layout, block, rule)).collect();
    let Some(shortest) = cuts.iter().flatten().map(|cut| cut.delay).min() else { return none };
    // every delay of the dispatch is a row of workgroups
    cuts.iter_mut().for_each(|cut| *cut = cut.filter(|cut| cut.delay - shortest <= MAX_WINDOW));
    cuts
}

/// What the tables of blocks take beside the offsets of rows in a network that is yet to be built, where there are any.
pub(in crate::device) fn part(adapter: &Adapter, estimate: &Estimate, copies: usize) -> Option<Part> {
    let rule = adapter.blocks.filter(|_| copies == 1)?;
    let words = |it: &Stored| {
        // one more where their ring slots begin within a block
        let blocks = u64::from(it.targets.div_ceil(BLOCK_SLOTS).max(1));
        let is_cut = it.has_one_delay && rule.is_dense(it.entries as u64, it.rows as u64, blocks);
        if is_cut { it.rows * (blocks - 1) as f64 } else { 0.0 }
    };
    let words: f64 = estimate.stored.iter().map(words).sum();
    (words > 0.0).then(|| Part::blocks(4 * words as u64))
}

impl Cut {
    fn new(layout: Layout, block: &Block, rule: Rule) -> Option<Cut> {
        let n_rows = block.rows.len().saturating_sub(1) as u64;
        let n = *block.rows.last().filter(|n| **n > 0)?;
        if u64::from(n) < rule.per_row * n_rows {
            return None;
        }
        let delay = block.delay(layout, 0);
        let within = |k| {
            let slot = block.slot(layout, k);
            (block.delay(layout, k) == delay).then_some((slot, slot))
        };
        let (low, high) = (0..n)
            .into_par_iter()
            .map(within)
            .try_reduce(|| (u32::MAX, 0), |a, b| Some((a.0.min(b.0), a.1.max(b.1))))?;
        let first = low / BLOCK_SLOTS;
        let blocks = high / BLOCK_SLOTS + 1 - first;
        let is_dense = rule.is_dense(n.into(), n_rows, blocks.into());
        // workgroups along a dimension
        (is_dense && first + blocks <= 65_535).then_some(Cut { first, blocks, delay })
    }

    /// Where each block of slots begins in each row of a piece, and where the last one ends.
    pub fn begins(&self, layout: Layout, block: &Block, piece: &Piece) -> Vec<u32> {
        let mut begins = Vec::with_capacity(piece.rows.len() * self.blocks as usize + 1);
        let mut counts = vec![0; self.blocks as usize];
        let mut at = piece.entries_at;
        for row in piece.rows.clone() {
            counts.fill(0);
            piece
                .row(block, row)
                .for_each(|k| counts[(block.slot(layout, k) / BLOCK_SLOTS - self.first) as usize] += 1);
            for count in &counts {
                begins.push(at);
                at += count;
            }
        }
        begins.push(at);
        begins
    }
}

/// What a shard whose rows are cut reaches.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Blocks of ring slots.
    pub blocks: Range<u32>,
    /// Delays in steps.
    pub delays: Range<u32>,
}

impl Shard {
    /// What it reaches; nothing where its rows are not cut.
    pub fn reach(&self) -> Reach {
        let cuts = || self.pieces.iter().filter_map(|piece| piece.cut);
        let ends = cuts().map(|cut| (cut.first + cut.blocks, cut.delay + 1));
        let starts = cuts().map(|cut| (cut.first, cut.delay));
        let all = starts.zip(ends).map(|(start, end)| (start.0..end.0, start.1..end.1));
        let join = |a: Range<u32>, b: Range<u32>| a.start.min(b.start)..a.end.max(b.end);
        let whole = all.reduce(|a, b| (join(a.0, b.0), join(a.1, b.1)));
        whole.map_or_else(Reach::default, |(blocks, delays)| Reach { blocks, delays })
    }
}

impl Piece {
    /// The entries of a row that are in this piece.
    fn row(&self, block: &Block, row: usize) -> Range<u32> {
        let inside = |entry: u32| entry.clamp(self.entries.start, self.entries.end);
        inside(block.rows[row])..inside(block.rows[row + 1])
    }

    /// Its entries by row, then slot, some rows at a time.
    fn batches<'a>(&'a self, layout: Layout, block: &'a Block) -> impl Iterator<Item = Vec<u32>> + 'a {
        let mut rows = self.rows.clone();
        std::iter::from_fn(move || {
            let mut batch: Vec<u32> = vec![];
            while batch.len() < BATCH {
                let Some(row) = rows.next() else { break };
                let begin = batch.len();
                batch.extend(self.row(block, row));
                batch[begin..].sort_by_key(|k| block.slot(layout, *k));
            }
            (!batch.is_empty()).then_some(batch)
        })
    }
}

/// Writes the entries of a piece whose rows are cut, and their weights, to where they lie in the shard.
pub(super) fn write(
    adapter: &Adapter,
    program: &Program,
    piece: &Piece,
    (entries, weights): (&wgpu::Buffer, &wgpu::Buffer),
) -> Result<()> {
    let (block, size) = (&program.blocks[piece.block], entry_words(program.layout));
    let mut done = 0;
    for batch in piece.batches(program.layout, block) {
        let words = |k: &u32| &block.entries[*k as usize * size as usize..][..size as usize];
        let sorted: Vec<u32> = batch.iter().flat_map(words).copied().collect();
        adapter.upload(entries, (u64::from(piece.entries_at) + done) * size, &sorted)?;
        if let Weights::Each(values) = &block.weights {
            let sorted: Vec<i32> = batch.iter().map(|k| values[*k as usize]).collect();
            adapter.upload(weights, u64::from(piece.weights_at) + done, bytemuck::cast_slice(&sorted))?;
        }
        done += batch.len() as u64;
    }
    Ok(())
}
