//! Integrate-and-fire neuron of three compartments with alpha-shaped conductances.
//!
//!     C_m dV_s/dt = -g_L (V_s - E_L) - g_ex (V_s - E_ex) - g_in (V_s - E_in) + g_sp (V_p - V_s) + I + I_e
//!     g(t) = w (e / tau_syn) t exp(-t / tau_syn) for a spike of weight w: it peaks at w
//!
//! for the soma (s), and alike for the proximal (p) and the distal dendrite (d), which g_sp and g_pd connect in a row.
//! Each has its own leak, synapses and current. Weights are positive at every port; the port says what they do. At a
//! spike V_s becomes V_reset, and all three potentials are held for t_ref after it. An injected current acts from the
//! step after its arrival. Adaptive Runge-Kutta of order 4 and 5. Meffin, Burkitt & Grayden (2004),
//! doi:10.1023/B:JCNS.0000014108.03012.81; Bernander, Douglas, Martin & Koch (1991), doi:10.1073/pnas.88.24.11569.
//! NEST: iaf_cond_alpha_mc, whose tables of a compartment's parameters are written soma_C_m and so on here, and whose
//! V_m.s is V_m_s; |dV| from NEST 3.10.0 is 2.6e-4 mV at most over 1 s.

#import lib/clock
#import lib/ode/rkf45

struct Params {
    /// Threshold of the soma [mV] = -55
    V_th: f32,
    /// Reset potential of the soma [mV] = -60, < V_th
    V_reset: f32,
    /// Refractory time [ms] = 2, >= 0
    t_ref: f32,
    /// Conductance between soma and proximal dendrite [nS] = 2.5, >= 0
    g_sp: f32,
    /// Conductance between proximal and distal dendrite [nS] = 1, >= 0
    g_pd: f32,
    /// Membrane capacitance of the soma [pF] = 150, > 0
    soma_C_m: f32,
    /// Leak conductance of the soma [nS] = 10, >= 0
    soma_g_L: f32,
    /// Leak potential of the soma [mV] = -70
    soma_E_L: f32,
    /// Reversal potential of excitation of the soma [mV] = 0
    soma_E_ex: f32,
    /// Reversal potential of inhibition of the soma [mV] = -85
    soma_E_in: f32,
    /// Rise time of excitation of the soma [ms] = 0.5, > 0
    soma_tau_syn_ex: f32,
    /// Rise time of inhibition of the soma [ms] = 2, > 0
    soma_tau_syn_in: f32,
    /// Constant current into the soma [pA] = 0
    soma_I_e: f32,
    /// Membrane capacitance of the proximal dendrite [pF] = 75, > 0
    proximal_C_m: f32,
    /// Leak conductance of the proximal dendrite [nS] = 5, >= 0
    proximal_g_L: f32,
    /// Leak potential of the proximal dendrite [mV] = -70
    proximal_E_L: f32,
    /// Reversal potential of excitation of the proximal dendrite [mV] = 0
    proximal_E_ex: f32,
    /// Reversal potential of inhibition of the proximal dendrite [mV] = -85
    proximal_E_in: f32,
    /// Rise time of excitation of the proximal dendrite [ms] = 0.5, > 0
    proximal_tau_syn_ex: f32,
    /// Rise time of inhibition of the proximal dendrite [ms] = 2, > 0
    proximal_tau_syn_in: f32,
    /// Constant current into the proximal dendrite [pA] = 0
    proximal_I_e: f32,
    /// Membrane capacitance of the distal dendrite [pF] = 150, > 0
    distal_C_m: f32,
    /// Leak conductance of the distal dendrite [nS] = 10, >= 0
    distal_g_L: f32,
    /// Leak potential of the distal dendrite [mV] = -70
    distal_E_L: f32,
    /// Reversal potential of excitation of the distal dendrite [mV] = 0
    distal_E_ex: f32,
    /// Reversal potential of inhibition of the distal dendrite [mV] = -85
    distal_E_in: f32,
    /// Rise time of excitation of the distal dendrite [ms] = 0.5, > 0
    distal_tau_syn_ex: f32,
    /// Rise time of inhibition of the distal dendrite [ms] = 2, > 0
    distal_tau_syn_in: f32,
    /// Constant current into the distal dendrite [pA] = 0
    distal_I_e: f32,
    /// Error allowed in a step of the integration, in mV and nS [1] = 1e-3, > 0
    gsl_error_tol: f32,
}

struct State {
    /// Membrane potential of the soma [mV] = soma_E_L, from soma_E_L
    V_m_s: f32,
    /// Excitatory conductance of the soma [nS] = 0
    g_ex_s: f32,
    /// Inhibitory conductance of the soma [nS] = 0
    g_in_s: f32,
    /// Derivative variable of the excitatory conductance of the soma, in nS per ms [1] = 0
    dg_ex_s: f32,
    /// Derivative variable of the inhibitory conductance of the soma, in nS per ms [1] = 0
    dg_in_s: f32,
    /// Current injected into the soma that arrived in the last step [pA] = 0
    I_stim_s: f32,
    /// Membrane potential of the proximal dendrite [mV] = proximal_E_L, from proximal_E_L
    V_m_p: f32,
    /// Excitatory conductance of the proximal dendrite [nS] = 0
    g_ex_p: f32,
    /// Inhibitory conductance of the proximal dendrite [nS] = 0
    g_in_p: f32,
    /// Derivative variable of the excitatory conductance of the proximal dendrite, in nS per ms [1] = 0
    dg_ex_p: f32,
    /// Derivative variable of the inhibitory conductance of the proximal dendrite, in nS per ms [1] = 0
    dg_in_p: f32,
    /// Current injected into the proximal dendrite that arrived in the last step [pA] = 0
    I_stim_p: f32,
    /// Membrane potential of the distal dendrite [mV] = distal_E_L, from distal_E_L
    V_m_d: f32,
    /// Excitatory conductance of the distal dendrite [nS] = 0
    g_ex_d: f32,
    /// Inhibitory conductance of the distal dendrite [nS] = 0
    g_in_d: f32,
    /// Derivative variable of the excitatory conductance of the distal dendrite, in nS per ms [1] = 0
    dg_ex_d: f32,
    /// Derivative variable of the inhibitory conductance of the distal dendrite, in nS per ms [1] = 0
    dg_in_d: f32,
    /// Current injected into the distal dendrite that arrived in the last step [pA] = 0
    I_stim_d: f32,
    /// Step size of the integration [ms] = 0.1
    h: f32,
    /// Remaining refractory steps [1] = 0
    refractory: u32,
}

struct Input {
    /// Excitatory spikes to the soma, summed weight [nS], > 0
    soma_exc: f32,
    /// Inhibitory spikes to the soma, summed size of the weight [nS], > 0
    soma_inh: f32,
    /// Excitatory spikes to the proximal dendrite, summed weight [nS], > 0
    proximal_exc: f32,
    /// Inhibitory spikes to the proximal dendrite, summed size of the weight [nS], > 0
    proximal_inh: f32,
    /// Excitatory spikes to the distal dendrite, summed weight [nS], > 0
    distal_exc: f32,
    /// Inhibitory spikes to the distal dendrite, summed size of the weight [nS], > 0
    distal_inh: f32,
    /// Current injected into the soma [pA], continuous
    soma_curr: f32,
    /// Current injected into the proximal dendrite [pA], continuous
    proximal_curr: f32,
    /// Current injected into the distal dendrite [pA], continuous
    distal_curr: f32,
}

struct Derived {
    E_ex_s: f32,
    E_in_s: f32,
    rate_ex_s: f32,
    rate_in_s: f32,
    jump_ex_s: f32,
    jump_in_s: f32,
    E_ex_p: f32,
    E_in_p: f32,
    rate_ex_p: f32,
    rate_in_p: f32,
    jump_ex_p: f32,
    jump_in_p: f32,
    E_ex_d: f32,
    E_in_d: f32,
    rate_ex_d: f32,
    rate_in_d: f32,
    jump_ex_d: f32,
    jump_in_d: f32,
    /// Leak potential of the proximal dendrite above that of the soma, and of the distal above the proximal.
    E_ps: f32,
    E_dp: f32,
    g_sp: f32,
    g_pd: f32,
    V_th: f32,
    V_reset: f32,
    scale: f32,
    refractory_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.E_ex_s = p.soma_E_ex - p.soma_E_L;
    d.E_in_s = p.soma_E_in - p.soma_E_L;
    d.rate_ex_s = -1.0 / p.soma_tau_syn_ex;
    d.rate_in_s = -1.0 / p.soma_tau_syn_in;
    d.jump_ex_s = exp(1.0) / p.soma_tau_syn_ex;
    d.jump_in_s = exp(1.0) / p.soma_tau_syn_in;
    d.E_ex_p = p.proximal_E_ex - p.proximal_E_L;
    d.E_in_p = p.proximal_E_in - p.proximal_E_L;
    d.rate_ex_p = -1.0 / p.proximal_tau_syn_ex;
    d.rate_in_p = -1.0 / p.proximal_tau_syn_in;
    d.jump_ex_p = exp(1.0) / p.proximal_tau_syn_ex;
    d.jump_in_p = exp(1.0) / p.proximal_tau_syn_in;
    d.E_ex_d = p.distal_E_ex - p.distal_E_L;
    d.E_in_d = p.distal_E_in - p.distal_E_L;
    d.rate_ex_d = -1.0 / p.distal_tau_syn_ex;
    d.rate_in_d = -1.0 / p.distal_tau_syn_in;
    d.jump_ex_d = exp(1.0) / p.distal_tau_syn_ex;
    d.jump_in_d = exp(1.0) / p.distal_tau_syn_in;
    d.E_ps = p.proximal_E_L - p.soma_E_L;
    d.E_dp = p.distal_E_L - p.proximal_E_L;
    d.g_sp = p.g_sp;
    d.g_pd = p.g_pd;
    d.V_th = p.V_th - p.soma_E_L;
    d.V_reset = p.V_reset - p.soma_E_L;
    d.scale = 1.0 / (p.V_th - p.V_reset);
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    return d;
}

fn derivative(p: Params, d: Derived, s: State) -> State {
    var change: State;
    let held = s.refractory > 0u;
    let from_s = d.g_sp * (s.V_m_p - s.V_m_s + d.E_ps) + s.I_stim_s + p.soma_I_e;
    let synapses_s = -s.g_ex_s * (s.V_m_s - d.E_ex_s) - s.g_in_s * (s.V_m_s - d.E_in_s);
    change.V_m_s = select((-p.soma_g_L * s.V_m_s + synapses_s + from_s) / p.soma_C_m, 0.0, held);
    change.dg_ex_s = d.rate_ex_s * s.dg_ex_s;
    change.dg_in_s = d.rate_in_s * s.dg_in_s;
    change.g_ex_s = s.dg_ex_s + d.rate_ex_s * s.g_ex_s;
    change.g_in_s = s.dg_in_s + d.rate_in_s * s.g_in_s;
    let from_s_and_d = d.g_sp * (s.V_m_s - s.V_m_p - d.E_ps) + d.g_pd * (s.V_m_d - s.V_m_p + d.E_dp);
    let from_p = from_s_and_d + s.I_stim_p + p.proximal_I_e;
    let synapses_p = -s.g_ex_p * (s.V_m_p - d.E_ex_p) - s.g_in_p * (s.V_m_p - d.E_in_p);
    change.V_m_p = select((-p.proximal_g_L * s.V_m_p + synapses_p + from_p) / p.proximal_C_m, 0.0, held);
    change.dg_ex_p = d.rate_ex_p * s.dg_ex_p;
    change.dg_in_p = d.rate_in_p * s.dg_in_p;
    change.g_ex_p = s.dg_ex_p + d.rate_ex_p * s.g_ex_p;
    change.g_in_p = s.dg_in_p + d.rate_in_p * s.g_in_p;
    let from_d = d.g_pd * (s.V_m_p - s.V_m_d - d.E_dp) + s.I_stim_d + p.distal_I_e;
    let synapses_d = -s.g_ex_d * (s.V_m_d - d.E_ex_d) - s.g_in_d * (s.V_m_d - d.E_in_d);
    change.V_m_d = select((-p.distal_g_L * s.V_m_d + synapses_d + from_d) / p.distal_C_m, 0.0, held);
    change.dg_ex_d = d.rate_ex_d * s.dg_ex_d;
    change.dg_in_d = d.rate_in_d * s.dg_in_d;
    change.g_ex_d = s.dg_ex_d + d.rate_ex_d * s.g_ex_d;
    change.g_in_d = s.dg_in_d + d.rate_in_d * s.g_in_d;
    return change;
}

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    let after = rkf45(p, d, s, dt, p.gsl_error_tol, s.h);
    var next = after.s;
    next.h = after.h;
    if (s.refractory > 0u) {
        next.V_m_s = d.V_reset;
        next.refractory = s.refractory - 1u;
    }
    next.dg_ex_s += d.jump_ex_s * x.soma_exc;
    next.dg_in_s += d.jump_in_s * x.soma_inh;
    next.I_stim_s = x.soma_curr;
    next.dg_ex_p += d.jump_ex_p * x.proximal_exc;
    next.dg_in_p += d.jump_in_p * x.proximal_inh;
    next.I_stim_p = x.proximal_curr;
    next.dg_ex_d += d.jump_ex_d * x.distal_exc;
    next.dg_in_d += d.jump_in_d * x.distal_inh;
    next.I_stim_d = x.distal_curr;
    return next;
}

fn threshold(d: Derived, s: State) -> f32 {
    return select((s.V_m_s - d.V_th) * d.scale, -1.0, s.refractory > 0u);
}

fn reset(d: Derived, s: State) -> State {
    var next = s;
    next.V_m_s = d.V_reset;
    next.refractory = d.refractory_steps;
    return next;
}
