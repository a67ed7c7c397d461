//! Leaky integrate-and-fire neuron with exponential currents, absolute and total refractory period.
//!
//!     C_m dV/dt = -C_m (V - E_L) / tau_m + I_syn_ex + I_syn_in + I + I_e
//!     dI_syn/dt = -I_syn / tau_syn, plus the weight at each spike
//!
//! V is held at V_reset for t_ref_abs after a spike; from then until t_ref_tot it integrates but no spike
//! leaves. An injected current acts from the step after its arrival.
//! Model: Tsodyks, Uziel & Markram (2000), doi:10.1523/JNEUROSCI.20-01-j0003.2000. Exact integration:
//! Rotter & Diesmann (1999), doi:10.1007/s004220050570. NEST: iaf_psc_exp_htum; potentials within
//! 3.1e-5 mV, spikes equal. NEST 3.10 records V_m of this model without E_L; here it is the potential.

#import lib/propagator
#import lib/clock

struct Params {
    /// Membrane time constant [ms] = 10, > 0
    tau_m: f32,
    /// Membrane capacitance [pF] = 250, > 0
    C_m: f32,
    /// Absolute refractory time: V is held [ms] = 2, > 0, <= t_ref_tot
    t_ref_abs: f32,
    /// Total refractory time: no spike [ms] = 2, > 0
    t_ref_tot: f32,
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
    /// Remaining steps in which V is held [1] = 0
    held: u32,
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
    from_ex: f32,
    from_in: f32,
    from_I: f32,
    I_e: f32,
    V_reset: f32,
    V_th: f32,
    scale: f32,
    held_steps: u32,
    silent_steps: u32,
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
    d.held_steps = steps_to_last(p.t_ref_abs, dt);
    // update counts down before it is asked for a spike
    d.silent_steps = steps_to_last(p.t_ref_tot, dt) + 1u;
    return d;
}

fn update(d: Derived, s: State, x: Input) -> State {
    var next = s;
    if (s.held == 0u) {
        let I_syn = s.I_syn_ex * d.from_ex + s.I_syn_in * d.from_in;
        next.V_m = s.V_m + (d.decay_m * s.V_m + I_syn + d.from_I * (d.I_e + s.I_stim));
    } else {
        next.held = s.held - 1u;
    }
    next.I_syn_ex = s.I_syn_ex + d.decay_ex * s.I_syn_ex + x.ex;
    next.I_syn_in = s.I_syn_in + d.decay_in * s.I_syn_in + x.inh;
    next.I_stim = x.I;
    next.refractory = max(s.refractory, 1u) - 1u;
    return next;
}

fn threshold(d: Derived, s: State) -> f32 {
    return select(-1.0, (s.V_m - d.V_th) * d.scale, s.refractory == 0u);
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    next.V_m = d.V_reset;
    next.held = d.held_steps;
    next.refractory = d.silent_steps;
    return next;
}
