//! Leaky integrate-and-fire neuron with alpha-shaped postsynaptic currents.
//!
//!     C_m dV/dt = -C_m (V - E_L) / tau_m + I_syn_ex + I_syn_in + I + I_e
//!     I_syn(t) = w (e / tau_syn) t exp(-t / tau_syn) for a spike of weight w: it peaks at w
//!
//! V is held at V_reset for t_ref after a spike and never falls below V_min. An injected current acts from the
//! step after its arrival. Exact integration: Rotter & Diesmann (1999), doi:10.1007/s004220050570.
//! NEST: iaf_psc_alpha; potentials within 7e-5 mV, spikes equal.

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
    /// Rise time of excitatory currents [ms] = 2, > 0
    tau_syn_ex: f32,
    /// Rise time of inhibitory currents [ms] = 2, > 0
    tau_syn_in: f32,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// Excitatory current [pA] = 0
    I_syn_ex: f32,
    /// Inhibitory current [pA] = 0
    I_syn_in: f32,
    /// Derivative variable of the excitatory current, in pA per ms [1] = 0
    dI_syn_ex: f32,
    /// Derivative variable of the inhibitory current, in pA per ms [1] = 0
    dI_syn_in: f32,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
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
}

struct Derived {
    decay_m: f32,
    decay_ex: f32,
    decay_in: f32,
    rise_ex: f32,
    rise_in: f32,
    from_I_ex: f32,
    from_I_in: f32,
    from_dI_ex: f32,
    from_dI_in: f32,
    from_I: f32,
    jump_ex: f32,
    jump_in: f32,
    I_e: f32,
    V_reset: f32,
    V_th: f32,
    V_min: f32,
    scale: f32,
    refractory_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    let e = exp(1.0);
    var d: Derived;
    d.decay_m = decay(p.tau_m, dt);
    d.decay_ex = decay(p.tau_syn_ex, dt);
    d.decay_in = decay(p.tau_syn_in, dt);
    d.rise_ex = dt * exp(-dt / p.tau_syn_ex);
    d.rise_in = dt * exp(-dt / p.tau_syn_in);
    d.from_I_ex = from_exponential(p.tau_syn_ex, p.tau_m, p.C_m, dt);
    d.from_I_in = from_exponential(p.tau_syn_in, p.tau_m, p.C_m, dt);
    d.from_dI_ex = from_alpha(p.tau_syn_ex, p.tau_m, p.C_m, dt);
    d.from_dI_in = from_alpha(p.tau_syn_in, p.tau_m, p.C_m, dt);
    d.from_I = from_constant(p.tau_m, p.C_m, dt);
    d.jump_ex = e / p.tau_syn_ex;
    d.jump_in = e / p.tau_syn_in;
    d.I_e = p.I_e;
    d.V_reset = p.V_reset - p.E_L;
    d.V_th = p.V_th - p.E_L;
    d.V_min = max(p.V_min - p.E_L, -3.0e38);
    d.scale = 1.0 / (p.V_th - p.V_reset);
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    return d;
}

fn update(d: Derived, s: State, x: Input) -> State {
    var next = s;
    if (s.refractory == 0u) {
        let ex = s.dI_syn_ex * d.from_dI_ex + s.I_syn_ex * d.from_I_ex;
        let inh = s.dI_syn_in * d.from_dI_in + s.I_syn_in * d.from_I_in;
        let V = s.V_m + (d.decay_m * s.V_m + ex + inh + d.from_I * (d.I_e + s.I_stim));
        next.V_m = max(V, d.V_min);
    } else {
        next.refractory = s.refractory - 1u;
    }
    next.I_syn_ex = s.I_syn_ex + d.decay_ex * s.I_syn_ex + d.rise_ex * s.dI_syn_ex;
    next.I_syn_in = s.I_syn_in + d.decay_in * s.I_syn_in + d.rise_in * s.dI_syn_in;
    next.dI_syn_ex = s.dI_syn_ex + d.decay_ex * s.dI_syn_ex + d.jump_ex * x.ex;
    next.dI_syn_in = s.dI_syn_in + d.decay_in * s.dI_syn_in + d.jump_in * x.inh;
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
