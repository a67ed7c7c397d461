//! Rate that steps to given values at given times, between start and stop, for neurons that take a rate.
//!
//!     rate = amplitude_values[k] for amplitude_times[k] <= t < amplitude_times[k + 1]
//!
//! Before the first time it is 0; the last value stays. Values are in the unit of the port that they arrive at, and act
//! after the delay of the projection as a current does. NEST: step_rate_generator, whose values act on rate neurons earlier
//! than that by the smallest delay of the network.

struct Params {
    /// Times between two steps are moved to the end of theirs {false | true} = false
    allow_offgrid_times: u32,
    /// Begin, relative to origin [ms] = 0
    start: f32,
    /// End, relative to origin [ms] = inf, >= start
    stop: f32,
    /// Offset of begin and end [ms] = 0
    origin: f32,
}

struct Schedule {
    /// When each value begins, increasing [ms], > 0
    amplitude_times: f32,
    /// Values [port] = 0
    amplitude_values: f32,
}

fn rounds_up(p: Params) -> u32 {
    return p.allow_offgrid_times;
}

fn level(e: Schedule) -> f32 {
    return e.amplitude_values;
}
