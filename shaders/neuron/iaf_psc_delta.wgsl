//! Leaky integrate-and-fire neuron whose potential jumps by the weight of each spike.
//!
//!     C_m dV/dt = -C_m (V - E_L) / tau_m + I + I_e, V += w at each spike
//!
//! V is held at V_reset for t_ref after a spike and never falls below V_min. Spikes that arrive meanwhile are
//! lost, or with refractory_input added at the end, decayed by tau_m. An injected current acts from the step
//! after its arrival. Exact integration: Rotter & Diesmann (1999), doi:10.1007/s004220050570.
//! NEST: iaf_psc_delta; potentials within 3.1e-5 mV, spikes equal.

#import lib/propagator
#import lib/clock

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
    /// Lowest potential [mV] = -inf
    V_min: f32,
    /// Spikes that arrive while refractory are kept {false | true} = false
    refractory_input: u32,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// Jump that waits for the end of refractoriness [mV] = 0
    waiting: f32,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
    /// Remaining refractory steps [1] = 0
    refractory: u32,
}

struct Input {
    /// Spikes, summed weight [mV]
    spikes: f32,
    /// Injected current [pA], continuous
    I: f32,
}

struct Derived {
    decay_m: f32,
    rate_m: f32,
    from_I: f32,
    I_e: f32,
    V_reset: f32,
    V_th: f32,
    V_min: f32,
    scale: f32,
    refractory_steps: u32,
    keep: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.decay_m = decay(p.tau_m, dt);
    d.rate_m = dt / p.tau_m;
    d.from_I = from_constant(p.tau_m, p.C_m, dt);
    d.I_e = p.I_e;
    d.V_reset = p.V_reset - p.E_L;
    d.V_th = p.V_th - p.E_L;
    d.V_min = max(p.V_min - p.E_L, -3.0e38);
    d.scale = 1.0 / (p.V_th - p.V_reset);
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    d.keep = p.refractory_input;
    return d;
}

fn update(d: Derived, s: State, x: Input) -> State {
    var next = s;
    if (s.refractory == 0u) {
        let V = s.V_m + (d.decay_m * s.V_m + d.from_I * (d.I_e + s.I_stim)) + x.spikes + s.waiting;
        next.V_m = max(V, d.V_min);
        next.waiting = 0.0;
    } else {
        let kept = x.spikes * exp(-f32(s.refractory) * d.rate_m);
        next.waiting = s.waiting + select(0.0, kept, d.keep == 1u);
        next.refractory = s.refractory - 1u;
    }
    next.I_stim = x.I;
    return next;
}

fn threshold(d: Derived, s: State) -> f32 {
    return (s.V_m - d.V_th) * d.scale;
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    next.V_m = d.V_reset;
    next.refractory = d.refractory_steps;
    return next;
}
