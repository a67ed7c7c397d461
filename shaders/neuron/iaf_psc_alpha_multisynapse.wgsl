//! Leaky integrate-and-fire neuron with alpha-shaped postsynaptic currents at any number of ports.
//!
//!     C_m dV/dt = -C_m (V - E_L) / tau_m + I_syn + I + I_e
//!     I_syn is the sum over the ports of I_syn_k(t) = w (e / tau_syn_k) t exp(-t / tau_syn_k) for a spike of weight w:
//!     it peaks at w
//!
//! There are as many ports as tau_syn has values; they are called 1, 2 and so on, and take weights of either sign. V is
//! held at V_reset for t_ref after a spike and never falls below V_min. An injected current acts from the step after its
//! arrival. Exact integration: Rotter & Diesmann (1999), doi:10.1007/s004220050570. NEST: iaf_psc_alpha_multisynapse;
//! potentials within 4.6e-5 mV, spikes equal.

#import lib/clock
#import lib/propagator

const PORTS = 1u;

struct Params {
    /// Membrane time constant [ms] = 10, > 0
    tau_m: f32,
    /// Membrane capacitance [pF] = 250, > 0
    C_m: f32,
    /// Refractory time [ms] = 2, >= 0
    t_ref: f32,
    /// Resting potential [mV] = -70
    E_L: f32,
    /// Constant current [pA] = 0
    I_e: f32,
    /// Reset potential [mV] = -70, < V_th
    V_reset: f32,
    /// Threshold [mV] = -55
    V_th: f32,
    /// Lowest potential [mV] = -inf
    V_min: f32,
    /// Rise time of the currents of a port [ms] = 2, > 0
    tau_syn: array<f32, PORTS>,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// Synaptic current [pA] = 0
    I_syn: f32,
    /// Current of a port [pA] = 0
    I_syn_: array<f32, PORTS>,
    /// Derivative variable of the current of a port, in pA per ms [1] = 0
    dI_syn: array<f32, PORTS>,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
    /// Remaining refractory steps [1] = 0
    refractory: u32,
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
    rise_syn: array<f32, PORTS>,
    jump_syn: array<f32, PORTS>,
    from_syn: array<f32, PORTS>,
    from_dsyn: array<f32, PORTS>,
    from_I: f32,
    I_e: f32,
    V_reset: f32,
    V_th: f32,
    V_min: f32,
    scale: f32,
    refractory_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.decay_m = decay(p.tau_m, dt);
    for (var k = 0u; k < PORTS; k++) {
        d.decay_syn[k] = decay(p.tau_syn[k], dt);
        d.rise_syn[k] = dt * exp(-dt / p.tau_syn[k]);
        d.jump_syn[k] = exp(1.0) / p.tau_syn[k];
        d.from_syn[k] = from_exponential(p.tau_syn[k], p.tau_m, p.C_m, dt);
        d.from_dsyn[k] = from_alpha(p.tau_syn[k], p.tau_m, p.C_m, dt);
    }
    d.from_I = from_constant(p.tau_m, p.C_m, dt);
    d.I_e = p.I_e;
    d.V_reset = p.V_reset - p.E_L;
    d.V_th = p.V_th - p.E_L;
    d.V_min = max(p.V_min - p.E_L, -3.0e38);
    d.scale = 1.0 / (p.V_th - p.V_reset);
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    return d;
}

fn update(d: Derived, s: State, x: Input) -> State {
    var next = s;
    var change = d.decay_m * s.V_m + d.from_I * (d.I_e + s.I_stim);
    next.I_syn = 0.0;
    for (var k = 0u; k < PORTS; k++) {
        change += d.from_dsyn[k] * s.dI_syn[k] + d.from_syn[k] * s.I_syn_[k];
        next.I_syn_[k] += d.decay_syn[k] * s.I_syn_[k] + d.rise_syn[k] * s.dI_syn[k];
        next.dI_syn[k] += d.decay_syn[k] * s.dI_syn[k] + d.jump_syn[k] * x.port[k];
        next.I_syn += next.I_syn_[k];
    }
    if (s.refractory == 0u) {
        next.V_m = max(s.V_m + change, d.V_min);
    } else {
        next.refractory -= 1u;
    }
    next.I_stim = x.I;
    return next;
}

fn threshold(d: Derived, s: State) -> f32 {
    return (s.V_m - d.V_th) * d.scale;
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    next.V_m = d.V_reset;
    next.refractory = d.refractory_steps;
    return next;
}
