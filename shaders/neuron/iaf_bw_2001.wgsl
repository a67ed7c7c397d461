//! Leaky integrate-and-fire neuron with AMPA, GABA and NMDA conductances, the last from a variable of each sender.
//!
//!     C_m dV/dt = -g_L (V - E_L) - I_AMPA - I_GABA - I_NMDA + I
//!     I_AMPA = s_AMPA (V - E_ex), I_GABA = s_GABA (V - E_in)
//!     I_NMDA = s_NMDA (V - E_ex) / (1 + [Mg] exp(-0.062 V / mV) / 3.57)
//!     ds/dt = -s / tau, plus the weight at each spike; to s_NMDA, the weight times what the sender's gate opens
//!
//! The gate of the sender: dS/dt = -S / tau_decay_NMDA + alpha x (1 - S), where x jumps by 1 at a spike and decays with
//! tau_rise_NMDA. As x is short, S is said to jump at the spike by
//!
//!     k_0 + k_1 S, k_1 = exp(-a) - 1, k_0 = a^r gamma(1 - r, a), a = alpha tau_rise_NMDA, r = tau_rise_NMDA / tau_decay_NMDA
//!
//! with the lower incomplete gamma function. The port NMDA takes spikes of this model only. V is held at V_reset for t_ref
//! after a spike. An injected current acts from the step after its arrival. Adaptive Runge-Kutta of order 4 and 5. Brunel &
//! Wang (2001), doi:10.1023/A:1011204814320; Wang (2002), doi:10.1016/S0896-6273(02)01092-9. NEST: iaf_bw_2001; |dV| from
//! NEST 3.10.0 is 1.6e-5 mV at most over 1 s.

#import lib/clock
#import lib/ode/rkf45

struct Params {
    /// Leak potential [mV] = -70
    E_L: f32,
    /// Reversal potential of AMPA and NMDA receptors [mV] = 0
    E_ex: f32,
    /// Reversal potential of GABA receptors [mV] = -70
    E_in: f32,
    /// Threshold [mV] = -55
    V_th: f32,
    /// Reset potential [mV] = -60, < V_th
    V_reset: f32,
    /// Membrane capacitance [pF] = 500, > 0
    C_m: f32,
    /// Leak conductance [nS] = 25
    g_L: f32,
    /// Refractory time [ms] = 2, >= 0
    t_ref: f32,
    /// Time constant of AMPA receptors [ms] = 2, > 0
    tau_AMPA: f32,
    /// Time constant of GABA receptors [ms] = 5, > 0
    tau_GABA: f32,
    /// Decay time of NMDA receptors [ms] = 100, > 0
    tau_decay_NMDA: f32,
    /// Rise time of NMDA receptors [ms] = 2, > 0, < tau_decay_NMDA
    tau_rise_NMDA: f32,
    /// Rate at which NMDA receptors open [1/ms] = 0.5, > 0
    alpha: f32,
    /// Concentration of magnesium outside [mM] = 1, > 0
    conc_Mg2: f32,
    /// Error allowed in a step of the integration, in mV and nS [1] = 1e-3, > 0
    gsl_error_tol: f32,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// AMPA conductance [nS] = 0
    s_AMPA: f32,
    /// GABA conductance [nS] = 0
    s_GABA: f32,
    /// NMDA conductance before the block by magnesium [nS] = 0
    s_NMDA: f32,
    /// AMPA current [pA] = 0
    I_AMPA: f32,
    /// GABA current [pA] = 0
    I_GABA: f32,
    /// NMDA current [pA] = 0
    I_NMDA: f32,
    /// The gate at the targets of this neuron [1] = 0, >= 0
    gate: f32,
    /// What the last spike opened of the gate [1] = 0, >= 0
    opened: f32,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
    /// Step size of the integration [ms] = 0.1
    h: f32,
    /// Remaining refractory steps [1] = 0
    refractory: u32,
}

struct Input {
    /// Spikes at AMPA receptors, summed weight [nS]
    AMPA: f32,
    /// Spikes at GABA receptors, summed weight [nS]
    GABA: f32,
    /// Spikes of this model, summed weight times what each opened of its gate [nS], released
    NMDA: f32,
    /// Injected current [pA], continuous
    I: f32,
}

struct Derived {
    g_L: f32,
    C_m: f32,
    E_ex: f32,
    E_in: f32,
    V_th: f32,
    V_reset: f32,
    rate_AMPA: f32,
    rate_GABA: f32,
    rate_NMDA: f32,
    /// The block by magnesium at E_L.
    block: f32,
    decay_gate: f32,
    k_0: f32,
    k_1: f32,
    scale: f32,
    tolerance: f32,
    refractory_steps: u32,
}

/// The lower incomplete gamma function of s and x: Abramowitz & Stegun (1964), 6.5.29.
fn lower_gamma(s: f32, x: f32) -> f32 {
    var term = 1.0 / s;
    var sum = term;
    // 200 terms are exact to 1e-16 up to x = 60, where nothing is missing from the complete function
    for (var n = 1u; n <= 200u; n++) {
        term *= x / (s + f32(n));
        sum += term;
    }
    return pow(x, s) * exp(-x) * sum;
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.g_L = p.g_L;
    d.C_m = p.C_m;
    d.E_ex = p.E_ex - p.E_L;
    d.E_in = p.E_in - p.E_L;
    d.V_th = p.V_th - p.E_L;
    d.V_reset = p.V_reset - p.E_L;
    d.rate_AMPA = -1.0 / p.tau_AMPA;
    d.rate_GABA = -1.0 / p.tau_GABA;
    d.rate_NMDA = -1.0 / p.tau_decay_NMDA;
    d.block = p.conc_Mg2 * exp(-0.062 * p.E_L) / 3.57;
    d.decay_gate = exp(-dt / p.tau_decay_NMDA) - 1.0;
    let a = p.alpha * p.tau_rise_NMDA;
    let r = p.tau_rise_NMDA / p.tau_decay_NMDA;
    d.k_0 = pow(a, r) * lower_gamma(1.0 - r, min(a, 60.0));
    d.k_1 = exp(-a) - 1.0;
    d.scale = 1.0 / (p.V_th - p.V_reset);
    d.tolerance = p.gsl_error_tol;
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    return d;
}

/// The currents at V and the conductances of s.
fn synapses(d: Derived, s: State, V: f32) -> State {
    var next = s;
    next.I_AMPA = s.s_AMPA * (V - d.E_ex);
    next.I_GABA = s.s_GABA * (V - d.E_in);
    next.I_NMDA = s.s_NMDA * (V - d.E_ex) / (1.0 + d.block * exp(-0.062 * V));
    return next;
}

fn derivative(p: Params, d: Derived, s: State) -> State {
    var change: State;
    let flowing = synapses(d, s, s.V_m);
    change.V_m = (-d.g_L * s.V_m - flowing.I_AMPA - flowing.I_GABA - flowing.I_NMDA + s.I_stim) / d.C_m;
    change.s_AMPA = d.rate_AMPA * s.s_AMPA;
    change.s_GABA = d.rate_GABA * s.s_GABA;
    change.s_NMDA = d.rate_NMDA * s.s_NMDA;
    return change;
}

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    let after = rkf45(p, d, s, dt, d.tolerance, s.h);
    // NEST shows the currents before V is held and before what arrives
    var next = synapses(d, after.s, after.s.V_m);
    next.h = after.h;
    if (s.refractory > 0u) {
        next.V_m = d.V_reset;
        next.refractory = s.refractory - 1u;
    }
    next.s_AMPA += x.AMPA;
    next.s_GABA += x.GABA;
    next.s_NMDA += x.NMDA;
    next.gate += d.decay_gate * s.gate;
    next.I_stim = x.I;
    return next;
}

fn threshold(d: Derived, s: State) -> f32 {
    return select((s.V_m - d.V_th) * d.scale, -1.0, s.refractory > 0u);
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    next.opened = d.k_0 + d.k_1 * s.gate;
    next.gate = s.gate + next.opened;
    next.V_m = d.V_reset;
    next.refractory = d.refractory_steps;
    return next;
}

fn release(s: State) -> f32 {
    return s.opened;
}

/// The first spike opens most: k_1 is negative.
fn bound(d: Derived) -> f32 {
    return d.k_0;
}
