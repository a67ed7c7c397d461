//! Leaky integrator with exponential currents and a threshold of two time scales that every spike raises.
//!
//!     C_m dV/dt = -C_m (V - E_L) / tau_m + I_syn_ex + I_syn_in + I + I_e
//!     dI_syn/dt = -I_syn / tau_syn, plus the weight at each spike
//!     V_th = omega + V_th_alpha_1 + V_th_alpha_2, dV_th_alpha_i/dt = -V_th_alpha_i / tau_i
//!
//! A spike adds alpha_i to V_th_alpha_i; V is not reset, and none follows for t_ref. An injected current acts
//! from the step after its arrival. Kobayashi, Tsubo & Shinomoto (2009),
//! doi:10.3389/neuro.10.009.2009; exact integration: Rotter & Diesmann (1999), doi:10.1007/s004220050570. The threshold
//! meets V slowly, so V and the threshold's parts carry what rounding took from them.
//! NEST: mat2_psc_exp; V_m and V_th within 2e-5 mV over 1 s, spikes equal. Time constants may be equal here.

#import lib/propagator
#import lib/clock
#import lib/two_sum

struct Params {
    /// Membrane time constant [ms] = 5, > 0
    tau_m: f32,
    /// Membrane capacitance [pF] = 100, > 0
    C_m: f32,
    /// Refractory time [ms] = 2, > 0
    t_ref: f32,
    /// Resting potential [mV] = -70
    E_L: f32,
    /// Constant current [pA] = 0
    I_e: f32,
    /// Time constant of excitatory currents [ms] = 1, > 0
    tau_syn_ex: f32,
    /// Time constant of inhibitory currents [ms] = 3, > 0
    tau_syn_in: f32,
    /// Time constant of the short part of the threshold [ms] = 10, > 0
    tau_1: f32,
    /// Time constant of the long part of the threshold [ms] = 200, > 0
    tau_2: f32,
    /// What a spike adds to the short part [mV] = 37
    alpha_1: f32,
    /// What a spike adds to the long part [mV] = 2
    alpha_2: f32,
    /// Threshold at rest [mV] = -51
    omega: f32,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// Threshold [mV] = omega, from E_L
    V_th: f32,
    /// Short part of the threshold [mV] = 0
    V_th_alpha_1: f32,
    /// Long part of the threshold [mV] = 0
    V_th_alpha_2: f32,
    /// Excitatory current [pA] = 0
    I_syn_ex: f32,
    /// Inhibitory current [pA] = 0
    I_syn_in: f32,
    /// What rounding took from V_m [mV] = 0
    V_low: f32,
    /// What rounding took from V_th_alpha_1 [mV] = 0
    low_1: f32,
    /// What rounding took from V_th_alpha_2 [mV] = 0
    low_2: f32,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
    /// Remaining steps without a spike [1] = 0
    refractory: u32,
}

struct Input {
    /// Excitatory spikes, summed weight [pA], > 0
    ex: f32,
    /// Inhibitory spikes, summed weight [pA], < 0
    inh: f32,
    /// Injected current [pA], continuous
    I: f32,
}

struct Derived {
    decay_m: f32,
    decay_ex: f32,
    decay_in: f32,
    decay_1: f32,
    decay_2: f32,
    from_ex: f32,
    from_in: f32,
    from_I: f32,
    I_e: f32,
    omega: f32,
    alpha_1: f32,
    alpha_2: f32,
    silent_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.decay_m = decay(p.tau_m, dt);
    d.decay_ex = decay(p.tau_syn_ex, dt);
    d.decay_in = decay(p.tau_syn_in, dt);
    d.decay_1 = decay(p.tau_1, dt);
    d.decay_2 = decay(p.tau_2, dt);
    d.from_ex = from_exponential(p.tau_syn_ex, p.tau_m, p.C_m, dt);
    d.from_in = from_exponential(p.tau_syn_in, p.tau_m, p.C_m, dt);
    d.from_I = from_constant(p.tau_m, p.C_m, dt);
    d.I_e = p.I_e;
    d.omega = p.omega - p.E_L;
    d.alpha_1 = p.alpha_1;
    d.alpha_2 = p.alpha_2;
    // update counts down before it is asked for a spike
    d.silent_steps = steps_to_last(p.t_ref, dt) + 1u;
    return d;
}

fn update(d: Derived, s: State, x: Input) -> State {
    var next = s;
    let I = d.I_e + s.I_stim;
    let V = decayed(s.V_m, s.V_low, d.decay_m, s.I_syn_ex * d.from_ex + s.I_syn_in * d.from_in + d.from_I * I);
    next.V_m = V.x;
    next.V_low = V.y;
    let alpha_1 = decayed(s.V_th_alpha_1, s.low_1, d.decay_1, 0.0);
    next.V_th_alpha_1 = alpha_1.x;
    next.low_1 = alpha_1.y;
    let alpha_2 = decayed(s.V_th_alpha_2, s.low_2, d.decay_2, 0.0);
    next.V_th_alpha_2 = alpha_2.x;
    next.low_2 = alpha_2.y;
    next.V_th = d.omega + next.V_th_alpha_1 + next.V_th_alpha_2;
    next.I_syn_ex = s.I_syn_ex + d.decay_ex * s.I_syn_ex + x.ex;
    next.I_syn_in = s.I_syn_in + d.decay_in * s.I_syn_in + x.inh;
    next.I_stim = x.I;
    next.refractory = max(s.refractory, 1u) - 1u;
    return next;
}

// in mV: without a reset potential there is nothing to scale with
fn threshold(s: State) -> f32 {
    return select(-1.0, s.V_m - s.V_th, s.refractory == 0u);
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    next.V_th_alpha_1 = s.V_th_alpha_1 + d.alpha_1;
    next.V_th_alpha_2 = s.V_th_alpha_2 + d.alpha_2;
    next.V_th = s.V_th + (d.alpha_1 + d.alpha_2);
    next.refractory = d.silent_steps;
    return next;
}
