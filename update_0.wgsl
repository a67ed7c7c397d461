//! Integrates the elements of one kernel over a window and appends their spikes to the log.
//!
//! One invocation is one element; its state stays in registers for the whole window. What a step computes is
//! made for each kernel and follows this text: `load`, `store`, `is_finite`, `constants_of`, `slots_of`, `arrivals`,
//! `advance`, `recorded`, `send`, `has_traces`, and the names of the words in `tables`.

//#import kernel/control

override workgroup: u32 = 64u;

struct Elements {
    /// Number of the first element.
    first: u32,
    /// Elements, padding included.
    len: u32,
    /// 1 for the first kernel of a window, which opens it.
    opens: u32,
}

@group(0) @binding(2) var<uniform> elements: Elements;
@group(0) @binding(3) var<storage, read_write> states: array<u32>;
@group(0) @binding(4) var<storage, read_write> ring: array<i32>;
@group(0) @binding(5) var<storage, read_write> spikes: array<vec2<u32>>;
@group(0) @binding(6) var<storage, read> constants: array<u32>;
// Where the record of each group's member begins, the records, their traces.
@group(0) @binding(7) var<storage, read> tables: array<u32>;
// Where each trace begins in this chunk, then the rows.
@group(0) @binding(8) var<storage, read_write> traces: array<u32>;

/// x, in a way that no driver sees through: what it makes of the arithmetic on either side stays apart.
fn rounded(x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) ^ sizes.zero);
}

/// Steps of the window that begins now; 0 outside of the chunk, also where an earlier chunk has halted.
fn window_steps(start: u32) -> u32 {
    let at = start - control.base;
    if control.halted != 0u || at >= control.steps {
        return 0u;
    }
    return min(sizes.window, control.steps - at);
}

/// Writes what the traces from `begin` to `end` record of an element.
fn record(begin: u32, end: u32, i: u32, step: u32, now: Step) {
    for (var t = begin; t < end; t += trace_words) {
        let column = i - tables[t + trace_first];
        let every = tables[t + trace_every];
        if column >= tables[t + trace_len] || (step + 1u) % every != 0u {
            continue;
        }
        let row = (step + 1u) / every - control.base / every - 1u;
        let place = row * tables[t + trace_width] + tables[t + trace_column] + column;
        let value = recorded(tables[t + trace_value], now);
        traces[traces[tables[t + trace_number]] + place] = bitcast<u32>(value);
    }
}

/// Adds a spike, or another value that is sent, in step `q` of the window.
fn append(number: u32, q: u32, value: f32) {
    spikes[atomicAdd(&control.cursor, 1u)] = vec2<u32>(number | (q << step_shift), bitcast<u32>(value));
}

@compute @workgroup_size(workgroup)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let e = (group.y * groups.x + group.x) * workgroup + lane;
    let start = control.step;
    let steps = window_steps(start);
    if e == 0u && elements.opens == 1u {
        control.window_step = start;
        control.window_steps = steps;
    }
    if e >= elements.len || steps == 0u {
        return;
    }
    let member = tables[e / group_elements];
    let i = e - tables[member + member_first];
    if i >= tables[member + member_size] {
        return;
    }
    let fixed = constants_of(member, e);
    let slots = slots_of(member, i);
    let traces_begin = tables[member + member_traces];
    let traces_end = tables[member + member_traces_end];
    var state = load(e);
    for (var q = 0u; q < steps; q++) {
        let step = start + q;
        let arrived = arrivals(slots, (step & sizes.depth_mask) * sizes.slots);
        let now = advance(i, step, state, fixed, arrived);
        state = now.state;
        if now.fired {
            append(elements.first + e, q, now.value);
        }
        send(member, i, q, now);
        // a constant, because software renderers run through loops that have nothing to do
        if has_traces {
            record(traces_begin, traces_end, i, step, now);
        }
    }
    store(e, state);
    if !is_finite(state) {
        atomicMin(&control.fault, elements.first + e);
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

// parrot_neuron
const member_first: u32 = 0u;
const member_size: u32 = 1u;
const member_traces: u32 = 2u;
const member_traces_end: u32 = 3u;
const trace_number: u32 = 0u;
const trace_value: u32 = 1u;
const trace_first: u32 = 2u;
const trace_len: u32 = 3u;
const trace_column: u32 = 4u;
const trace_every: u32 = 5u;
const trace_width: u32 = 6u;
const trace_words: u32 = 7u;
const has_traces: bool = false;
const group_elements: u32 = 64u;
const step_shift: u32 = 28u;
const element_mask: u32 = 0xfffffffu;

struct State {
    nothing: u32,
}

struct Constants {
    scale_0: f32,
}

struct Slots {
    port_0: u32,
    port_1: u32,
}

struct Arrivals {
    port_0: i32,
    port_1: i32,
}

struct Step {
    state: State,
    fired: bool,
    value: f32,
}

fn load(e: u32) -> State {
    var s: State;
    return s;
}

fn store(e: u32, s: State) {
}

// Comparisons of NaN may be folded away, so the exponent is tested.
fn is_finite(s: State) -> bool {
    return true;
}

fn constants_of(member: u32, e: u32) -> Constants {
    var c: Constants;
    c.scale_0 = bitcast<f32>(tables[member + 6u]);
    return c;
}

fn slots_of(member: u32, i: u32) -> Slots {
    var slots: Slots;
    slots.port_0 = tables[member + 4u] + i;
    slots.port_1 = tables[member + 5u] + i;
    return slots;
}

fn arrivals(slots: Slots, row: u32) -> Arrivals {
    var a: Arrivals;
    a.port_0 = ring[row + slots.port_0];
    ring[row + slots.port_0] = 0;
    a.port_1 = ring[row + slots.port_1];
    ring[row + slots.port_1] = 0;
    return a;
}


fn advance(i: u32, step: u32, before: State, fixed: Constants, arrived: Arrivals) -> Step {
    let t_1 = (f32(arrived.port_0)) * fixed.scale_0;
    let t_2 = t_1 != 0f;
    var result: Step;
    result.fired = t_2;
    result.value = t_1;
    return result;
}

fn recorded(number: u32, now: Step) -> f32 {
    return 0.0;
}

fn send(member: u32, i: u32, q: u32, now: Step) {
}
