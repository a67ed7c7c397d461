//! Point process neuron: a leaky integrator that spikes at random, at a rate that depends on its potential.
//!
//!     dV/dt = -V / tau_m + (I + I_e) / C_m, V += w at each spike
//!     rate = max(0, c_1 V' + c_2 exp(c_3 V')) with V' = V - E_sfa, in spikes per second
//!     E_sfa is a sum of terms that decay with tau_sfa and grow by q_sfa at each spike
//!
//! After a spike none follows for dead_time; with dead_time_random it is drawn from a gamma distribution of integer
//! shape and this mean. V goes on meanwhile; with_reset puts it to 0 at a spike. Without dead time a step may have
//! several spikes, of which 4 are expected at most. V is relative to rest. An injected current acts from the step after
//! its arrival. Exact integration of V. Cardanobile & Rotter (2010), doi:10.1007/s10827-009-0204-0; Deger, Helias,
//! Boucsein & Rotter (2012), doi:10.1007/s10827-011-0362-8. NEST: pp_psc_delta; |dV| from NEST 3.10.0 is 1e-4 mV at
//! most where spikes are certain; rates and variation of intervals agree within 0.8 standard deviations of its seeds.

#import lib/clock
#import lib/poisson
#import lib/propagator
#import lib/random

/// Parts of the adaptation.
const SFA = 1u;

struct Params {
    /// Membrane time constant [ms] = 10, > 0
    tau_m: f32,
    /// Membrane capacitance [pF] = 250, > 0
    C_m: f32,
    /// Constant current [pA] = 0
    I_e: f32,
    /// Dead time after a spike, or its mean; between 0 and a step it is a step [ms] = 1, >= 0
    dead_time: f32,
    /// The dead time is drawn {false | true} = false
    dead_time_random: u32,
    /// Shape of the distribution of dead times [1] = 1, >= 1, <= 1024
    dead_time_shape: u32,
    /// A spike puts V to 0 {false | true} = true
    with_reset: u32,
    /// Slope of the linear part of the rate, in 1/(s mV) [1] = 0
    c_1: f32,
    /// Factor of the exponential part of the rate [Hz] = 1.238, >= 0
    c_2: f32,
    /// Slope in the exponential part of the rate [1/mV] = 0.25, >= 0
    c_3: f32,
    /// Growth of each part of the adaptation at a spike [mV] = 0
    q_sfa: array<f32, SFA>,
    /// Time constant of each part of the adaptation [ms] = 34, > 0
    tau_sfa: array<f32, SFA>,
}

struct State {
    /// Membrane potential [mV] = 0
    V_m: f32,
    /// Adaptation [mV] = 0
    E_sfa: f32,
    /// Each part of the adaptation, with the last spike [mV] = 0
    sfa: array<f32, SFA>,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
    /// Spikes of this step [1] = 0
    count: f32,
    /// Remaining steps of the dead time [1] = 0
    dead: u32,
}

struct Input {
    /// Spikes, summed weight [mV]
    spikes: f32,
    /// Injected current [pA], continuous
    I: f32,
}

struct Derived {
    decay_m: f32,
    from_I: f32,
    decay_sfa: array<f32, SFA>,
    /// Expected spikes of a step for a rate of 1 / s.
    per_step: f32,
    dead_steps: u32,
    /// Draws whose product makes a dead time; 0 for a constant one.
    draws: u32,
    /// Mean of a draw, in steps.
    mean_draw: f32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.decay_m = decay(p.tau_m, dt);
    d.from_I = from_constant(p.tau_m, p.C_m, dt);
    for (var k = 0u; k < SFA; k++) {
        d.decay_sfa[k] = decay(p.tau_sfa[k], dt);
    }
    d.per_step = dt / 1000.0;
    let dead_time = select(p.dead_time, dt, p.dead_time > 0.0 && p.dead_time < dt);
    d.dead_steps = steps_to_last(dead_time, dt);
    d.draws = select(0u, p.dead_time_shape, p.dead_time_random == 1u && p.dead_time > 0.0);
    d.mean_draw = dead_time / dt / f32(p.dead_time_shape);
    return d;
}

fn update(p: Params, d: Derived, s: State, x: Input, stream: Stream) -> State {
    var next = s;
    next.V_m = s.V_m + (d.decay_m * s.V_m + d.from_I * (s.I_stim + p.I_e)) + x.spikes;
    next.E_sfa = 0.0;
    for (var k = 0u; k < SFA; k++) {
        next.sfa[k] = s.sfa[k] + d.decay_sfa[k] * s.sfa[k];
        next.E_sfa += next.sfa[k];
    }
    next.I_stim = x.I;
    next.dead -= min(s.dead, 1u);
    let V = next.V_m - next.E_sfa;
    let mean = clamp((p.c_1 * V + p.c_2 * exp(p.c_3 * V)) * d.per_step, 0.0, 100.0);
    let word = words(stream, 0u).x;
    let one = select(0.0, 1.0, chance(word) < at_least_once(mean));
    let count = select(one, poisson(min(mean, 4.0), word), d.dead_steps == 0u);
    next.count = select(count, 0.0, s.dead > 0u);
    return next;
}

fn bound(d: Derived) -> f32 {
    return select(1.0, 24.0, d.dead_steps == 0u);
}

fn spikes(s: State) -> f32 {
    return s.count;
}

/// A dead time in steps: a sum of exponential ones.
fn drawn(d: Derived, stream: Stream) -> u32 {
    var sum = 0.0;
    for (var k = 0u; (k < 1024u) & (k < d.draws); k++) {
        sum -= log(unit_interval(words(stream, k + 1u).x));
    }
    return u32(ceil(sum * d.mean_draw));
}

fn reset(p: Params, d: Derived, s: State, stream: Stream) -> State {
    var next = s;
    next.V_m = select(s.V_m, 0.0, p.with_reset == 1u);
    for (var k = 0u; k < SFA; k++) {
        next.sfa[k] += p.q_sfa[k] * s.count;
    }
    next.dead = select(d.dead_steps, drawn(d, stream), d.draws > 0u);
    return next;
}
