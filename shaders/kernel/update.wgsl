//! Integrates the elements of one kernel over a window and appends their spikes to the log.
//!
//! One invocation is one element; its state stays in registers for the whole window. What a step computes is
//! made for each kernel and follows this text: `load`, `store`, `is_finite`, `constants_of`, `slots_of`, `arrivals`,
//! `advance`, `recorded`, `send`, `has_traces`, and the names of the words in `tables`.

#import kernel/control

override invocations: u32 = 64u;

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

@compute @workgroup_size(invocations)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let e = (group.y * groups.x + group.x) * invocations + lane;
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
