//! GABAa receptors that a pulse of transmitter opens.
//!
//!     dg/dt = alpha [T] (1 - g) - beta g, with transmitter [T] = T for T_dur after a presynaptic spike, else 0
//!
//! g is the open fraction of the channels, 0..1, kept once for each presynaptic neuron; the weight is the conductance
//! of all of them. Exponential Euler. Destexhe, Mainen & Sejnowski (1994), doi:10.1162/neco.1994.6.1.14.
//! brainpy.state: GABAa, which counts time in floats, so that the pulse may last a step more or less than T_dur.

#import lib/clock
#import lib/exp_euler

struct Params {
    /// Rate of binding [1/(mM ms)] = 0.53, >= 0
    alpha: f32,
    /// Rate of unbinding [1/ms] = 0.18, > 0
    beta: f32,
    /// Concentration of the transmitter [mM] = 1, >= 0
    T: f32,
    /// Duration of the transmitter [ms] = 1, >= 0
    T_dur: f32,
}

struct State {
    /// Open fraction of the channels [1] = 0, in 0..1
    g: f32,
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

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    let pulse = select(s.transmitter, d.pulse_steps, x.spike != 0.0);
    let T = select(0.0, p.T, pulse > 0u);
    let g = exp_euler(s.g, p.alpha * T * (1.0 - s.g) - p.beta * s.g, dt);
    return State(g, max(pulse, 1u) - 1u);
}

fn output(s: State) -> f32 {
    return s.g;
}

fn bound() -> f32 {
    return 1.0;
}
