//! Hodgkin-Huxley neuron with alpha-shaped postsynaptic currents.
//!
//!     C_m dV/dt = -g_Na m^3 h (V - E_Na) - g_K n^4 (V - E_K) - g_L (V - E_L) + I_syn_ex + I_syn_in + I + I_e
//!     dx/dt = alpha_x(V) (1 - x) - beta_x(V) x for the gates m (Act_m), h (Inact_h) and n (Act_n)
//!     I_syn(t) = w (e / tau_syn) t exp(-t / tau_syn) for a spike of weight w: it peaks at w
//!
//! A spike leaves where V falls from a maximum above 0 mV, at most one in t_ref. An injected current acts from the step
//! after its arrival. Adaptive Runge-Kutta of order 4 and 5. Hodgkin & Huxley (1952),
//! doi:10.1113/jphysiol.1952.sp004764; Gerstner & Kistler (2002), Spiking Neuron Models, section 2.2. NEST:
//! hh_psc_alpha; |dV| from NEST 3.10.0 is 8e-5 mV at most outside spikes, over 1 s, and spikes are equal; where they
//! rise, at 300 mV/ms, it is 0.1 mV. The step sizes are those of NEST, and with them its errors: it is 1.5e-3 mV from
//! the solution.

#import lib/clock
#import lib/exprel
#import lib/ode/rkf45_compensated

struct Params {
    /// Refractory time [ms] = 2, >= 0
    t_ref: f32,
    /// Membrane capacitance [pF] = 100, > 0
    C_m: f32,
    /// Sodium peak conductance [nS] = 12000, >= 0
    g_Na: f32,
    /// Potassium peak conductance [nS] = 3600, >= 0
    g_K: f32,
    /// Leak conductance [nS] = 30, >= 0
    g_L: f32,
    /// Sodium reversal potential [mV] = 50
    E_Na: f32,
    /// Potassium reversal potential [mV] = -77
    E_K: f32,
    /// Leak potential [mV] = -54.402
    E_L: f32,
    /// Rise time of excitatory currents [ms] = 0.2, > 0
    tau_syn_ex: f32,
    /// Rise time of inhibitory currents [ms] = 2, > 0
    tau_syn_in: f32,
    /// Constant current [pA] = 0
    I_e: f32,
    /// Error allowed in a step of the integration [1] = 1e-3, > 0
    gsl_error_tol: f32,
}

struct State {
    /// Membrane potential [mV] = -65
    V_m: f32,
    /// Activation of sodium [1] = 0.05293248525724958
    Act_m: f32,
    /// Inactivation of sodium [1] = 0.5961207535084603
    Inact_h: f32,
    /// Activation of potassium [1] = 0.3176769140606974
    Act_n: f32,
    /// Excitatory current [pA] = 0
    I_syn_ex: f32,
    /// Inhibitory current [pA] = 0
    I_syn_in: f32,
    /// Derivative variable of the excitatory current, in pA per ms [1] = 0
    dI_syn_ex: f32,
    /// Derivative variable of the inhibitory current, in pA per ms [1] = 0
    dI_syn_in: f32,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
    /// Step size of the integration [ms] = 0.1
    h: f32,
    /// What V_m has lost to rounding [mV] = 0
    V_lost: f32,
    /// What Act_m has lost to rounding [1] = 0
    m_lost: f32,
    /// What Inact_h has lost to rounding [1] = 0
    h_lost: f32,
    /// What Act_n has lost to rounding [1] = 0
    n_lost: f32,
    /// Remaining refractory steps [1] = 0
    refractory: u32,
    /// Whether V has fallen in this step, out of refractoriness [1] = 0
    falls: u32,
}

struct Input {
    /// Excitatory spikes, summed weight [pA], > 0
    ex: f32,
    /// Inhibitory spikes, summed weight [pA], < 0
    inh: f32,
    /// Injected current [pA], continuous
    I: f32,
}

struct Derived {
    rate_ex: f32,
    rate_in: f32,
    jump_ex: f32,
    jump_in: f32,
    refractory_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.rate_ex = -1.0 / p.tau_syn_ex;
    d.rate_in = -1.0 / p.tau_syn_in;
    d.jump_ex = exp(1.0) / p.tau_syn_ex;
    d.jump_in = exp(1.0) / p.tau_syn_in;
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    return d;
}

/// x / (1 - exp(-x)), also at 0.
fn ratio(x: f32) -> f32 {
    return 1.0 / exprel(-x);
}

fn derivative(p: Params, d: Derived, s: State) -> State {
    var change: State;
    let V = s.V_m;
    let alpha_m = ratio((V + 40.0) * 0.1);
    let beta_m = 4.0 * exp(-(V + 65.0) / 18.0);
    let alpha_h = 0.07 * exp(-(V + 65.0) / 20.0);
    let beta_h = 1.0 / (1.0 + exp(-(V + 35.0) / 10.0));
    let alpha_n = 0.1 * ratio((V + 55.0) * 0.1);
    let beta_n = 0.125 * exp(-(V + 65.0) / 80.0);
    change.Act_m = alpha_m * (1.0 - s.Act_m) - beta_m * s.Act_m;
    change.Inact_h = alpha_h * (1.0 - s.Inact_h) - beta_h * s.Inact_h;
    change.Act_n = alpha_n * (1.0 - s.Act_n) - beta_n * s.Act_n;
    let n2 = s.Act_n * s.Act_n;
    let I_Na = p.g_Na * s.Act_m * s.Act_m * s.Act_m * s.Inact_h * (V - p.E_Na);
    let I_K = p.g_K * n2 * n2 * (V - p.E_K);
    let I_L = p.g_L * (V - p.E_L);
    change.V_m = (-(I_Na + I_K + I_L) + s.I_syn_ex + s.I_syn_in + s.I_stim + p.I_e) / p.C_m;
    change.dI_syn_ex = d.rate_ex * s.dI_syn_ex;
    change.dI_syn_in = d.rate_in * s.dI_syn_in;
    change.I_syn_ex = s.dI_syn_ex + d.rate_ex * s.I_syn_ex;
    change.I_syn_in = s.dI_syn_in + d.rate_in * s.I_syn_in;
    return change;
}

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    var lost: State;
    lost.V_m = s.V_lost;
    lost.Act_m = s.m_lost;
    lost.Inact_h = s.h_lost;
    lost.Act_n = s.n_lost;
    let after = rkf45_compensated(p, d, s, dt, p.gsl_error_tol, s.h, lost);
    var next = after.s;
    next.V_lost = after.lost.V_m;
    next.m_lost = after.lost.Act_m;
    next.h_lost = after.lost.Inact_h;
    next.n_lost = after.lost.Act_n;
    next.h = after.h;
    next.falls = select(0u, 1u, next.V_m < s.V_m && s.refractory == 0u);
    next.refractory -= min(next.refractory, 1u);
    next.dI_syn_ex += d.jump_ex * x.ex;
    next.dI_syn_in += d.jump_in * x.inh;
    next.I_stim = x.I;
    return next;
}

fn threshold(p: Params, s: State) -> f32 {
    let distance = s.V_m / 100.0;
    return select(min(distance, -1e-6), distance, s.falls == 1u);
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    next.refractory = d.refractory_steps;
    return next;
}
