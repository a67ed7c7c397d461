//! Generalised leaky integrate-and-fire neuron of the Allen Institute with alpha-shaped conductances.
//!
//!     C_m dV/dt = -g_m (V - E_L) + I_syn + I_1 + I_2 + I
//!     I_syn = -g_1 (V - E_rev_1) - g_2 (V - E_rev_2)
//!     g(t) = w (e / tau_syn) t exp(-t / tau_syn) for a spike of weight w
//!     dI_k/dt = -asc_decay_k I_k; at a spike I_k = asc_amps_k + asc_r_k I_k exp(-asc_decay_k t_ref)
//!     threshold = V_th + threshold_spike + threshold_voltage, and V > threshold is a spike
//!     d threshold_spike / dt = -th_spike_decay threshold_spike, plus th_spike_add at a spike
//!     d threshold_voltage / dt = th_voltage_index (V - E_L) - th_voltage_decay threshold_voltage
//!
//! after_spike_currents turns I_1 and I_2 on, spike_dependent_threshold the second part of the threshold, and
//! adapting_threshold the third. At a spike V becomes V_reset or, with spike_dependent_threshold, E_L +
//! voltage_reset_fraction (V - E_L) + voltage_reset_add with the V before the step. For t_ref after it V, I_1, I_2 and
//! the threshold stay as they are. asc_init_k is I_k at the start, which NEST 3.10.0 leaves at 0. I_k acts by its mean
//! over a step, that of the step before; threshold_voltage follows the potential without synaptic current. An injected
//! current acts from the step after its arrival. Adaptive Runge-Kutta of order 4 and 5. Teeter et al. (2018),
//! doi:10.1038/s41467-017-02717-4. NEST: glif_cond with ports port_1 and port_2; its lists E_rev, tau_syn, asc_decay
//! and so on are E_rev_1 and so on here; |dV| from NEST 3.10.0 is 5e-5 mV at most over 1 s.

#import lib/glif
#import lib/clock
#import lib/ode/rkf45

struct Params {
    /// Leak conductance [nS] = 9.43, > 0
    g_m: f32,
    /// Leak potential [mV] = -78.85
    E_L: f32,
    /// Threshold at rest [mV] = -51.68
    V_th: f32,
    /// Membrane capacitance [pF] = 58.72, > 0
    C_m: f32,
    /// Refractory time [ms] = 3.75, > 0
    t_ref: f32,
    /// Reset potential [mV] = -78.85, < V_th
    V_reset: f32,
    /// Growth of the threshold at a spike [mV] = 0.37
    th_spike_add: f32,
    /// Decay of what spikes add to the threshold [1/ms] = 0.009, >= 0
    th_spike_decay: f32,
    /// Part of the potential that a spike leaves [1] = 0.2, >= 0, <= 1
    voltage_reset_fraction: f32,
    /// What a spike adds to that [mV] = 18.51
    voltage_reset_add: f32,
    /// Growth of the threshold with the potential [1/ms] = 0.005
    th_voltage_index: f32,
    /// Decay of what the potential adds to the threshold, not g_m / C_m [1/ms] = 0.09, > 0
    th_voltage_decay: f32,
    /// The first current at the start [pA] = 0
    asc_init_1: f32,
    /// The second current at the start [pA] = 0
    asc_init_2: f32,
    /// Decay of the first current [1/ms] = 0.003, > 0
    asc_decay_1: f32,
    /// Decay of the second current [1/ms] = 0.1, > 0
    asc_decay_2: f32,
    /// Growth of the first current at a spike [pA] = -9.18
    asc_amps_1: f32,
    /// Growth of the second current at a spike [pA] = -198.94
    asc_amps_2: f32,
    /// Part of the first current that a spike leaves [1] = 1, >= 0, <= 1
    asc_r_1: f32,
    /// Part of the second current that a spike leaves [1] = 1, >= 0, <= 1
    asc_r_2: f32,
    /// Rise time of the conductance of port_1 [ms] = 0.2, > 0
    tau_syn_1: f32,
    /// Rise time of the conductance of port_2 [ms] = 2, > 0
    tau_syn_2: f32,
    /// Reversal potential of port_1 [mV] = 0
    E_rev_1: f32,
    /// Reversal potential of port_2 [mV] = -85
    E_rev_2: f32,
    /// Spikes add to the threshold {false | true} = false
    spike_dependent_threshold: u32,
    /// Spikes start currents {false | true} = false
    after_spike_currents: u32,
    /// The potential adds to the threshold {false | true} = false
    adapting_threshold: u32,
    /// Error allowed in a step of the integration, in mV and nS [1] = 1e-3, > 0
    gsl_error_tol: f32,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// Injected current that arrived in the last step [pA] = 0
    I: f32,
    /// Sum of the currents after spikes, over the last step out of refractoriness [pA] = 0
    ASCurrents_sum: f32,
    /// Threshold [mV] = V_th, from E_L
    threshold: f32,
    /// What spikes have added to it [mV] = 0
    threshold_spike: f32,
    /// What the potential has added to it [mV] = 0
    threshold_voltage: f32,
    /// The first current after spikes [pA] = asc_init_1
    ASCurrents_1: f32,
    /// The second current after spikes [pA] = asc_init_2
    ASCurrents_2: f32,
    /// Conductance of port_1 [nS] = 0
    g_1: f32,
    /// Conductance of port_2 [nS] = 0
    g_2: f32,
    /// Derivative variable of the conductance of port_1, in nS per ms [1] = 0
    dg_1: f32,
    /// Derivative variable of the conductance of port_2, in nS per ms [1] = 0
    dg_2: f32,
    /// Step size of the integration [ms] = 0.1
    h: f32,
    /// Membrane potential before this step [mV] = E_L, from E_L
    V_before: f32,
    /// Remaining refractory steps [1] = 0
    refractory: u32,
    /// Whether this step is refractory [1] = 0
    held: u32,
}

struct Input {
    /// Spikes, summed weight [nS], > 0
    port_1: f32,
    /// Spikes, summed weight [nS], > 0
    port_2: f32,
    /// Injected current [pA], continuous
    I: f32,
}

struct Derived {
    rate_1: f32,
    rate_2: f32,
    jump_1: f32,
    jump_2: f32,
    E_1: f32,
    E_2: f32,
    V_th: f32,
    V_reset: f32,
    scale: f32,
    /// Mean of a decaying current over a step, its decay in a step, and over the refractory time.
    mean_1: f32,
    mean_2: f32,
    decay_1: f32,
    decay_2: f32,
    keep_1: f32,
    keep_2: f32,
    decay_spike: f32,
    keep_spike: f32,
    /// The threshold that follows the potential: its decay, what the potential adds, what a constant potential adds.
    decay_voltage: f32,
    from_V: f32,
    from_rest: f32,
    leak: f32,
    refractory_steps: u32,
    /// Which parts there are: 0 or 1.
    after: u32,
    spike: u32,
    voltage: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    let tau_m = p.C_m / p.g_m;
    d.rate_1 = -1.0 / p.tau_syn_1;
    d.rate_2 = -1.0 / p.tau_syn_2;
    d.jump_1 = exp(1.0) / p.tau_syn_1;
    d.jump_2 = exp(1.0) / p.tau_syn_2;
    d.E_1 = p.E_rev_1 - p.E_L;
    d.E_2 = p.E_rev_2 - p.E_L;
    d.V_th = p.V_th - p.E_L;
    d.V_reset = p.V_reset - p.E_L;
    d.scale = 1.0 / (p.V_th - p.V_reset);
    d.decay_1 = exp(-p.asc_decay_1 * dt) - 1.0;
    d.decay_2 = exp(-p.asc_decay_2 * dt) - 1.0;
    d.mean_1 = -d.decay_1 / (p.asc_decay_1 * dt);
    d.mean_2 = -d.decay_2 / (p.asc_decay_2 * dt);
    d.keep_1 = p.asc_r_1 * exp(-p.asc_decay_1 * p.t_ref);
    d.keep_2 = p.asc_r_2 * exp(-p.asc_decay_2 * p.t_ref);
    d.decay_spike = exp(-p.th_spike_decay * dt) - 1.0;
    d.keep_spike = exp(-p.th_spike_decay * p.t_ref);
    d.decay_voltage = exp(-p.th_voltage_decay * dt) - 1.0;
    let phi = p.th_voltage_index / (p.th_voltage_decay - 1.0 / tau_m);
    d.from_V = phi * (exp(-dt / tau_m) - exp(-p.th_voltage_decay * dt));
    d.from_rest = -d.decay_voltage * p.th_voltage_index / p.th_voltage_decay;
    d.leak = p.g_m;
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    d.after = p.after_spike_currents;
    d.spike = p.spike_dependent_threshold;
    d.voltage = p.adapting_threshold;
    return d;
}

fn derivative(p: Params, d: Derived, s: State) -> State {
    var change: State;
    let synapses = -s.g_1 * (s.V_m - d.E_1) - s.g_2 * (s.V_m - d.E_2);
    let free = (-d.leak * s.V_m + synapses + s.I + s.ASCurrents_sum) / p.C_m;
    change.V_m = select(free, 0.0, s.refractory > 0u);
    change.dg_1 = d.rate_1 * s.dg_1;
    change.dg_2 = d.rate_2 * s.dg_2;
    change.g_1 = s.dg_1 + d.rate_1 * s.g_1;
    change.g_2 = s.dg_2 + d.rate_2 * s.g_2;
    return change;
}

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    let after = rkf45(p, d, s, dt, p.gsl_error_tol, s.h);
    var next = s;
    if (s.refractory == 0u) {
        next = adapted(d, s);
    }
    next.V_m = after.s.V_m;
    next.g_1 = after.s.g_1;
    next.g_2 = after.s.g_2;
    next.dg_1 = after.s.dg_1;
    next.dg_2 = after.s.dg_2;
    next.h = after.h;
    next.dg_1 += d.jump_1 * x.port_1;
    next.dg_2 += d.jump_2 * x.port_2;
    next.I = x.I;
    next.V_before = s.V_m;
    next.held = min(s.refractory, 1u);
    next.refractory = s.refractory - next.held;
    return next;
}

fn threshold(d: Derived, s: State) -> f32 {
    let distance = (s.V_m - s.threshold) * d.scale;
    return select(min(distance, -1e-6), distance, s.held == 0u && s.V_m > s.threshold);
}

fn reset(p: Params, d: Derived, s: State) -> State {
    var next = s;
    next.refractory = d.refractory_steps;
    next.V_m = d.V_reset;
    if (d.after == 1u) {
        next.ASCurrents_1 = p.asc_amps_1 + d.keep_1 * s.ASCurrents_1;
        next.ASCurrents_2 = p.asc_amps_2 + d.keep_2 * s.ASCurrents_2;
    }
    if (d.spike == 1u) {
        next.threshold_spike = p.th_spike_add + d.keep_spike * s.threshold_spike;
        next.V_m = p.voltage_reset_fraction * s.V_before + p.voltage_reset_add;
    }
    next.threshold = d.V_th + next.threshold_spike + next.threshold_voltage;
    return next;
}
