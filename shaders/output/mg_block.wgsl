//! Conductance-based current with the magnesium block of NMDA receptors.
//!
//!     I = g (E - V) / (1 + cc_Mg / beta exp(alpha (V_offset - V)))
//!
//! Jahr & Stevens (1990), doi:10.1523/JNEUROSCI.10-09-03178.1990. brainpy.state: MgBlock, whose defaults have no units.

struct Params {
    /// Reversal potential [mV] = 0
    E: f32,
    /// Concentration of magnesium [mM] = 1.2, >= 0
    cc_Mg: f32,
    /// Steepness of the block [1/mV] = 0.062
    alpha: f32,
    /// Concentration that blocks half of the channels at V_offset [mM] = 3.57, > 0
    beta: f32,
    /// Potential of half block at the concentration beta [mV] = 0
    V_offset: f32,
}

struct Input {
    /// Conductance of the synapse [S]
    g: f32,
}

fn current(p: Params, x: Input, V: f32) -> f32 {
    let norm = 1.0 + p.cc_Mg / p.beta * exp(p.alpha * (p.V_offset - V));
    return x.g * (p.E - V) / norm;
}
