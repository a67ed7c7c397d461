//! Conductance or current with the shape of an alpha function, w t / tau exp(-t / tau) after a spike.
//!
//!     dg/dt = (h - g) / tau, dh/dt = -h / tau, h += w at each spike
//!
//! g is integrated with the h before the step, so that a spike shows in g a step later than with `expon`; the
//! exponential Euler method holds h, which makes g higher by dt / (2 tau) of itself. brainpy.state: Alpha.

#import lib/exp_euler

struct Params {
    /// Time constant, also the time of the peak [ms] = 8, > 0
    tau: f32,
}

struct State {
    /// Conductance or current, as the output takes it [output] = 0
    g: f32,
    /// What is still to rise [output] = 0
    h: f32,
}

struct Input {
    /// Spikes, summed weight [output]
    spikes: f32,
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    return State(exp_euler(s.g, (s.h - s.g) / p.tau, dt), exp_euler(s.h, -s.h / p.tau, dt) + x.spikes);
}

fn output(s: State) -> f32 {
    return s.g;
}

/// The most that one spike a step builds up, where it is kept at the source.
fn bound(p: Params, dt: f32) -> f32 {
    return 1.0 / (1.0 - exp(-dt / p.tau));
}
