//! Spikes at listed times, as a neuron would send them, each with a multiplicity.
//!
//! A spike at time t is sent at the end of the step that ends at t. It arrives as a spike of a neuron does, with the
//! weights and plasticity of the connections. NEST: spike_train_injector.

struct Params {
    /// Begin, relative to origin [ms] = 0
    start: f32,
    /// End, relative to origin [ms] = inf, >= start
    stop: f32,
    /// Offset of begin and end [ms] = 0
    origin: f32,
}

struct Schedule {
    /// Times [ms], > 0
    spike_times: f32,
    /// Spikes at this time [1] = 1, >= 0
    spike_multiplicities: f32,
}

/// How many spikes are sent.
fn count(p: Params, e: Schedule) -> f32 {
    let is_on = e.spike_times > p.origin + p.start && e.spike_times <= p.origin + p.stop;
    return select(0.0, e.spike_multiplicities, is_on);
}

/// What arrives, for a weight of 1.
fn event(p: Params, e: Schedule) -> f32 {
    return count(p, e);
}
