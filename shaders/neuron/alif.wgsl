//! Leaky integrate-and-fire neuron of the BrainPy family with a threshold that adapts.
//!
//!     tau dV/dt = -(V - V_rest) + R I, with I the injected current and that of every synapse at V
//!     tau_a da/dt = -a, a += 1 at each spike
//!
//! A spike is V >= V_th + beta a at the end of a step; the reset opens the next step, so that recordings show V
//! above the threshold. A soft reset subtracts V_th - V_reset, a hard one sets V_reset. Exponential Euler.
//! brainpy.state: ALIF.

#import lib/exp_euler
#import lib/currents
#import lib/spike

struct Params {
    /// Membrane resistance [ohm] = 1, > 0
    R: f32,
    /// Membrane time constant [ms] = 5, > 0
    tau: f32,
    /// Time constant of the adaptation [ms] = 100, > 0
    tau_a: f32,
    /// Threshold [mV] = 1
    V_th: f32,
    /// Reset potential [mV] = 0, < V_th
    V_reset: f32,
    /// Resting potential [mV] = 0
    V_rest: f32,
    /// Rise of the threshold for each spike [mV] = 0.1
    beta: f32,
    /// What a spike does to V {soft | hard} = soft
    spk_reset: u32,
}

struct State {
    /// Membrane potential [mV] = 0
    V: f32,
    /// Adaptation: spikes, fading [1] = 0
    a: f32,
}

struct Input {
    /// Spikes, summed jump of the potential [mV]
    delta: f32,
    /// Injected current [mA], continuous
    I: f32,
}

fn drift(p: Params, V: f32, I: f32) -> f32 {
    return (p.V_rest - V + p.R * I) / p.tau;
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let fired = spike(threshold(p, s));
    let drop = select(p.V_th, stop_gradient(s.V), p.spk_reset == 1u) - p.V_reset;
    let V = s.V - drop * fired;
    let a = s.a + fired;
    return State(exp_euler(V, drift(p, V, currents(x.I, V)), dt) + x.delta, exp_euler(a, -a / p.tau_a, dt));
}

fn threshold(p: Params, s: State) -> f32 {
    return (s.V - p.V_th - p.beta * s.a) / (p.V_th - p.V_reset);
}
