//! Sinusoidal current between start and stop.
//!
//!     I = offset + amplitude sin(2 pi frequency t + phase)
//!
//! t counts from the start of the run, not from `start`. NEST: ac_generator; potentials that it drives within
//! 2.9e-5 mV.

#import lib/clock
#import lib/turn

struct Params {
    /// Amplitude of the sine [pA] = 0
    amplitude: f32,
    /// Constant part [pA] = 0
    offset: f32,
    /// Frequency [Hz] = 0
    frequency: f32,
    /// Phase at time 0, in degrees [1] = 0
    phase: f32,
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
    phase: u32,
    per_step_high: u32,
    per_step_low: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    let per_step = part_of(p.frequency * dt / 1000.0);
    var d: Derived;
    d.first = steps(p.origin + p.start, dt);
    d.end = steps(p.origin + p.stop, dt);
    d.phase = part_of(p.phase / 360.0).high;
    d.per_step_high = per_step.high;
    d.per_step_low = per_step.low;
    return d;
}

fn current(p: Params, d: Derived, clock: Clock) -> f32 {
    // NEST's device is on in the steps that end in start..stop; one that starts at 0 misses a step
    let end = clock.step + 1u;
    let angle = after(d.phase, Turn(d.per_step_high, d.per_step_low), end);
    return select(0.0, p.offset + p.amplitude * sine(angle), end >= d.first && end < d.end);
}
