//! Neuron of Izhikevich, of the BrainPy family.
//!
//!     dV/dt = 0.04 V^2 + 5 V + 140 - u + I
//!     du/dt = a (b V - u)
//!
//! A spike is V >= V_th at the end of a step; the reset opens the next step, so that recordings show V above the
//! threshold: V = c, u += d. u is integrated after V, with the new V. Exponential Euler. I is the injected drive
//! and that of every synapse at V; a synaptic current of 1 mA counts as 1 mV/ms. Izhikevich (2003),
//! doi:10.1109/TNN.2003.820440. brainpy.state: Izhikevich, whose `spk_reset` does nothing and is left out. It
//! divides the distance to the threshold by V_th, which turns it round for V_th < 0: here V >= V_th holds for every
//! V_th.

#import lib/exp_euler
#import lib/currents
#import lib/spike

struct Params {
    /// Rate of the recovery [1/ms] = 0.02, > 0
    a: f32,
    /// Coupling of the recovery to V [1/ms] = 0.2
    b: f32,
    /// Reset potential [mV] = -65, < V_th
    c: f32,
    /// Jump of the recovery at a spike [mV/ms] = 8
    d: f32,
    /// Threshold [mV] = 30
    V_th: f32,
}

struct State {
    /// Membrane potential [mV] = -65
    V: f32,
    /// Recovery [mV/ms] = 0
    u: f32,
}

struct Input {
    /// Spikes, summed jump of the potential [mV]
    delta: f32,
    /// Injected drive [mV/ms], continuous
    I: f32,
}

fn drift(V: f32, u: f32, I: f32) -> f32 {
    return 0.04 * V * V + 5.0 * V + 140.0 - u + I;
}

fn recovery(p: Params, u: f32, V: f32) -> f32 {
    return p.a * (p.b * V - u);
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let fired = spike(threshold(p, s));
    let V = select(s.V, p.c, fired > 0.0);
    let u = s.u + p.d * fired;
    let V_next = exp_euler(V, drift(V, u, currents(x.I, V)), dt) + x.delta;
    return State(V_next, exp_euler(u, recovery(p, u, held(V_next)), dt));
}

fn threshold(p: Params, s: State) -> f32 {
    return (s.V - p.V_th) / (p.V_th - p.c);
}
