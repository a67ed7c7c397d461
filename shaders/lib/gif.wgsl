//! How the current and the threshold of a generalised integrate-and-fire neuron adapt, and its spikes at random.
//!
//! What many spikes add up to is large beside what one of them adds, so its parts carry what rounding took from them.

#import lib/two_sum
#import lib/poisson
#import lib/random

/// The derived values with those of the adaptation and of the spikes.
fn with_adaptation(p: Params, dt: f32, of_membrane: Derived) -> Derived {
    var d = of_membrane;
    for (var k = 0u; k < STC; k++) {
        d.decay_stc[k] = exp(-dt / p.tau_stc[k]) - 1.0;
    }
    for (var k = 0u; k < SFA; k++) {
        d.decay_sfa[k] = exp(-dt / p.tau_sfa[k]) - 1.0;
    }
    d.V_reset = p.V_reset - p.E_L;
    d.per_step = p.lambda_0 * dt / 1000.0;
    d.refractory_steps = steps_to_last(p.t_ref, dt);
    return d;
}

/// What the last spikes left behind, for this step and the next.
fn adapted(p: Params, d: Derived, s: State) -> State {
    var next = s;
    next.I_stc = 0.0;
    for (var k = 0u; k < STC; k++) {
        next.I_stc += s.stc[k];
        let stc = decayed(s.stc[k], s.stc_low[k], d.decay_stc[k], 0.0);
        next.stc[k] = stc.x;
        next.stc_low[k] = stc.y;
    }
    var sum = 0.0;
    for (var k = 0u; k < SFA; k++) {
        sum += s.sfa[k];
        let sfa = decayed(s.sfa[k], s.sfa_low[k], d.decay_sfa[k], 0.0);
        next.sfa[k] = sfa.x;
        next.sfa_low[k] = sfa.y;
    }
    next.E_sfa = p.V_T_star + sum;
    return next;
}

/// The state at the end of a step, with V held at V_reset while refractory.
fn held(d: Derived, s: State) -> State {
    var next = s;
    next.held = min(s.refractory, 1u);
    next.refractory -= next.held;
    next.V_m = select(s.V_m, d.V_reset, next.held == 1u);
    next.V_low = select(s.V_low, 0.0, next.held == 1u);
    return next;
}

/// At least 0 where the neuron spikes, in widths of the threshold.
fn spike_at_random(p: Params, d: Derived, s: State, stream: Stream) -> f32 {
    let distance = (s.V_m + p.E_L - s.E_sfa) / p.Delta_V;
    let probability = at_least_once(d.per_step * exp(distance));
    let spikes = s.held == 0u && chance(words(stream, 0u).x) < probability;
    return select(min(distance, -1e-6), max(distance, 0.0), spikes);
}

/// The state after a spike.
fn adapted_by_spike(p: Params, d: Derived, s: State) -> State {
    var next = s;
    for (var k = 0u; k < STC; k++) {
        let stc = two_sum(s.stc[k], p.q_stc[k] + s.stc_low[k]);
        next.stc[k] = stc.x;
        next.stc_low[k] = stc.y;
    }
    for (var k = 0u; k < SFA; k++) {
        let sfa = two_sum(s.sfa[k], p.q_sfa[k] + s.sfa_low[k]);
        next.sfa[k] = sfa.x;
        next.sfa_low[k] = sfa.y;
    }
    next.refractory = d.refractory_steps;
    return next;
}
