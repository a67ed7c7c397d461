//! Conductance or current that decays exponentially and jumps by the weight of each spike.
//!
//!     dg/dt = -g / tau, g += w at each spike
//!
//! It decays before the spikes of the step are added. brainpy.state: Expon.

#import lib/exp_euler

struct Params {
    /// Decay time constant [ms] = 8, > 0
    tau: f32,
}

struct State {
    /// Conductance or current, as the output takes it [output] = 0
    g: f32,
}

struct Input {
    /// Spikes, summed weight [output]
    spikes: f32,
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    return State(exp_euler(s.g, -s.g / p.tau, dt) + x.spikes);
}

fn output(s: State) -> f32 {
    return s.g;
}

/// The most that one spike a step builds up, where it is kept at the source.
fn bound(p: Params, dt: f32) -> f32 {
    return 1.0 / (1.0 - exp(-dt / p.tau));
}
