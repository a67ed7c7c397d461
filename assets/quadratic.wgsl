//! Quadratic integrate-and-fire neuron, the example of the README.
//!
//!     tau dV/dt = a (V - V_rest) (V - V_c) + R I

#import lib/exp_euler

struct Params {
    /// Membrane time constant [ms] = 10, > 0
    tau: f32,
    /// Curvature, per mV [1] = 0.1, > 0
    a: f32,
    /// Membrane resistance [Mohm] = 100, > 0
    R: f32,
    /// Resting potential [mV] = -65
    V_rest: f32,
    /// Potential from which it runs away [mV] = -50, > V_rest
    V_c: f32,
    /// A spike is counted here [mV] = 0
    V_peak: f32,
    /// Reset potential [mV] = -70, < V_c
    V_reset: f32,
}

struct State {
    /// Membrane potential [mV] = V_rest
    V: f32,
}

struct Input {
    /// Spikes, summed jump of the potential [mV]
    spikes: f32,
    /// Injected current [nA], continuous
    I: f32,
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let drift = (p.a * (s.V - p.V_rest) * (s.V - p.V_c) + p.R * x.I) / p.tau;
    return State(min(exp_euler(s.V, drift, dt) + x.spikes, p.V_peak));
}

fn threshold(p: Params, s: State) -> f32 {
    return s.V - p.V_peak;
}

fn reset(p: Params, s: State) -> State {
    return State(p.V_reset);
}
