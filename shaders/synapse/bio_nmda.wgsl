//! NMDA receptors that a pulse of transmitter opens in two stages.
//!
//!     dx/dt = alpha2 [T] (1 - x) - beta2 x, with transmitter [T] = T for T_dur after a presynaptic spike, else 0
//!     dg/dt = alpha1 x (1 - g) - beta1 g
//!
//! g is the open fraction of the channels, 0..1, kept once for each presynaptic neuron; the weight is the conductance
//! of all of them. x is updated first. Exponential Euler. brainpy.state: BioNMDA, which counts time in floats, so
//! that the pulse may last a step more or less than T_dur.

#import lib/clock
#import lib/exp_euler

struct Params {
    /// Rate of opening [1/ms] = 2, >= 0
    alpha1: f32,
    /// Rate of closing [1/ms] = 0.01, > 0
    beta1: f32,
    /// Rate of binding [1/(mM ms)] = 1, >= 0
    alpha2: f32,
    /// Rate of unbinding [1/ms] = 0.5, > 0
    beta2: f32,
    /// Concentration of the transmitter [mM] = 1, >= 0
    T: f32,
    /// Duration of the transmitter [ms] = 0.5, >= 0
    T_dur: f32,
}

struct State {
    /// Open fraction of the channels [1] = 0, in 0..1
    g: f32,
    /// Bound fraction [1] = 0, in 0..1
    x: f32,
    /// Remaining steps of the transmitter [1] = 0
    transmitter: u32,
}

struct Input {
    /// Spike of the presynaptic neuron [1], presynaptic
    spike: f32,
}

struct Derived {
    pulse_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    return Derived(steps_to_last(p.T_dur, dt));
}

fn update(p: Params, d: Derived, s: State, input: Input, dt: f32) -> State {
    let pulse = select(s.transmitter, d.pulse_steps, input.spike != 0.0);
    let T = select(0.0, p.T, pulse > 0u);
    let x = exp_euler(s.x, p.alpha2 * T * (1.0 - s.x) - p.beta2 * s.x, dt);
    let g = exp_euler(s.g, p.alpha1 * x * (1.0 - s.g) - p.beta1 * s.g, dt);
    return State(g, x, max(pulse, 1u) - 1u);
}

fn output(s: State) -> f32 {
    return s.g;
}

fn bound() -> f32 {
    return 1.0;
}
