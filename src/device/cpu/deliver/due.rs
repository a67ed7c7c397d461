//! Rows in order of delays: their entries are added when they are due, not when the spike is found.
//!
//! *How it works.* A row's entries arrive over all delays, so a row that is added at once falls onto all rows of the ring,
//! which are far more than fit the cache: nearly every entry waits for memory. A row that is sorted by delay can be
//! added in parts instead. [`Due`] keeps the rows of spikes until all their entries are added, and moves a *horizon*
//! ahead of the steps, a few rows of the ring at a time. What arrives before the horizon has been added; all that is added
//! from one move to the next falls onto the rows in between, which stay in the cache.
//!
//! ```text
//! step          10        20        30        40        50
//!                |    now  |horizon
//! row of spike 1 #####.....
//! row of spike 2   ########............                         #: added    .: waits
//! row of spike 3        ###..................
//! ```
//!
//! Sums are of integers, so nobody can tell when an entry was added. Whatever reads or changes the ring or the rows between
//! two runs has all of them added first: [`Rows::settle`].

use super::{AHEAD, LINE, Rows, Target, add_each, add_shared, delay};
use crate::compile::connect::{Block, Layout, Weights};
use crate::program::Program;

/// Eighths of the cache for the rows of the ring before the horizon. On 2 MiB, the full microcircuit, three to six rows
/// in it are alike, two cost 5 %, one 25 %, no limit 40 %.
const EIGHTHS: usize = 5;

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
struct Waiting {
    block: u32,
    begin: u32,
    end: u32,
    /// The step of the spike.
    step: u32,
    /// What arrives before this step has been added.
    added: u32,
}

impl Due {
    /// Keeps a row for later.
    pub fn push(&mut self, block: usize, (begin, end): (usize, usize), step: usize) {
        let [block, begin, end, step] = [block, begin, end, step].map(|number| number as u32);
        self.rows.push(Waiting { block, begin, end, step, added: step });
    }

    /// Forgets all rows, before step `now`.
    pub fn clear(&mut self, now: u64) {
        *self = Due { horizon: now as u32, ..Due::default() };
    }
}

impl Rows {
    /// Adds what is due in the window that begins at step `now`.
    pub fn add_due(&self, program: &Program, now: u64, target: &mut Target, due: &mut Due) {
        let needed = (now as u32).wrapping_add(program.window);
        // steps wrap round
        let is_reached = needed.wrapping_sub(due.horizon) as i32 > 0;
        if !is_reached {
            self.add_parts(program, due.horizon, &mut due.rows[due.first_new..], target);
            due.first_new = due.rows.len();
            return;
        }
        let horizon = needed.wrapping_add(self.stride(target) - 1);
        if !due.rows.is_empty() {
            touch_ring(due.horizon, horizon, target);
        }
        due.horizon = horizon;
        self.add_parts(program, horizon, &mut due.rows, target);
        due.rows.retain(|row| row.begin < row.end);
        due.first_new = due.rows.len();
    }

    /// Adds all that waits.
    pub fn settle(&self, program: &Program, target: &mut Target, due: &mut Due) {
        for mut row in due.rows.drain(..) {
            self.add_part(program, usize::MAX, &mut row, target);
        }
        due.first_new = 0;
    }

    /// Rows of the ring that the horizon moves by.
    fn stride(&self, target: &Target) -> u32 {
        let (slots, depth) = target.size;
        let row_bytes = 4 * slots.max(1);
        (self.survey.cache as usize * EIGHTHS / 8 / row_bytes).clamp(1, depth) as u32
    }

    /// Adds what arrives before the horizon.
    fn add_parts(&self, program: &Program, horizon: u32, rows: &mut [Waiting], target: &mut Target) {
        for rows in rows.chunks_mut(AHEAD) {
            rows.iter().for_each(|row| self.touch_part(program, horizon, row));
            for row in rows {
                let until = horizon.wrapping_sub(row.step) as usize;
                self.add_part(program, until, row, target);
                row.added = horizon;
            }
        }
    }

    /// Has the entries that arrive before the horizon come to the cache, as far as they can be guessed.
    fn touch_part(&self, program: &Program, horizon: u32, row: &Waiting) {
        let block = &program.blocks[row.block as usize];
        let [from, until] = [row.added, horizon].map(|step| step.wrapping_sub(row.step));
        let (begin, end) = (row.begin as usize, row.end as usize);
        let part = self.survey.profiles[row.block as usize].part(from, until);
        let expected = (part * (end - begin) as f32) as usize;
        let end = end.min(begin + expected + LINE);
        touch(&block.entries[begin..end]);
        if let Weights::Each(weights) = &block.weights {
            touch(&weights[begin..end]);
        }
    }

    /// Adds the entries of a row with delays below `until`.
    fn add_part(&self, program: &Program, until: usize, row: &mut Waiting, target: &mut Target) {
        let Layout::Narrow { slot_bits } = program.layout else { return };
        let block = &program.blocks[row.block as usize];
        target.step = row.step as usize;
        while row.begin < row.end {
            let part = row.begin as usize..row.end as usize;
            let entries = &block.entries[part.clone()];
            let delay = delay(entries[0], slot_bits);
            if delay >= until {
                return;
            }
            let into = target.row(delay);
            let first = self.first_entry(slot_bits, delay);
            row.begin += match &block.weights {
                Weights::Shared(weight) => add_shared(into, entries, first, *weight),
                Weights::Each(weights) => add_each(into, entries, &weights[part], first),
            };
        }
    }
}

/// Reads a word of each line, so that it comes to the cache; nobody waits for the answers.
fn touch<T: Copy>(words: &[T]) {
    words.iter().step_by(LINE).for_each(|word| _ = std::hint::black_box(*word));
}

/// Has the ring's rows of some steps come to the cache: one after the other they come faster than by their entries.
fn touch_ring(from: u32, until: u32, target: &Target) {
    let (slots, depth) = target.size;
    let n = until.wrapping_sub(from).min(depth as u32);
    for step in 1..=n {
        let row = until.wrapping_sub(step) as usize & (depth - 1);
        touch(&target.ring[row * slots..][..slots]);
    }
}

/// How the delays of a block's entries are distributed.
#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    /// By delay: which part of a row comes sooner.
    sooner: Vec<f32>,
}

/// Entries that a profile is made from.
const SAMPLE: usize = 1 << 16;

impl Profile {
    pub fn new(block: &Block, slot_bits: u32) -> Profile {
        let every = (block.entries.len() / SAMPLE).max(1);
        let mut counts: Vec<u32> = vec![];
        for entry in block.entries.iter().step_by(every) {
            let delay = delay(*entry, slot_bits);
            if counts.len() <= delay {
                counts.resize(delay + 1, 0);
            }
            counts[delay] += 1;
        }
        let all = counts.iter().sum::<u32>().max(1) as f32;
        let sums = counts.iter().scan(0, |sum, count| Some(std::mem::replace(sum, *sum + count)));
        Profile { sooner: sums.map(|sum| sum as f32 / all).collect() }
    }

    /// Which part of the entries with a delay of at least `from` has one below `until`.
    fn part(&self, from: u32, until: u32) -> f32 {
        let [from, until] =
            [from, until].map(|delay| self.sooner.get(delay as usize).copied().unwrap_or(1.0));
        if from < 1.0 { (until - from) / (1.0 - from) } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_tells_which_part_to_expect() {
        let profile = Profile { sooner: vec![0.0, 0.0, 0.25, 0.5, 0.75] };
        assert_eq!(profile.part(0, 2), 0.25);
        assert_eq!(profile.part(2, 4), 2.0 / 3.0);
        assert_eq!(profile.part(3, 9), 1.0);
        assert_eq!(profile.part(7, 9), 1.0);
    }
}
