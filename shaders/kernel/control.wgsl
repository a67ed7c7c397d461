//! The progress of a run, kept on the device so that all dispatches of a chunk are alike.
//!
//! A window is one round of `update` (one dispatch per kernel) and `propagate` (one per shard). What the rounds
//! tell each other is written in one of the two and read only in the other, so that no dispatch reads a word
//! that it may also write: `update` reads `step` and `halted`, which the last `propagate` writes; `propagate`
//! reads `window_step` and `window_steps`, which the first `update` writes.

/// Sizes that hold for the whole run.
struct Sizes {
    /// Steps of a full window.
    window: u32,
    /// Rows of the ring less one; their number is a power of two.
    depth_mask: u32,
    /// Ring slots of a row.
    slots: u32,
    /// Entries of the log.
    log_entries: u32,
    /// Spikes that a window may have at most.
    log_reserve: u32,
    /// 0, which no driver knows.
    zero: u32,
}

struct Control {
    /// First step of the chunk; written by the host, like the next two.
    base: u32,
    /// Steps of the chunk.
    steps: u32,
    /// Spikes in the log so far.
    cursor: atomic<u32>,
    /// The next step to run.
    step: u32,
    /// Not 0: nothing runs until the host has seen to it.
    halted: u32,
    /// First step of the current window.
    window_step: u32,
    /// Steps of the current window; 0 where nothing is to be done.
    window_steps: u32,
    /// Lowest element whose state is not finite.
    fault: atomic<u32>,
    /// Where the spikes of each window of the chunk end in the log.
    ends: array<u32>,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> control: Control;
