//! Fast-spiking interneuron of Wang and Buzsaki, of the BrainPy family.
//!
//!     C dV/dt = -gNa m(V)^3 h (V - ENa) - gK n^4 (V - EK) - gL (V - EL) + I
//!     dx/dt = phi (alpha_x(V) (1 - x) - beta_x(V) x) for x = h, n; m(V) = alpha_m / (alpha_m + beta_m)
//!
//! I is the injected current and that of every synapse. A spike is a step that ends with V >= V_th and began below
//! it; nothing is reset. The gates and the synaptic currents are taken at the V before the step and held, so that
//! they are no part of J. Exponential Euler. Wang & Buzsáki (1996), doi:10.1523/JNEUROSCI.16-20-06402.1996.
//! brainpy.state: WangBuzsakiHH. brainpy.state divides the distance to the threshold by V_th, which turns it round
//! for V_th < 0: here V >= V_th holds for every V_th.

#import lib/exp_euler
#import lib/exprel
#import lib/currents

struct Params {
    /// Reversal potential of sodium [mV] = 55
    ENa: f32,
    /// Greatest conductance of sodium [mS] = 35, >= 0
    gNa: f32,
    /// Reversal potential of potassium [mV] = -90
    EK: f32,
    /// Greatest conductance of potassium [mS] = 9, >= 0
    gK: f32,
    /// Reversal potential of the leak [mV] = -65
    EL: f32,
    /// Conductance of the leak [mS] = 0.1, >= 0
    gL: f32,
    /// Threshold [mV] = 20
    V_th: f32,
    /// Speed of the gates [1] = 5, > 0
    phi: f32,
    /// Membrane capacitance [uF] = 1, > 0
    C: f32,
}

struct State {
    /// Membrane potential [mV] = -65
    V: f32,
    /// Inactivation of sodium [1] = 0.6
    h: f32,
    /// Activation of potassium [1] = 0.32
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

fn m_inf(V: f32) -> f32 {
    let alpha = 1.0 / exprel(-0.1 * (V + 35.0));
    let beta = 4.0 * exp(-(V + 60.0) / 18.0);
    return alpha / (alpha + beta);
}

fn alpha_h(V: f32) -> f32 {
    return 0.07 * exp(-(V + 58.0) / 20.0);
}

fn beta_h(V: f32) -> f32 {
    return 1.0 / (exp(-0.1 * (V + 28.0)) + 1.0);
}

fn alpha_n(V: f32) -> f32 {
    return 0.1 / exprel(-0.1 * (V + 34.0));
}

fn beta_n(V: f32) -> f32 {
    return 0.125 * exp(-(V + 44.0) / 80.0);
}

fn drift(p: Params, V: f32, g_Na: f32, g_K: f32, I: f32) -> f32 {
    return (-g_Na * (V - p.ENa) - g_K * (V - p.EK) - p.gL * (V - p.EL) + I) / p.C;
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let V = held(s.V);
    let m = m_inf(V);
    let g_Na = p.gNa * m * m * m * s.h;
    let g_K = p.gK * s.n * s.n * s.n * s.n;
    // 1000 uA are a mA
    let I = 1000.0 * currents(x.I, V);
    return State(
        exp_euler(s.V, drift(p, s.V, g_Na, g_K, I), dt) + x.delta,
        exp_euler(s.h, p.phi * (alpha_h(V) * (1.0 - s.h) - beta_h(V) * s.h), dt),
        exp_euler(s.n, p.phi * (alpha_n(V) * (1.0 - s.n) - beta_n(V) * s.n), dt),
        s.V,
    );
}

fn threshold(p: Params, s: State) -> f32 {
    // once for each crossing
    return select(s.V - p.V_th, -1.0, s.V_before >= p.V_th);
}
