//! Generalised integrate-and-fire neuron with exponential currents at any number of ports, that spikes at random.
//!
//!     C_m dV/dt = -g_L (V - E_L) + I_syn - I_stc + I + I_e
//!     I_syn is the sum over the ports of I_syn_k; dI_syn_k/dt = -I_syn_k / tau_syn_k, plus the weight at each spike
//!     I_stc and E_sfa - V_T_star are sums of three terms that decay with tau_stc and tau_sfa and grow by q_stc and
//!     q_sfa at each spike of the neuron; E_sfa is the threshold
//!     rate = lambda_0 exp((V - E_sfa) / Delta_V), probability of a spike in a step 1 - exp(-rate dt)
//!
//! There are as many ports as tau_syn has values; they are called 1, 2 and so on, and take weights of either sign.
//! V is held at V_reset for t_ref after a spike. A spike that arrives acts on V from the next step, and an injected
//! current too. Exact integration of V. Mensi, Naud, Pozzorini, Avermann, Petersen & Gerstner (2012),
//! doi:10.1152/jn.00408.2011; Pozzorini, Mensi, Hagens, Naud, Koch & Gerstner (2015),
//! doi:10.1371/journal.pcbi.1004275. NEST: gif_psc_exp_multisynapse, whose lists tau_stc, q_stc, tau_sfa and q_sfa are
//! tau_stc_1, tau_stc_2, tau_stc_3 and so on here; |dV| from NEST 3.10.0 is 1.4e-4 mV at most over 250 ms where spikes
//! are certain.

#import lib/clock
#import lib/propagator
#import lib/poisson
#import lib/random

const PORTS = 1u;

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
    /// Time constant of the currents of a port [ms] = 2, > 0
    tau_syn: array<f32, PORTS>,
    /// Growth of the first spike-triggered current at a spike [pA] = 0
    q_stc_1: f32,
    /// Growth of the second spike-triggered current at a spike [pA] = 0
    q_stc_2: f32,
    /// Growth of the third spike-triggered current at a spike [pA] = 0
    q_stc_3: f32,
    /// Time constant of the first spike-triggered current [ms] = 10, > 0
    tau_stc_1: f32,
    /// Time constant of the second spike-triggered current [ms] = 10, > 0
    tau_stc_2: f32,
    /// Time constant of the third spike-triggered current [ms] = 10, > 0
    tau_stc_3: f32,
    /// Growth of the first part of the threshold at a spike [mV] = 0
    q_sfa_1: f32,
    /// Growth of the second part of the threshold at a spike [mV] = 0
    q_sfa_2: f32,
    /// Growth of the third part of the threshold at a spike [mV] = 0
    q_sfa_3: f32,
    /// Time constant of the first part of the threshold [ms] = 10, > 0
    tau_sfa_1: f32,
    /// Time constant of the second part of the threshold [ms] = 10, > 0
    tau_sfa_2: f32,
    /// Time constant of the third part of the threshold [ms] = 10, > 0
    tau_sfa_3: f32,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// Current of a port [pA] = 0
    I_syn: array<f32, PORTS>,
    /// Spike-triggered current [pA] = 0
    I_stc: f32,
    /// Threshold [mV] = V_T_star
    E_sfa: f32,
    /// The first spike-triggered current, for the next step [pA] = 0
    stc_1: f32,
    /// The second spike-triggered current, for the next step [pA] = 0
    stc_2: f32,
    /// The third spike-triggered current, for the next step [pA] = 0
    stc_3: f32,
    /// The first part of the threshold, for the next step [mV] = 0
    sfa_1: f32,
    /// The second part of the threshold, for the next step [mV] = 0
    sfa_2: f32,
    /// The third part of the threshold, for the next step [mV] = 0
    sfa_3: f32,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
    /// Remaining refractory steps [1] = 0
    refractory: u32,
    /// Whether this step is refractory [1] = 0
    held: u32,
}

struct Input {
    /// Spikes, summed weight [pA]
    port: array<f32, PORTS>,
    /// Injected current [pA], continuous
    I: f32,
}

struct Derived {
    decay_m: f32,
    decay_syn: array<f32, PORTS>,
    from_syn: array<f32, PORTS>,
    from_I: f32,
    decay_stc_1: f32,
    decay_stc_2: f32,
    decay_stc_3: f32,
    decay_sfa_1: f32,
    decay_sfa_2: f32,
    decay_sfa_3: f32,
    V_reset: f32,
    /// Expected spikes of a step at the threshold.
    per_step: f32,
    refractory_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    let tau_m = p.C_m / p.g_L;
    d.decay_m = decay(tau_m, dt);
    for (var k = 0u; k < PORTS; k++) {
        d.decay_syn[k] = decay(p.tau_syn[k], dt);
        d.from_syn[k] = from_exponential(p.tau_syn[k], tau_m, p.C_m, dt);
    }
    d.from_I = from_constant(tau_m, p.C_m, dt);
    d.decay_stc_1 = exp(-dt / p.tau_stc_1) - 1.0;
    d.decay_stc_2 = exp(-dt / p.tau_stc_2) - 1.0;
    d.decay_stc_3 = exp(-dt / p.tau_stc_3) - 1.0;
    d.decay_sfa_1 = exp(-dt / p.tau_sfa_1) - 1.0;
    d.decay_sfa_2 = exp(-dt / p.tau_sfa_2) - 1.0;
    d.decay_sfa_3 = exp(-dt / p.tau_sfa_3) - 1.0;
    d.V_reset = p.V_reset - p.E_L;
    d.per_step = p.lambda_0 * dt / 1000.0;
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    return d;
}

/// What the last spikes left behind, for this step and the next.
fn adapted(p: Params, d: Derived, s: State) -> State {
    var next = s;
    next.I_stc = s.stc_1 + s.stc_2 + s.stc_3;
    next.E_sfa = p.V_T_star + (s.sfa_1 + s.sfa_2 + s.sfa_3);
    next.stc_1 += d.decay_stc_1 * s.stc_1;
    next.stc_2 += d.decay_stc_2 * s.stc_2;
    next.stc_3 += d.decay_stc_3 * s.stc_3;
    next.sfa_1 += d.decay_sfa_1 * s.sfa_1;
    next.sfa_2 += d.decay_sfa_2 * s.sfa_2;
    next.sfa_3 += d.decay_sfa_3 * s.sfa_3;
    return next;
}

fn update(p: Params, d: Derived, s: State, x: Input) -> State {
    var next = adapted(p, d, s);
    var change = d.decay_m * s.V_m + d.from_I * (s.I_stim + p.I_e - next.I_stc);
    for (var k = 0u; k < PORTS; k++) {
        change += d.from_syn[k] * s.I_syn[k];
        next.I_syn[k] += d.decay_syn[k] * s.I_syn[k] + x.port[k];
    }
    next.V_m = select(s.V_m + change, d.V_reset, s.refractory > 0u);
    next.held = min(s.refractory, 1u);
    next.refractory -= next.held;
    next.I_stim = x.I;
    return next;
}

fn threshold(p: Params, d: Derived, s: State, stream: Stream) -> f32 {
    let distance = (s.V_m + p.E_L - s.E_sfa) / p.Delta_V;
    let probability = at_least_once(d.per_step * exp(distance));
    let spikes = s.held == 0u && chance(words(stream, 0u).x) < probability;
    return select(min(distance, -1e-6), max(distance, 0.0), spikes);
}

fn reset(p: Params, d: Derived, s: State) -> State {
    var next = s;
    next.stc_1 += p.q_stc_1;
    next.stc_2 += p.q_stc_2;
    next.stc_3 += p.q_stc_3;
    next.sfa_1 += p.q_sfa_1;
    next.sfa_2 += p.q_sfa_2;
    next.sfa_3 += p.q_sfa_3;
    next.refractory = d.refractory_steps;
    return next;
}
