//! Sinusoidal current for a time.
//!
//!     I = amplitude sin(2 pi frequency t) + bias for t < duration, then 0
//!
//! It acts in the step that begins at t, without a delay of its own. brainpy.state: SinusoidalInput.

#import lib/clock
#import lib/turn

struct Params {
    /// Amplitude [port] = 0
    amplitude: f32,
    /// Frequency [Hz] = 0
    frequency: f32,
    /// Constant part [port] = 0
    bias: f32,
    /// It ends at this time [ms] = inf, >= 0
    duration: f32,
}

/// The step that begins at the time of the current.
fn now(clock: Clock) -> u32 {
    return clock.step + 1u;
}

struct Derived {
    end: u32,
    per_step_high: u32,
    per_step_low: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    let per_step = part_of(p.frequency * dt / 1000.0);
    return Derived(steps_to_last(p.duration, dt), per_step.high, per_step.low);
}

fn current(p: Params, d: Derived, clock: Clock) -> f32 {
    let angle = after(0u, Turn(d.per_step_high, d.per_step_low), now(clock));
    return select(0.0, p.amplitude * sine(angle) + p.bias, now(clock) < d.end);
}

fn latency() -> u32 {
    return 1u;
}
