//! Constant current between start and stop.
//!
//! NEST: dc_generator.

#import lib/clock

struct Params {
    /// Current [pA] = 0
    amplitude: f32,
    /// Begin, relative to origin [ms] = 0
    start: f32,
    /// End, relative to origin [ms] = inf, >= start
    stop: f32,
    /// Offset of begin and end [ms] = 0
    origin: f32,
}

struct Derived {
    first: u32,
    end: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    return Derived(steps(p.origin + p.start, dt), steps(p.origin + p.stop, dt));
}

fn current(p: Params, d: Derived, clock: Clock) -> f32 {
    // NEST's device is on in the steps that end in start..stop; one that starts at 0 misses a step
    let end = clock.step + 1u;
    return select(0.0, p.amplitude, end >= d.first && end < d.end);
}
