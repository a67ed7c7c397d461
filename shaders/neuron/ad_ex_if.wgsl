//! Adaptive exponential integrate-and-fire neuron of the BrainPy family.
//!
//!     tau dV/dt = -(V - V_rest) + delta_T exp((V - V_T) / delta_T) - R w + R I
//!       with I the injected current and that of every synapse at V
//!     tau_w dw/dt = a (V - V_rest) - w, w += b at each spike
//!
//! A spike is V >= V_th at the end of a step; the reset opens the next step, so that recordings show V above the
//! threshold. A soft reset subtracts V_th - V_reset, a hard one sets V_reset. Exponential Euler, w after V and with
//! the new V. Brette & Gerstner (2005), doi:10.1152/jn.00686.2005. brainpy.state: AdExIF.

#import lib/exp_euler
#import lib/currents
#import lib/spike

struct Params {
    /// Membrane resistance [ohm] = 1, > 0
    R: f32,
    /// Membrane time constant [ms] = 10, > 0
    tau: f32,
    /// Time constant of the adaptation current [ms] = 30, > 0
    tau_w: f32,
    /// Threshold [mV] = -55
    V_th: f32,
    /// Reset potential [mV] = -68, < V_th
    V_reset: f32,
    /// Resting potential [mV] = -65
    V_rest: f32,
    /// Potential at which the upswing begins [mV] = -59.9
    V_T: f32,
    /// Sharpness of the upswing [mV] = 3.48, > 0
    delta_T: f32,
    /// Coupling of the adaptation current to V [S] = 1
    a: f32,
    /// Jump of the adaptation current at a spike [mA] = 1
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
    // 20: the limit of brainpy.state, so that no upswing overflows
    let upswing = p.delta_T * exp(min((V - p.V_T) / p.delta_T, 20.0));
    return (p.V_rest - V + upswing - p.R * w + p.R * I) / p.tau;
}

fn adaptation(p: Params, w: f32, V: f32) -> f32 {
    return (p.a * (V - p.V_rest) - w) / p.tau_w;
}

fn after_spike(p: Params, V: f32, fired: f32) -> f32 {
    // V - (V - V_reset), as brainpy.state has it, misses V_reset by the rounding of V where a step overshoots far
    let hard = V * (1.0 - fired) + p.V_reset * fired;
    return select(V - (p.V_th - p.V_reset) * fired, hard, p.spk_reset == 1u);
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let fired = spike(threshold(p, s));
    let V = after_spike(p, s.V, fired);
    let w = s.w + p.b * fired;
    let V_next = exp_euler(V, drift(p, V, w, currents(x.I, V)), dt) + x.delta;
    return State(V_next, exp_euler(w, adaptation(p, w, held(V_next)), dt));
}

fn threshold(p: Params, s: State) -> f32 {
    return (s.V - p.V_th) / (p.V_th - p.V_reset);
}
