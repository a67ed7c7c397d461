//! Integrates an element over a window and appends its spikes to the log.
//!
//! Its state stays in registers for the whole window. What a step computes is
//! made for each kernel and follows this text: `load`, `store`, `is_finite`, `constants_of`, `slots_of`, `arrivals`,
//! `advance`, `recorded`, `send_beside`, `reserve`, `has_traces`, and the names of the words in `tables`. The kernel at hand declares `ring` and
//! `spikes`, and `take`, which reads a slot of the ring and clears it for its next use.

#import kernel/control

struct Elements {
    /// Number of the first element.
    first: u32,
    /// Elements, padding included.
    len: u32,
    /// Where the planes of constants begin in `tables`.
    planes: u32,
    /// Workgroups that update them.
    groups: u32,
}

@group(0) @binding(3) var<uniform> elements: Elements;
@group(0) @binding(4) var<storage, read_write> states: array<u32>;
// Where the record of each group's member begins, the records, their traces, constants that every element has its own of.
@group(0) @binding(5) var<storage, read> tables: array<u32>;

/// x, in a way that no driver sees through: what it makes of the arithmetic on either side stays apart.
fn rounded(x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) ^ sizes.zero);
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
        control.traces[control.traces[tables[t + trace_number]] + place] = bitcast<u32>(value);
    }
}

/// Adds a spike, or another value that is sent, in step `q` of the window.
fn append(window: Window, number: u32, q: u32, value: f32) {
    let place = window.first_spike + reserve(window.number);
    spikes[place] = vec2<u32>(number | (q << step_shift), bitcast<u32>(value));
}

/// Runs element `e` of the kernel through the window.
fn integrate(e: u32, window: Window) {
    if e >= elements.len || window.steps == 0u {
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
    for (var q = 0u; q < window.steps; q++) {
        let step = window.first_step + q;
        let arrived = arrivals(slots, (step & sizes.depth_mask) * sizes.slots);
        let now = advance(i, step, state, fixed, arrived);
        state = now.state;
        if now.fired {
            append(window, elements.first + e, q, now.value);
        }
        send_beside(window, member, i, q, now);
        // a constant, because software renderers run through loops that have nothing to do
        if has_traces {
            record(traces_begin, traces_end, i, step, now);
        }
    }
    store(e, state);
    if !is_finite(state) {
        atomicMin(&control.faults[parity.of_round], elements.first + e);
    }
}
