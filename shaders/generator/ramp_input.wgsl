//! Current that rises or falls linearly for a time.
//!
//!     I = c_start + (c_end - c_start) (t - t_start) / duration for t_start <= t < t_start + duration, else 0
//!
//! It acts in the step that begins at t, without a delay of its own. brainpy.state: RampInput.

#import lib/clock

struct Params {
    /// Current at the begin [port] = 0
    c_start: f32,
    /// Current at the end [port] = 0
    c_end: f32,
    /// How long it lasts [ms] = 100, > 0
    duration: f32,
    /// When it begins [ms] = 0, >= 0
    t_start: f32,
}

/// The step that begins at the time of the current.
fn now(clock: Clock) -> u32 {
    return clock.step + 1u;
}

struct Derived {
    first: u32,
    end: u32,
    /// Current at step `first`, and its change from step to step.
    at_first: f32,
    per_step: f32,
}

fn derive(p: Params, dt: f32) -> Derived {
    let first = steps_to_last(p.t_start, dt);
    let slope = (p.c_end - p.c_start) / p.duration;
    let at_first = p.c_start + slope * (f32(first) * dt - p.t_start);
    return Derived(first, steps_to_last(p.t_start + p.duration, dt), at_first, slope * dt);
}

fn current(d: Derived, clock: Clock) -> f32 {
    let step = now(clock);
    let is_active = step >= d.first && step < d.end;
    return select(0.0, d.at_first + d.per_step * f32(step - d.first), is_active);
}

fn latency() -> u32 {
    return 1u;
}
