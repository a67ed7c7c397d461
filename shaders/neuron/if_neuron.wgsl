//! Integrate-and-fire neuron of the BrainPy family that leaks to 0.
//!
//!     tau dV/dt = -V + R I, with I the injected current and that of every synapse at V
//!
//! A spike is V >= V_th at the end of a step; the reset opens the next step, so that recordings show V above the
//! threshold. A soft reset subtracts V_th, a hard one sets 0. Exponential Euler. brainpy.state: IF, under another
//! name because `if` is a keyword.

#import lib/exp_euler
#import lib/currents
#import lib/spike

struct Params {
    /// Membrane resistance [ohm] = 1, > 0
    R: f32,
    /// Membrane time constant [ms] = 5, > 0
    tau: f32,
    /// Threshold [mV] = 1, > 0
    V_th: f32,
    /// What a spike does to V {soft | hard} = soft
    spk_reset: u32,
}

struct State {
    /// Membrane potential [mV] = 0
    V: f32,
}

struct Input {
    /// Spikes, summed jump of the potential [mV]
    delta: f32,
    /// Injected current [mA], continuous
    I: f32,
}

fn drift(p: Params, V: f32, I: f32) -> f32 {
    return (p.R * I - V) / p.tau;
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let drop = select(p.V_th, stop_gradient(s.V), p.spk_reset == 1u);
    let V = s.V - drop * spike(threshold(p, s));
    return State(exp_euler(V, drift(p, V, currents(x.I, V)), dt) + x.delta);
}

fn threshold(p: Params, s: State) -> f32 {
    return (s.V - p.V_th) / p.V_th;
}
