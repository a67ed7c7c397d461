//! Leaky integrate-and-fire readout that spikes.
//!
//!     tau dV/dt = -V + x, with x the sum of the weights of the spikes that arrive in the step
//!
//! A spike is V >= V_th at the end of a step; the reset opens the next step: soft takes V_th off, hard sets V to 0.
//! Exponential Euler. The weights are those of the projections that end on it. brainpy.state: LeakySpikeReadout.

#import lib/exp_euler
#import lib/spike

struct Params {
    /// Time constant [ms] = 5, > 0
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
    /// Spikes, summed weight [mV]
    x: f32,
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let drop = select(p.V_th, stop_gradient(s.V), p.spk_reset == 1u);
    let V = s.V - drop * spike(threshold(p, s));
    return State(exp_euler(V, (x.x - V) / p.tau, dt));
}

fn threshold(p: Params, s: State) -> f32 {
    return (s.V - p.V_th) / p.V_th;
}
