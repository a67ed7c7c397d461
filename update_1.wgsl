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

// inhomogeneous_poisson_generator + held 0
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
    held_0: i32,
}

struct Constants {
    dt_0: f32,
    stream_1: u32,
    seed_low_2: u32,
    seed_high_3: u32,
    scale_4: f32,
    derived_end_5: u32,
}

struct Slots {
    port_0: u32,
}

struct Arrivals {
    port_0: i32,
}

struct Step {
    state: State,
    fired: bool,
    value: f32,
}

fn load(e: u32) -> State {
    var s: State;
    s.held_0 = bitcast<i32>(states[0u * elements.len + e]);
    return s;
}

fn store(e: u32, s: State) {
    states[0u * elements.len + e] = bitcast<u32>(s.held_0);
}

// Comparisons of NaN may be folded away, so the exponent is tested.
fn is_finite(s: State) -> bool {
    return true;
}

fn constants_of(member: u32, e: u32) -> Constants {
    var c: Constants;
    c.dt_0 = bitcast<f32>(tables[member + 5u]);
    c.stream_1 = tables[member + 6u];
    c.seed_low_2 = tables[member + 7u];
    c.seed_high_3 = tables[member + 8u];
    c.scale_4 = bitcast<f32>(tables[member + 9u]);
    c.derived_end_5 = tables[member + 10u];
    return c;
}

fn slots_of(member: u32, i: u32) -> Slots {
    var slots: Slots;
    slots.port_0 = tables[member + 4u] + i;
    return slots;
}

fn arrivals(slots: Slots, row: u32) -> Arrivals {
    var a: Arrivals;
    a.port_0 = ring[row + slots.port_0];
    ring[row + slots.port_0] = 0;
    return a;
}

/// High 32 bits of the 64-bit product.
fn mulhi(a: u32, b: u32) -> u32 {
    let low = (a & 0xffffu) * (b & 0xffffu);
    let left = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
    let right = (a & 0xffffu) * (b >> 16u) + (left & 0xffffu);
    return (a >> 16u) * (b >> 16u) + (left >> 16u) + (right >> 16u);
}
/// x = n ln 2 + r: the float whose low bits are n, exp(r) - 1, and their quotient (exp(r) - 1) / r.
/// Operation by operation what the CPU does.
fn exp_reduced(x: f32) -> vec3<f32> {
    // 1.5 * 2^23: adding it leaves the nearest integer in the low mantissa bits
    let t = rounded(rounded(x * 1.442695) + 12582912.0);
    let n = rounded(t - 12582912.0);
    let r = rounded(rounded(x - rounded(n * 0.693359375)) + rounded(n * 2.1219444e-4));
    var p = rounded(rounded(1.9875691e-4 * r) + 1.3981999e-3);
    p = rounded(rounded(p * r) + 8.333452e-3);
    p = rounded(rounded(p * r) + 4.1665796e-2);
    p = rounded(rounded(p * r) + 1.6666665e-1);
    p = rounded(rounded(p * r) + 0.5);
    let pr = rounded(p * r);
    return vec3<f32>(t, rounded(rounded(pr * r) + r), rounded(pr + 1.0));
}

/// e^x, the same bits as on the CPU.
fn exponential(x: f32) -> f32 {
    let e = exp_reduced(clamp(x, -88.0, 89.0));
    let y = bitcast<f32>(bitcast<u32>(rounded(e.y + 1.0)) + (bitcast<u32>(e.x) << 23u));
    let infinity = bitcast<f32>(bitcast<u32>(rounded(1.0)) | 0x7f800000u);
    return select(select(y, infinity, x > 88.72284), 0.0, x < -87.33654);
}

/// (e^x - 1) / x, 1 at 0; for |x| < 0.35 the same bits as on the CPU, beyond as the device divides.
fn exprel(x: f32) -> f32 {
    let e = exp_reduced(clamp(x, -30.0, 88.7));
    let half = bitcast<f32>(0x3f000000u + (bitcast<u32>(e.x) << 23u));
    let y = rounded(rounded(rounded(half * e.y) + rounded(half - 0.5)) * 2.0) / x;
    let infinity = bitcast<f32>(bitcast<u32>(rounded(1.0)) | 0x7f800000u);
    return select(select(y, infinity, x > 88.7), e.z, e.x == 12582912.0);
}

fn advance(i: u32, step: u32, before: State, fixed: Constants, arrived: Arrivals) -> Step {
    // the same for every element
    let low_1_1 = fixed.stream_1 * 3449720151u;
    let t_1 = fixed.seed_low_2 + 2654435769u;
    let t_2 = fixed.seed_low_2 ^ (step ^ (mulhi(fixed.stream_1, 3449720151u)));
    let low_0_1 = 3528531795u * t_2;
    let t_3 = fixed.seed_high_3 + 3144134277u;
    let t_4 = 3144134277u + t_3;
    let t_5 = 2654435769u + t_1;
    let t_6 = 2654435769u + t_5;
    let t_7 = 3144134277u + t_4;
    let t_8 = 3144134277u + t_7;
    let t_9 = 2654435769u + t_6;
    let t_10 = 2654435769u + t_9;
    let t_11 = 3144134277u + t_8;
    let t_12 = 3144134277u + t_11;
    let t_13 = 2654435769u + t_10;
    let t_14 = 2654435769u + t_13;
    let t_15 = 3144134277u + t_12;

    let t_16 = before.held_0 + arrived.port_0;
    let t_17 = f32(t_16);
    let t_18 = t_17 * rounded(rounded(fixed.dt_0 * fixed.scale_4) * 0.00025f);
    let t_19 = max(ceil(t_18), 1f);
    let t_20 = i;
    let low_0_2 = t_20 * 3528531795u;
    let t_21 = t_3 ^ (low_0_2 ^ (mulhi(3528531795u, t_2)));
    let low_1_2 = 3449720151u * t_21;
    let t_22 = (max(fixed.scale_4 * t_17, 0f)) * rounded(fixed.dt_0 * 0.001f);
    let mean_1 = rounded(t_22) / t_19;
    let x_1 = min(mean_1, 100f);
    let t_23 = rounded(x_1 * 0.2f) * rounded(1f - rounded(x_1 * 0.16666667f));
    let t_24 = rounded(x_1 * 0.25f) * rounded(1f - rounded(t_23));
    let t_25 = rounded(x_1 * 0.33333334f) * rounded(1f - rounded(t_24));
    let t_26 = rounded(0.5f * x_1) * rounded(1f - rounded(t_25));
    let series_1 = x_1 * rounded(1f - rounded(t_26));
    let above_1 = select(1f - (exponential(-x_1)), series_1, x_1 < 0.1f);
    let term_1 = exponential(-mean_1);
    let term_2 = rounded(mean_1) * term_1;
    let above_2 = above_1 - rounded(term_2);
    let term_3 = rounded(term_2) * rounded(rounded(mean_1) * 0.5f);
    let above_3 = rounded(above_2) - rounded(term_3);
    let term_4 = rounded(term_3) * rounded(rounded(mean_1) * 0.33333334f);
    let above_4 = rounded(above_3) - rounded(term_4);
    let term_5 = rounded(term_4) * rounded(rounded(mean_1) * 0.25f);
    let above_5 = rounded(above_4) - rounded(term_5);
    let term_6 = rounded(term_5) * rounded(rounded(mean_1) * 0.2f);
    let above_6 = rounded(above_5) - rounded(term_6);
    let term_7 = rounded(term_6) * rounded(rounded(mean_1) * 0.16666667f);
    let above_7 = rounded(above_6) - rounded(term_7);
    let term_8 = rounded(term_7) * rounded(rounded(mean_1) * 0.14285715f);
    let above_8 = rounded(above_7) - rounded(term_8);
    let term_9 = rounded(term_8) * rounded(rounded(mean_1) * 0.125f);
    let above_9 = rounded(above_8) - rounded(term_9);
    let term_10 = rounded(term_9) * rounded(rounded(mean_1) * 0.11111111f);
    let above_10 = rounded(above_9) - rounded(term_10);
    let term_11 = rounded(term_10) * rounded(rounded(mean_1) * 0.1f);
    let above_11 = rounded(above_10) - rounded(term_11);
    let term_12 = rounded(term_11) * rounded(rounded(mean_1) * 0.09090909f);
    let above_12 = rounded(above_11) - rounded(term_12);
    let term_13 = rounded(term_12) * rounded(rounded(mean_1) * 0.083333336f);
    let above_13 = rounded(above_12) - rounded(term_13);
    let term_14 = rounded(term_13) * rounded(rounded(mean_1) * 0.07692308f);
    let above_14 = rounded(above_13) - rounded(term_14);
    let term_15 = rounded(term_14) * rounded(rounded(mean_1) * 0.071428575f);
    let above_15 = rounded(above_14) - rounded(term_15);
    let term_16 = rounded(term_15) * rounded(rounded(mean_1) * 0.06666667f);
    let above_16 = rounded(above_15) - rounded(term_16);
    let term_17 = rounded(term_16) * rounded(rounded(mean_1) * 0.0625f);
    let above_17 = rounded(above_16) - rounded(term_17);
    let term_18 = rounded(term_17) * rounded(rounded(mean_1) * 0.05882353f);
    let above_18 = rounded(above_17) - rounded(term_18);
    let term_19 = rounded(term_18) * rounded(rounded(mean_1) * 0.055555556f);
    let above_19 = rounded(above_18) - rounded(term_19);
    let term_20 = rounded(term_19) * rounded(rounded(mean_1) * 0.05263158f);
    let above_20 = rounded(above_19) - rounded(term_20);
    let term_21 = rounded(term_20) * rounded(rounded(mean_1) * 0.05f);
    let above_21 = rounded(above_20) - rounded(term_21);
    let term_22 = rounded(term_21) * rounded(rounded(mean_1) * 0.04761905f);
    let above_22 = rounded(above_21) - rounded(term_22);
    let term_23 = rounded(term_22) * rounded(rounded(mean_1) * 0.045454547f);
    let above_23 = rounded(above_22) - rounded(term_23);
    let term_24 = rounded(term_23) * rounded(rounded(mean_1) * 0.04347826f);
    let above_24 = rounded(above_23) - rounded(term_24);
    var carried_1: f32 = 0f;
    var carried_2: u32 = 0u;
    loop {
        let t_27 = carried_2 < 4096u;
        if !t_27 { break; }
        let t_28 = f32(carried_2);
        let t_29 = t_28 >= t_19;
        let t_30 = (mulhi(t_20, 3528531795u)) ^ carried_2;
        let t_31 = fixed.seed_high_3 ^ t_30;
        let t_32 = mulhi(3449720151u, t_31);
        let t_33 = low_1_1 ^ t_32;
        let t_34 = t_1 ^ t_33;
        let t_35 = mulhi(3528531795u, t_34);
        let t_36 = low_0_1 ^ t_35;
        let t_37 = t_4 ^ t_36;
        let t_38 = mulhi(3449720151u, t_37);
        let t_39 = low_1_2 ^ t_38;
        let t_40 = t_6 ^ t_39;
        let t_41 = mulhi(3528531795u, t_40);
        let low_1_3 = 3449720151u * t_31;
        let t_42 = (mulhi(3449720151u, t_21)) ^ low_1_3;
        let t_43 = t_5 ^ t_42;
        let low_0_3 = 3528531795u * t_43;
        let t_44 = low_0_3 ^ t_41;
        let t_45 = t_8 ^ t_44;
        let t_46 = mulhi(3449720151u, t_45);
        let t_47 = mulhi(3528531795u, t_43);
        let low_0_4 = 3528531795u * t_34;
        let t_48 = low_0_4 ^ t_47;
        let t_49 = t_7 ^ t_48;
        let low_1_4 = 3449720151u * t_49;
        let t_50 = low_1_4 ^ t_46;
        let t_51 = t_10 ^ t_50;
        let t_52 = mulhi(3528531795u, t_51);
        let t_53 = mulhi(3449720151u, t_49);
        let low_1_5 = 3449720151u * t_37;
        let t_54 = low_1_5 ^ t_53;
        let t_55 = t_9 ^ t_54;
        let low_0_5 = 3528531795u * t_55;
        let t_56 = low_0_5 ^ t_52;
        let t_57 = t_12 ^ t_56;
        let t_58 = mulhi(3449720151u, t_57);
        let t_59 = mulhi(3528531795u, t_55);
        let low_0_6 = 3528531795u * t_40;
        let t_60 = low_0_6 ^ t_59;
        let t_61 = t_11 ^ t_60;
        let low_1_6 = 3449720151u * t_61;
        let t_62 = low_1_6 ^ t_58;
        let t_63 = t_14 ^ t_62;
        let t_64 = mulhi(3528531795u, t_63);
        let t_65 = mulhi(3449720151u, t_61);
        let low_1_7 = 3449720151u * t_45;
        let t_66 = low_1_7 ^ t_65;
        let t_67 = t_13 ^ t_66;
        let low_0_7 = 3528531795u * t_67;
        let t_68 = low_0_7 ^ t_64;
        let t_69 = (3144134277u + t_15) ^ t_68;
        let t_70 = mulhi(3449720151u, t_69);
        let t_71 = mulhi(3528531795u, t_67);
        let low_0_8 = 3528531795u * t_51;
        let t_72 = low_0_8 ^ t_71;
        let t_73 = t_15 ^ t_72;
        let low_1_8 = 3449720151u * t_73;
        let t_74 = low_1_8 ^ t_70;
        let t_75 = (2654435769u + (2654435769u + t_14)) ^ t_74;
        let t_76 = f32(t_75);
        let t_77 = 0.5f + t_76;
        let t_78 = 2.3283064e-10f * rounded(t_77);
        let t_79 = t_78 < above_2;
        let t_80 = select(0f, 1f, t_79);
        let t_81 = t_78 < above_1;
        let count_1 = select(0f, 1f, t_81);
        let count_2 = count_1 + t_80;
        let t_82 = t_78 < above_3;
        let t_83 = select(0f, 1f, t_82);
        let count_3 = rounded(count_2) + t_83;
        let t_84 = t_78 < above_4;
        let t_85 = select(0f, 1f, t_84);
        let count_4 = rounded(count_3) + t_85;
        let t_86 = t_78 < above_5;
        let t_87 = select(0f, 1f, t_86);
        let count_5 = rounded(count_4) + t_87;
        let t_88 = t_78 < above_6;
        let t_89 = select(0f, 1f, t_88);
        let count_6 = rounded(count_5) + t_89;
        let t_90 = t_78 < above_7;
        let t_91 = select(0f, 1f, t_90);
        let count_7 = rounded(count_6) + t_91;
        let t_92 = t_78 < above_8;
        let t_93 = select(0f, 1f, t_92);
        let count_8 = rounded(count_7) + t_93;
        let t_94 = t_78 < above_9;
        let t_95 = select(0f, 1f, t_94);
        let count_9 = rounded(count_8) + t_95;
        let t_96 = t_78 < above_10;
        let t_97 = select(0f, 1f, t_96);
        let count_10 = rounded(count_9) + t_97;
        let t_98 = t_78 < above_11;
        let t_99 = select(0f, 1f, t_98);
        let count_11 = rounded(count_10) + t_99;
        let t_100 = t_78 < above_12;
        let t_101 = select(0f, 1f, t_100);
        let count_12 = rounded(count_11) + t_101;
        let t_102 = t_78 < above_13;
        let t_103 = select(0f, 1f, t_102);
        let count_13 = rounded(count_12) + t_103;
        let t_104 = t_78 < above_14;
        let t_105 = select(0f, 1f, t_104);
        let count_14 = rounded(count_13) + t_105;
        let t_106 = t_78 < above_15;
        let t_107 = select(0f, 1f, t_106);
        let count_15 = rounded(count_14) + t_107;
        let t_108 = t_78 < above_16;
        let t_109 = select(0f, 1f, t_108);
        let count_16 = rounded(count_15) + t_109;
        let t_110 = t_78 < above_17;
        let t_111 = select(0f, 1f, t_110);
        let count_17 = rounded(count_16) + t_111;
        let t_112 = t_78 < above_18;
        let t_113 = select(0f, 1f, t_112);
        let count_18 = rounded(count_17) + t_113;
        let t_114 = t_78 < above_19;
        let t_115 = select(0f, 1f, t_114);
        let count_19 = rounded(count_18) + t_115;
        let t_116 = t_78 < above_20;
        let t_117 = select(0f, 1f, t_116);
        let count_20 = rounded(count_19) + t_117;
        let t_118 = t_78 < above_21;
        let t_119 = select(0f, 1f, t_118);
        let count_21 = rounded(count_20) + t_119;
        let t_120 = t_78 < above_22;
        let t_121 = select(0f, 1f, t_120);
        let count_22 = rounded(count_21) + t_121;
        let t_122 = t_78 < above_23;
        let t_123 = select(0f, 1f, t_122);
        let count_23 = rounded(count_22) + t_123;
        let t_124 = t_78 < above_24;
        let t_125 = select(0f, 1f, t_124);
        let count_24 = rounded(count_23) + t_125;
        let count_25 = rounded(carried_1) + rounded(count_24);
        let t_126 = select(count_25, carried_1, t_29);
        let k_1 = 1u + carried_2;
        let t_127 = select(k_1, carried_2, t_29);
        carried_1 = t_126;
        carried_2 = t_127;
        if t_29 { break; }
    }
    let t_128 = select(0f, carried_1, (step > 0u) & (step <= fixed.derived_end_5));
    let t_129 = 0f != t_128;
    var result: Step;
    result.state.held_0 = t_16;
    result.fired = t_129;
    result.value = t_128;
    return result;
}

fn recorded(number: u32, now: Step) -> f32 {
    return 0.0;
}

fn send(member: u32, i: u32, q: u32, now: Step) {
}
