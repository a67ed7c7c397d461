//! Neuron of Hodgkin and Huxley's kind with the currents of Traub and Miles, as in the benchmark of Brette et al.
//!
//!     C dV/dt = -gNa m^3 h (V - ENa) - gK n^4 (V - EK) - gL (V - EL) + I
//!     dx/dt = alpha_x(V) (1 - x) - beta_x(V) x for x = m, h, n
//!
//! I is the injected current and that of every synapse. A spike is a step that ends with V >= V_th and began below it;
//! nothing is reset. It starts at the leak's potential with the gates at rest there. Gates and synaptic currents are taken at the V before the step. Exponential Euler.
//! Brette et al. (2007), doi:10.1007/s10827-007-0038-6, benchmark 3: a membrane of 20,000 um2.

#import lib/exp_euler
#import lib/exprel
#import lib/currents

struct Params {
    /// Membrane capacitance [pF] = 200, > 0
    C: f32,
    /// Greatest conductance of sodium [nS] = 20000, >= 0
    gNa: f32,
    /// Greatest conductance of potassium [nS] = 6000, >= 0
    gK: f32,
    /// Conductance of the leak [nS] = 10, >= 0
    gL: f32,
    /// Reversal potential of sodium [mV] = 50
    ENa: f32,
    /// Reversal potential of potassium [mV] = -90
    EK: f32,
    /// Reversal potential of the leak [mV] = -60
    EL: f32,
    /// Potential by which the gates are shifted [mV] = -63
    V_T: f32,
    /// Potential that counts as a spike [mV] = -20
    V_th: f32,
}

struct State {
    /// Membrane potential [mV] = -60
    V: f32,
    /// Activation of sodium [1] = 0.0268633
    m: f32,
    /// Inactivation of sodium [1] = 0.9913058
    h: f32,
    /// Activation of potassium [1] = 0.0604340
    n: f32,
    /// Membrane potential a step earlier [mV] = -60
    V_before: f32,
}

struct Input {
    /// Injected current [pA], continuous
    I: f32,
}

fn alpha_m(u: f32) -> f32 {
    return 1.28 / exprel((13.0 - u) / 4.0);
}

fn beta_m(u: f32) -> f32 {
    return 1.4 / exprel((u - 40.0) / 5.0);
}

fn alpha_h(u: f32) -> f32 {
    return 0.128 * exp((17.0 - u) / 18.0);
}

fn beta_h(u: f32) -> f32 {
    return 4.0 / (1.0 + exp((40.0 - u) / 5.0));
}

fn alpha_n(u: f32) -> f32 {
    return 0.16 / exprel((15.0 - u) / 5.0);
}

fn beta_n(u: f32) -> f32 {
    return 0.5 * exp((10.0 - u) / 40.0);
}

fn drift(p: Params, V: f32, g_Na: f32, g_K: f32, I: f32) -> f32 {
    return (-g_Na * (V - p.ENa) - g_K * (V - p.EK) - p.gL * (V - p.EL) + I) / p.C;
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let V = held(s.V);
    let u = V - p.V_T;
    let g_Na = p.gNa * s.m * s.m * s.m * s.h;
    let g_K = p.gK * s.n * s.n * s.n * s.n;
    // 1e9 pA are a mA
    let I = x.I + 1e9 * currents(0.0, V);
    return State(
        exp_euler(s.V, drift(p, s.V, g_Na, g_K, I), dt),
        exp_euler(s.m, alpha_m(u) * (1.0 - s.m) - beta_m(u) * s.m, dt),
        exp_euler(s.h, alpha_h(u) * (1.0 - s.h) - beta_h(u) * s.h, dt),
        exp_euler(s.n, alpha_n(u) * (1.0 - s.n) - beta_n(u) * s.n, dt),
        s.V,
    );
}

fn threshold(p: Params, s: State) -> f32 {
    // once for each crossing
    return select(s.V - p.V_th, -1.0, s.V_before >= p.V_th);
}
