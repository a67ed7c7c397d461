//! Leaky integrate-and-fire neuron with exponential conductances, spike-frequency adaptation and a relative
//! refractory period.
//!
//!     C_m dV/dt = -g_L (V - E_L) - g_ex (V - E_ex) - g_in (V - E_in)
//!                - g_sfa (V - E_sfa) - g_rr (V - E_rr) + I + I_e
//!     dg/dt = -g / tau: g_ex and g_in grow by the size of the weight at each spike that arrives, g_sfa and g_rr
//!     by q_sfa and q_rr at each spike of the neuron
//!
//! V is held at V_reset for t_ref after a spike, and the equation sees no V above V_th. An injected current acts
//! from the step after its arrival. Adaptive Runge-Kutta of order 4 and 5. Dayan & Abbott (2001),
//! Theoretical Neuroscience, section 5.4; Muller, Buesing, Schemmel & Meier (2007), doi:10.1162/neco.2007.19.11.2958.
//! NEST: iaf_cond_exp_sfa_rr;
//! |dV| from NEST 3.10.0 is 2e-4 mV at most over 1 s.

#import lib/clock
#import lib/ode/rkf45

struct Params {
    /// Threshold [mV] = -57
    V_th: f32,
    /// Reset potential [mV] = -70, < V_th
    V_reset: f32,
    /// Refractory time [ms] = 0.5, >= 0
    t_ref: f32,
    /// Leak conductance [nS] = 28.95, > 0
    g_L: f32,
    /// Membrane capacitance [pF] = 289.5, > 0
    C_m: f32,
    /// Reversal potential of excitation [mV] = 0
    E_ex: f32,
    /// Reversal potential of inhibition [mV] = -75
    E_in: f32,
    /// Leak potential [mV] = -70
    E_L: f32,
    /// Time constant of excitation [ms] = 1.5, > 0
    tau_syn_ex: f32,
    /// Time constant of inhibition [ms] = 10, > 0
    tau_syn_in: f32,
    /// Growth of the adaptation at a spike [nS] = 14.48
    q_sfa: f32,
    /// Growth of the relative refractoriness at a spike [nS] = 3214
    q_rr: f32,
    /// Time constant of the adaptation [ms] = 110, > 0
    tau_sfa: f32,
    /// Time constant of the relative refractoriness [ms] = 1.97, > 0
    tau_rr: f32,
    /// Reversal potential of the adaptation [mV] = -70
    E_sfa: f32,
    /// Reversal potential of the relative refractoriness [mV] = -70
    E_rr: f32,
    /// Constant current [pA] = 0
    I_e: f32,
    /// Error allowed in a step of the integration, in mV and nS [1] = 1e-3, > 0
    gsl_error_tol: f32,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// Excitatory conductance [nS] = 0
    g_ex: f32,
    /// Inhibitory conductance [nS] = 0
    g_in: f32,
    /// Conductance of the adaptation [nS] = 0
    g_sfa: f32,
    /// Conductance of the relative refractoriness [nS] = 0
    g_rr: f32,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
    /// Step size of the integration [ms] = 0.1
    h: f32,
    /// Remaining refractory steps [1] = 0
    refractory: u32,
}

struct Input {
    /// Excitatory spikes, summed weight [nS], > 0
    ex: f32,
    /// Inhibitory spikes, summed weight [nS], < 0
    inh: f32,
    /// Injected current [pA], continuous
    I: f32,
}

struct Derived {
    g_L: f32,
    C_m: f32,
    E_ex: f32,
    E_in: f32,
    E_sfa: f32,
    E_rr: f32,
    V_th: f32,
    V_reset: f32,
    I_e: f32,
    rate_ex: f32,
    rate_in: f32,
    rate_sfa: f32,
    rate_rr: f32,
    q_sfa: f32,
    q_rr: f32,
    scale: f32,
    tolerance: f32,
    refractory_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.g_L = p.g_L;
    d.C_m = p.C_m;
    d.E_ex = p.E_ex - p.E_L;
    d.E_in = p.E_in - p.E_L;
    d.E_sfa = p.E_sfa - p.E_L;
    d.E_rr = p.E_rr - p.E_L;
    d.V_th = p.V_th - p.E_L;
    d.V_reset = p.V_reset - p.E_L;
    d.I_e = p.I_e;
    d.rate_ex = -1.0 / p.tau_syn_ex;
    d.rate_in = -1.0 / p.tau_syn_in;
    d.rate_sfa = -1.0 / p.tau_sfa;
    d.rate_rr = -1.0 / p.tau_rr;
    d.q_sfa = p.q_sfa;
    d.q_rr = p.q_rr;
    d.scale = 1.0 / (p.V_th - p.V_reset);
    d.tolerance = p.gsl_error_tol;
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    return d;
}

fn derivative(p: Params, d: Derived, s: State) -> State {
    var change: State;
    let held = s.refractory > 0u;
    let V = select(min(s.V_m, d.V_th), d.V_reset, held);
    let leak = -d.g_L * V;
    let synapses = -s.g_ex * (V - d.E_ex) - s.g_in * (V - d.E_in);
    let spikes = -s.g_sfa * (V - d.E_sfa) - s.g_rr * (V - d.E_rr);
    change.V_m = select((leak + synapses + spikes + s.I_stim + d.I_e) / d.C_m, 0.0, held);
    change.g_ex = d.rate_ex * s.g_ex;
    change.g_in = d.rate_in * s.g_in;
    change.g_sfa = d.rate_sfa * s.g_sfa;
    change.g_rr = d.rate_rr * s.g_rr;
    return change;
}

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    let after = rkf45(p, d, s, dt, d.tolerance, s.h);
    var next = after.s;
    next.h = after.h;
    if (s.refractory > 0u) {
        next.V_m = d.V_reset;
        next.refractory = s.refractory - 1u;
    }
    next.g_ex += x.ex;
    next.g_in -= x.inh;
    next.I_stim = x.I;
    return next;
}

fn threshold(d: Derived, s: State) -> f32 {
    return select((s.V_m - d.V_th) * d.scale, -1.0, s.refractory > 0u);
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    next.V_m = d.V_reset;
    next.g_sfa += d.q_sfa;
    next.g_rr += d.q_rr;
    next.refractory = d.refractory_steps;
    return next;
}
