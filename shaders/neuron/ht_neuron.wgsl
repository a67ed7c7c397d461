//! Thalamocortical neuron of Hill and Tononi: a moving threshold, four kinds of synapses, four intrinsic currents.
//!
//!     tau_m dV/dt = -g_NaL (V - E_Na) - g_KL (V - E_K) + I_syn + I_NaP + I_KNa + I_T + I_h + I
//!                  - tau_m / tau_spike (V - E_K) for t_ref after a spike
//!     dtheta/dt = -(theta - theta_eq) / tau_theta; at V >= theta a spike, and V and theta become E_Na
//!     g(t) = w g_peak c (exp(-t / tau_decay) - exp(-t / tau_rise)) for a spike of weight w: it peaks at w g_peak
//!     I_NMDA = -g_NMDA m (V - E_rev_NMDA), m = A m_fast + (1 - A) m_slow with A = 0.51 - 0.0028 V: m_fast and m_slow
//!     unblock with tau_Mg_fast_NMDA and tau_Mg_slow_NMDA and block at once; with instant_unblock_NMDA both at once
//!     I_NaP = -g m^N (V - E), m = 1 / (1 + exp(-(V + 55.7) / 7.7))
//!     I_KNa = -g (V - E) / (1 + (0.25 / D)^3.5), dD/dt = 0.025 / (1 + exp(-(V + 10) / 5)) - (D - 0.001) / tau_D_KNa
//!     I_T = -g m^N h (V - E), I_h = -g m (V - E) with gates that relax
//!
//! Conductances are relative to a leak of 1 and have no unit. With voltage_clamp V keeps its initial value. No spike
//! leaves while the current of the last one flows; one may come within a step. An injected current acts from the step
//! after its arrival. Adaptive Runge-Kutta of order 4 and 5. Hill & Tononi (2005), doi:10.1152/jn.00915.2004; gates after
//! Huguenard & McCormick (1992), doi:10.1152/jn.1992.68.4.1373, and Destexhe et al. (1996),
//! doi:10.1152/jn.1996.76.3.2049; unblocking after Vargas-Caballero & Robinson (2003), doi:10.1152/jn.01038.2002.
//! NEST: ht_neuron; |dV| from NEST 3.10.0 is 6e-4 mV at most over 1 s.

#import lib/beta
#import lib/clock
#import lib/ode/rkf45_threshold

struct Params {
    /// Sodium reversal potential, and peak of a spike [mV] = 30
    E_Na: f32,
    /// Potassium reversal potential [mV] = -90
    E_K: f32,
    /// Sodium leak [1] = 0.2, >= 0
    g_NaL: f32,
    /// Potassium leak [1] = 1, >= 0
    g_KL: f32,
    /// Membrane time constant [ms] = 16, > 0
    tau_m: f32,
    /// Threshold at rest [mV] = -51
    theta_eq: f32,
    /// Time constant of the threshold [ms] = 2, > 0
    tau_theta: f32,
    /// Time constant of the current after a spike [ms] = 1.75, > 0
    tau_spike: f32,
    /// Duration of the current after a spike [ms] = 2, >= 0
    t_ref: f32,
    /// Peak conductance of AMPA [1] = 0.1, >= 0
    g_peak_AMPA: f32,
    /// Rise time of AMPA [ms] = 0.5, > 0
    tau_rise_AMPA: f32,
    /// Decay time of AMPA [ms] = 2.4, > 0
    tau_decay_AMPA: f32,
    /// Reversal potential of AMPA [mV] = 0
    E_rev_AMPA: f32,
    /// Peak conductance of NMDA [1] = 0.075, >= 0
    g_peak_NMDA: f32,
    /// Rise time of NMDA [ms] = 4, > 0
    tau_rise_NMDA: f32,
    /// Decay time of NMDA [ms] = 40, > 0
    tau_decay_NMDA: f32,
    /// Reversal potential of NMDA [mV] = 0
    E_rev_NMDA: f32,
    /// Peak conductance of GABA_A [1] = 0.33, >= 0
    g_peak_GABA_A: f32,
    /// Rise time of GABA_A [ms] = 1, > 0
    tau_rise_GABA_A: f32,
    /// Decay time of GABA_A [ms] = 7, > 0
    tau_decay_GABA_A: f32,
    /// Reversal potential of GABA_A [mV] = -70
    E_rev_GABA_A: f32,
    /// Peak conductance of GABA_B [1] = 0.0132, >= 0
    g_peak_GABA_B: f32,
    /// Rise time of GABA_B [ms] = 60, > 0
    tau_rise_GABA_B: f32,
    /// Decay time of GABA_B [ms] = 200, > 0
    tau_decay_GABA_B: f32,
    /// Reversal potential of GABA_B [mV] = -90
    E_rev_GABA_B: f32,
    /// Slope of the activation of NMDA [1/mV] = 0.081
    S_act_NMDA: f32,
    /// Potential where half of NMDA is active [mV] = -25.57
    V_act_NMDA: f32,
    /// Time constant of slow unblocking [ms] = 22.7, > 0
    tau_Mg_slow_NMDA: f32,
    /// Time constant of fast unblocking [ms] = 0.68, > 0
    tau_Mg_fast_NMDA: f32,
    /// NMDA unblocks at once {false | true} = false
    instant_unblock_NMDA: u32,
    /// Peak conductance of the persistent sodium current [1] = 1, >= 0
    g_peak_NaP: f32,
    /// Reversal potential of the persistent sodium current [mV] = 30
    E_rev_NaP: f32,
    /// Peak conductance of the sodium-dependent potassium current [1] = 1, >= 0
    g_peak_KNa: f32,
    /// Reversal potential of the sodium-dependent potassium current [mV] = -90
    E_rev_KNa: f32,
    /// Peak conductance of the low-threshold calcium current [1] = 1, >= 0
    g_peak_T: f32,
    /// Reversal potential of the low-threshold calcium current [mV] = 0
    E_rev_T: f32,
    /// Peak conductance of the hyperpolarisation-activated current [1] = 1, >= 0
    g_peak_h: f32,
    /// Reversal potential of the hyperpolarisation-activated current [mV] = -40
    E_rev_h: f32,
    /// Exponent of the activation of I_NaP [1] = 3, >= 0
    N_NaP: f32,
    /// Exponent of the activation of I_T [1] = 2, >= 0
    N_T: f32,
    /// Time constant of what activates I_KNa [ms] = 1250, > 0
    tau_D_KNa: f32,
    /// The potential is held {false | true} = false
    voltage_clamp: u32,
    /// Error allowed in a step of the integration [1] = 1e-3, > 0
    gsl_error_tol: f32,
}

struct State {
    /// Membrane potential [mV] = -70
    V_m: f32,
    /// Threshold [mV] = -51
    theta: f32,
    /// Conductance of AMPA [1] = 0
    g_AMPA: f32,
    /// Conductance of NMDA, as far as it is not blocked [1] = 0
    g_NMDA: f32,
    /// Conductance of GABA_A [1] = 0
    g_GABA_A: f32,
    /// Conductance of GABA_B [1] = 0
    g_GABA_B: f32,
    /// The persistent sodium current [mV] = 0
    I_NaP: f32,
    /// The sodium-dependent potassium current [mV] = 0
    I_KNa: f32,
    /// The low-threshold calcium current [mV] = 0
    I_T: f32,
    /// The hyperpolarisation-activated current [mV] = 0
    I_h: f32,
    /// Derivative variable of AMPA, per ms [1] = 0
    dg_AMPA: f32,
    /// Derivative variable of NMDA, per ms [1] = 0
    dg_NMDA: f32,
    /// Derivative variable of GABA_A, per ms [1] = 0
    dg_GABA_A: f32,
    /// Derivative variable of GABA_B, per ms [1] = 0
    dg_GABA_B: f32,
    /// Conductance of NMDA, blocked or not [1] = 0
    all_NMDA: f32,
    /// Fast part of what is unblocked of NMDA [1] = 0.026627301184638463
    m_fast_NMDA: f32,
    /// Slow part of what is unblocked of NMDA [1] = 0.026627301184638463
    m_slow_NMDA: f32,
    /// Activation of I_h [1] = 0.2871859013825026
    m_Ih: f32,
    /// What activates I_KNa [1] = 0.00119200545631921
    D_IKNa: f32,
    /// Activation of I_T [1] = 0.1450215950687922
    m_IT: f32,
    /// Inactivation of I_T [1] = 0.03732688734412946
    h_IT: f32,
    /// Injected current that arrived in the last step [mV] = 0
    I_stim: f32,
    /// Step size of the integration [ms] = 0.1
    h: f32,
    /// What V_m has lost to rounding [mV] = 0
    V_lost: f32,
    /// Remaining steps of the current after a spike, this one included [1] = 0
    refractory: u32,
    /// Whether there was a spike in this step [1] = 0
    spiked: u32,
}

struct Input {
    /// Spikes to AMPA, summed weight [1]
    AMPA: f32,
    /// Spikes to NMDA, summed weight [1]
    NMDA: f32,
    /// Spikes to GABA_A, summed weight [1]
    GABA_A: f32,
    /// Spikes to GABA_B, summed weight [1]
    GABA_B: f32,
    /// Injected current; 1 pA acts as 1 mV [pA], continuous
    I: f32,
}

struct Derived {
    rise_AMPA: f32,
    decay_AMPA: f32,
    jump_AMPA: f32,
    rise_NMDA: f32,
    decay_NMDA: f32,
    jump_NMDA: f32,
    rise_GABA_A: f32,
    decay_GABA_A: f32,
    jump_GABA_A: f32,
    rise_GABA_B: f32,
    decay_GABA_B: f32,
    jump_GABA_B: f32,
    refractory_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.rise_AMPA = -1.0 / p.tau_rise_AMPA;
    d.decay_AMPA = -1.0 / p.tau_decay_AMPA;
    d.jump_AMPA = p.g_peak_AMPA * beta_jump(p.tau_rise_AMPA, p.tau_decay_AMPA);
    d.rise_NMDA = -1.0 / p.tau_rise_NMDA;
    d.decay_NMDA = -1.0 / p.tau_decay_NMDA;
    d.jump_NMDA = p.g_peak_NMDA * beta_jump(p.tau_rise_NMDA, p.tau_decay_NMDA);
    d.rise_GABA_A = -1.0 / p.tau_rise_GABA_A;
    d.decay_GABA_A = -1.0 / p.tau_decay_GABA_A;
    d.jump_GABA_A = p.g_peak_GABA_A * beta_jump(p.tau_rise_GABA_A, p.tau_decay_GABA_A);
    d.rise_GABA_B = -1.0 / p.tau_rise_GABA_B;
    d.decay_GABA_B = -1.0 / p.tau_decay_GABA_B;
    d.jump_GABA_B = p.g_peak_GABA_B * beta_jump(p.tau_rise_GABA_B, p.tau_decay_GABA_B);
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    return d;
}

/// 1 / (1 + exp(-x)).
fn logistic(x: f32) -> f32 {
    return 1.0 / (1.0 + exp(-x));
}

/// The intrinsic currents at the potential of s, in place of those that s has.
fn with_currents(p: Params, s: State) -> State {
    var next = s;
    let V = s.V_m;
    next.I_NaP = -p.g_peak_NaP * pow(logistic((V + 55.7) / 7.7), p.N_NaP) * (V - p.E_rev_NaP);
    next.I_KNa = -p.g_peak_KNa * (V - p.E_rev_KNa) / (1.0 + pow(0.25 / s.D_IKNa, 3.5));
    next.I_T = -p.g_peak_T * pow(s.m_IT, p.N_T) * s.h_IT * (V - p.E_rev_T);
    next.I_h = -p.g_peak_h * s.m_Ih * (V - p.E_rev_h);
    return next;
}

/// How much of NMDA is open at V.
fn opened(p: Params, V: f32) -> f32 {
    return logistic(p.S_act_NMDA * (V - p.V_act_NMDA));
}

/// How much of NMDA is open and not blocked.
fn unblocked(p: Params, s: State) -> f32 {
    let open = opened(p, s.V_m);
    let fast = 0.51 - 0.0028 * s.V_m;
    let slowly = fast * min(open, s.m_fast_NMDA) + (1.0 - fast) * min(open, s.m_slow_NMDA);
    return select(slowly, open, p.instant_unblock_NMDA == 1u);
}

fn derivative(p: Params, d: Derived, s: State) -> State {
    var change: State;
    let V = s.V_m;
    let open = opened(p, V);
    let excitation = -s.g_AMPA * (V - p.E_rev_AMPA) - s.all_NMDA * unblocked(p, s) * (V - p.E_rev_NMDA);
    let inhibition = -s.g_GABA_A * (V - p.E_rev_GABA_A) - s.g_GABA_B * (V - p.E_rev_GABA_B);
    let own = with_currents(p, s);
    let intrinsic = own.I_NaP + own.I_KNa + own.I_T + own.I_h;
    let leak = -p.g_NaL * (V - p.E_Na) - p.g_KL * (V - p.E_K);
    let after_spike = select(0.0, -(V - p.E_K) / p.tau_spike, s.refractory > 0u);
    let free = (leak + excitation + inhibition + intrinsic + s.I_stim) / p.tau_m + after_spike;
    change.V_m = select(free, 0.0, p.voltage_clamp == 1u);
    change.theta = -(s.theta - p.theta_eq) / p.tau_theta;
    change.dg_AMPA = d.rise_AMPA * s.dg_AMPA;
    change.g_AMPA = s.dg_AMPA + d.decay_AMPA * s.g_AMPA;
    change.dg_NMDA = d.rise_NMDA * s.dg_NMDA;
    change.all_NMDA = s.dg_NMDA + d.decay_NMDA * s.all_NMDA;
    change.dg_GABA_A = d.rise_GABA_A * s.dg_GABA_A;
    change.g_GABA_A = s.dg_GABA_A + d.decay_GABA_A * s.g_GABA_A;
    change.dg_GABA_B = d.rise_GABA_B * s.dg_GABA_B;
    change.g_GABA_B = s.dg_GABA_B + d.decay_GABA_B * s.g_GABA_B;
    change.m_fast_NMDA = (open - s.m_fast_NMDA) / p.tau_Mg_fast_NMDA;
    change.m_slow_NMDA = (open - s.m_slow_NMDA) / p.tau_Mg_slow_NMDA;
    change.D_IKNa = 0.025 * logistic((V + 10.0) / 5.0) - (s.D_IKNa - 0.001) / p.tau_D_KNa;
    let tau_Ih = 1.0 / (exp(-14.59 - 0.086 * V) + exp(-1.87 + 0.0701 * V));
    change.m_Ih = (logistic(-(V + 75.0) / 5.5) - s.m_Ih) / tau_Ih;
    let tau_m_IT = 0.13 + 0.22 / (exp(-(V + 132.0) / 16.7) + exp((V + 16.8) / 18.2));
    change.m_IT = (logistic((V + 59.0) / 6.2) - s.m_IT) / tau_m_IT;
    let tau_h_IT = 8.2 + (56.6 + 0.27 * exp((V + 115.2) / 5.0)) / (1.0 + exp((V + 86.0) / 3.2));
    change.h_IT = (logistic(-(V + 83.0) / 4.0) - s.h_IT) / tau_h_IT;
    return change;
}

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    var lost: State;
    lost.V_m = s.V_lost;
    let after = rkf45_compensated(p, d, s, dt, p.gsl_error_tol, s.h, lost);
    var next = after.s;
    next.V_lost = after.lost.V_m;
    next.h = after.h;
    next.g_NMDA = next.all_NMDA * unblocked(p, next);
    next.refractory -= min(next.refractory, 1u);
    next.dg_AMPA += d.jump_AMPA * x.AMPA;
    next.dg_NMDA += d.jump_NMDA * x.NMDA;
    next.dg_GABA_A += d.jump_GABA_A * x.GABA_A;
    next.dg_GABA_B += d.jump_GABA_B * x.GABA_B;
    next.I_stim = x.I;
    return next;
}

fn event(p: Params, d: Derived, s: State) -> State {
    // recorded currents are those before a spike
    var next = with_currents(p, s);
    // blocking takes no time
    let open = opened(p, s.V_m);
    next.m_fast_NMDA = min(s.m_fast_NMDA, open);
    next.m_slow_NMDA = min(s.m_slow_NMDA, open);
    if (s.V_m >= s.theta && s.refractory == 0u && p.voltage_clamp == 0u) {
        next.V_m = p.E_Na;
        next.theta = p.E_Na;
        next.spiked = 1u;
        // the rest of this step counts as none of the duration
        next.refractory = select(0u, d.refractory_steps + 1u, d.refractory_steps > 0u);
    }
    return next;
}

fn threshold(s: State) -> f32 {
    return select(min((s.V_m - s.theta) / 10.0, -1e-6), 1.0, s.spiked > 0u);
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    next.spiked = 0u;
    return next;
}
