//! Bursting neuron of Hindmarsh and Rose, of the BrainPy family: three variables without units.
//!
//!     tau dV/dt = y - a V^3 + b V^2 - z + I
//!     tau dy/dt = c - d V^2 - y
//!     tau dz/dt = r (s (V - V_r) - z)
//!
//! V has no unit. I is the injected drive and that of every synapse; a synaptic current of 1 mA counts as 1. A
//! spike is a step that ends with V >= V_th and began below it; nothing is reset. All variables see the others as
//! they were before the step. Exponential Euler. Hindmarsh & Rose (1984), doi:10.1098/rspb.1984.0024.
//! brainpy.state: HindmarshRose. brainpy.state divides the distance to the threshold by V_th, which turns it round
//! for V_th < 0: here V >= V_th holds for every V_th.

#import lib/exp_euler
#import lib/currents

struct Params {
    /// Cubic damping of V [1] = 1
    a: f32,
    /// Quadratic drive of V [1] = 3
    b: f32,
    /// Level of the fast recovery [1] = 1
    c: f32,
    /// Quadratic drive of the fast recovery [1] = 5
    d: f32,
    /// Rate of the slow adaptation [1] = 0.006
    r: f32,
    /// Strength of the slow adaptation [1] = 4
    s: f32,
    /// Resting value of V [1] = -1.6
    V_r: f32,
    /// Unit of time [ms] = 1, > 0
    tau: f32,
    /// Threshold [1] = 1
    V_th: f32,
}

struct State {
    /// Membrane potential [1] = -1.6
    V: f32,
    /// Fast recovery [1] = -10
    y: f32,
    /// Slow adaptation [1] = 0
    z: f32,
    /// Membrane potential a step earlier [1] = -1.6
    V_before: f32,
}

struct Input {
    /// Spikes, summed jump of the potential [1]
    delta: f32,
    /// Injected drive [1], continuous
    I: f32,
}

fn drift(p: Params, V: f32, y: f32, z: f32, I: f32) -> f32 {
    return (y - p.a * V * V * V + p.b * V * V - z + I) / p.tau;
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let V = held(s.V);
    return State(
        exp_euler(s.V, drift(p, s.V, s.y, s.z, currents(x.I, V)), dt) + x.delta,
        exp_euler(s.y, (p.c - p.d * V * V - s.y) / p.tau, dt),
        exp_euler(s.z, p.r * (p.s * (V - p.V_r) - s.z) / p.tau, dt),
        s.V,
    );
}

fn threshold(p: Params, s: State) -> f32 {
    // once for each crossing
    return select(s.V - p.V_th, -1.0, s.V_before >= p.V_th);
}
