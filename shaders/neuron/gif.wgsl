//! Generalised integrate-and-fire neuron of the BrainPy family: spike currents and a moving threshold.
//!
//!     tau dV/dt = -(V - V_rest) + R (I + I1 + I2), with I the injected current and that of every synapse at V
//!     dI1/dt = -k1 I1, dI2/dt = -k2 I2; I1 = R1 I1 + A1, I2 = R2 I2 + A2 at each spike
//!     dV_th/dt = a (V - V_rest) - b (V_th - V_th_inf)
//!
//! A spike is V >= V_th at the end of a step; the resets open the next step: V_th becomes max(V_th, V_th_reset),
//! and V falls by V_th - V_reset (soft) or to V_reset (hard). I1, I2 and V_th are integrated first; V then sees the
//! new currents, V_th the old V. Exponential Euler. Mihalas & Niebur (2009), doi:10.1162/neco.2008.12-07-680.
//! brainpy.state: Gif.

#import lib/exp_euler
#import lib/currents
#import lib/spike

struct Params {
    /// Membrane resistance [ohm] = 20, > 0
    R: f32,
    /// Membrane time constant [ms] = 20, > 0
    tau: f32,
    /// Resting potential [mV] = -70
    V_rest: f32,
    /// Reset potential [mV] = -70, < V_th_inf
    V_reset: f32,
    /// Threshold without spikes [mV] = -50
    V_th_inf: f32,
    /// Least threshold after a spike [mV] = -60
    V_th_reset: f32,
    /// Coupling of the threshold to V [1/ms] = 0
    a: f32,
    /// Decay rate of the threshold [1/ms] = 0.01
    b: f32,
    /// Decay rate of the first spike current [1/ms] = 0.2
    k1: f32,
    /// Decay rate of the second spike current [1/ms] = 0.02
    k2: f32,
    /// Factor of the first spike current at a spike [1] = 0
    R1: f32,
    /// Factor of the second spike current at a spike [1] = 1
    R2: f32,
    /// Jump of the first spike current at a spike [mA] = 0
    A1: f32,
    /// Jump of the second spike current at a spike [mA] = 0
    A2: f32,
    /// What a spike does to V {soft | hard} = soft
    spk_reset: u32,
}

struct State {
    /// Membrane potential [mV] = -70
    V: f32,
    /// First spike current [mA] = 0
    I1: f32,
    /// Second spike current [mA] = 0
    I2: f32,
    /// Threshold [mV] = V_th_inf
    V_th: f32,
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

fn rise(p: Params, V_th: f32, V: f32) -> f32 {
    return p.a * (V - p.V_rest) - p.b * (V_th - p.V_th_inf);
}

fn after_spike(p: Params, s: State) -> State {
    let fired = spike(threshold(p, s));
    var next = s;
    next.V = s.V - fired * (select(s.V_th, stop_gradient(s.V), p.spk_reset == 1u) - p.V_reset);
    next.I1 = s.I1 + fired * (p.R1 * s.I1 + p.A1 - s.I1);
    next.I2 = s.I2 + fired * (p.R2 * s.I2 + p.A2 - s.I2);
    next.V_th = s.V_th + fired * (max(p.V_th_reset, s.V_th) - s.V_th);
    return next;
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let r = after_spike(p, s);
    let I1 = exp_euler(r.I1, -p.k1 * r.I1, dt);
    let I2 = exp_euler(r.I2, -p.k2 * r.I2, dt);
    let V_th = exp_euler(r.V_th, rise(p, r.V_th, r.V), dt);
    let V = exp_euler(r.V, drift(p, r.V, I1 + I2 + currents(x.I, r.V)), dt) + x.delta;
    return State(V, I1, I2, V_th);
}

fn threshold(p: Params, s: State) -> f32 {
    // a constant distance as the scale: V_th itself may come near V_reset
    return (s.V - s.V_th) / (p.V_th_inf - p.V_reset);
}
