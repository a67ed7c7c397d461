//! White noise: the increments of a Wiener process.
//!
//!     I = sigma sqrt(dt / ms) N(0, 1) for t < duration, then 0; a number of its own for every step and target
//!
//! It acts in the step that begins at t, without a delay of its own. brainpy.state: WienerProcessInput.

#import lib/clock
#import lib/normal

struct Params {
    /// Standard deviation at dt = 1 ms [port] = 0, >= 0
    sigma: f32,
    /// It ends at this time [ms] = inf, >= 0
    duration: f32,
}

/// The step that begins at the time of the current.
fn now(clock: Clock) -> u32 {
    return clock.step + 1u;
}

struct Derived {
    end: u32,
    deviation: f32,
}

fn derive(p: Params, dt: f32) -> Derived {
    return Derived(steps_to_last(p.duration, dt), p.sigma * sqrt(dt));
}

fn current(d: Derived, clock: Clock, stream: Stream) -> f32 {
    return select(0.0, d.deviation * normal(words(stream, 0u).x), now(clock) < d.end);
}

fn latency() -> u32 {
    return 1u;
}
