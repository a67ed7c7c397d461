//! Neuron of FitzHugh and Nagumo, of the BrainPy family: two variables without units.
//!
//!     tau dV/dt = V - V^3 / 3 - w + I
//!     tau_w dw/dt = V + a - b w
//!
//! V has no unit. I is the injected drive and that of every synapse; a synaptic current of 1 mA counts as 1. A
//! spike is a step that ends with V >= V_th and began below it; nothing is reset. All variables see the others as
//! they were before the step. Exponential Euler. FitzHugh (1961), doi:10.1016/S0006-3495(61)86902-6. brainpy.state:
//! FitzHughNagumo. brainpy.state divides the distance to the threshold by V_th, which turns it round for V_th < 0:
//! here V >= V_th holds for every V_th.

#import lib/exp_euler
#import lib/currents

struct Params {
    /// Offset of the recovery [1] = 0.7
    a: f32,
    /// Decay of the recovery [1] = 0.8
    b: f32,
    /// Time constant of V [ms] = 1, > 0
    tau: f32,
    /// Time constant of the recovery [ms] = 12.5, > 0
    tau_w: f32,
    /// Threshold [1] = 1
    V_th: f32,
}

struct State {
    /// Membrane potential [1] = -1.2
    V: f32,
    /// Recovery [1] = -0.62
    w: f32,
    /// Membrane potential a step earlier [1] = -1.2
    V_before: f32,
}

struct Input {
    /// Spikes, summed jump of the potential [1]
    delta: f32,
    /// Injected drive [1], continuous
    I: f32,
}

fn drift(p: Params, V: f32, w: f32, I: f32) -> f32 {
    return (V - V * V * V / 3.0 - w + I) / p.tau;
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let V = held(s.V);
    return State(
        exp_euler(s.V, drift(p, s.V, s.w, currents(x.I, V)), dt) + x.delta,
        exp_euler(s.w, (V + p.a - p.b * s.w) / p.tau_w, dt),
        s.V,
    );
}

fn threshold(p: Params, s: State) -> f32 {
    // once for each crossing
    return select(s.V - p.V_th, -1.0, s.V_before >= p.V_th);
}
