//! Leaky integrate-and-fire neuron of the BrainPy family with an exponential conductance of its own.
//!
//!     tau dV/dt = -(V - V_rest) + R (g (E - V) + I), with I the injected current and that of every synapse at V
//!     tau_syn dg/dt = -g, g += w at each spike
//!
//! A spike is V >= V_th at the end of a step; the reset opens the next step, so that recordings show V above the
//! threshold. A soft reset subtracts V_th - V_reset, a hard one sets V_reset. g decays before the spikes of the
//! step are added, and V sees the new g. Exponential Euler. brainpy.state: CobaLIF.

#import lib/exp_euler
#import lib/currents
#import lib/spike

struct Params {
    /// Membrane resistance [ohm] = 1, > 0
    R: f32,
    /// Membrane time constant [ms] = 5, > 0
    tau: f32,
    /// Time constant of the synapse [ms] = 5, > 0
    tau_syn: f32,
    /// Reversal potential of the synapse [mV] = 0
    E: f32,
    /// Threshold [mV] = 1
    V_th: f32,
    /// Reset potential [mV] = 0, < V_th
    V_reset: f32,
    /// Resting potential [mV] = 0
    V_rest: f32,
    /// What a spike does to V {soft | hard} = soft
    spk_reset: u32,
}

struct State {
    /// Membrane potential [mV] = 0
    V: f32,
    /// Synaptic conductance [S] = 0
    g: f32,
}

struct Input {
    /// Spikes, summed jump of the conductance [S]
    spikes: f32,
    /// Injected current [mA], continuous
    I: f32,
}

fn drift(p: Params, V: f32, I: f32) -> f32 {
    return (p.V_rest - V + p.R * I) / p.tau;
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let drop = select(p.V_th, stop_gradient(s.V), p.spk_reset == 1u) - p.V_reset;
    let V = s.V - drop * spike(threshold(p, s));
    let g = exp_euler(s.g, -s.g / p.tau_syn, dt) + x.spikes;
    return State(exp_euler(V, drift(p, V, g * (p.E - V) + currents(x.I, V)), dt), g);
}

fn threshold(p: Params, s: State) -> f32 {
    return (s.V - p.V_th) / (p.V_th - p.V_reset);
}
