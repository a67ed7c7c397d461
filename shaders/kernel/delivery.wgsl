//! What the kernels that deliver share: the spikes that are due, and how a round is closed.
//!
//! The names of the words in `rows` follow this text. The kernel at hand declares `ring` and `spikes`: the log, then where
//! the host's events of each window begin and end in this array, then these events.

#import kernel/control

struct Shard {
    /// Groups of elements that `rows` knows.
    groups: u32,
    /// 1 for the last shard of a round, which closes it.
    closes: u32,
    /// Invocations that share a row, a power of two.
    lanes: u32,
    /// Workgroups that share a row where it is long.
    parts: u32,
    /// Most pieces that a group of elements has.
    pieces: u32,
    /// Where rows are cut by blocks of slots: the first block, and the shortest delay.
    first_block: u32,
    first_delay: u32,
}

@group(0) @binding(6) var<uniform> shard: Shard;
// Where each group's list of pieces begins, the lists, the pieces, where each row begins in `entries`.
@group(0) @binding(9) var<storage, read> rows: array<u32>;
@group(0) @binding(10) var<storage, read> entries: array<u32>;
@group(0) @binding(11) var<storage, read> weights: array<i32>;

/// What there is to deliver: spikes of the log, then events of the host.
struct Due {
    first_step: u32,
    first_spike: u32,
    n_spikes: u32,
    first_event: u32,
    /// Spikes and events.
    n: u32,
}

/// What is delivered in this round, after which the run stands at `after`.
fn due_after(after: Turn) -> Due {
    var window = after.window;
    if sizes.lag == 1u {
        window = control.turns[parity.of_round].window;
    }
    var due: Due;
    if window.steps == 0u {
        return due;
    }
    due.first_step = window.first_step;
    due.first_spike = window.first_spike;
    due.n_spikes = atomicLoad(&control.counts[window.number]);
    let events = spikes[sizes.log_entries + window.number];
    due.first_event = events.x;
    due.n = due.n_spikes + events.y - events.x;
    return due;
}

fn spike_at(due: Due, k: u32) -> vec2<u32> {
    if k < due.n_spikes {
        return spikes[due.first_spike + k];
    }
    return spikes[due.first_event + k - due.n_spikes];
}

/// Ends the round, where this is its last shard.
fn close(after: Turn) {
    if shard.closes == 1u {
        control.turns[1u - parity.of_round] = after;
    }
}

fn scaled(weight: i32, value: f32) -> i32 {
    if value == 1.0 {
        return weight;
    }
    return i32(round(f32(weight) * value));
}
