//! Poisson spikes at a rate that follows a sine, between start and stop, an independent train for every target.
//!
//!     rate(t) = max(0, rate + amplitude sin(2 pi frequency t + phase))
//!
//! t counts from the start of the run, not from `start`. The count of a step is drawn by inversion of its
//! distribution; means above 4 are sums of several draws. With individual_spike_trains = false all targets of an element
//! have the same train.
//! NEST: sinusoidal_poisson_generator; over 10 seeds the rates agree to 0.1 % and the phases to 0.1 degrees, both
//! within the errors of the means, variation of intervals and autocorrelation to 0.6 standard deviations of its seeds;
//! windows to the step.

#import lib/clock
#import lib/poisson
#import lib/random
#import lib/turn

struct Params {
    /// Mean rate [Hz] = 0, >= -1e7, <= 1e7
    rate: f32,
    /// Amplitude of the sine [Hz] = 0, >= -1e7, <= 1e7
    amplitude: f32,
    /// Frequency [Hz] = 0
    frequency: f32,
    /// Phase at time 0, in degrees [1] = 0
    phase: f32,
    /// Every target has a train of its own {false | true} = true
    individual_spike_trains: u32,
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
    /// Draws whose sum is the count.
    draws: u32,
    /// Mean of a draw at the mean rate, and its amplitude.
    mean: f32,
    amplitude: f32,
}

fn derive(p: Params, dt: f32) -> Derived {
    let per_step = part_of(p.frequency * dt / 1000.0);
    let seconds = dt / 1000.0;
    let draws = max(ceil((p.rate + abs(p.amplitude)) * seconds / 4.0), 1.0);
    var d: Derived;
    d.first = steps(p.origin + p.start, dt);
    d.end = steps(p.origin + p.stop, dt);
    d.phase = part_of(p.phase / 360.0).high;
    d.per_step_high = per_step.high;
    d.per_step_low = per_step.low;
    d.draws = u32(draws);
    d.mean = p.rate * seconds / draws;
    d.amplitude = p.amplitude * seconds / draws;
    return d;
}

fn bound(d: Derived) -> f32 {
    return 24.0 * f32(d.draws);
}

fn spikes(p: Params, d: Derived, clock: Clock, stream: Stream, joint: Stream) -> f32 {
    // NEST's device is on in the steps that end in start..stop
    let end = clock.step + 1u;
    let angle = after(d.phase, Turn(d.per_step_high, d.per_step_low), end);
    let mean = max(d.mean + d.amplitude * sine(angle), 0.0);
    var count = 0.0;
    for (var k = 0u; k < 4096u; k++) {
        if (k >= d.draws) {
            break;
        }
        count += poisson(mean, select(words(joint, k).x, word(stream, k), p.individual_spike_trains == 1u));
    }
    return select(0.0, count, end >= d.first && end < d.end);
}
