//! Current that steps to given values at given times.
//!
//!     I = amplitudes[k] for step_times[k] <= t < step_times[k + 1]
//!
//! Before the first time it is 0; the last value stays. It acts in the step that begins at t, without a delay of its own.
//! brainpy.state: StepInput.

struct Schedule {
    /// When each value begins, increasing [ms], >= 0
    step_times: f32,
    /// Values [port] = 0
    amplitudes: f32,
}

fn level(e: Schedule) -> f32 {
    return e.amplitudes;
}

fn latency() -> u32 {
    return 1u;
}
