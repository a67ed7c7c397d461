//! Leaky readout of a rate.
//!
//!     r = exp(-dt / tau) r + x, with x the sum of the weights of the spikes that arrive in the step
//!
//! The weights are those of the projections that end on it: all_to_all with a matrix of weights is the linear layer.
//! brainpy.state: LeakyRateReadout.

struct Params {
    /// Time constant [ms] = 5, > 0
    tau: f32,
}

struct State {
    /// Rate [1] = 0
    r: f32,
}

struct Input {
    /// Spikes, summed weight [1]
    x: f32,
}

struct Derived {
    decay: f32,
}

fn derive(p: Params, dt: f32) -> Derived {
    return Derived(exp(-dt / p.tau));
}

fn update(d: Derived, s: State, x: Input) -> State {
    return State(d.decay * s.r + x.x);
}
