//! Gaussian white noise current, redrawn at intervals and held between, a current of its own for every target.
//!
//!     I = mean + sqrt(std^2 + std_mod^2 sin(2 pi frequency t + phase)) N(0, 1), drawn once an interval
//!
//! Intervals count from `start` and are rounded to steps; t counts from the start of the run, also where NEST's oscillation
//! stands still until `start` (it does in the first call of Simulate only). Where the variance would be negative it is 0;
//! NEST refuses std_mod > std. NEST: noise_generator; changes to the step, over 20 seeds mean, deviation and
//! autocorrelation of the current agree within half a standard deviation of its seeds.

#import lib/clock
#import lib/normal
#import lib/turn

struct Params {
    /// Mean current [pA] = 0
    mean: f32,
    /// Standard deviation [pA] = 0, >= 0
    std_: f32,
    /// Modulated part of the standard deviation [pA] = 0, >= 0, <= std
    std_mod: f32,
    /// Interval between changes of the current [ms] = 1, > 0
    dt: f32,
    /// Frequency of the modulation [Hz] = 0, >= 0
    frequency: f32,
    /// Phase of the modulation at time 0, in degrees [1] = 0
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
    /// Steps of an interval.
    interval: u32,
    phase: u32,
    per_step_high: u32,
    per_step_low: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    let per_step = part_of(p.frequency * dt / 1000.0);
    var d: Derived;
    d.first = steps(p.origin + p.start, dt);
    d.end = steps(p.origin + p.stop, dt);
    d.interval = max(steps(p.dt, dt), 1u);
    d.phase = part_of(p.phase / 360.0).high;
    d.per_step_high = per_step.high;
    d.per_step_low = per_step.low;
    return d;
}

fn current(p: Params, d: Derived, clock: Clock, stream: Stream) -> f32 {
    let end = clock.step + 1u;
    // before the first step, where nothing is sent, the difference wraps
    let drawn = clock.step - (end - max(d.first, 1u)) % d.interval;
    let angle = after(d.phase, Turn(d.per_step_high, d.per_step_low), drawn);
    let variance = p.std_ * p.std_ + p.std_mod * p.std_mod * sine(angle);
    let word = words(Stream(stream.seed, stream.stream, stream.element, drawn), 0u).x;
    let amount = p.mean + sqrt(max(variance, 0.0)) * normal(word);
    return select(0.0, amount, end >= d.first && end < d.end);
}
