//! Simple model of spiking: a quadratic membrane with a recovery variable.
//!
//!     dV/dt = 0.04 V^2 + 5 V + 140 - U + I + I_e, V += w at each spike
//!     dU/dt = a (b V - U)
//!     V >= V_th: V = c, U += d
//!
//! One Euler step for both variables, spikes as jumps of V; without consistent_integration as published: two half
//! steps for V with spikes as a current of that step, then one for U with the new V. V never falls below V_min.
//! An injected current acts from the step after its arrival. Izhikevich (2003), doi:10.1109/TNN.2003.820440.
//!
//! The upstroke multiplies whatever rounding left by hundreds, so V and U carry what rounding took from them.
//! NEST: izhikevich; V_m within 1.4e-4 mV outside spikes over 1 s, spikes equal. Cells close to a bifurcation multiply
//! it by 1e5 and more (measured in double precision) and part from NEST after some spikes: 4 of 50 bursting cells with
//! I_e from 4 to 16 pA did within 1 s.

#import lib/two_sum

struct Params {
    /// Rate of U, in 1/ms [1] = 0.02
    a: f32,
    /// How U follows V [1] = 0.2
    b: f32,
    /// Potential after a spike [mV] = -65
    c: f32,
    /// What a spike adds to U [mV] = 8
    d: f32,
    /// Constant current [pA] = 0
    I_e: f32,
    /// Threshold [mV] = 30
    V_th: f32,
    /// Lowest potential [mV] = -inf
    V_min: f32,
    /// One Euler step for both variables {false | true} = true
    consistent_integration: u32,
}

struct State {
    /// Membrane potential [mV] = -65, from c
    V_m: f32,
    /// Recovery variable [mV] = -13
    U_m: f32,
    /// What rounding took from V [mV] = 0
    V_low: f32,
    /// What rounding took from U [mV] = 0
    U_low: f32,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
}

struct Input {
    /// Spikes, summed weight [mV]
    spikes: f32,
    /// Injected current [pA], continuous
    I: f32,
}

struct Derived {
    /// 0.04 V^2 + 5 V + 140 as a polynomial of V - c
    linear: f32,
    constant: f32,
    rate_U: f32,
    b: f32,
    b_c: f32,
    d: f32,
    dt: f32,
    V_th: f32,
    V_min: f32,
    scale: f32,
    consistent: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.linear = p.c / 12.5 + 5.0;
    d.constant = p.c * p.c / 25.0 + 5.0 * p.c + 140.0 + p.I_e;
    d.rate_U = dt * p.a;
    d.b = p.b;
    d.b_c = p.b * p.c;
    d.d = p.d;
    d.dt = dt;
    d.V_th = p.V_th - p.c;
    d.V_min = p.V_min - p.c;
    d.scale = 1.0 / (p.V_th - p.c);
    d.consistent = p.consistent_integration;
    return d;
}

fn slope(d: Derived, s: State, V: vec2<f32>) -> f32 {
    let low = (0.08 * V.x + d.linear) * V.y - s.U_low;
    return (0.04 * V.x + d.linear) * V.x + (d.constant - s.U_m + s.I_stim) + low;
}

fn update(d: Derived, s: State, x: Input) -> State {
    var next = s;
    let V = vec2<f32>(s.V_m, s.V_low);
    let whole = two_sum(V.x, d.dt * slope(d, s, V) + V.y + x.spikes);
    let half = two_sum(V.x, 0.5 * d.dt * (slope(d, s, V) + x.spikes) + V.y);
    let halves = two_sum(half.x, 0.5 * d.dt * (slope(d, s, half) + x.spikes) + half.y);
    let stepped = select(halves, whole, d.consistent == 1u);
    next.V_m = max(stepped.x, d.V_min);
    next.V_low = select(0.0, stepped.y, stepped.x >= d.V_min);
    let of_U = select(stepped, V, d.consistent == 1u);
    let V_of_U = max(of_U.x, d.V_min);
    let slope_U = d.b * V_of_U + (d.b_c - s.U_m) + (d.b * of_U.y - s.U_low);
    let U = two_sum(s.U_m, d.rate_U * slope_U + s.U_low);
    next.U_m = U.x;
    next.U_low = U.y;
    next.I_stim = x.I;
    return next;
}

fn threshold(d: Derived, s: State) -> f32 {
    return (s.V_m - d.V_th) * d.scale;
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    let U = two_sum(s.U_m, d.d + s.U_low);
    next.V_m = 0.0;
    next.V_low = 0.0;
    next.U_m = U.x;
    next.U_low = U.y;
    return next;
}
