//! Generalised leaky integrate-and-fire neuron of the Allen Institute with postsynaptic currents of two alpha shapes.
//!
//!     C_m dV/dt = -g (V - E_L) + I_syn + I_1 + I_2 + I
//!     I_syn(t) = w (e / tau_fast) t exp(-t / tau_fast) + w amp_slow (e / tau_slow) t exp(-t / tau_slow) for a spike of
//!     weight w
//!     dI_k/dt = -asc_decay_k I_k; at a spike I_k = asc_amps_k + asc_r_k I_k exp(-asc_decay_k t_ref)
//!     threshold = V_th + threshold_spike + threshold_voltage, and V > threshold is a spike
//!     d threshold_spike / dt = -th_spike_decay threshold_spike, plus th_spike_add at a spike
//!     d threshold_voltage / dt = th_voltage_index (V - E_L) - th_voltage_decay threshold_voltage
//!
//! after_spike_currents turns I_1 and I_2 on, spike_dependent_threshold the second part of the threshold, and
//! adapting_threshold the third. At a spike V becomes V_reset or, with spike_dependent_threshold, E_L +
//! voltage_reset_fraction (V - E_L) + voltage_reset_add with the V before the step. For t_ref after it V, I_1, I_2 and
//! the threshold stay as they are. asc_init_k is I_k at the start, which NEST 3.10.0 leaves at 0. I_k acts by its mean
//! over a step; threshold_voltage follows the potential without synaptic current. An injected current acts from the
//! step after its arrival. Exact integration. Teeter et al. (2018), doi:10.1038/s41467-017-02717-4. NEST:
//! glif_psc_double_alpha with the port port_1; its lists tau_syn_fast, tau_syn_slow, amp_slow, asc_decay and so on are
//! tau_syn_fast_1 and so on here; |dV| from NEST 3.10.0 is 1.4e-4 mV at most over 1 s.

#import lib/glif
#import lib/clock
#import lib/propagator

struct Params {
    /// Leak conductance [nS] = 9.43, > 0
    g: f32,
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
    /// Decay of what the potential adds to the threshold, not g / C_m [1/ms] = 0.09, > 0
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
    /// Rise time of the fast part of synaptic currents [ms] = 2, > 0
    tau_syn_fast_1: f32,
    /// Rise time of the slow part of synaptic currents [ms] = 6, > 0
    tau_syn_slow_1: f32,
    /// Size of the slow part, relative to the fast one [1] = 0.3, >= 0
    amp_slow_1: f32,
    /// Spikes add to the threshold {false | true} = false
    spike_dependent_threshold: u32,
    /// Spikes start currents {false | true} = false
    after_spike_currents: u32,
    /// The potential adds to the threshold {false | true} = false
    adapting_threshold: u32,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// Synaptic current that acted in the last step out of refractoriness [pA] = 0
    I_syn: f32,
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
    /// Fast synaptic current [pA] = 0
    I_fast: f32,
    /// Derivative variable of the fast synaptic current, in pA per ms [1] = 0
    dI_fast: f32,
    /// Slow synaptic current [pA] = 0
    I_slow: f32,
    /// Derivative variable of the slow synaptic current, in pA per ms [1] = 0
    dI_slow: f32,
    /// Membrane potential before this step [mV] = E_L, from E_L
    V_before: f32,
    /// Remaining refractory steps [1] = 0
    refractory: u32,
    /// Whether this step is refractory [1] = 0
    held: u32,
}

struct Input {
    /// Spikes, summed weight [pA]
    port_1: f32,
    /// Injected current [pA], continuous
    I: f32,
}

struct Derived {
    decay_m: f32,
    from_I: f32,
    decay_fast: f32,
    rise_fast: f32,
    from_fast: f32,
    from_dfast: f32,
    jump_fast: f32,
    decay_slow: f32,
    rise_slow: f32,
    from_slow: f32,
    from_dslow: f32,
    jump_slow: f32,
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
    let tau_m = p.C_m / p.g;
    d.decay_m = decay(tau_m, dt);
    d.from_I = from_constant(tau_m, p.C_m, dt);
    d.decay_fast = decay(p.tau_syn_fast_1, dt);
    d.rise_fast = dt * exp(-dt / p.tau_syn_fast_1);
    d.from_fast = from_exponential(p.tau_syn_fast_1, tau_m, p.C_m, dt);
    d.from_dfast = from_alpha(p.tau_syn_fast_1, tau_m, p.C_m, dt);
    d.jump_fast = exp(1.0) / p.tau_syn_fast_1;
    d.decay_slow = decay(p.tau_syn_slow_1, dt);
    d.rise_slow = dt * exp(-dt / p.tau_syn_slow_1);
    d.from_slow = from_exponential(p.tau_syn_slow_1, tau_m, p.C_m, dt);
    d.from_dslow = from_alpha(p.tau_syn_slow_1, tau_m, p.C_m, dt);
    d.jump_slow = p.amp_slow_1 * exp(1.0) / p.tau_syn_slow_1;
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
    d.leak = p.g;
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    d.after = p.after_spike_currents;
    d.spike = p.spike_dependent_threshold;
    d.voltage = p.adapting_threshold;
    return d;
}

fn update(d: Derived, s: State, x: Input) -> State {
    var next = s;
    if (s.refractory == 0u) {
        next = adapted(d, s);
        next.I_syn = s.I_fast + s.I_slow;
        let fast = s.I_fast * d.from_fast + s.dI_fast * d.from_dfast;
        let slow = s.I_slow * d.from_slow + s.dI_slow * d.from_dslow;
        next.V_m = s.V_m + (d.decay_m * s.V_m + fast + slow + d.from_I * (s.I + next.ASCurrents_sum));
    }
    next.I_fast = s.I_fast + d.decay_fast * s.I_fast + d.rise_fast * s.dI_fast;
    next.I_slow = s.I_slow + d.decay_slow * s.I_slow + d.rise_slow * s.dI_slow;
    next.dI_fast = s.dI_fast + d.decay_fast * s.dI_fast + d.jump_fast * x.port_1;
    next.dI_slow = s.dI_slow + d.decay_slow * s.dI_slow + d.jump_slow * x.port_1;
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
