//! Conductance-based current: I = g (E - V).
//!
//! brainpy.state: COBA.

struct Params {
    /// Reversal potential [mV] = 0
    E: f32,
}

struct Input {
    /// Conductance of the synapse [S]
    g: f32,
}

fn current(p: Params, x: Input, V: f32) -> f32 {
    return x.g * (p.E - V);
}
