//! Binary neuron that is active above a threshold.
//!
//!     at an update the state becomes 1 where h + I > theta, else 0
//!
//! The neuron is updated at random times, tau_m apart on average. It sends what changes: a transition to 1 arrives as its
//! weight, one to 0 as the weight with the other sign, so that h stays the sum of the weights of the inputs that are 1.
//! A spike of another kind of neuron or of a generator arrives as its weight, and nothing takes it back. What arrives
//! in a step acts on an update in it. McCulloch & Pitts (1943), doi:10.1007/BF02478259; van Vreeswijk & Sompolinsky (1996),
//! doi:10.1126/science.274.5293.1724. NEST: mcculloch_pitts_neuron, which sends two spikes for 1 and one for 0; activity
//! and rate of changes lie within the standard deviation of NEST's seeds.

#import lib/poisson
#import lib/random

struct Params {
    /// Mean interval between updates [ms] = 10, > 0
    tau_m: f32,
    /// Threshold of the gain function [mV] = 0
    theta: f32,
}

struct State {
    /// Whether it is active [1] = 0
    S: u32,
    /// Summed weight of the active inputs [mV] = 0
    h: f32,
    /// What h has lost to rounding [mV] = 0
    h_lost: f32,
    /// What is sent in this step [1] = 0
    sent: f32,
}

struct Input {
    /// Transitions, summed change of the weight [mV]
    spikes: f32,
    /// Injected input, beside h [1], continuous
    I: f32,
}

struct Derived {
    /// The probability of an update in a step.
    update: f32,
}

fn derive(p: Params, dt: f32) -> Derived {
    return Derived(at_least_once(dt / p.tau_m));
}

/// The probability of the state 1 after an update.
fn gain(p: Params, h: f32) -> f32 {
    return select(0.0, 1.0, h > p.theta);
}

fn update(p: Params, d: Derived, s: State, x: Input, stream: Stream) -> State {
    // compensated, so that transitions back leave nothing behind
    let change = x.spikes + s.h_lost;
    let h = s.h + change;
    let drawn = words(stream, 0u);
    let y = select(0u, 1u, chance(drawn.y) <= gain(p, h + x.I));
    let S = select(s.S, y, chance(drawn.x) <= d.update);
    return State(S, h, change - (h - s.h), f32(S) - f32(s.S));
}

fn bound() -> f32 {
    return 1.0;
}

fn spikes(s: State) -> f32 {
    return s.sent;
}
