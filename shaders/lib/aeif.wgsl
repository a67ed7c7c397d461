//! The membrane of an adaptive exponential neuron, and one step of it, for models whose State has `V_m`, `w`, what
//! rounding lost of them, `h`, `spiked` and `refractory`.

#import lib/clock
#import lib/ode/rkf45_events

/// The derived values with those of the membrane, of the adaptation and of the spikes.
fn with_membrane(p: Params, dt: f32, of_synapses: Derived) -> Derived {
    let plain = p.Delta_T == 0.0;
    var d = of_synapses;
    d.g_L = p.g_L;
    d.C_m = p.C_m;
    d.V_th = p.V_th - p.E_L;
    d.V_peak = select(p.V_peak, p.V_th, plain) - p.E_L;
    d.V_reset = p.V_reset - p.E_L;
    d.I_e = p.I_e;
    d.a = p.a;
    d.b = p.b;
    d.rise = p.g_L * p.Delta_T;
    d.slope = 1.0 / select(p.Delta_T, 1.0, plain);
    d.rate_w = 1.0 / p.tau_w;
    d.scale = 1.0 / (p.V_peak - p.V_reset);
    d.tolerance = p.gsl_error_tol;
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    return d;
}

/// The potential in the equations: at most V_peak, and V_reset while refractory.
fn limited(d: Derived, s: State) -> f32 {
    return select(min(s.V_m, d.V_peak), d.V_reset, s.refractory > 0u);
}

/// What V_m and w change by per ms, at a potential `V` that is `limited`, with a current `I_syn` of the synapses.
fn membrane(d: Derived, s: State, V: f32, I_syn: f32) -> State {
    var change: State;
    let leak = -d.g_L * V + d.rise * exp((V - d.V_th) * d.slope);
    change.V_m = select((leak + I_syn - s.w + s.I_stim + d.I_e) / d.C_m, 0.0, s.refractory > 0u);
    change.w = (d.a * V - s.w) * d.rate_w;
    return change;
}

/// The state at the end of the step, without what arrives then.
fn stepped(p: Params, d: Derived, s: State, dt: f32) -> State {
    var begin = s;
    begin.spiked = 0u;
    var lost: State;
    lost.V_m = s.V_lost;
    lost.w = s.w_lost;
    let after = rkf45_events(p, d, begin, dt, d.tolerance, s.h, lost);
    var next = after.s;
    next.V_lost = after.lost.V_m;
    next.w_lost = after.lost.w;
    next.h = after.h;
    next.refractory -= min(next.refractory, 1u);
    return next;
}

/// At least 0 where there was a spike in this step, in parts of V_peak - V_reset.
fn spike_within(d: Derived, s: State) -> f32 {
    return select(min((s.V_m - d.V_peak) * d.scale, -1e-6), 1.0, s.spiked > 0u);
}

/// The state once the spike of this step is sent.
fn sent(s: State) -> State {
    var next = s;
    next.spiked = 0u;
    return next;
}
