//! Short-term facilitation and depression of Tsodyks and Markram, kept once for each presynaptic neuron.
//!
//!     du/dt = -u / tau_f, dx/dt = (1 - x) / tau_d; at a spike u += U (1 - u), then u x is released and x -= u x
//!
//! A spike carries u x in place of 1. u and x decay first; the sizes of the jumps take u and x before the decay of the
//! step, as brainpy.state has it: a difference of dt / tau_f and dt / tau_d of themselves. Tsodyks, Pawelzik & Markram
//! (1998), doi:10.1162/089976698300017502. brainpy.state: STP.

#import lib/exp_euler

struct Params {
    /// Part of the resources that a spike at rest uses [1] = 0.15, in 0..1
    U: f32,
    /// Time constant of facilitation [ms] = 1500, > 0
    tau_f: f32,
    /// Time constant of recovery from depression [ms] = 200, > 0
    tau_d: f32,
}

struct State {
    /// Part of the resources that the next spike uses [1] = U, in 0..1
    u: f32,
    /// Resources that are left [1] = 1, in 0..1
    x: f32,
    /// What the last spike released [1] = 0
    released: f32,
}

struct Input {
    /// Spike of the presynaptic neuron [1], presynaptic
    spike: f32,
}

fn update(p: Params, s: State, input: Input, dt: f32) -> State {
    let u = exp_euler(s.u, -s.u / p.tau_f, dt);
    let x = exp_euler(s.x, (1.0 - s.x) / p.tau_d, dt);
    if (input.spike == 0.0) {
        return State(u, x, s.released);
    }
    let used = u + p.U * (1.0 - s.u);
    return State(used, x - used * s.x, used * x);
}

fn release(s: State) -> f32 {
    return s.released;
}

fn bound() -> f32 {
    return 1.0;
}
