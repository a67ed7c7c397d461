//! Gap junction: a current between two neurons that is proportional to the difference of their potentials.
//!
//!     I = sum over partners of w (V_partner - V)
//!
//! Both potentials are those at the end of the step before, and the current is held during the step. Make the
//! projection go both ways for a symmetric junction, with a weight back of its own for an asymmetric one.
//! Potentials are kept within -1000..1000 mV. brainpy.state: SymmetryGapJunction, AsymmetryGapJunction, where a
//! neuron that spikes is coupled by its potential before the reset, here by that after it.

#import lib/exp_euler

struct Input {
    /// Membrane potential of the presynaptic neuron [mV], presynaptic
    V: f32,
}

struct Arrived {
    /// Sum of w V over the partners [1]
    sum: f32,
    /// Sum of the weights [S]
    weights: f32,
}

fn output(x: Input) -> f32 {
    return x.V;
}

fn bound() -> f32 {
    return 1000.0;
}

fn current(a: Arrived, V: f32) -> f32 {
    return a.sum - a.weights * held(V);
}
