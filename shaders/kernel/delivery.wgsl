//! What the kernels that deliver share: the spikes of the window, and how it is closed.
//!
//! The names of the words in `rows` follow this text.

#import kernel/control

override invocations: u32 = 64u;

struct Shard {
    /// Groups of elements that `rows` knows.
    groups: u32,
    /// 1 for the last shard of a window, which closes it.
    closes: u32,
    /// Invocations that share a row, a power of two.
    lanes: u32,
    /// Most pieces that a group of elements has.
    pieces: u32,
    /// Where rows are cut by blocks of slots: the first block, and the shortest delay.
    first_block: u32,
    first_delay: u32,
}

@group(0) @binding(2) var<uniform> shard: Shard;
@group(0) @binding(3) var<storage, read_write> ring: array<atomic<i32>>;
@group(0) @binding(4) var<storage, read> spikes: array<vec2<u32>>;
// Where the events of each window of the chunk begin and end in this array, then the events.
@group(0) @binding(5) var<storage, read> injected: array<vec2<u32>>;
// Where each group's list of pieces begins, the lists, the pieces, where each row begins in `entries`.
@group(0) @binding(6) var<storage, read> rows: array<u32>;
@group(0) @binding(7) var<storage, read> entries: array<u32>;
@group(0) @binding(8) var<storage, read> weights: array<i32>;

/// What there is to deliver: spikes of the log, then events of the host.
struct Window {
    number: u32,
    first_step: u32,
    first_spike: u32,
    n_spikes: u32,
    first_event: u32,
    /// Spikes and events.
    n: u32,
}

/// The window that the last `update` has run; one of nothing where it has not.
fn current_window() -> Window {
    var window: Window;
    if control.window_steps == 0u {
        return window;
    }
    window.first_step = control.window_step;
    window.number = (window.first_step - control.base) / sizes.window;
    if window.number > 0u {
        window.first_spike = control.ends[window.number - 1u];
    }
    window.n_spikes = atomicLoad(&control.cursor) - window.first_spike;
    let events = injected[window.number];
    window.first_event = events.x;
    window.n = window.n_spikes + events.y - events.x;
    return window;
}

fn spike_at(window: Window, k: u32) -> vec2<u32> {
    if k < window.n_spikes {
        return spikes[window.first_spike + k];
    }
    return injected[window.first_event + k - window.n_spikes];
}

/// Ends the window: its spikes are in the log.
fn close(window: Window) {
    if control.window_steps == 0u {
        return;
    }
    let end = window.first_spike + window.n_spikes;
    let next = control.window_step + control.window_steps;
    control.ends[window.number] = end;
    control.step = next;
    let is_full = sizes.log_entries - end < sizes.log_reserve && next - control.base < control.steps;
    if is_full || atomicLoad(&control.fault) != 0xffffffffu {
        control.halted = 1u;
    }
}

fn scaled(weight: i32, value: f32) -> i32 {
    if value == 1.0 {
        return weight;
    }
    return i32(round(f32(weight) * value));
}
