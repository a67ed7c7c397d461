//! Time, as a whole number of steps: no float counts it.

struct Clock {
    /// Steps since the start of the run; a generator sees the step in which it acts.
    step: u32,
    /// Length of a step in ms.
    dt: f32,
}

/// The whole number of steps in `time`, rounded; `inf` becomes the largest number.
fn steps(time: f32, dt: f32) -> u32 {
    return u32(clamp(round(time / dt), 0.0, 4294967295.0));
}

/// The least number of steps that lasts `time`; 1e-6 of a step is what decimal input loses.
fn steps_to_last(time: f32, dt: f32) -> u32 {
    return u32(clamp(ceil(time / dt - 1e-6), 0.0, 4294967295.0));
}

/// Whether a device of NEST sends spikes in this step: from the second after start to the first after stop.
fn is_sending(clock: Clock, first: u32, end: u32) -> bool {
    return clock.step > first && clock.step <= end;
}
