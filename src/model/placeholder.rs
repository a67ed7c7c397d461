//! Models for tests that need some model and none in particular.

use super::{Instance, Model, Role};

const NEURON: &str = "//! Sums what arrives.
struct Params {
    /// Capacitance [pF] = 250, > 0
    C: f32,
}
struct State {
    /// Potential [mV] = 0
    V: f32,
}
struct Input {
    /// Spikes, summed weight [pA]
    spikes: f32,
}
fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    return State(s.V + x.spikes * dt / p.C);
}
fn threshold(s: State) -> f32 {
    return s.V - 20.0;
}
fn reset(s: State) -> State {
    return State(0.0);
}";

const NOISE: &str = "//! Never spikes.
struct Params {
    /// Rate [Hz] = 0, >= 0
    rate: f32,
}
fn spikes(p: Params) -> f32 {
    return 0.0;
}
fn bound() -> f32 {
    return 1.0;
}";

/// A neuron with a port that takes pA.
pub(crate) fn neuron() -> Instance {
    Instance::new(Model::from_wgsl("neuron", NEURON).expect("it is valid"))
}

/// A generator of random spikes with a `rate`.
pub(crate) fn noise() -> Instance {
    Instance::new(Model::with_role("noise", Role::Generator, NOISE).expect("it is valid"))
}
