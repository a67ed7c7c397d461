//! Leaky integrate-and-fire neuron with exponential currents and short-term plasticity of all that it sends.
//!
//!     C_m dV/dt = -C_m (V - E_L) / tau_m + I_syn_ex + I_syn_in + I + I_e
//!     dI_syn/dt = -I_syn / tau_syn, plus the weight at each spike
//!     dx/dt = (1 - x - y) / tau_rec, dy/dt = -y / tau_psc, du/dt = -u / tau_fac
//!     at a spike of the neuron u += U (1 - u), then u x is released: x -= u x, y += u x
//!
//! What is released leaves with the spike: at the ports TSODYKS_ex and TSODYKS_inh another neuron of this model takes its
//! weight times that, at ex and inh the weight alone. V is held at V_reset for t_ref after a spike. With delta > 0 the
//! threshold is soft: a spike comes at random, at the rate rho exp((V - V_th) / delta), also from V_reset while V is held.
//! An injected current acts from the step after its arrival; at the port I_1 it passes through the excitatory synapse and
//! is part of I_syn_ex. x, y and u show the last spike; what the time since then has changed is counted at the next.
//! Tsodyks, Uziel & Markram (2000), doi:10.1523/JNEUROSCI.20-01-j0003.2000. Exact integration: Rotter & Diesmann (1999),
//! doi:10.1007/s004220050570. NEST: iaf_tum_2000, where TSODYKS_ex, TSODYKS_inh and I_1 are receptor 1; potentials within
//! 2.3e-5 mV, spikes equal; where tau_psc is tau_rec NEST 3.10 gives NaN.

#import lib/clock
#import lib/poisson
#import lib/propagator
#import lib/random

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
    /// Time constant of excitatory currents [ms] = 2, > 0
    tau_syn_ex: f32,
    /// Time constant of inhibitory currents [ms] = 2, > 0
    tau_syn_in: f32,
    /// Rate of spikes at a soft threshold [Hz] = 0.01, >= 0
    rho: f32,
    /// Width of the threshold [mV] = 0, >= 0
    delta: f32,
    /// Part of the resources that a spike at rest uses [1] = 0.5, in 0..1
    U: f32,
    /// Time constant of facilitation [ms] = 1000, >= 0
    tau_fac: f32,
    /// Time in which released resources become inactive [ms] = 2, > 0
    tau_psc: f32,
    /// Time in which inactive resources recover [ms] = 400, > 0
    tau_rec: f32,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// Excitatory current [pA] = 0
    I_syn_ex: f32,
    /// Inhibitory current [pA] = 0
    I_syn_in: f32,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
    /// Current that arrived in the last step at I_1 [pA] = 0
    I_1_stim: f32,
    /// Part of the resources that are ready, after the last spike [1] = 0, in 0..1
    x: f32,
    /// Part of the resources that are released, after the last spike [1] = 0, in 0..1
    y: f32,
    /// Part of the ready resources that the last spike used [1] = 0, in 0..1
    u: f32,
    /// What the last spike released [1] = 0, in 0..1
    released: f32,
    /// Steps since the last spike [1] = 0
    since: u32,
    /// Remaining refractory steps [1] = 0
    refractory: u32,
}

struct Input {
    /// Spikes of this model, summed weight times what each released [pA], > 0, released
    TSODYKS_ex: f32,
    /// Spikes of this model, summed weight times what each released [pA], < 0, released
    TSODYKS_inh: f32,
    /// Excitatory spikes, summed weight [pA], > 0
    ex: f32,
    /// Inhibitory spikes, summed weight [pA], < 0
    inh: f32,
    /// Injected current [pA], continuous
    I: f32,
    /// Injected current that passes through the excitatory synapse [pA], continuous
    I_1: f32,
}

struct Derived {
    decay_m: f32,
    decay_ex: f32,
    decay_in: f32,
    from_ex: f32,
    from_in: f32,
    from_I: f32,
    I_e: f32,
    V_reset: f32,
    V_th: f32,
    scale: f32,
    refractory_steps: u32,
    /// Expected spikes of a step at a soft threshold, and the inverse of its width.
    per_step: f32,
    slope: f32,
    /// Whether the threshold is soft.
    soft: u32,
    /// Change of the exponents of u, y and 1 - x - y in a step.
    rate_fac: f32,
    rate_psc: f32,
    rate_rec: f32,
    /// Whether released resources become inactive as fast as inactive ones recover.
    alike: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.decay_m = decay(p.tau_m, dt);
    d.decay_ex = decay(p.tau_syn_ex, dt);
    d.decay_in = decay(p.tau_syn_in, dt);
    d.from_ex = from_exponential(p.tau_syn_ex, p.tau_m, p.C_m, dt);
    d.from_in = from_exponential(p.tau_syn_in, p.tau_m, p.C_m, dt);
    d.from_I = from_constant(p.tau_m, p.C_m, dt);
    d.I_e = p.I_e;
    d.V_reset = p.V_reset - p.E_L;
    d.V_th = p.V_th - p.E_L;
    d.scale = 1.0 / (p.V_th - p.V_reset);
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    d.per_step = p.rho * dt / 1000.0;
    let soft = p.delta > 1e-10;
    d.slope = 1.0 / select(1.0, p.delta, soft);
    d.soft = select(0u, 1u, soft);
    // without facilitation nothing is left of u after a step
    d.rate_fac = select(-dt / p.tau_fac, -1e3, p.tau_fac == 0.0);
    d.rate_psc = -dt / p.tau_psc;
    d.rate_rec = -dt / p.tau_rec;
    // below 1e-3 the quotient in f32 is worse than the limit
    d.alike = select(0u, 1u, abs(p.tau_psc - p.tau_rec) < 1e-3 * p.tau_psc);
    return d;
}

fn update(d: Derived, s: State, x: Input) -> State {
    var next = s;
    if (s.refractory == 0u) {
        let I_syn = s.I_syn_ex * d.from_ex + s.I_syn_in * d.from_in;
        next.V_m = s.V_m + (d.decay_m * s.V_m + I_syn + d.from_I * (d.I_e + s.I_stim));
    } else {
        next.refractory = s.refractory - 1u;
    }
    next.I_syn_ex = s.I_syn_ex + d.decay_ex * (s.I_syn_ex - s.I_1_stim) + (x.ex + x.TSODYKS_ex);
    next.I_syn_in = s.I_syn_in + d.decay_in * s.I_syn_in + (x.inh + x.TSODYKS_inh);
    next.I_stim = x.I;
    next.I_1_stim = x.I_1;
    next.since = s.since + 1u;
    return next;
}

/// Whether a spike comes at random.
fn escapes(d: Derived, V: f32, stream: Stream) -> bool {
    let probability = min(d.per_step * exp((V - d.V_th) * d.slope), 1.0);
    return chance(words(stream, 0u).x) <= probability;
}

fn threshold(d: Derived, s: State, stream: Stream) -> f32 {
    let distance = (s.V_m - d.V_th) * d.scale;
    let soft = select(min(distance, -1e-6), max(distance, 0.0), escapes(d, s.V_m, stream));
    return select(distance, soft, d.soft == 1u);
}

/// The resources after a spike: the change since the last one, then what this one uses.
fn used(p: Params, d: Derived, s: State) -> State {
    let h = f32(s.since);
    let left_y = exp(d.rate_psc * h);
    let lost = exp(d.rate_rec * h) - 1.0;
    // what has become ready of the y that was there
    let quotient = (lost * p.tau_rec - (left_y - 1.0) * p.tau_psc) / select(p.tau_psc - p.tau_rec, 1.0, d.alike == 1u);
    let ready = select(quotient, 1.0 - left_y * (1.0 - d.rate_psc * h), d.alike == 1u);
    var next = s;
    next.u = s.u * exp(d.rate_fac * h);
    next.u += p.U * (1.0 - next.u);
    next.x = s.x + ready * s.y - lost * (1.0 - s.x - s.y);
    next.released = next.u * next.x;
    next.x -= next.released;
    next.y = s.y * left_y + next.released;
    next.since = 0u;
    return next;
}

fn reset(p: Params, d: Derived, s: State) -> State {
    var next = used(p, d, s);
    next.V_m = d.V_reset;
    next.refractory = d.refractory_steps;
    return next;
}

fn release(s: State) -> f32 {
    return s.released;
}

fn bound() -> f32 {
    return 1.0;
}
