//! The lanes that stay in a loop after most have left it, from many blocks.
//!
//! # How it works
//!
//! The queue is a block of its own. A lane enters it with what an iteration reads, and goes on there beside lanes of
//! other blocks; what it has changed returns to its block when it leaves the loop. When half of the lanes have left,
//! the others close the gaps. A lane computes the same wherever it is, so results do not depend on any of this.

use super::execute::{Context, Tables, iteration, mask};
use super::{BLOCK, CHUNK, Columns, List, Repeat};

/// Lanes of one loop.
pub struct Queue<'a> {
    context: Context<'a>,
    repeat: &'a Repeat<List>,
    columns: &'a Columns,
    tables: &'a Tables,
    /// The queue's own places
    table: &'a [*mut u32],
    /// For each lane the block and the lane that it came from, and how often it has iterated
    lanes: Vec<Guest>,
}

#[derive(Clone, Copy)]
struct Guest {
    block: usize,
    lane: usize,
    iterations: u32,
}

impl<'a> Queue<'a> {
    /// An empty queue.
    pub fn new(
        context: Context<'a>,
        repeat: &'a Repeat<List>,
        columns: &'a Columns,
        tables: &'a Tables,
        table: &'a [*mut u32],
    ) -> Queue<'a> {
        Queue { context, repeat, columns, tables, table, lanes: Vec::new() }
    }

    /// Takes the lanes of a block that are left in the loop after some iterations.
    ///
    /// # Safety
    /// As described in [`super::execute::run`].
    pub unsafe fn admit(&mut self, block: usize, lanes: usize, iterations: u32) {
        let from = self.tables.of(block);
        // SAFETY: passed on.
        let left = unsafe { mask(self.repeat, from) };
        let guests = (0..lanes).filter(|lane| left[*lane] != 0);
        let guests: Vec<Guest> = guests.map(|lane| Guest { block, lane, iterations }).collect();
        let mut guests = &guests[..];
        while !guests.is_empty() {
            if self.lanes.len() == BLOCK {
                // SAFETY: passed on.
                unsafe { self.thin(BLOCK / 2) };
            }
            let begin = self.lanes.len();
            let (now, later) = guests.split_at(guests.len().min(BLOCK - begin));
            for &column in &self.columns.into {
                for (k, guest) in now.iter().enumerate() {
                    // SAFETY: lanes are below BLOCK, and all columns hold as many.
                    unsafe { *self.table[column].add(begin + k) = *from[column].add(guest.lane) };
                }
            }
            self.lanes.extend(now);
            // SAFETY: passed on.
            unsafe { mask(self.repeat, self.table)[begin..begin + now.len()].fill(!0) };
            guests = later;
        }
    }

    /// Iterates until all lanes have left the loop.
    ///
    /// # Safety
    /// As described in [`super::execute::run`].
    pub unsafe fn finish(&mut self) {
        while !self.lanes.is_empty() {
            let n = self.lanes.len();
            // fewer lanes than a chunk cost no less
            // SAFETY: passed on.
            unsafe { self.thin(if n <= CHUNK { 0 } else { n / 2 }) };
        }
    }

    /// Iterates until at most `few` lanes are left, and lets the others go.
    ///
    /// # Safety
    /// As described in [`super::execute::run`].
    unsafe fn thin(&mut self, few: usize) {
        let n = self.lanes.len();
        loop {
            // SAFETY: passed on.
            let mut left = unsafe { iteration(self.context, self.repeat, self.table, n) };
            // SAFETY: passed on.
            let mask = unsafe { mask(self.repeat, self.table) };
            for (lane, inside) in self.lanes.iter_mut().zip(mask) {
                lane.iterations += 1;
                if lane.iterations >= self.repeat.max_iterations && *inside != 0 {
                    *inside = 0;
                    left -= 1;
                }
            }
            if left <= few {
                break;
            }
        }
        // SAFETY: passed on.
        unsafe { self.settle() };
    }

    /// Returns what lanes that have left the loop have changed, and closes the gaps.
    ///
    /// # Safety
    /// As described in [`super::execute::run`].
    unsafe fn settle(&mut self) {
        // SAFETY: passed on.
        let mask = unsafe { mask(self.repeat, self.table) };
        for &column in &self.columns.back {
            for (k, guest) in self.lanes.iter().enumerate().filter(|(k, _)| mask[*k] == 0) {
                // SAFETY: as in `admit`; the column is a slot that the block holds.
                unsafe { *self.tables.of(guest.block)[column].add(guest.lane) = *self.table[column].add(k) };
            }
        }
        let mut moves = Vec::new();
        let (mut gap, mut end) = (0, self.lanes.len());
        while gap < end {
            if mask[gap] != 0 {
                gap += 1;
            } else if mask[end - 1] == 0 {
                end -= 1;
            } else {
                moves.push((end - 1, gap));
                (gap, end) = (gap + 1, end - 1);
            }
        }
        for &column in &self.columns.into {
            for &(from, to) in &moves {
                // SAFETY: both are below BLOCK.
                unsafe { *self.table[column].add(to) = *self.table[column].add(from) };
            }
        }
        moves.iter().for_each(|&(from, to)| self.lanes[to] = self.lanes[from]);
        self.lanes.truncate(gap);
        mask[..gap].fill(!0);
        mask[gap..].fill(0);
    }
}
