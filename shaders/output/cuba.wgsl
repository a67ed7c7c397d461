//! Current-based output: I = scale g.
//!
//! brainpy.state: CUBA.

struct Params {
    /// Factor of the current [1] = 1
    scale: f32,
}

struct Input {
    /// Current of the synapse [mA]
    g: f32,
}

fn current(p: Params, x: Input, V: f32) -> f32 {
    return p.scale * x.g;
}
