//! What delivery knows of a program's blocks beforehand.

use super::delay;
use super::due::Profile;
use crate::compile::connect::{Block, Layout, Order};
use crate::program::Program;

/// What delivery knows of a program's blocks beforehand.
pub(in crate::device::cpu) struct Survey {
    /// The delay that all entries of a block share, by block.
    pub(super) delays: Vec<Option<usize>>,
    /// How delays are distributed, by block; empty where rows are not sorted by delay.
    pub(super) profiles: Vec<Profile>,
    /// Bytes of a core's cache.
    pub(super) cache: u64,
}

impl Survey {
    /// Looks through the blocks, for cores with so many bytes of cache.
    pub fn new(program: &Program, cache: u64) -> Survey {
        let Layout::Narrow { slot_bits } = program.layout else {
            let n = program.blocks.len();
            return Survey { delays: vec![None; n], profiles: vec![Profile::default(); n], cache };
        };
        let profile = |block: &Block| match block.order {
            Order::Delay => Profile::new(block, slot_bits),
            Order::Target | Order::Edited => Profile::default(),
        };
        let delays = program.blocks.iter().map(|block| shared_delay(block, slot_bits)).collect();
        Survey { delays, profiles: program.blocks.iter().map(profile).collect(), cache }
    }
}

fn shared_delay(block: &Block, slot_bits: u32) -> Option<usize> {
    let first = delay(*block.entries.first()?, slot_bits);
    block.entries.iter().all(|entry| delay(*entry, slot_bits) == first).then_some(first)
}
