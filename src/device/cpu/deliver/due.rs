//! Rows in order of delays: their entries are added when they are due, not when the spike is found.
//!
//! *How it works.* A spike's row arrives over all delays, so entries that are added at once fall onto all rows of the ring,
//! which are far more than fit the cache: each waits for memory. A row that is sorted by delay can be read in parts instead.
//! [`Due`] keeps the rows of spikes until all of their entries are added, and moves a *horizon* ahead of the steps, some rows of the ring
//! at a time: what arrives before it has been added, so all additions between two moves fall onto these rows.
//!
//! ```text
//! step        0         1         2         3         4   ...
//! horizon     |-------->|                             what arrives here has been added
//! spike 17    ##########|........................     its row: added | waiting
//! spike 4       ########|................
//! ```
//!
//! Whatever is read or changed between two runs sees the ring as if all had been added at once: [`Rows::settle`].

use super::{AHEAD, LINE, Rows, Target};
use crate::compile::connect::{Block, Layout, Weights};
use crate::program::Program;

/// The ring's rows below the horizon take this part of the cache: the others are for state and for entries.
const PART: usize = 3;

/// Rows that wait for their entries to become due.
#[derive(Default)]
pub(in crate::device::cpu) struct Due {
    rows: Vec<Waiting>,
    /// From here on they are new: nothing of them has been added.
    first_new: usize,
    /// What arrives before this step has been added, but of new rows.
    horizon: u32,
}

/// What is left of a row.
#[derive(Clone, Copy)]
struct Waiting {
    block: u32,
    begin: u32,
    end: u32,
    /// The step of the spike.
    step: u32,
}

impl Due {
    /// Keeps a row for later.
    pub fn push(&mut self, block: usize, begin: usize, end: usize, step: usize) {
        let (block, begin, end, step) = (block as u32, begin as u32, end as u32, step as u32);
        self.rows.push(Waiting { block, begin, end, step });
    }

    /// Forgets all rows, before step `now`.
    pub fn clear(&mut self, now: u64) {
        *self = Due { horizon: now as u32, ..Due::default() };
    }
}

/// What a block's rows look like.
#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    /// By delay: which part of a row comes sooner.
    sooner: Vec<f32>,
}

/// Entries that a profile is made from.
const SAMPLE: usize = 1 << 16;

impl Profile {
    /// The profile of a block that is sorted by delay.
    pub fn new(block: &Block, slot_bits: u32) -> Profile {
        let step = (block.entries.len() / SAMPLE).max(1);
        let mut counts: Vec<u32> = vec![];
        for entry in block.entries.iter().step_by(step) {
            let delay = (u64::from(*entry) >> slot_bits) as usize;
            if counts.len() <= delay {
                counts.resize(delay + 1, 0);
            }
            counts[delay] += 1;
        }
        let (mut sum, all) = (0, counts.iter().sum::<u32>().max(1) as f32);
        let sooner = counts.into_iter().map(|count| (sum as f32 / all, sum += count).0);
        Profile { sooner: sooner.collect() }
    }

    /// Which part of a row comes before a delay.
    fn before(&self, delay: u32) -> f32 {
        self.sooner.get(delay as usize).copied().unwrap_or(1.0)
    }

    /// Entries to expect until a delay, of `left` from another one on.
    fn expected(&self, from: u32, until: u32, left: usize) -> usize {
        let (from, until) = (self.before(from), self.before(until));
        if from >= 1.0 { left } else { ((until - from) / (1.0 - from) * left as f32) as usize }
    }
}

impl Rows {
    /// Adds what is due in the window that begins at step `now`.
    pub fn add_due(&self, program: &Program, now: u64, target: &mut Target, due: &mut Due) {
        let needed = (now as u32).wrapping_add(program.window);
        let before = due.horizon;
        let first = match needed.wrapping_sub(before) as i32 {
            ..=0 => due.first_new,
            _ => {
                due.horizon = needed.wrapping_add(self.stride(target) - 1);
                0
            }
        };
        let old = due.first_new - first;
        for (k, rows) in due.rows[first..].chunks_mut(AHEAD).enumerate() {
            for (q, row) in rows.iter().enumerate() {
                let from = if k * AHEAD + q < old { before.wrapping_sub(row.step) } else { 0 };
                self.touch_part(program, row, from, due.horizon.wrapping_sub(row.step));
            }
            for row in rows {
                target.step = row.step as usize;
                let until = u64::from(due.horizon.wrapping_sub(row.step));
                self.add_part(program, row, until, target);
            }
        }
        if first == 0 {
            due.rows.retain(|row| row.begin < row.end);
        }
        due.first_new = due.rows.len();
    }

    /// Adds all that waits.
    pub fn settle(&self, program: &Program, target: &mut Target, due: &mut Due) {
        for mut row in due.rows.drain(..) {
            target.step = row.step as usize;
            self.add_part(program, &mut row, u64::from(u32::MAX), target);
        }
        due.first_new = 0;
    }

    /// Rows of the ring that the horizon moves by: those that stay in the cache.
    fn stride(&self, target: &Target) -> u32 {
        let (slots, depth) = target.size;
        (self.survey.cache as usize / PART / (4 * slots.max(1))).clamp(1, depth) as u32
    }

    /// Has the entries of a row between two delays come to the cache.
    fn touch_part(&self, program: &Program, row: &Waiting, from: u32, until: u32) {
        let block = &program.blocks[row.block as usize];
        let (begin, end) = (row.begin as usize, row.end as usize);
        let expected = self.survey.profiles[row.block as usize].expected(from, until, end - begin);
        let end = end.min(begin + expected + LINE);
        touch(&block.entries[begin..end]);
        if let Weights::Each(weights) = &block.weights {
            touch(&weights[begin..end]);
        }
    }

    /// Adds the entries of a row with a delay below `until`.
    fn add_part(&self, program: &Program, row: &mut Waiting, until: u64, target: &mut Target) {
        let Layout::Narrow { slot_bits } = program.layout else { return };
        let block = &program.blocks[row.block as usize];
        let part = row.begin as usize..row.end as usize;
        let (entries, end) = (&block.entries[part.clone()], until << slot_bits);
        let n = match &block.weights {
            Weights::Shared(weight) => target.shared_until(slot_bits, entries, *weight, end),
            Weights::Each(weights) => target.each_until(slot_bits, entries, &weights[part], end),
        };
        row.begin += n as u32;
    }
}

/// Reads a word of each line; nobody waits for the answers.
fn touch<T: Copy>(words: &[T]) {
    words.iter().step_by(LINE).for_each(|word| _ = std::hint::black_box(*word));
}

impl Target<'_> {
    /// Adds entries until one is not below `end`, and tells how many.
    fn shared_until(&mut self, bits: u32, entries: &[u32], weight: i32, end: u64) -> usize {
        let place = self.placed(bits);
        for (k, entry) in entries.iter().enumerate() {
            if u64::from(*entry) >= end {
                return k;
            }
            let into = &mut self.ring[place(*entry)];
            *into = into.wrapping_add(weight as u32);
        }
        entries.len()
    }

    /// As [`Target::shared_until`], with a weight for each entry.
    fn each_until(&mut self, bits: u32, entries: &[u32], weights: &[i32], end: u64) -> usize {
        let place = self.placed(bits);
        for (k, (entry, weight)) in entries.iter().zip(weights).enumerate() {
            if u64::from(*entry) >= end {
                return k;
            }
            let into = &mut self.ring[place(*entry)];
            *into = into.wrapping_add(*weight as u32);
        }
        entries.len()
    }
}
