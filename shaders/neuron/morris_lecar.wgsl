//! Neuron of Morris and Lecar, of the BrainPy family: calcium and potassium, two variables.
//!
//!     C dV/dt = -g_Ca M(V) (V - V_Ca) - g_K W (V - V_K) - g_leak (V - V_leak) + I
//!     dW/dt = phi cosh((V - V3) / (2 V4)) (W(V) - W)
//!     M(V) = (1 + tanh((V - V1) / V2)) / 2, W(V) = (1 + tanh((V - V3) / V4)) / 2
//!
//! I is the injected current and that of every synapse. A spike is a step that ends with V >= V_th and began below
//! it; nothing is reset. The steady states and the synaptic currents are taken at the V before the step and held,
//! so that they are no part of J. Exponential Euler. Morris & Lecar (1981), doi:10.1016/S0006-3495(81)84782-0.
//! brainpy.state: MorrisLecar; it draws V from -70..-60 mV, here V starts at -65 mV. brainpy.state divides the
//! distance to the threshold by V_th, which turns it round for V_th < 0: here V >= V_th holds for every V_th.

#import lib/exp_euler
#import lib/currents

struct Params {
    /// Reversal potential of calcium [mV] = 130
    V_Ca: f32,
    /// Greatest conductance of calcium [mS] = 4.4, >= 0
    g_Ca: f32,
    /// Reversal potential of potassium [mV] = -84
    V_K: f32,
    /// Greatest conductance of potassium [mS] = 8, >= 0
    g_K: f32,
    /// Reversal potential of the leak [mV] = -60
    V_leak: f32,
    /// Conductance of the leak [mS] = 2, >= 0
    g_leak: f32,
    /// Membrane capacitance [uF] = 20, > 0
    C: f32,
    /// Potential at which half of the calcium channels are open [mV] = -1.2
    V1: f32,
    /// Width of the calcium channels' opening [mV] = 18, > 0
    V2: f32,
    /// Potential at which half of the potassium channels are open [mV] = 2
    V3: f32,
    /// Width of the potassium channels' opening [mV] = 30, > 0
    V4: f32,
    /// Least rate of the potassium channels [1/ms] = 0.04, > 0
    phi: f32,
    /// Threshold [mV] = 10
    V_th: f32,
}

struct State {
    /// Membrane potential [mV] = -65
    V: f32,
    /// Open potassium channels [1] = 0.02
    W: f32,
    /// Membrane potential a step earlier [mV] = -65
    V_before: f32,
}

struct Input {
    /// Spikes, summed jump of the potential [mV]
    delta: f32,
    /// Injected current [mA], continuous
    I: f32,
}

fn drift(p: Params, V: f32, g_Ca: f32, g_K: f32, I: f32) -> f32 {
    return (-g_Ca * (V - p.V_Ca) - g_K * (V - p.V_K) - p.g_leak * (V - p.V_leak) + I) / p.C;
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    let V = held(s.V);
    // (1 + tanh x) / 2 and cosh x by exponentials, which are the same on every device
    let M_inf = 1.0 / (1.0 + exp(-2.0 * (V - p.V1) / p.V2));
    let W_inf = 1.0 / (1.0 + exp(-2.0 * (V - p.V3) / p.V4));
    let half = exp((V - p.V3) / (2.0 * p.V4));
    let tau_W = 2.0 / (p.phi * (half + 1.0 / half));
    // 1000 uA are a mA
    let I = 1000.0 * currents(x.I, V);
    return State(
        exp_euler(s.V, drift(p, s.V, p.g_Ca * M_inf, p.g_K * s.W, I), dt) + x.delta,
        exp_euler(s.W, (W_inf - s.W) / tau_W, dt),
        s.V,
    );
}

fn threshold(p: Params, s: State) -> f32 {
    // once for each crossing
    return select(s.V - p.V_th, -1.0, s.V_before >= p.V_th);
}
