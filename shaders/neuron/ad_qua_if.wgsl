//! Adaptive quadratic integrate-and-fire neuron of the BrainPy family.
//!
//!     tau dV/dt = c (V - V_rest) (V - V_c) - R w + R I, with I the injected current and that of every synapse at V
//!     tau_w dw/dt = a (V - V_rest) - w, w += b at each spike
//!
//! A spike is V >= V_th at the end of a step; the reset opens the next step, so that recordings show V above the
//! threshold. A soft reset subtracts V_th - V_reset, a hard one sets V_reset. Exponential Euler, w after V and with
//! the new V. Izhikevich (2004), doi:10.1109/TNN.2004.832719. brainpy.state: AdQuaIF.

#import lib/exp_euler
#import lib/currents
#import lib/spike

struct Params {
    /// Membrane resistance [ohm] = 1, > 0
    R: f32,
    /// Membrane time constant [ms] = 10, > 0
    tau: f32,
    /// Time constant of the adaptation current [ms] = 10, > 0
    tau_w: f32,
    /// Threshold [mV] = -30
    V_th: f32,
    /// Reset potential [mV] = -68, < V_th
    V_reset: f32,
    /// Resting potential [mV] = -65
    V_rest: f32,
    /// Potential above which V runs away [mV] = -50
    V_c: f32,
    /// Curvature [1/mV] = 0.07, > 0
    c: f32,
    /// Coupling of the adaptation current to V [S] = 1
    a: f32,
    /// Jump of the adaptation current at a spike [mA] = 0.1
    b: f32,
    /// What a spike does to V {soft | hard} = soft
    spk_reset: u32,
}

struct State {
    /// Membrane potential [mV] = -65
    V: f32,
    /// Adaptation current [mA] = 0
    w: f32,
}

struct Input {
    /// Spikes, summed jump of the potential [mV]
    delta: f32,
    /// Injected current [mA], continuous
    I: f32,
}

fn drift(p: Params, V: f32, w: f32, I: f32) -> f32 {
    return (p.c * (V - p.V_rest) * (V - p.V_c) - p.R * w + p.R * I) / p.tau;
}

fn adaptation(p: Params, w: f32, V: f32) -> f32 {
    return (p.a * (V - p.V_rest) - w) / p.tau_w;
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let fired = spike(threshold(p, s));
    let drop = select(p.V_th, stop_gradient(s.V), p.spk_reset == 1u) - p.V_reset;
    let V = s.V - drop * fired;
    let w = s.w + p.b * fired;
    let V_next = exp_euler(V, drift(p, V, w, currents(x.I, V)), dt) + x.delta;
    return State(V_next, exp_euler(w, adaptation(p, w, held(V_next)), dt));
}

fn threshold(p: Params, s: State) -> f32 {
    return (s.V - p.V_th) / (p.V_th - p.V_reset);
}
