//! Short-term depression, kept once for each presynaptic neuron.
//!
//!     dx/dt = (1 - x) / tau; at a spike x is released, then x -= U x
//!
//! A spike carries x in place of 1. x recovers first; the size of the jump takes x before the recovery of the step, as
//! brainpy.state has it: a difference of dt / tau of itself. Abbott, Varela, Sen & Nelson (1997),
//! doi:10.1126/science.275.5297.221. brainpy.state: STD.

#import lib/exp_euler

struct Params {
    /// Time constant of recovery [ms] = 200, > 0
    tau: f32,
    /// Part of the resources that a spike uses [1] = 0.07, in 0..1
    U: f32,
}

struct State {
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
    let x = exp_euler(s.x, (1.0 - s.x) / p.tau, dt);
    if (input.spike == 0.0) {
        return State(x, s.released);
    }
    return State(x - p.U * s.x, x);
}

fn release(s: State) -> f32 {
    return s.released;
}

fn bound() -> f32 {
    return 1.0;
}
