//! Spikes at listed times, each with a factor for the weights of its connections and a multiplicity.
//!
//! A spike at time t is sent at the end of the step that ends at t. It counts within start and stop by that end. NEST:
//! spike_generator; brainpy.state: SpikeTime.

struct Params {
    /// Times between two steps are moved to the end of theirs {false | true} = false
    allow_offgrid_times: u32,
    /// Times are exact; neurons, which know whole steps only, receive them at the end of theirs {false | true} = false
    precise_times: u32,
    /// A spike at time 0 is moved to the end of the first step {false | true} = false
    shift_now_spikes: u32,
    /// Begin, relative to origin [ms] = 0
    start: f32,
    /// End, relative to origin [ms] = inf, >= start
    stop: f32,
    /// Offset of begin, end and times [ms] = 0
    origin: f32,
}

struct Schedule {
    /// Times, relative to origin [ms], >= 0
    spike_times: f32,
    /// Factors of the weights [1] = 1
    spike_weights: f32,
    /// Spikes at this time [1] = 1, >= 0
    spike_multiplicities: f32,
}

fn rounds_up(p: Params) -> u32 {
    return max(p.allow_offgrid_times, p.precise_times);
}

fn offset(p: Params) -> f32 {
    return p.origin;
}

fn shifts_now(p: Params) -> u32 {
    return p.shift_now_spikes;
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
