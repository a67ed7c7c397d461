//! Generalised integrate-and-fire neuron with exponential conductances, that spikes at random.
//!
//!     C_m dV/dt = -g_L (V - E_L) - g_ex (V - E_ex) - g_in (V - E_in) - I_stc
//!                + I + I_e
//!     dg/dt = -g / tau_syn, plus the size of the weight at each spike
//!     I_stc and E_sfa - V_T_star are sums of terms that decay with tau_stc and tau_sfa and grow by q_stc and
//!     q_sfa at each spike of the neuron; E_sfa is the threshold
//!     rate = lambda_0 exp((V - E_sfa) / Delta_V), probability of a spike in a step 1 - exp(-rate dt)
//!
//! V is held at V_reset for t_ref after a spike. An injected current acts from the step after its arrival. Adaptive
//! Runge-Kutta of order 4 and 5. Mensi, Naud, Pozzorini, Avermann, Petersen & Gerstner (2012),
//! doi:10.1152/jn.00408.2011; Pozzorini, Mensi, Hagens, Naud, Koch & Gerstner (2015), doi:10.1371/journal.pcbi.1004275.
//! NEST: gif_cond_exp; |dV| from NEST 3.10.0 is 4e-5 mV at most over 1 s where spikes are certain, up to
//! 10,000 of them; rates and variation of intervals agree within 0.2 standard deviations of its seeds.

#import lib/clock
#import lib/ode/rkf45_compensated
#import lib/gif

/// Parts of the spike-triggered current.
const STC = 1u;
/// Parts of the threshold.
const SFA = 1u;

struct Params {
    /// Rate of spikes at the threshold [Hz] = 1, >= 0
    lambda_0: f32,
    /// Width of the threshold [mV] = 0.5, > 0
    Delta_V: f32,
    /// Threshold at rest [mV] = -35
    V_T_star: f32,
    /// Leak conductance [nS] = 4, > 0
    g_L: f32,
    /// Leak potential [mV] = -70
    E_L: f32,
    /// Membrane capacitance [pF] = 80, > 0
    C_m: f32,
    /// Reset potential [mV] = -55
    V_reset: f32,
    /// Refractory time [ms] = 4, >= 0
    t_ref: f32,
    /// Constant current [pA] = 0
    I_e: f32,
    /// Time constant of excitation [ms] = 2, > 0
    tau_syn_ex: f32,
    /// Time constant of inhibition [ms] = 2, > 0
    tau_syn_in: f32,
    /// Reversal potential of excitation [mV] = 0
    E_ex: f32,
    /// Reversal potential of inhibition [mV] = -85
    E_in: f32,
    /// Growth of each part of the spike-triggered current at a spike [pA] = 0
    q_stc: array<f32, STC>,
    /// Time constant of each part of the spike-triggered current [ms] = 10, > 0
    tau_stc: array<f32, STC>,
    /// Growth of each part of the threshold at a spike [mV] = 0
    q_sfa: array<f32, SFA>,
    /// Time constant of each part of the threshold [ms] = 10, > 0
    tau_sfa: array<f32, SFA>,
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
    /// Spike-triggered current [pA] = 0
    I_stc: f32,
    /// Threshold [mV] = V_T_star
    E_sfa: f32,
    /// Each part of the spike-triggered current, for the next step [pA] = 0
    stc: array<f32, STC>,
    /// Each part of the threshold, for the next step [mV] = 0
    sfa: array<f32, SFA>,
    /// What rounding took from V_m [mV] = 0
    V_low: f32,
    /// What rounding took from stc [pA] = 0
    stc_low: array<f32, STC>,
    /// What rounding took from sfa [mV] = 0
    sfa_low: array<f32, SFA>,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
    /// Step size of the integration [ms] = 0.1
    h: f32,
    /// Remaining refractory steps [1] = 0
    refractory: u32,
    /// Whether this step is refractory [1] = 0
    held: u32,
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
    E_ex: f32,
    E_in: f32,
    decay_stc: array<f32, STC>,
    decay_sfa: array<f32, SFA>,
    V_reset: f32,
    /// Expected spikes of a step at the threshold.
    per_step: f32,
    refractory_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.rate_ex = -1.0 / p.tau_syn_ex;
    d.rate_in = -1.0 / p.tau_syn_in;
    d.E_ex = p.E_ex - p.E_L;
    d.E_in = p.E_in - p.E_L;
    return with_adaptation(p, dt, d);
}

fn derivative(p: Params, d: Derived, s: State) -> State {
    var change: State;
    let synapses = -s.g_ex * (s.V_m - d.E_ex) - s.g_in * (s.V_m - d.E_in);
    change.V_m = (-p.g_L * s.V_m + synapses - s.I_stc + s.I_stim + p.I_e) / p.C_m;
    change.g_ex = d.rate_ex * s.g_ex;
    change.g_in = d.rate_in * s.g_in;
    return change;
}

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    let begin = adapted(p, d, s);
    var lost: State;
    lost.V_m = s.V_low;
    let after = rkf45_compensated(p, d, begin, dt, p.gsl_error_tol, s.h, lost);
    var next = after.s;
    next.V_low = after.lost.V_m;
    next.h = after.h;
    next.g_ex += x.ex;
    next.g_in -= x.inh;
    next.I_stim = x.I;
    return held(d, next);
}

fn threshold(p: Params, d: Derived, s: State, stream: Stream) -> f32 {
    return spike_at_random(p, d, s, stream);
}

fn reset(p: Params, d: Derived, s: State) -> State {
    return adapted_by_spike(p, d, s);
}
