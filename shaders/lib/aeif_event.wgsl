//! What a spike of an adaptive exponential neuron does, within a step.

fn event(p: Params, d: Derived, s: State) -> State {
    var next = s;
    if (s.refractory > 0u) {
        next.V_m = d.V_reset;
    } else if (s.V_m >= d.V_peak) {
        next.V_m = d.V_reset;
        next.w += d.b;
        next.spiked = 1u;
        // the rest of this step counts as none of the refractory time
        next.refractory = select(0u, d.refractory_steps + 1u, d.refractory_steps > 0u);
    }
    return next;
}
