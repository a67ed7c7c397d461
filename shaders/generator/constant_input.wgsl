//! Constant current for a time.
//!
//!     I = value for t < duration, then 0
//!
//! It acts in the step that begins at t, without a delay of its own. brainpy.state: ConstantInput.

#import lib/clock

struct Params {
    /// Current [port] = 0
    value: f32,
    /// It ends at this time [ms] = inf, >= 0
    duration: f32,
}

/// The step that begins at the time of the current.
fn now(clock: Clock) -> u32 {
    return clock.step + 1u;
}

struct Derived {
    end: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    return Derived(steps_to_last(p.duration, dt));
}

fn current(p: Params, d: Derived, clock: Clock) -> f32 {
    return select(0.0, p.value, now(clock) < d.end);
}

fn latency() -> u32 {
    return 1u;
}
