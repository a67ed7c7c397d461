//! Adaptive exponential integrate-and-fire neuron with beta-shaped conductances at any number of ports.
//!
//!     C_m dV/dt = -g_L (V - E_L) + g_L Delta_T exp((V - V_th) / Delta_T) - I_syn - w + I + I_e
//!     I_syn is the sum over the ports of g_k (V - E_rev_k)
//!     tau_w dw/dt = a (V - E_L) - w
//!     g_k(t) = c w (exp(-t / tau_decay_k) - exp(-t / tau_rise_k)) for a spike of weight w; c lets it peak at w
//!
//! There are as many ports as tau_rise, tau_decay and E_rev have values; they are called 1, 2 and so on.
//! At V_peak (at V_th without the exponential, for Delta_T = 0) V becomes V_reset and w grows by b, within the step:
//! the test follows each step of the integration. Several spikes in a step count as one. V is held at V_reset for
//! t_ref after a spike, and the equations see no V above V_peak. An injected current acts from the step after its
//! arrival. Adaptive Runge-Kutta of order 4 and 5. Brette & Gerstner (2005), doi:10.1152/jn.00686.2005.
//! NEST: aeif_cond_beta_multisynapse; |dV| from NEST 3.10.0 is 7e-5 mV at most outside
//! spikes, over 1 s; in the last 0.1 ms before one it grows with the slope, to 0.6 mV.

#import lib/beta
#import lib/aeif_event
#import lib/aeif

const PORTS = 1u;

struct Params {
    /// Potential at which a spike is over [mV] = 0, >= V_th, > V_reset
    V_peak: f32,
    /// Reset potential [mV] = -60
    V_reset: f32,
    /// Refractory time [ms] = 0, >= 0
    t_ref: f32,
    /// Leak conductance [nS] = 30, > 0
    g_L: f32,
    /// Membrane capacitance [pF] = 281, > 0
    C_m: f32,
    /// Reversal potential of a port [mV] = 0
    E_rev: array<f32, PORTS>,
    /// Leak potential [mV] = -70.6
    E_L: f32,
    /// Slope of the exponential [mV] = 2, >= 0
    Delta_T: f32,
    /// Time constant of the adaptation [ms] = 144, > 0
    tau_w: f32,
    /// Adaptation below the threshold [nS] = 4
    a: f32,
    /// Growth of the adaptation at a spike [pA] = 80.5
    b: f32,
    /// Potential at which a spike begins [mV] = -50.4
    V_th: f32,
    /// Time constant of the rise of the conductance of a port [ms] = 2, > 0
    tau_rise: array<f32, PORTS>,
    /// Time constant of the decay of the conductance of a port [ms] = 20, > 0
    tau_decay: array<f32, PORTS>,
    /// Constant current [pA] = 0
    I_e: f32,
    /// Error allowed in a step of the integration, in mV, nS and pA [1] = 1e-6, > 0
    gsl_error_tol: f32,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// Conductance of a port [nS] = 0
    g: array<f32, PORTS>,
    /// Derivative variable of the conductance of a port, in nS per ms [1] = 0
    dg: array<f32, PORTS>,
    /// Adaptation current [pA] = 0
    w: f32,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
    /// Step size of the integration [ms] = 0.1
    h: f32,
    /// What V_m has lost to rounding [mV] = 0
    V_lost: f32,
    /// What w has lost to rounding [pA] = 0
    w_lost: f32,
    /// Remaining refractory steps, this one included [1] = 0
    refractory: u32,
    /// Whether there was a spike in this step [1] = 0
    spiked: u32,
}

struct Input {
    /// Spikes, summed weight [nS], > 0
    port: array<f32, PORTS>,
    /// Injected current [pA], continuous
    I: f32,
}

struct Derived {
    g_L: f32,
    C_m: f32,
    E_rev: array<f32, PORTS>,
    V_th: f32,
    V_peak: f32,
    V_reset: f32,
    I_e: f32,
    a: f32,
    b: f32,
    rise: f32,
    slope: f32,
    rate_w: f32,
    rise_rate: array<f32, PORTS>,
    decay_rate: array<f32, PORTS>,
    jump: array<f32, PORTS>,
    scale: f32,
    tolerance: f32,
    refractory_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    for (var k = 0u; k < PORTS; k++) {
        d.E_rev[k] = p.E_rev[k] - p.E_L;
        d.rise_rate[k] = -1.0 / p.tau_rise[k];
        d.decay_rate[k] = -1.0 / p.tau_decay[k];
        d.jump[k] = beta_jump(p.tau_rise[k], p.tau_decay[k]);
    }
    return with_membrane(p, dt, d);
}

fn derivative(p: Params, d: Derived, s: State) -> State {
    let V = limited(d, s);
    var I_syn = 0.0;
    for (var k = 0u; k < PORTS; k++) {
        I_syn -= s.g[k] * (V - d.E_rev[k]);
    }
    var change = membrane(d, s, V, I_syn);
    for (var k = 0u; k < PORTS; k++) {
        change.dg[k] = d.rise_rate[k] * s.dg[k];
        change.g[k] = s.dg[k] + d.decay_rate[k] * s.g[k];
    }
    return change;
}

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    var next = stepped(p, d, s, dt);
    for (var k = 0u; k < PORTS; k++) {
        next.dg[k] += d.jump[k] * x.port[k];
    }
    next.I_stim = x.I;
    return next;
}

fn threshold(d: Derived, s: State) -> f32 {
    return spike_within(d, s);
}

fn reset(d: Derived, s: State) -> State {
    return sent(s);
}
