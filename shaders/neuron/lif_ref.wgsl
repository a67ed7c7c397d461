//! Leaky integrate-and-fire neuron of the BrainPy family with an absolute refractory period.
//!
//!     tau dV/dt = -(V - V_rest) + R I, with I the injected current and that of every synapse at V
//!
//! A spike is V >= V_th at the end of a step; the reset opens the next step, so that recordings show V above the
//! threshold. Until tau_ref after the spike V stays at the reset value and jumps are lost. Exponential Euler.
//! brainpy.state: LIFRef.

#import lib/exp_euler
#import lib/currents
#import lib/spike
#import lib/clock

struct Params {
    /// Membrane resistance [ohm] = 1, > 0
    R: f32,
    /// Membrane time constant [ms] = 5, > 0
    tau: f32,
    /// Refractory time [ms] = 5, >= 0
    tau_ref: f32,
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
    /// Remaining refractory steps [1] = 0
    refractory: u32,
}

struct Input {
    /// Spikes, summed jump of the potential [mV]
    delta: f32,
    /// Injected current [mA], continuous
    I: f32,
}

struct Derived {
    held_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    // the step that spikes is the first of the period
    return Derived(max(steps_to_last(p.tau_ref, dt), 1u) - 1u);
}

fn drift(p: Params, V: f32, I: f32) -> f32 {
    return (p.V_rest - V + p.R * I) / p.tau;
}

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    let drop = select(p.V_th, stop_gradient(s.V), p.spk_reset == 1u) - p.V_reset;
    var next = s;
    next.V = s.V - drop * spike(threshold(p, s));
    if (s.refractory == 0u) {
        next.V = exp_euler(next.V, drift(p, next.V, currents(x.I, next.V)), dt) + x.delta;
    } else {
        next.refractory = s.refractory - 1u;
    }
    if (next.V >= p.V_th) {
        next.refractory = d.held_steps;
    }
    return next;
}

fn threshold(p: Params, s: State) -> f32 {
    return (s.V - p.V_th) / (p.V_th - p.V_reset);
}
