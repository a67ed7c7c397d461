//! Copies of a mother process: every target has each spike of one Poisson train with probability p_copy, on its own.
//!
//! Two targets of an element are correlated with coefficient p_copy; targets of different elements are not. Spikes of the
//! mother in the same step are copied one by one. Kuhn, Aertsen & Rotter (2003), doi:10.1162/089976603321043702.
//! NEST: mip_generator; windows to the step (it rounds them to multiples of the network's smallest delay); over 20 seeds
//! rate, variation of intervals, autocorrelation and the correlation of two targets agree within 1.1 standard deviations
//! of its seeds.

#import lib/binomial
#import lib/clock
#import lib/poisson
#import lib/random

struct Params {
    /// Rate of the mother process [Hz] = 0, >= 0, <= 1e7
    rate: f32,
    /// Probability that a target has a spike of the mother [1] = 1, >= 0, <= 1
    p_copy: f32,
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
    /// Draws whose sum is the number of the mother's spikes.
    draws: u32,
    /// Mean of a draw.
    mean: f32,
    ratio: f32,
    none: f32,
    block: u32,
    is_counted_down: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    let mean = p.rate * dt / 1000.0;
    let draws = max(ceil(mean / 4.0), 1.0);
    let o = odds(p.p_copy);
    var d: Derived;
    d.first = steps(p.origin + p.start, dt);
    d.end = steps(p.origin + p.stop, dt);
    d.draws = u32(draws);
    d.mean = mean / draws;
    d.ratio = o.ratio;
    d.none = o.none;
    d.block = o.block;
    d.is_counted_down = o.is_counted_down;
    return d;
}

fn bound(d: Derived) -> f32 {
    return 24.0 * f32(d.draws);
}

fn spikes(d: Derived, clock: Clock, stream: Stream, joint: Stream) -> f32 {
    var mother = 0.0;
    for (var k = 0u; k < 4096u; k++) {
        if (k >= d.draws) {
            break;
        }
        mother += poisson(d.mean, words(joint, k).x);
    }
    let copies = binomial(u32(mother), Odds(d.ratio, d.none, d.block, d.is_counted_down), stream, 0u);
    return select(0.0, f32(copies), is_sending(clock, d.first, d.end));
}
