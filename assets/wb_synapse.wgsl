//! GABA-A synapse of Wang and Buzsaki, opened by the potential of the presynaptic neuron.
//!
//!     ds/dt = alpha F(V_pre) (1 - s) - beta s, F(V) = 1 / (1 + exp(-(V - theta) / 2 mV))
//!
//! s is the open fraction of the channels, 0..1, kept once for each presynaptic neuron. Exponential Euler. Wang &
//! Buzsáki (1996), doi:10.1523/JNEUROSCI.16-20-06402.1996.

#import lib/exp_euler

struct Params {
    /// Rate of opening [1/ms] = 12, >= 0
    alpha: f32,
    /// Rate of closing [1/ms] = 0.1, > 0
    beta: f32,
    /// Potential that opens half of the channels [mV] = 0
    theta: f32,
}

struct State {
    /// Open fraction of the channels [1] = 0, in 0..1
    s: f32,
}

struct Input {
    /// Membrane potential of the presynaptic neuron [mV], presynaptic
    V: f32,
}

fn update(p: Params, state: State, x: Input, dt: f32) -> State {
    let F = 1.0 / (1.0 + exp(-(x.V - p.theta) / 2.0));
    return State(exp_euler(state.s, p.alpha * F * (1.0 - state.s) - p.beta * state.s, dt));
}

fn output(state: State) -> f32 {
    return state.s;
}

fn bound() -> f32 {
    return 1.0;
}
