//! Adaptive exponential integrate-and-fire neuron with alpha-shaped conductances.
//!
//!     C_m dV/dt = -g_L (V - E_L) + g_L Delta_T exp((V - V_th) / Delta_T) - g_ex (V - E_ex) - g_in (V - E_in)
//!                - w + I + I_e
//!     tau_w dw/dt = a (V - E_L) - w
//!     g(t) = w (e / tau_syn) t exp(-t / tau_syn) for a spike whose weight has the size w: it peaks at w
//!
//! At V_peak (at V_th without the exponential, for Delta_T = 0) V becomes V_reset and w grows by b, within the step:
//! the test follows each step of the integration. Several spikes in a step count as one. V is held at V_reset for
//! t_ref after a spike, and the equations see no V above V_peak. An injected current acts from the step after its
//! arrival. Adaptive Runge-Kutta of order 4 and 5. Brette & Gerstner (2005), doi:10.1152/jn.00686.2005.
//! NEST: aeif_cond_alpha; |dV| from NEST 3.10.0 is 1e-5 mV at most outside spikes, over 1 s;
//! in the last 0.1 ms before one it grows with the slope, to 0.03 mV.
//! Where V lingers at the threshold before it spikes, a spike multiplies rounding errors:
//! 0.02 mV were seen while it rises, at equal spikes.

#import lib/aeif_event
#import lib/aeif

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
    /// Reversal potential of excitation [mV] = 0
    E_ex: f32,
    /// Reversal potential of inhibition [mV] = -85
    E_in: f32,
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
    /// Rise time of excitation [ms] = 0.2, > 0
    tau_syn_ex: f32,
    /// Rise time of inhibition [ms] = 2, > 0
    tau_syn_in: f32,
    /// Constant current [pA] = 0
    I_e: f32,
    /// Error allowed in a step of the integration, in mV, nS and pA [1] = 1e-6, > 0
    gsl_error_tol: f32,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// Excitatory conductance [nS] = 0
    g_ex: f32,
    /// Inhibitory conductance [nS] = 0
    g_in: f32,
    /// Derivative variable of the excitatory conductance, in nS per ms [1] = 0
    dg_ex: f32,
    /// Derivative variable of the inhibitory conductance, in nS per ms [1] = 0
    dg_in: f32,
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
    /// Excitatory spikes, summed weight [nS], > 0
    ex: f32,
    /// Inhibitory spikes, summed weight [nS], < 0
    inh: f32,
    /// Injected current [pA], continuous
    I: f32,
}

struct Derived {
    g_L: f32,
    C_m: f32,
    E_ex: f32,
    E_in: f32,
    V_th: f32,
    V_peak: f32,
    V_reset: f32,
    I_e: f32,
    a: f32,
    b: f32,
    rise: f32,
    slope: f32,
    rate_w: f32,
    rate_ex: f32,
    rate_in: f32,
    jump_ex: f32,
    jump_in: f32,
    scale: f32,
    tolerance: f32,
    refractory_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.E_ex = p.E_ex - p.E_L;
    d.E_in = p.E_in - p.E_L;
    d.rate_ex = -1.0 / p.tau_syn_ex;
    d.rate_in = -1.0 / p.tau_syn_in;
    d.jump_ex = exp(1.0) / p.tau_syn_ex;
    d.jump_in = exp(1.0) / p.tau_syn_in;
    return with_membrane(p, dt, d);
}

fn derivative(p: Params, d: Derived, s: State) -> State {
    let V = limited(d, s);
    let I_syn = -s.g_ex * (V - d.E_ex) - s.g_in * (V - d.E_in);
    var change = membrane(d, s, V, I_syn);
    change.dg_ex = d.rate_ex * s.dg_ex;
    change.dg_in = d.rate_in * s.dg_in;
    change.g_ex = s.dg_ex + d.rate_ex * s.g_ex;
    change.g_in = s.dg_in + d.rate_in * s.g_in;
    return change;
}

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    var next = stepped(p, d, s, dt);
    next.dg_ex += d.jump_ex * x.ex;
    next.dg_in -= d.jump_in * x.inh;
    next.I_stim = x.I;
    return next;
}

fn threshold(d: Derived, s: State) -> f32 {
    return spike_within(d, s);
}

fn reset(d: Derived, s: State) -> State {
    return sent(s);
}
