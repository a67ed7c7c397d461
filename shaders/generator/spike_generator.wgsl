//! Spikes at listed times, each with a factor for the weights of its connections and a multiplicity.
//!
//! A spike at time t is sent at the end of the step that ends at t. NEST: spike_generator; brainpy.state: SpikeTime.

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
    /// Factors of the weights [1] = 1
    spike_weights: f32,
    /// Spikes at this time [1] = 1, >= 0
    spike_multiplicities: f32,
}

fn is_active(p: Params, e: Schedule) -> bool {
    return e.spike_times > p.origin + p.start && e.spike_times <= p.origin + p.stop;
}

/// What arrives, for a weight of 1.
fn event(p: Params, e: Schedule) -> f32 {
    return select(0.0, e.spike_weights * e.spike_multiplicities, is_active(p, e));
}

/// How many spikes are sent, whatever their factor.
fn count(p: Params, e: Schedule) -> f32 {
    return select(0.0, e.spike_multiplicities, is_active(p, e));
}
