//! Poisson spikes at a rate that steps to given values at given times, an independent train for every target.
//!
//!     rate = rate_values[k] for rate_times[k] <= t < rate_times[k + 1], where t is the end of the step
//!
//! Before the first time the rate is 0; the last value stays; a value below 0 counts as 0. The count of a step is drawn by
//! inversion of its distribution; means above 4 are sums of several draws. NEST: inhomogeneous_poisson_generator; edges of
//! rates and windows to the step; over 20 seeds rate and autocorrelation agree within a standard deviation of its seeds.

#import lib/clock
#import lib/poisson
#import lib/random

struct Params {
    /// Times between two steps are moved to the end of theirs {false | true} = false
    allow_offgrid_times: u32,
    /// Begin, relative to origin [ms] = 0
    start: f32,
    /// End, relative to origin [ms] = inf, >= start
    stop: f32,
    /// Offset of begin and end [ms] = 0
    origin: f32,
}

struct Schedule {
    /// When each rate begins, increasing [ms], > 0
    rate_times: f32,
    /// Rates [Hz] = 0
    rate_values: f32,
}

struct Input {
    /// The rate of this time [Hz], continuous
    rate: f32,
}

struct Derived {
    first: u32,
    end: u32,
}

fn rounds_up(p: Params) -> u32 {
    return p.allow_offgrid_times;
}

fn level(e: Schedule) -> f32 {
    return max(e.rate_values, 0.0);
}

fn derive(p: Params, dt: f32) -> Derived {
    return Derived(steps(p.origin + p.start, dt), steps(p.origin + p.stop, dt));
}

/// Draws whose sum is the count: at most 4 spikes are expected of each.
fn n_draws(x: Input, dt: f32) -> f32 {
    return max(ceil(x.rate * dt / 4000.0), 1.0);
}

fn bound(x: Input, dt: f32) -> f32 {
    return 24.0 * n_draws(x, dt);
}

fn spikes(d: Derived, x: Input, clock: Clock, stream: Stream, dt: f32) -> f32 {
    let draws = n_draws(x, dt);
    let mean = max(x.rate, 0.0) * dt / 1000.0 / draws;
    var count = 0.0;
    for (var k = 0u; k < 4096u; k++) {
        if (f32(k) >= draws) {
            break;
        }
        count += poisson(mean, word(stream, k));
    }
    return select(0.0, count, is_sending(clock, d.first, d.end));
}
