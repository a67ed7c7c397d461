//! Adaptive exponential integrate-and-fire neuron whose potential jumps by the weight of each spike.
//!
//!     C_m dV/dt = -g_L (V - E_L) + g_L Delta_T exp((V - V_th) / Delta_T) - w + I + I_e, V += weight at each spike
//!     tau_w dw/dt = a (V - E_L) - w
//!
//! At V_peak (at V_th without the exponential, for Delta_T = 0) V becomes V_reset and w grows by b, within the step:
//! the test follows each step of the integration. Several spikes in a step count as one. V is held at V_reset for t_ref
//! after a spike, and the equations see no V above V_peak. An injected current acts from the step after its arrival.
//! Adaptive Runge-Kutta of order 4 and 5. Brette & Gerstner (2005), doi:10.1152/jn.00686.2005. NEST: aeif_psc_delta;
//! |dV| from NEST 3.10.0 is 1e-5 mV at most outside spikes and 9e-3 mV where they rise, over 250 ms. A jump falls into
//! the first step of the integration, as in NEST: one that meets a rising spike, or comes in the step after one,
//! depends on the size of that, and on rounding: over 1 s potentials were 0.07 mV off, and one spike of 160 a step
//! early. NEST 3.10.0 gives NaN with refractory_input.

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
    /// Constant current [pA] = 0
    I_e: f32,
    /// Error allowed in a step of the integration, in mV and pA [1] = 1e-6, > 0
    gsl_error_tol: f32,
    /// Spikes that arrive while refractory are kept {false | true} = false
    refractory_input: u32,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// Adaptation current [pA] = 0
    w: f32,
    /// Jump that waits for the next step of the integration, or the end of refractoriness [mV] = 0
    waiting: f32,
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
    /// Spikes, summed weight [mV]
    spikes: f32,
    /// Injected current [pA], continuous
    I: f32,
}

struct Derived {
    g_L: f32,
    C_m: f32,
    V_th: f32,
    V_peak: f32,
    V_reset: f32,
    I_e: f32,
    a: f32,
    b: f32,
    rise: f32,
    slope: f32,
    rate_w: f32,
    rate_m: f32,
    scale: f32,
    tolerance: f32,
    keep: u32,
    refractory_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.rate_m = dt * p.g_L / p.C_m;
    d.keep = p.refractory_input;
    return with_membrane(p, dt, d);
}

fn derivative(p: Params, d: Derived, s: State) -> State {
    return membrane(d, s, limited(d, s), 0.0);
}

fn event(p: Params, d: Derived, s: State) -> State {
    var next = s;
    if (s.refractory > 0u) {
        next.V_m = d.V_reset;
        return next;
    }
    next.V_m += s.waiting;
    next.waiting = 0.0;
    if (next.V_m >= d.V_peak) {
        next.V_m = d.V_reset;
        next.w += d.b;
        next.spiked = 1u;
        // the rest of this step counts as none of the refractory time
        next.refractory = select(0u, d.refractory_steps + 1u, d.refractory_steps > 0u);
    }
    return next;
}

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    var begin = s;
    let kept = select(0.0, x.spikes * exp(-f32(s.refractory) * d.rate_m), d.keep == 1u);
    begin.waiting += select(x.spikes, kept, s.refractory > 0u);
    var next = stepped(p, d, begin, dt);
    next.I_stim = x.I;
    return next;
}

fn threshold(d: Derived, s: State) -> f32 {
    return spike_within(d, s);
}

fn reset(d: Derived, s: State) -> State {
    return sent(s);
}
