//! Delivers the spikes of a window, and the host's events, through the rows of one shard of synapses.
//!
//! The grid is fixed: along x workgroups stride over the spikes, along y they share the entries of a row. The sums are
//! integers, so their order does not matter. What an entry means follows this text: `slot_and_delay`, and
//! the names of the words in `rows`; for projections that store no rows `regenerate` follows, too.

//#import kernel/control

override workgroup: u32 = 64u;

struct Shard {
    /// Groups of elements that `rows` knows.
    groups: u32,
    /// 1 for the last shard of a window, which closes it.
    closes: u32,
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

/// Ends the window: its spikes are in the log up to `end`.
fn close(window: u32, end: u32) {
    let next = control.window_step + control.window_steps;
    control.ends[window] = end;
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

/// Adds to the ring what `spike` sends, taking every `stride`-th entry of its rows from `lane` on.
fn deliver(spike: vec2<u32>, start: u32, lane: u32, stride: u32) {
    let element = spike.x & element_mask;
    let group = element / group_elements;
    if group >= shard.groups {
        return;
    }
    let step = start + (spike.x >> step_shift);
    let value = bitcast<f32>(spike.y);
    let last = rows[group + 1u];
    for (var p = rows[group]; p < last; p++) {
        let piece = rows[p];
        let nth = element - rows[piece + piece_first];
        if nth >= rows[piece + piece_len] {
            continue;
        }
        let kind = rows[piece + piece_kind];
        let weight = rows[piece + piece_weight];
        if kind == kind_procedural {
            let origin = rows[piece + piece_origin] + nth;
            let s = sending(rows[piece + piece_rows], weight + nth, origin, rows[piece + piece_slots], step, value);
            regenerate(s, lane, stride);
            continue;
        }
        let row = rows[piece + piece_rows] + nth;
        let slots = rows[piece + piece_slots];
        let end = rows[row + 1u];
        var amount = scaled(bitcast<i32>(weight), value);
        for (var k = rows[row] + lane; k < end; k += stride) {
            if kind == kind_each {
                amount = scaled(weights[k + weight], value);
            }
            let place = slot_and_delay(k);
            atomicAdd(&ring[((step + place.y) & sizes.depth_mask) * sizes.slots + slots + place.x], amount);
        }
    }
}

@compute @workgroup_size(workgroup)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    if control.window_steps == 0u {
        return;
    }
    let start = control.window_step;
    let window = (start - control.base) / sizes.window;
    var first = 0u;
    if window > 0u {
        first = control.ends[window - 1u];
    }
    let end = atomicLoad(&control.cursor);
    if shard.closes == 1u && group.x == 0u && group.y == 0u && lane == 0u {
        close(window, end);
    }
    let events = injected[window];
    let n_spikes = end - first;
    let n = n_spikes + events.y - events.x;
    for (var k = group.x; k < n; k += groups.x) {
        var spike: vec2<u32>;
        if k < n_spikes {
            spike = spikes[first + k];
        } else {
            spike = injected[events.x + k - n_spikes];
        }
        deliver(spike, start, group.y * workgroup + lane, workgroup * groups.y);
    }
}
// The progress of a run, kept on the device so that all dispatches of a chunk are alike.
//
// A window is one round of `update` (one dispatch per kernel) and `propagate` (one per shard). What the rounds
// tell each other is written in one of the two and read only in the other, so that no dispatch reads a word
// that it may also write: `update` reads `step` and `halted`, which the last `propagate` writes; `propagate`
// reads `window_step` and `window_steps`, which the first `update` writes.

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

const piece_first: u32 = 0u;
const piece_len: u32 = 1u;
const piece_origin: u32 = 2u;
const piece_rows: u32 = 3u;
const piece_slots: u32 = 4u;
const piece_kind: u32 = 5u;
const piece_weight: u32 = 6u;
const group_elements: u32 = 64u;
const step_shift: u32 = 28u;
const element_mask: u32 = 0xfffffffu;

fn slot_and_delay(k: u32) -> vec2<u32> {
    return vec2<u32>(entries[k] & 0x1ffu, entries[k] >> 9u);
}
const kind_shared: u32 = 0u;
const kind_each: u32 = 1u;
const kind_procedural: u32 = 2u;

struct Sending {
    value: f32,
}

fn sending(record: u32, number: u32, element: u32, slots: u32, step: u32, value: f32) -> Sending {
    return Sending(value);
}

fn regenerate(s: Sending, lane: u32, stride: u32) {
}
