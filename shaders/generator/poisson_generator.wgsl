//! Poisson spikes at a constant rate between start and stop, an independent train for every target.
//!
//! The count of a step is drawn by inversion of its distribution, in integers: the same on every device. Means
//! above 4 are sums of several draws. NEST: poisson_generator; over 20 seeds rate, variation of intervals and
//! autocorrelation agree within 0.6 standard deviations of its seeds.

#import lib/clock
#import lib/random

struct Params {
    /// Mean rate [Hz] = 0, >= 0, <= 1e7
    rate: f32,
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
    /// Draws whose sum is the count, beside the first.
    more_draws: u32,
    /// 0 where no draw exceeds 11.
    beyond_11: u32,
    /// 0 where no draw exceeds 19.
    beyond_19: u32,
    /// A draw exceeds k where its word exceeds limit[k]; beyond 24 lie 1e-12 of the draws.
    limit: array<u32, 24>,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    d.first = steps(p.origin + p.start, dt);
    d.end = steps(p.origin + p.stop, dt);
    let mean = p.rate * dt / 1000.0;
    let draws = max(ceil(mean / 4.0), 1.0);
    d.more_draws = u32(draws) - 1u;
    var term = exp(-mean / draws);
    var sum = term;
    for (var k = 0; k < 24; k++) {
        d.limit[k] = u32(max(4294967296.0 * min(sum, 1.0) - 1.0, 0.0));
        term *= mean / draws / f32(k + 1);
        sum += term;
    }
    d.beyond_11 = select(1u, 0u, d.limit[11] >= 0xfffffffeu);
    d.beyond_19 = select(1u, 0u, d.limit[19] >= 0xfffffffeu);
    return d;
}

fn one_draw(d: Derived, word: u32) -> u32 {
    var count = 0u;
    for (var k = 0; k < 12; k++) {
        count += select(0u, 1u, word > d.limit[k]);
    }
    if (d.beyond_11 != 0u) {
        for (var k = 12; k < 20; k++) {
            count += select(0u, 1u, word > d.limit[k]);
        }
    }
    if (d.beyond_19 != 0u) {
        for (var k = 20; k < 24; k++) {
            count += select(0u, 1u, word > d.limit[k]);
        }
    }
    return count;
}

fn bound(d: Derived) -> f32 {
    return 24.0 * f32(d.more_draws + 1u);
}

fn spikes(d: Derived, clock: Clock, stream: Stream) -> f32 {
    var count = one_draw(d, word(stream, 0u));
    for (var k = 1u; k <= 4096u; k++) {
        if (k > d.more_draws) {
            break;
        }
        count += one_draw(d, word(stream, k));
    }
    // NEST's device sends from the second step after start to the first after stop
    return select(0.0, f32(count), clock.step > d.first && clock.step <= d.end);
}
