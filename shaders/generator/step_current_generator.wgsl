//! Current that steps to given values at given times, between start and stop.
//!
//!     I = amplitude_values[k] for amplitude_times[k] <= t < amplitude_times[k + 1]
//!
//! Before the first time it is 0; the last value stays. NEST: step_current_generator.

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
    /// Values [pA] = 0
    amplitude_values: f32,
}

fn rounds_up(p: Params) -> u32 {
    return p.allow_offgrid_times;
}

fn level(e: Schedule) -> f32 {
    return e.amplitude_values;
}
