//! Neuron of Hodgkin and Huxley, of the BrainPy family.
//!
//!     C dV/dt = -gNa m^3 h (V - ENa) - gK n^4 (V - EK) - gL (V - EL) + I
//!     dx/dt = alpha_x(V) (1 - x) - beta_x(V) x for x = m, h, n
//!
//! I is the injected current and that of every synapse. A spike is a step that ends with V >= V_th and began below
//! it; nothing is reset. The gates and the synaptic currents are taken at the V before the step and held, so that
//! they are no part of J. Exponential Euler. Hodgkin & Huxley (1952), doi:10.1113/jphysiol.1952.sp004764.
//! brainpy.state: HH; it draws V from -70..-60 mV and the gates from their steady state at V, here V starts at -65
//! mV. The default of gL is that of brainpy.state; a membrane as published has gL = 0.3 mS for C = 1 uF.
//! brainpy.state divides the distance to the threshold by V_th, which turns it round for V_th < 0: here V >= V_th
//! holds for every V_th.

#import lib/exp_euler
#import lib/exprel
#import lib/currents

struct Params {
    /// Reversal potential of sodium [mV] = 50
    ENa: f32,
    /// Greatest conductance of sodium [mS] = 120, >= 0
    gNa: f32,
    /// Reversal potential of potassium [mV] = -77
    EK: f32,
    /// Greatest conductance of potassium [mS] = 36, >= 0
    gK: f32,
    /// Reversal potential of the leak [mV] = -54.387
    EL: f32,
    /// Conductance of the leak [mS] = 0.03, >= 0
    gL: f32,
    /// Threshold [mV] = 20
    V_th: f32,
    /// Membrane capacitance [uF] = 1, > 0
    C: f32,
}

struct State {
    /// Membrane potential [mV] = -65
    V: f32,
    /// Activation of sodium [1] = 0.0529325
    m: f32,
    /// Inactivation of sodium [1] = 0.596121
    h: f32,
    /// Activation of potassium [1] = 0.317677
    n: f32,
    /// Membrane potential a step earlier [mV] = -65
    V_before: f32,
}

struct Input {
    /// Spikes, summed jump of the potential [mV]
    delta: f32,
    /// Injected current [mA], continuous
    I: f32,
}

fn alpha_m(V: f32) -> f32 {
    return 1.0 / exprel(-(V + 40.0) / 10.0);
}

fn beta_m(V: f32) -> f32 {
    return 4.0 * exp(-(V + 65.0) / 18.0);
}

fn alpha_h(V: f32) -> f32 {
    return 0.07 * exp(-(V + 65.0) / 20.0);
}

fn beta_h(V: f32) -> f32 {
    return 1.0 / (1.0 + exp(-(V + 35.0) / 10.0));
}

fn alpha_n(V: f32) -> f32 {
    return 0.1 / exprel(-(V + 55.0) / 10.0);
}

fn beta_n(V: f32) -> f32 {
    return 0.125 * exp(-(V + 65.0) / 80.0);
}

fn drift(p: Params, V: f32, g_Na: f32, g_K: f32, I: f32) -> f32 {
    return (-g_Na * (V - p.ENa) - g_K * (V - p.EK) - p.gL * (V - p.EL) + I) / p.C;
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let V = held(s.V);
    let g_Na = p.gNa * s.m * s.m * s.m * s.h;
    let g_K = p.gK * s.n * s.n * s.n * s.n;
    // 1000 uA are a mA
    let I = 1000.0 * currents(x.I, V);
    return State(
        exp_euler(s.V, drift(p, s.V, g_Na, g_K, I), dt) + x.delta,
        exp_euler(s.m, alpha_m(V) * (1.0 - s.m) - beta_m(V) * s.m, dt),
        exp_euler(s.h, alpha_h(V) * (1.0 - s.h) - beta_h(V) * s.h, dt),
        exp_euler(s.n, alpha_n(V) * (1.0 - s.n) - beta_n(V) * s.n, dt),
        s.V,
    );
}

fn threshold(p: Params, s: State) -> f32 {
    // once for each crossing
    return select(s.V - p.V_th, -1.0, s.V_before >= p.V_th);
}
