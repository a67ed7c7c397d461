//! Relay cell of the thalamus: leaky, with alpha-shaped conductances and an after-hyperpolarisation, without reset.
//!
//!     C_m dV/dt = -g_L (V - E_L) - g_ex (V - E_ex) - g_in (V - E_in) - g_ahp (V - E_ahp) + I + I_e
//!     g(t) = w (e / tau) t exp(-t / tau) for a spike whose weight has the size w: it peaks at w
//!
//! A spike leaves where V crosses V_th from below. It starts an after-hyperpolarisation of size g_ahp at the time of
//! the crossing, found between the ends of the step on a straight line; with ahp_bug it takes the place of those
//! before, as in the first implementation. An injected current acts from the step after its arrival. Adaptive
//! Runge-Kutta of order 4 and 5. Casti, Hayot, Xiao & Kaplan (2008), doi:10.1007/s10827-007-0053-7. NEST:
//! iaf_chxk_2008; |dV| from NEST 3.10.0 is below 1e-3 mV outside of spikes, over 1 s of spikes that arrive. NEST records
//! the time of the crossing, here it is the end of its step. Under a constant current the step sizes of the integration
//! make the intervals irregular: NEST leaves the exact solution, whose intervals are equal, by up to 0.4 ms in 1 s.
//! Rounding grows up to threefold with each of these spikes, so that this model follows NEST for 250 ms, and is up to
//! 0.8 ms off after 1 s.

#import lib/ode/rkf45_compensated

struct Params {
    /// Threshold [mV] = -45
    V_th: f32,
    /// Leak conductance [nS] = 100, > 0
    g_L: f32,
    /// Membrane capacitance [pF] = 1000, > 0
    C_m: f32,
    /// Reversal potential of excitation [mV] = 20
    E_ex: f32,
    /// Reversal potential of inhibition [mV] = -90
    E_in: f32,
    /// Leak potential [mV] = -60
    E_L: f32,
    /// Rise time of excitation [ms] = 1, > 0
    tau_syn_ex: f32,
    /// Rise time of inhibition [ms] = 1, > 0
    tau_syn_in: f32,
    /// Constant current [pA] = 0
    I_e: f32,
    /// Rise time of the after-hyperpolarisation [ms] = 0.5, > 0
    tau_ahp: f32,
    /// Reversal potential of the after-hyperpolarisation [mV] = -95
    E_ahp: f32,
    /// Peak conductance of the after-hyperpolarisation [nS] = 443.8, >= 0
    g_ahp: f32,
    /// An after-hyperpolarisation replaces those before {false | true} = false
    ahp_bug: u32,
    /// Error allowed in a step of the integration, in mV and nS [1] = 1e-3, > 0
    gsl_error_tol: f32,
}

struct State {
    /// Membrane potential [mV] = E_L, from E_L
    V_m: f32,
    /// Excitatory conductance [nS] = 0
    g_ex: f32,
    /// Inhibitory conductance [nS] = 0
    g_in: f32,
    /// Conductance of the after-hyperpolarisation [nS] = 0
    g_ahp: f32,
    /// Excitatory current, inward negative [pA] = 0
    I_syn_ex: f32,
    /// Inhibitory current, inward negative [pA] = 0
    I_syn_in: f32,
    /// Current of the after-hyperpolarisation, inward negative [pA] = 0
    I_ahp: f32,
    /// Derivative variable of the excitatory conductance, in nS per ms [1] = 0
    dg_ex: f32,
    /// Derivative variable of the inhibitory conductance, in nS per ms [1] = 0
    dg_in: f32,
    /// Derivative variable of the after-hyperpolarisation, in nS per ms [1] = 0
    dg_ahp: f32,
    /// Membrane potential a step before [mV] = E_L, from E_L
    V_before: f32,
    /// Injected current that arrived in the last step [pA] = 0
    I_stim: f32,
    /// Step size of the integration [ms] = 0.1
    h: f32,
    /// What V_m has lost to rounding [mV] = 0
    V_lost: f32,
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
    E_ahp: f32,
    V_th: f32,
    I_e: f32,
    rate_ex: f32,
    rate_in: f32,
    rate_ahp: f32,
    jump_ex: f32,
    jump_in: f32,
    jump_ahp: f32,
    scale: f32,
    tolerance: f32,
    dt: f32,
    replaces: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.g_L = p.g_L;
    d.C_m = p.C_m;
    d.E_ex = p.E_ex - p.E_L;
    d.E_in = p.E_in - p.E_L;
    d.E_ahp = p.E_ahp - p.E_L;
    d.V_th = p.V_th - p.E_L;
    d.I_e = p.I_e;
    d.rate_ex = -1.0 / p.tau_syn_ex;
    d.rate_in = -1.0 / p.tau_syn_in;
    d.rate_ahp = -1.0 / p.tau_ahp;
    d.jump_ex = exp(1.0) / p.tau_syn_ex;
    d.jump_in = exp(1.0) / p.tau_syn_in;
    d.jump_ahp = p.g_ahp * exp(1.0) / p.tau_ahp;
    d.scale = 1.0 / max(abs(p.V_th - p.E_L), 1.0);
    d.tolerance = p.gsl_error_tol;
    d.dt = dt;
    d.replaces = p.ahp_bug;
    return d;
}

fn derivative(p: Params, d: Derived, s: State) -> State {
    var change: State;
    let synapses = -s.g_ex * (s.V_m - d.E_ex) - s.g_in * (s.V_m - d.E_in);
    let ahp = -s.g_ahp * (s.V_m - d.E_ahp);
    change.V_m = (-d.g_L * s.V_m + synapses + ahp + s.I_stim + d.I_e) / d.C_m;
    change.dg_ex = d.rate_ex * s.dg_ex;
    change.dg_in = d.rate_in * s.dg_in;
    change.dg_ahp = d.rate_ahp * s.dg_ahp;
    change.g_ex = s.dg_ex + d.rate_ex * s.g_ex;
    change.g_in = s.dg_in + d.rate_in * s.g_in;
    change.g_ahp = s.dg_ahp + d.rate_ahp * s.g_ahp;
    return change;
}

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    var lost: State;
    lost.V_m = s.V_lost;
    let after = rkf45_compensated(p, d, s, dt, d.tolerance, s.h, lost);
    var next = after.s;
    next.V_lost = after.lost.V_m;
    next.h = after.h;
    next.V_before = s.V_m;
    next.dg_ex += d.jump_ex * x.ex;
    next.dg_in -= d.jump_in * x.inh;
    next.I_stim = x.I;
    next.I_syn_ex = next.g_ex * (next.V_m - d.E_ex);
    next.I_syn_in = next.g_in * (next.V_m - d.E_in);
    next.I_ahp = next.g_ahp * (next.V_m - d.E_ahp);
    return next;
}

fn threshold(d: Derived, s: State) -> f32 {
    let distance = (s.V_m - d.V_th) * d.scale;
    return select(min(distance, -1e-6), distance, s.V_before < d.V_th);
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    let since = d.dt * (s.V_m - d.V_th) / (s.V_m - s.V_before);
    let dg = d.jump_ahp * exp(since * d.rate_ahp);
    next.dg_ahp = select(s.dg_ahp, 0.0, d.replaces == 1u) + dg;
    next.g_ahp = select(s.g_ahp, 0.0, d.replaces == 1u) + since * dg;
    next.I_ahp = next.g_ahp * (next.V_m - d.E_ahp);
    return next;
}
