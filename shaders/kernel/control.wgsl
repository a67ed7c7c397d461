//! The progress of a run, kept on the device so that all dispatches of a chunk are alike.
//!
//! A *round* updates every element for a window of steps and delivers spikes: those of the same window in dispatches that
//! follow (`sizes.lag` is 0), or those of the window before it (1), in dispatches of which none needs another. What a round goes by lies in
//! the turn of its parity, and its last dispatch writes the other one for the next one: no dispatch reads a word that it may
//! also write, so all invocations of a round find the same.

override invocations: u32 = 64u;

/// Sizes that hold for the whole run.
struct Sizes {
    /// Steps of a full window.
    window: u32,
    /// 1 where a round delivers the window before its own.
    lag: u32,
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

/// Consecutive steps of a chunk that are run at once.
struct Window {
    number: u32,
    first_step: u32,
    /// 0 where nothing is to be done.
    steps: u32,
    /// Where its spikes begin in the log.
    first_spike: u32,
}

/// Where a run stands.
struct Turn {
    /// The next step to run.
    step: u32,
    /// Not 0: nothing runs until the host has seen to it.
    halted: u32,
    /// What was run last.
    window: Window,
}

struct Control {
    /// First step of the chunk; written by the host, like the next one.
    base: u32,
    /// Steps of the chunk.
    steps: u32,
    turns: array<Turn, 2>,
    /// Lowest element whose state is not finite, found in rounds of this parity.
    faults: array<atomic<u32>, 2>,
    /// Spikes of each window of the chunk; the host sets them to 0.
    counts: array<atomic<u32>, most_windows>,
    /// Where each trace begins in this chunk, counted from here, then the rows.
    traces: array<u32>,
}

struct Parity {
    /// 0 and 1 in turn.
    of_round: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> control: Control;
@group(0) @binding(2) var<uniform> parity: Parity;

/// Where the run stands after this round: its window is what the round runs.
fn turn_after() -> Turn {
    let before = control.turns[parity.of_round];
    let at = before.step - control.base;
    var first_spike = 0u;
    if at != 0u {
        first_spike = before.window.first_spike + atomicLoad(&control.counts[before.window.number]);
    }
    let is_over = at >= control.steps;
    let is_full = !is_over && sizes.log_entries - first_spike < sizes.log_reserve;
    let is_faulty = atomicLoad(&control.faults[1u - parity.of_round]) != 0xffffffffu;
    var after = before;
    after.window.steps = 0u;
    if before.halted != 0u || is_full || is_faulty {
        after.halted = 1u;
        return after;
    }
    if is_over {
        return after;
    }
    let steps = min(sizes.window, control.steps - at);
    after.window = Window(at / sizes.window, before.step, steps, first_spike);
    after.step = before.step + steps;
    return after;
}
