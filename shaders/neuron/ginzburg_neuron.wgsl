//! Binary neuron with a sigmoid gain function.
//!
//!     at an update the state becomes 1 with the probability c_1 (h + I) + c_2 / 2 (1 + tanh(c_3 (h + I - theta)))
//!
//! The neuron is updated at random times, tau_m apart on average. It sends what changes: a transition to 1 arrives as its
//! weight, one to 0 as the weight with the other sign, so that h stays the sum of the weights of the inputs that are 1.
//! A spike of another kind of neuron or of a generator arrives as its weight, and nothing takes it back. What arrives
//! in a step acts on an update in it. Ginzburg & Sompolinsky (1994),
//! doi:10.1103/PhysRevE.50.3171. NEST: ginzburg_neuron, which sends two spikes for 1 and one for 0; activity
//! and rate of changes lie within the standard deviation of NEST's seeds.

#import lib/poisson
#import lib/random

struct Params {
    /// Mean interval between updates [ms] = 10, > 0
    tau_m: f32,
    /// Threshold of the gain function [mV] = 0
    theta: f32,
    /// Linear part of the gain function [1/mV] = 0
    c_1: f32,
    /// Weight of the sigmoid [1] = 1
    c_2: f32,
    /// Slope of the sigmoid [1/mV] = 1
    c_3: f32,
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
    return p.c_1 * h + p.c_2 * 0.5 * (1.0 + tanh(p.c_3 * (h - p.theta)));
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
