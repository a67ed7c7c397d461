//! Normalised spike response model of a relay cell: alpha-shaped potentials and a trough after each spike.
//!
//!     V_m = V_syn + V_spike, a spike where V_m >= 1
//!     dV_syn/dt = -V_syn / tau_epsp + i_syn
//!     di_syn/dt = -i_syn / tau_epsp, plus w V_epsp e / tau_epsp at each spike
//!     dV_spike/dt = -V_spike / tau_reset, minus V_reset at each spike of its own
//!
//! Potentials are relative to rest and to the distance of the threshold, without unit; mV stands for 1. The
//! noise that NEST takes as a list (V_noise, noise) is not built. Carandini, Horton & Sincich (2007),
//! doi:10.1167/7.14.20. NEST: iaf_chs_2007; V_m within 4.4e-6 mV, spikes equal.

#import lib/propagator

struct Params {
    /// Time constant of the potential of a spike [ms] = 8.5, > 0
    tau_epsp: f32,
    /// Time constant of the trough [ms] = 15.4, > 0
    tau_reset: f32,
    /// Largest potential of a spike with weight 1 [mV] = 0.77, > 0
    V_epsp: f32,
    /// Depth of the trough [mV] = 2.31, >= 0
    V_reset: f32,
}

struct State {
    /// Potential [mV] = 0
    V_m: f32,
    /// Potential from spikes that arrived [mV] = 0
    V_syn: f32,
    /// Potential from its own spikes [mV] = 0
    V_spike: f32,
    /// What drives V_syn, in mV/ms [1] = 0
    i_syn: f32,
}

struct Input {
    /// Spikes, summed weight [1], > 0
    ex: f32,
}

struct Derived {
    decay_epsp: f32,
    decay_reset: f32,
    from_i: f32,
    jump: f32,
    V_reset: f32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.decay_epsp = decay(p.tau_epsp, dt);
    d.decay_reset = decay(p.tau_reset, dt);
    d.from_i = dt * exp(-dt / p.tau_epsp);
    d.jump = p.V_epsp * exp(1.0) / p.tau_epsp;
    d.V_reset = p.V_reset;
    return d;
}

fn update(d: Derived, s: State, x: Input) -> State {
    var next = s;
    next.V_syn = s.V_syn + (d.decay_epsp * s.V_syn + d.from_i * s.i_syn);
    next.V_spike = s.V_spike + d.decay_reset * s.V_spike;
    next.V_m = next.V_syn + next.V_spike;
    next.i_syn = s.i_syn + d.decay_epsp * s.i_syn + d.jump * x.ex;
    return next;
}

fn threshold(s: State) -> f32 {
    return s.V_m - 1.0;
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    next.V_spike = s.V_spike - d.V_reset;
    next.V_m = s.V_m - d.V_reset;
    return next;
}
