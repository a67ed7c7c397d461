//! Hodgkin-Huxley neuron after Traub and Miles with exponential conductances.
//!
//!     C_m dV/dt = -g_Na m^3 h (V - E_Na) - g_K n^4 (V - E_K) - g_L (V - E_L) - g_ex (V - E_ex) - g_in (V - E_in)
//!                + I + I_e
//!     dx/dt = alpha_x(V - V_T) (1 - x) - beta_x(V - V_T) x for the gates m (Act_m), h (Inact_h) and n (Act_n)
//!     dg/dt = -g / tau_syn, plus the size of the weight at each spike
//!
//! A spike leaves where V falls from a maximum above V_T + 30 mV, at most one in t_ref. An injected current acts from
//! the step after its arrival. Adaptive Runge-Kutta of order 4 and 5. Traub & Miles (1991), Neuronal Networks of the
//! Hippocampus; Brette et al. (2007), doi:10.1007/s10827-007-0038-6. NEST: hh_cond_exp_traub; |dV| from NEST 3.10.0 is
//! 2e-4 mV at most outside spikes, over 1 s, and spikes are equal; where they rise, at 600 mV/ms, it is 0.7 mV.
//! The step sizes are those of NEST, and with them its errors: at the default tolerance it is up to 1 mV from the
//! solution in spikes and 8e-3 mV between them.

#import lib/clock
#import lib/exprel
#import lib/ode/rkf45_compensated

struct Params {
    /// Refractory time [ms] = 2, >= 0
    t_ref: f32,
    /// Membrane capacitance [pF] = 200, > 0
    C_m: f32,
    /// Sodium peak conductance [nS] = 20000, >= 0
    g_Na: f32,
    /// Potassium peak conductance [nS] = 6000, >= 0
    g_K: f32,
    /// Leak conductance [nS] = 10, >= 0
    g_L: f32,
    /// Sodium reversal potential [mV] = 50
    E_Na: f32,
    /// Potassium reversal potential [mV] = -90
    E_K: f32,
    /// Leak potential [mV] = -60
    E_L: f32,
    /// Shift of the gates, near the threshold [mV] = -63
    V_T: f32,
    /// Reversal potential of excitation [mV] = 0
    E_ex: f32,
    /// Reversal potential of inhibition [mV] = -80
    E_in: f32,
    /// Time constant of excitation [ms] = 5, > 0
    tau_syn_ex: f32,
    /// Time constant of inhibition [ms] = 10, > 0
    tau_syn_in: f32,
    /// Constant current [pA] = 0
    I_e: f32,
    /// Error allowed in a step of the integration [1] = 1e-3, > 0
    gsl_error_tol: f32,
}

struct State {
    /// Membrane potential [mV] = -60
    V_m: f32,
    /// Activation of sodium [1] = 9.895563096746586e-9
    Act_m: f32,
    /// Inactivation of sodium [1] = 0.999999999106396
    Inact_h: f32,
    /// Activation of potassium [1] = 2.551577051602551e-7
    Act_n: f32,
    /// Excitatory conductance [nS] = 0
    g_ex: f32,
    /// Inhibitory conductance [nS] = 0
    g_in: f32,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
    /// Step size of the integration [ms] = 0.1
    h: f32,
    /// What V_m has lost to rounding [mV] = 0
    V_lost: f32,
    /// What Act_m has lost to rounding [1] = 0
    m_lost: f32,
    /// What Inact_h has lost to rounding [1] = 0
    h_lost: f32,
    /// What Act_n has lost to rounding [1] = 0
    n_lost: f32,
    /// Remaining refractory steps [1] = 0
    refractory: u32,
    /// Whether V has fallen in this step, out of refractoriness [1] = 0
    falls: u32,
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
    rate_ex: f32,
    rate_in: f32,
    refractory_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.rate_ex = -1.0 / p.tau_syn_ex;
    d.rate_in = -1.0 / p.tau_syn_in;
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    return d;
}

/// x / (exp(x) - 1), also at 0.
fn ratio(x: f32) -> f32 {
    return 1.0 / exprel(x);
}

fn derivative(p: Params, d: Derived, s: State) -> State {
    var change: State;
    let V = s.V_m - p.V_T;
    let alpha_m = 1.28 * ratio((13.0 - V) / 4.0);
    let beta_m = 1.4 * ratio((V - 40.0) / 5.0);
    let alpha_h = 0.128 * exp((17.0 - V) / 18.0);
    let beta_h = 4.0 / (1.0 + exp((40.0 - V) / 5.0));
    let alpha_n = 0.16 * ratio((15.0 - V) / 5.0);
    let beta_n = 0.5 * exp((10.0 - V) / 40.0);
    change.Act_m = alpha_m * (1.0 - s.Act_m) - beta_m * s.Act_m;
    change.Inact_h = alpha_h * (1.0 - s.Inact_h) - beta_h * s.Inact_h;
    change.Act_n = alpha_n * (1.0 - s.Act_n) - beta_n * s.Act_n;
    let n2 = s.Act_n * s.Act_n;
    let I_Na = p.g_Na * s.Act_m * s.Act_m * s.Act_m * s.Inact_h * (s.V_m - p.E_Na);
    let I_K = p.g_K * n2 * n2 * (s.V_m - p.E_K);
    let I_L = p.g_L * (s.V_m - p.E_L);
    let synapses = -s.g_ex * (s.V_m - p.E_ex) - s.g_in * (s.V_m - p.E_in);
    change.V_m = (-(I_Na + I_K + I_L) + synapses + s.I_stim + p.I_e) / p.C_m;
    change.g_ex = d.rate_ex * s.g_ex;
    change.g_in = d.rate_in * s.g_in;
    return change;
}

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    var lost: State;
    lost.V_m = s.V_lost;
    lost.Act_m = s.m_lost;
    lost.Inact_h = s.h_lost;
    lost.Act_n = s.n_lost;
    let after = rkf45_compensated(p, d, s, dt, p.gsl_error_tol, s.h, lost);
    var next = after.s;
    next.V_lost = after.lost.V_m;
    next.m_lost = after.lost.Act_m;
    next.h_lost = after.lost.Inact_h;
    next.n_lost = after.lost.Act_n;
    next.h = after.h;
    next.falls = select(0u, 1u, next.V_m < s.V_m && s.refractory == 0u);
    next.refractory -= min(next.refractory, 1u);
    next.g_ex += x.ex;
    next.g_in -= x.inh;
    next.I_stim = x.I;
    return next;
}

fn threshold(p: Params, s: State) -> f32 {
    let distance = (s.V_m - p.V_T - 30.0) / 100.0;
    return select(min(distance, -1e-6), distance, s.falls == 1u);
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    next.refractory = d.refractory_steps;
    return next;
}
