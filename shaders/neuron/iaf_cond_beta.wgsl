//! Leaky integrate-and-fire neuron with conductances that rise and decay.
//!
//!     C_m dV/dt = -g_L (V - E_L) - g_ex (V - E_ex) - g_in (V - E_in) + I + I_e
//!     g(t) = w c (exp(-t / tau_decay) - exp(-t / tau_rise)) for a spike whose weight has the size w, with c such
//!     that g peaks at w; for equal time constants w (e / tau) t exp(-t / tau)
//!
//! V is held at V_reset for t_ref after a spike, and the equation sees no V above V_th. An injected current acts
//! from the step after its arrival. Adaptive Runge-Kutta of order 4 and 5. Meffin, Burkitt & Grayden (2004),
//! doi:10.1023/B:JCNS.0000014108.03012.81; Roth & van Rossum (2009),
//! doi:10.7551/mitpress/9780262013277.003.0007. NEST: iaf_cond_beta;
//! |dV| from NEST 3.10.0 is 7e-5 mV at most over 1 s.

#import lib/beta
#import lib/clock
#import lib/ode/rkf45

struct Params {
    /// Threshold [mV] = -55
    V_th: f32,
    /// Reset potential [mV] = -60, < V_th
    V_reset: f32,
    /// Refractory time [ms] = 2, >= 0
    t_ref: f32,
    /// Leak conductance [nS] = 16.6667, > 0
    g_L: f32,
    /// Membrane capacitance [pF] = 250, > 0
    C_m: f32,
    /// Reversal potential of excitation [mV] = 0
    E_ex: f32,
    /// Reversal potential of inhibition [mV] = -85
    E_in: f32,
    /// Leak potential [mV] = -70
    E_L: f32,
    /// Rise time of excitation [ms] = 0.2, > 0
    tau_rise_ex: f32,
    /// Rise time of inhibition [ms] = 2, > 0
    tau_rise_in: f32,
    /// Decay time of excitation [ms] = 0.2, > 0
    tau_decay_ex: f32,
    /// Decay time of inhibition [ms] = 2, > 0
    tau_decay_in: f32,
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
    /// Derivative variable of the excitatory conductance, in nS per ms [1] = 0
    dg_ex: f32,
    /// Derivative variable of the inhibitory conductance, in nS per ms [1] = 0
    dg_in: f32,
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
    V_th: f32,
    V_reset: f32,
    I_e: f32,
    rise_ex: f32,
    rise_in: f32,
    decay_ex: f32,
    decay_in: f32,
    jump_ex: f32,
    jump_in: f32,
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
    d.V_th = p.V_th - p.E_L;
    d.V_reset = p.V_reset - p.E_L;
    d.I_e = p.I_e;
    d.rise_ex = -1.0 / p.tau_rise_ex;
    d.rise_in = -1.0 / p.tau_rise_in;
    d.decay_ex = -1.0 / p.tau_decay_ex;
    d.decay_in = -1.0 / p.tau_decay_in;
    d.jump_ex = beta_jump(p.tau_rise_ex, p.tau_decay_ex);
    d.jump_in = beta_jump(p.tau_rise_in, p.tau_decay_in);
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
    change.V_m = select((leak + synapses + s.I_stim + d.I_e) / d.C_m, 0.0, held);
    change.dg_ex = d.decay_ex * s.dg_ex;
    change.dg_in = d.decay_in * s.dg_in;
    change.g_ex = s.dg_ex + d.rise_ex * s.g_ex;
    change.g_in = s.dg_in + d.rise_in * s.g_in;
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
    next.dg_ex += d.jump_ex * x.ex;
    next.dg_in -= d.jump_in * x.inh;
    next.I_stim = x.I;
    return next;
}

fn threshold(d: Derived, s: State) -> f32 {
    return select((s.V_m - d.V_th) * d.scale, -1.0, s.refractory > 0u);
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    next.V_m = d.V_reset;
    next.refractory = d.refractory_steps;
    return next;
}
