//! Delivery on the CPU: the twin of `shaders/kernel/propagate.wgsl` and of `shaders/kernel/accumulate.wgsl`.

mod due;
mod regenerate;
mod survey;

use crate::compile::connect::{Block, Layout, Order, Procedural, Weights};
use crate::program::{Event, Program};
pub(super) use due::Due;
pub(super) use regenerate::Room;
use std::sync::Arc;
pub(super) use survey::Survey;

/// The rows of one partition, found by element.
pub(super) struct Rows {
    /// Elements where the set of blocks changes, ascending.
    bounds: Vec<u32>,
    /// For the elements between two bounds: blocks, and after them procedural projections by number, each with what to
    /// add to an element for its row.
    blocks: Vec<Vec<(usize, i64)>>,
    survey: Arc<Survey>,
    partition: u32,
    copy: u32,
    first_slot: u32,
}

impl Rows {
    /// The rows of a partition, found by the elements of a copy.
    pub fn new(program: &Program, partition: usize, copy: u32, survey: Arc<Survey>) -> Rows {
        // element ranges with the block that holds their rows and the offset to the row
        let mut ranges: Vec<(u32, u32, usize, i64)> = vec![];
        let of_partition = |k: usize| program.blocks[k].partition as usize == partition;
        let blocks = (0..program.blocks.len()).filter(|k| of_partition(*k)).map(|k| {
            let block = &program.blocks[k];
            (k, block.projection, block.source_first, block.source_first + block.rows.len() as u32 - 1)
        });
        let procedural = (program.blocks.len()..).zip(&program.procedural);
        let procedural = procedural.map(|(k, it)| (k, it.projection, 0, u32::MAX));
        for (k, projection, first_row, end_row) in blocks.chain(procedural) {
            let mut row = 0;
            for (first, len) in &program.projections[projection as usize].segments {
                let (low, high) = (first_row.max(row), end_row.min(row + len));
                if low < high {
                    let first = first + copy * program.stride(*first);
                    let shift = i64::from(row) - i64::from(first) - i64::from(first_row);
                    ranges.push((first + low - row, first + high - row, k, shift));
                }
                row += len;
            }
        }
        let mut bounds: Vec<u32> = ranges.iter().flat_map(|(low, high, ..)| [*low, *high]).collect();
        bounds.sort_unstable();
        bounds.dedup();
        let within = |bound: &u32| {
            let found = ranges.iter().filter(|(low, high, ..)| low <= bound && bound < high);
            found.map(|(_, _, block, shift)| (*block, *shift)).collect()
        };
        let blocks = bounds.iter().map(within).collect();
        let first_slot = program.partitions[partition].first_slot;
        Rows { bounds, blocks, survey, partition: partition as u32, copy, first_slot }
    }

    /// Replaces what is known of the blocks.
    pub fn set_survey(&mut self, survey: Arc<Survey>) {
        self.survey = survey;
    }

    /// The number of an element's like in the first copy of the network.
    fn in_first_copy(&self, program: &Program, element: u32) -> u32 {
        if self.copy == 0 { element } else { element - self.copy * program.stride(element) }
    }

    /// A ring with `size.1` rows of `size.0` slots, to add to.
    pub fn target<'a>(&self, ring: &'a mut [u32], size: (usize, usize)) -> Target<'a> {
        Target { ring, size, step: 0, first_slot: self.first_slot as usize }
    }

    /// Adds events to the ring, but for what waits in `room`: that is for [`Rows::add_due`].
    pub fn deliver(&self, program: &Program, events: &[Event], target: &mut Target, room: &mut Room) {
        for events in events.chunks(AHEAD) {
            let (mut sendings, mut due) = (std::mem::take(&mut room.sendings), std::mem::take(&mut room.due));
            self.find(program, events, (&mut sendings, &mut due), &mut |it, row, event| {
                target.step = event.step as usize;
                let own = Event { element: self.in_first_copy(program, event.element), ..*event };
                regenerate::deliver(it, self.partition, row, &own, target, room);
            });
            for sending in sendings.drain(..) {
                target.step = sending.step;
                self.send(program, &sending, target);
            }
            (room.sendings, room.due) = (sendings, due);
        }
    }

    /// Finds the rows of events, and has their beginnings come to the cache meanwhile.
    fn find(
        &self,
        program: &Program,
        events: &[Event],
        (sendings, due): (&mut Vec<Sending>, &mut Due),
        regenerate: &mut impl FnMut(&Procedural, u32, &Event),
    ) {
        let mut position = 0;
        for event in events {
            position = self.position(event.element, position);
            let Some(blocks) = position.checked_sub(1).map(|k| &self.blocks[k]) else { continue };
            for (number, shift) in blocks {
                let row = (i64::from(event.element) + shift) as usize;
                let Some(block) = program.blocks.get(*number) else {
                    regenerate(&program.procedural[number - program.blocks.len()], row as u32, event);
                    continue;
                };
                let (begin, end) = (block.rows[row] as usize, block.rows[row + 1] as usize);
                let step = event.step as usize;
                if begin == end {
                    continue;
                }
                if block.order == Order::Delay && event.value == 1.0 {
                    due.push(*number, (begin, end), step);
                    continue;
                }
                touch(program.layout, block, begin, end);
                sendings.push(Sending { block: *number, begin, end, step, value: event.value });
            }
        }
    }

    /// Number of bounds up to an element; `guess` is right for most of a sorted list.
    fn position(&self, element: u32, guess: usize) -> usize {
        let is_after = guess.checked_sub(1).is_some_and(|k| self.bounds[k] <= element);
        let is_before = self.bounds.get(guess).is_none_or(|bound| element < *bound);
        if is_after && is_before {
            return guess;
        }
        self.bounds.partition_point(|bound| *bound <= element)
    }

    /// The entry of the partition's first slot with a delay.
    fn first_entry(&self, slot_bits: u32, delay: usize) -> u32 {
        self.first_slot.wrapping_add((delay as u32) << slot_bits)
    }

    /// Adds the entries of one row.
    fn send(&self, program: &Program, sending: &Sending, target: &mut Target) {
        let Sending { block: number, begin, end, value, .. } = *sending;
        let block = &program.blocks[number];
        let is_plain = value == 1.0;
        let Layout::Narrow { slot_bits } = program.layout else {
            for k in begin..end {
                let (slot, delay) = (block.entries[2 * k] as usize, block.entries[2 * k + 1] as usize);
                target.add(slot, delay, block.weights.times(k, value));
            }
            return;
        };
        let entries = &block.entries[begin..end];
        if let (true, Some(delay)) = (is_plain, self.survey.delays[number]) {
            let (row, first) = (target.row(delay), self.first_entry(slot_bits, delay));
            match &block.weights {
                Weights::Shared(weight) => add_shared(row, entries, first, *weight),
                Weights::Each(weights) => add_each(row, entries, &weights[begin..end], first),
            };
            return;
        }
        match &block.weights {
            Weights::Shared(weight) if is_plain => target.shared(slot_bits, entries, *weight),
            Weights::Each(weights) if is_plain => target.each(slot_bits, entries, &weights[begin..end]),
            weights => {
                for (k, entry) in (begin..).zip(entries) {
                    let amount = weights.times(k, value);
                    target.add(slot(*entry, slot_bits), delay(*entry, slot_bits), amount);
                }
            }
        }
    }
}

/// A row on its way.
pub(super) struct Sending {
    block: usize,
    begin: usize,
    end: usize,
    step: usize,
    value: f32,
}

/// Rows that are found before the first of them is added: memory answers several questions at once.
const AHEAD: usize = 32;

/// Words of a cache line.
const LINE: usize = 16;

/// Reads the first lines of a row; nobody waits for the answers.
fn touch(layout: Layout, block: &Block, begin: usize, end: usize) {
    let end = end.min(begin + 8 * LINE);
    let words = if layout == Layout::Wide { 2 } else { 1 };
    let lines = block.entries[words * begin..words * end].iter().step_by(LINE);
    lines.for_each(|entry| _ = std::hint::black_box(*entry));
    if let Weights::Each(weights) = &block.weights {
        weights[begin..end].iter().step_by(LINE).for_each(|weight| _ = std::hint::black_box(*weight));
    }
}

impl Weights {
    /// The weight of an entry times what a spike carries.
    fn times(&self, entry: usize, value: f32) -> i32 {
        let weight = match self {
            Weights::Shared(weight) => *weight,
            Weights::Each(weights) => weights[entry],
        };
        if value == 1.0 { weight } else { scaled(weight, value) }
    }
}

/// The ring of all copies before the first step, where there is one partition.
pub(in crate::device) fn initial_ring(program: &Program) -> Vec<u32> {
    let (slots, depth) = (program.partitions[0].slots as usize, program.depth as usize);
    let (survey, mut room) = (Arc::new(Survey::new(program, 0)), Room::default());
    let mut ring = vec![0; program.slots as usize * depth];
    for copy in 0..program.copies() {
        let rows = Rows::new(program, 0, copy, survey.clone());
        let mut own = vec![0; slots * depth];
        let mut target = rows.target(&mut own, (slots, depth));
        rows.deliver(program, &program.initial, &mut target, &mut room);
        rows.settle(program, &mut target, &mut room.due);
        for (row, own) in ring.chunks_mut(program.slots as usize).zip(own.chunks(slots)) {
            row[copy as usize * slots..][..slots].copy_from_slice(own);
        }
    }
    ring
}

/// The ring while one spike is added to it.
pub(super) struct Target<'a> {
    ring: &'a mut [u32],
    size: (usize, usize),
    step: usize,
    first_slot: usize,
}

impl Target<'_> {
    #[inline]
    fn add(&mut self, slot: usize, delay: usize, amount: i32) {
        let (slots, depth) = self.size;
        let at = (self.step.wrapping_add(delay) & (depth - 1)) * slots + slot - self.first_slot;
        self.ring[at] = self.ring[at].wrapping_add(amount as u32);
    }

    /// As [`Target::add`], with the slot counted from the partition's first.
    #[inline]
    fn add_own(&mut self, slot: usize, delay: u32, amount: i32) {
        let into = &mut self.row(delay as usize)[slot];
        *into = into.wrapping_add(amount as u32);
    }

    /// The row that a spike with this delay arrives in.
    fn row(&mut self, delay: usize) -> &mut [u32] {
        let (slots, depth) = self.size;
        let begin = (self.step.wrapping_add(delay) & (depth - 1)) * slots;
        &mut self.ring[begin..begin + slots]
    }

    fn shared(&mut self, bits: u32, entries: &[u32], weight: i32) {
        let place = self.placed(bits);
        for entry in entries {
            let into = &mut self.ring[place(*entry)];
            *into = into.wrapping_add(weight as u32);
        }
    }

    fn each(&mut self, bits: u32, entries: &[u32], weights: &[i32]) {
        let place = self.placed(bits);
        for (entry, weight) in entries.iter().zip(weights) {
            let into = &mut self.ring[place(*entry)];
            *into = into.wrapping_add(*weight as u32);
        }
    }

    /// Where in the ring an entry arrives.
    #[inline]
    fn placed(&self, bits: u32) -> impl Fn(u32) -> usize + use<> {
        let ((slots, depth), step, first_slot) = (self.size, self.step, self.first_slot);
        let (mask, rows) = (slot_mask(bits), (depth - 1) as u32);
        let (slots, step) = (slots as u32, step as u32);
        move |entry| {
            let row = step.wrapping_add(entry >> bits) & rows;
            row as usize * slots as usize + (entry & mask) as usize - first_slot
        }
    }
}

/// Adds entries as long as they have the delay of the first one, and tells how many. `first` is the entry of the partition's
/// first slot with this delay: an entry with a longer delay lies beyond the row's end, seen from there.
fn add_each(row: &mut [u32], entries: &[u32], weights: &[i32], first: u32) -> u32 {
    let mut n = 0;
    for (entry, weight) in entries.iter().zip(weights) {
        let Some(into) = row.get_mut(entry.wrapping_sub(first) as usize) else { break };
        *into = into.wrapping_add(*weight as u32);
        n += 1;
    }
    n
}

/// As [`add_each`], with one weight for all.
fn add_shared(row: &mut [u32], entries: &[u32], first: u32, weight: i32) -> u32 {
    let mut n = 0;
    for entry in entries {
        let Some(into) = row.get_mut(entry.wrapping_sub(first) as usize) else { break };
        *into = into.wrapping_add(weight as u32);
        n += 1;
    }
    n
}

fn slot_mask(bits: u32) -> u32 {
    ((1u64 << bits) - 1) as u32
}

#[inline]
fn slot(entry: u32, bits: u32) -> usize {
    (entry & slot_mask(bits)) as usize
}

#[inline]
fn delay(entry: u32, bits: u32) -> usize {
    (u64::from(entry) >> bits) as usize
}

/// A weight times what the spike carries, rounded half to even as WGSL's `round` does.
fn scaled(weight: i32, value: f32) -> i32 {
    (weight as f32 * value).round_ties_even() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_where_the_delay_does() {
        // 8 slots of this partition from slot 4 of 12 on; four bits for the slot
        let entry = |slot: u32, delay: u32| slot | delay << 4;
        let entries = [entry(5, 3), entry(11, 3), entry(5, 3), entry(4, 4), entry(5, 4)];
        let (mut row, weights) = ([0; 8], [1, 2, 4, 8, 16]);
        assert_eq!(add_each(&mut row, &entries, &weights, entry(4, 3)), 3);
        assert_eq!(row, [0, 5, 0, 0, 0, 0, 0, 2]);
        assert_eq!(add_shared(&mut row, &entries[3..], entry(4, 4), -1), 2);
        assert_eq!(row, [u32::MAX, 4, 0, 0, 0, 0, 0, 2]);
    }
}
