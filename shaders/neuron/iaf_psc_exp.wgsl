//! Leaky integrate-and-fire neuron with exponential postsynaptic currents.
//!
//!     C_m dV/dt = -C_m (V - E_L) / tau_m + I_syn_ex + I_syn_in + I + I_e
//!     dI_syn/dt = -I_syn / tau_syn, plus the weight at each spike
//!
//! V is held at V_reset for t_ref after a spike. With delta > 0 the threshold is soft: a spike comes at random, at
//! the rate rho exp((V - V_th) / delta), also from V_reset while V is held. An injected current acts from the step
//! after its arrival; at the port I_1 it passes through the excitatory synapse and is part of I_syn_ex. Exact
//! integration: Rotter & Diesmann (1999), doi:10.1007/s004220050570. NEST: iaf_psc_exp, where I_1 is receptor 1; rates
//! of a soft threshold agree within 0.3 standard deviations of NEST's seeds.

#import lib/clock
#import lib/poisson
#import lib/propagator
#import lib/random

struct Params {
    /// Membrane time constant [ms] = 10, > 0
    tau_m: f32,
    /// Membrane capacitance [pF] = 250, > 0
    C_m: f32,
    /// Refractory time [ms] = 2, >= 0
    t_ref: f32,
    /// Resting potential [mV] = -70
    E_L: f32,
    /// Constant current [pA] = 0
    I_e: f32,
    /// Reset potential [mV] = -70, < V_th
    V_reset: f32,
    /// Threshold [mV] = -55
    V_th: f32,
    /// Time constant of excitatory currents [ms] = 2, > 0
    tau_syn_ex: f32,
    /// Time constant of inhibitory currents [ms] = 2, > 0
    tau_syn_in: f32,
    /// Rate of spikes at a soft threshold [Hz] = 0.01, >= 0
    rho: f32,
    /// Width of the threshold [mV] = 0, >= 0
    delta: f32,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// Excitatory current [pA] = 0
    I_syn_ex: f32,
    /// Inhibitory current [pA] = 0
    I_syn_in: f32,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
    /// Current that arrived in the last step at I_1 [pA] = 0
    I_1_stim: f32,
    /// Remaining refractory steps [1] = 0
    refractory: u32,
}

struct Input {
    /// Excitatory spikes, summed weight [pA], > 0
    ex: f32,
    /// Inhibitory spikes, summed weight [pA], < 0
    inh: f32,
    /// Injected current [pA], continuous
    I: f32,
    /// Injected current that passes through the excitatory synapse [pA], continuous
    I_1: f32,
}

struct Derived {
    decay_m: f32,
    decay_ex: f32,
    decay_in: f32,
    from_ex: f32,
    from_in: f32,
    from_I: f32,
    I_e: f32,
    V_reset: f32,
    V_th: f32,
    scale: f32,
    refractory_steps: u32,
    /// Expected spikes of a step at a soft threshold, and the inverse of its width.
    per_step: f32,
    slope: f32,
    /// Whether the threshold is soft.
    soft: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.decay_m = decay(p.tau_m, dt);
    d.decay_ex = decay(p.tau_syn_ex, dt);
    d.decay_in = decay(p.tau_syn_in, dt);
    d.from_ex = from_exponential(p.tau_syn_ex, p.tau_m, p.C_m, dt);
    d.from_in = from_exponential(p.tau_syn_in, p.tau_m, p.C_m, dt);
    d.from_I = from_constant(p.tau_m, p.C_m, dt);
    d.I_e = p.I_e;
    d.V_reset = p.V_reset - p.E_L;
    d.V_th = p.V_th - p.E_L;
    d.scale = 1.0 / (p.V_th - p.V_reset);
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    d.per_step = p.rho * dt / 1000.0;
    let soft = p.delta > 1e-10;
    d.slope = 1.0 / select(1.0, p.delta, soft);
    d.soft = select(0u, 1u, soft);
    return d;
}

fn update(d: Derived, s: State, x: Input) -> State {
    var next = s;
    if (s.refractory == 0u) {
        let I_syn = s.I_syn_ex * d.from_ex + s.I_syn_in * d.from_in;
        next.V_m = s.V_m + (d.decay_m * s.V_m + I_syn + d.from_I * (d.I_e + s.I_stim));
    } else {
        next.refractory = s.refractory - 1u;
    }
    next.I_syn_ex = s.I_syn_ex + d.decay_ex * (s.I_syn_ex - s.I_1_stim) + x.ex;
    next.I_syn_in = s.I_syn_in + d.decay_in * s.I_syn_in + x.inh;
    next.I_stim = x.I;
    next.I_1_stim = x.I_1;
    return next;
}

/// Whether a spike comes at random.
fn escapes(d: Derived, V: f32, stream: Stream) -> bool {
    let probability = min(d.per_step * exp((V - d.V_th) * d.slope), 1.0);
    return chance(words(stream, 0u).x) <= probability;
}

fn threshold(d: Derived, s: State, stream: Stream) -> f32 {
    let distance = (s.V_m - d.V_th) * d.scale;
    let soft = select(min(distance, -1e-6), max(distance, 0.0), escapes(d, s.V_m, stream));
    return select(distance, soft, d.soft == 1u);
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    next.V_m = d.V_reset;
    next.refractory = d.refractory_steps;
    return next;
}
