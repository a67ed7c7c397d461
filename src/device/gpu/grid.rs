//! How many workgroups deliver a shard, and how they share spikes and rows.
//!
//! *How it works.* The grid of a dispatch is fixed before anyone knows how many spikes there will be, so workgroups stride
//! over them. On hardware there are as many as an active network keeps busy; a software renderer stops an invocation
//! after so many iterations, and there the grid follows from the most spikes that a window may have.

use super::adapter::Adapter;
use super::shard::Shard;
use super::size::Sizes;
use crate::compile::kernel::{BLOCK_SLOTS, MOST_SLICES};

/// Iterations of loops that an invocation may reach. Software Vulkan (llvmpipe) stops at 65,535 without a word; the rest is
/// for what is not counted here.
const ITERATIONS: u64 = 40_000;

/// Entries of an average row for each invocation of its team: a software renderer pays for every eight invocations
/// that look at a spike, hardware has some to spare.
const SHARE: (u32, u32) = (8, 2);

/// Entries of the longest row that one invocation works through: many where loops are dear to start, few where there are
/// invocations to spare.
const ENTRIES: (u32, u32) = (64, 8);

/// Neurons and steps for each spike that is expected: 50 Hz at steps of 0.1 ms. More spikes take turns.
const QUIET: u64 = 200;

/// Workgroups that keep hardware busy.
const BUSY: u32 = 512;

/// Workgroups in a dimension at most.
const MOST: u64 = 65_535;

/// Workgroups along x, y and z.
pub(super) type Grid = (u32, u32, u32);

/// Invocations of a workgroup that delivers a shard.
pub(super) fn workgroup(adapter: &Adapter, is_cut: bool) -> u32 {
    // sums are shared by a workgroup, so a large one serves more spikes with the same memory
    if is_cut { (4 * adapter.workgroup).min(MOST_SLICES) } else { adapter.workgroup }
}

/// Invocations that share a row of a shard: a power of two, at most a workgroup.
pub(super) fn lanes(adapter: &Adapter, shard: &Shard) -> u32 {
    let share = if adapter.is_software() { SHARE.0 } else { SHARE.1 };
    let wanted = (shard.mean_row / share).max(1);
    (1 << wanted.ilog2()).min(workgroup(adapter, shard.is_cut))
}

/// Workgroups that share the rows of a shard that are not cut.
pub(super) fn parts(adapter: &Adapter, shard: &Shard) -> u32 {
    let lanes = lanes(adapter, shard);
    match adapter.is_software() {
        true => shard.max_row.div_ceil(lanes * ENTRIES.0).clamp(1, MOST as u32),
        false => shard.max_row.div_ceil(lanes * ENTRIES.1).clamp(1, 64),
    }
}

/// A grid of this many workgroups, and perhaps some more.
pub(super) fn line(groups: u64) -> Grid {
    let columns = groups.clamp(1, MOST);
    (columns as u32, groups.div_ceil(columns).clamp(1, MOST) as u32, 1)
}

impl Sizes {
    /// The grid for a shard, where a window has at most this many events beside its spikes.
    pub fn grid(&self, adapter: &Adapter, shard: &Shard, events: u32) -> Grid {
        if shard.is_cut {
            return self.grid_of_blocks(adapter, shard, events);
        }
        let (lanes, workgroup) = (lanes(adapter, shard), adapter.workgroup);
        let teams = u64::from(workgroup / lanes);
        let spikes = u64::from(self.log_reserve) + u64::from(events);
        let most = spikes.div_ceil(teams).clamp(1, MOST);
        let parts = parts(adapter, shard);
        if !adapter.is_software() {
            return (self.expected(events).div_ceil(teams).clamp(64, 4096).min(most) as u32, parts, 1);
        }
        let entries = shard.max_row.div_ceil(lanes * parts);
        // entries that are drawn come four or, by chance, some sixteen at a time
        let drawn = if shard.drawing > 0 { u64::from(entries + 32) * u64::from(shard.drawing) } else { 0 };
        let iterations = 1 + u64::from(shard.max_pieces) * (u64::from(1 + entries) + drawn);
        let needed = (spikes * iterations).div_ceil(ITERATIONS * teams);
        (needed.clamp(8, MOST).min(most) as u32, parts, 1)
    }

    /// Workgroups for each block of slots, each row of the ring that a window reaches, and each share of the spikes.
    fn grid_of_blocks(&self, adapter: &Adapter, shard: &Shard, events: u32) -> Grid {
        let (reach, workgroup) = (shard.reach(), workgroup(adapter, true));
        let blocks = reach.blocks.len() as u32;
        let rows = self.window + reach.delays.len() as u32 - 1;
        let tiles =
            |spikes: u64| (spikes * u64::from(shard.max_pieces)).div_ceil(u64::from(workgroup)).max(1);
        if !adapter.is_software() {
            let shares = u64::from(BUSY.div_ceil(blocks * rows));
            return (blocks, rows, shares.min(tiles(self.expected(events))) as u32);
        }
        let lanes = lanes(adapter, shard);
        // all invocations of a workgroup may find a slice, and a team takes as many as it has invocations
        let iterations = 1 + u64::from(lanes) * (1 + u64::from(shard.max_row.div_ceil(lanes)));
        let left = ITERATIONS - 2 * u64::from(BLOCK_SLOTS / workgroup);
        let all = tiles(u64::from(self.log_reserve) + u64::from(events));
        (blocks, rows, (all * iterations).div_ceil(left).clamp(1, all.min(MOST)) as u32)
    }

    fn expected(&self, events: u32) -> u64 {
        u64::from(self.log_reserve) / QUIET + u64::from(events)
    }
}
