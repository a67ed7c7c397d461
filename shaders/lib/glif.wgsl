//! How the currents and the threshold of a generalised leaky integrate-and-fire neuron adapt.

/// What spikes and the potential have added to the threshold and to the current, at the end of a free step; those that
/// act in it are kept aside.
fn adapted(d: Derived, s: State) -> State {
    var next = s;
    if (d.after == 1u) {
        next.ASCurrents_sum = d.mean_1 * s.ASCurrents_1 + d.mean_2 * s.ASCurrents_2;
        next.ASCurrents_1 += d.decay_1 * s.ASCurrents_1;
        next.ASCurrents_2 += d.decay_2 * s.ASCurrents_2;
    }
    next.threshold_spike += f32(d.spike) * d.decay_spike * s.threshold_spike;
    let rest = (s.I + next.ASCurrents_sum) / d.leak;
    let voltage = d.decay_voltage * s.threshold_voltage + d.from_V * (s.V_m - rest) + d.from_rest * rest;
    next.threshold_voltage += f32(d.voltage) * voltage;
    next.threshold = d.V_th + next.threshold_spike + next.threshold_voltage;
    return next;
}
