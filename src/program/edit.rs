//! Changes of stored synapses: their weights and delays, never their ends.

use super::Program;
use crate::compile::connect::{Block, Layout, Order, Weights};
use std::ops::Range;

/// A stored synapse and what it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Position among the program's blocks.
    pub block: usize,
    /// Position among the block's entries.
    pub entry: u32,
    /// Its weight in units of its port's scale.
    pub weight: i32,
    /// Its delay in steps.
    pub delay: u32,
}

/// What edits have changed of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// Position among the program's blocks.
    pub block: usize,
    /// The first changed entry and the one after the last.
    pub entries: Range<u32>,
    /// Whether delays have changed.
    pub delays: bool,
    /// Whether weights have changed.
    pub weights: bool,
    /// Whether a weight that all entries shared has become one for each.
    pub spread: bool,
}

impl Program {
    /// Makes the edits, which come in the order of blocks, and tells what has changed.
    pub fn edit(&mut self, edits: &[Edit]) -> Vec<Edited> {
        self.shortest = edits.iter().map(|edit| edit.delay).fold(self.shortest, u32::min);
        let together = edits.chunk_by(|a, b| a.block == b.block);
        together.map(|edits| self.edit_block(edits[0].block, edits)).collect()
    }

    fn edit_block(&mut self, number: usize, edits: &[Edit]) -> Edited {
        let layout = self.layout;
        let block = &mut self.blocks[number];
        let n_entries = block.rows.last().copied().unwrap_or(0);
        let entries = edits.iter().map(|edit| edit.entry);
        let (first, last) = (entries.clone().min().unwrap_or(0), entries.max().unwrap_or(0));
        let mut changed =
            Edited { block: number, entries: first..last + 1, delays: false, weights: false, spread: false };
        for edit in edits {
            let slot = block.slot(layout, edit.entry);
            let load = &mut self.loads[slot as usize];
            *load +=
                f64::from(edit.weight.unsigned_abs()) - f64::from(block.weight(edit.entry).unsigned_abs());
            changed.weights |= block.weight(edit.entry) != edit.weight;
            changed.delays |= block.delay(layout, edit.entry) != edit.delay;
        }
        let shared = edits[0].weight;
        let all_alike = edits.len() == n_entries as usize && edits.iter().all(|edit| edit.weight == shared);
        match &mut block.weights {
            Weights::Shared(weight) if all_alike => *weight = shared,
            Weights::Shared(weight) if changed.weights => {
                block.weights = Weights::Each(vec![*weight; n_entries as usize]);
                changed.spread = true;
            }
            _ => {}
        }
        for edit in edits {
            if let Weights::Each(weights) = &mut block.weights {
                weights[edit.entry as usize] = edit.weight;
            }
            block.set_delay(layout, edit.entry, edit.delay);
        }
        // entries stay where they are: connections are known by their places
        if changed.delays && block.order == Order::Delay {
            block.order = Order::Edited;
        }
        changed
    }
}

impl Program {
    /// The longest delay in steps that an edit may set: the ring has no room for more, nor has an entry.
    pub fn longest_delay(&self) -> u32 {
        let bits = match self.layout {
            Layout::Narrow { slot_bits } => 32 - slot_bits,
            Layout::Wide => 32,
        };
        (self.depth - self.window).min(((1u64 << bits) - 1) as u32)
    }
}

impl Block {
    /// The ring slot of an entry.
    pub fn slot(&self, layout: Layout, entry: u32) -> u32 {
        match layout {
            Layout::Narrow { slot_bits } => self.entries[entry as usize] & ((1u64 << slot_bits) - 1) as u32,
            Layout::Wide => self.entries[2 * entry as usize],
        }
    }

    /// The delay of an entry in steps.
    pub fn delay(&self, layout: Layout, entry: u32) -> u32 {
        match layout {
            Layout::Narrow { slot_bits } => (u64::from(self.entries[entry as usize]) >> slot_bits) as u32,
            Layout::Wide => self.entries[2 * entry as usize + 1],
        }
    }

    fn set_delay(&mut self, layout: Layout, entry: u32, delay: u32) {
        let slot = self.slot(layout, entry);
        match layout {
            Layout::Narrow { slot_bits } => {
                self.entries[entry as usize] = slot | (u64::from(delay) << slot_bits) as u32;
            }
            Layout::Wide => self.entries[2 * entry as usize + 1] = delay,
        }
    }

    /// The weight of an entry in units of its port's scale.
    pub fn weight(&self, entry: u32) -> i32 {
        match &self.weights {
            Weights::Shared(weight) => *weight,
            Weights::Each(weights) => weights[entry as usize],
        }
    }
}
