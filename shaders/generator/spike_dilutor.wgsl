//! Passes on each spike that it receives with probability p_copy, drawn for every target on its own.
//!
//! A spike leaves in the step in which it arrives; spikes that arrive together are passed on one by one, and weights do not
//! matter. What arrives outside start..stop is lost. NEST: spike_dilutor, which keeps a spike that arrives outside and sends
//! it when its ring buffer comes round; within start..stop spikes are equal for p_copy = 1, elsewhere over
//! 20 seeds rate, autocorrelation and the correlation of two targets agree within 1.1 standard deviations of its seeds.

#import lib/binomial
#import lib/clock
#import lib/random

struct Params {
    /// Probability that a target has a spike [1] = 1, >= 0, <= 1
    p_copy: f32,
    /// Begin, relative to origin [ms] = 0
    start: f32,
    /// End, relative to origin [ms] = inf, >= start
    stop: f32,
    /// Offset of begin and end [ms] = 0
    origin: f32,
}

struct Input {
    /// Spikes to pass on [spikes]
    spikes: f32,
}

struct Derived {
    first: u32,
    end: u32,
    ratio: f32,
    none: f32,
    block: u32,
    is_counted_down: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    let o = odds(p.p_copy);
    var d: Derived;
    d.first = steps(p.origin + p.start, dt);
    d.end = steps(p.origin + p.stop, dt);
    d.ratio = o.ratio;
    d.none = o.none;
    d.block = o.block;
    d.is_counted_down = o.is_counted_down;
    return d;
}

fn bound(x: Input) -> f32 {
    return x.spikes;
}

fn spikes(d: Derived, x: Input, clock: Clock, stream: Stream) -> f32 {
    let copies = binomial(u32(x.spikes), Odds(d.ratio, d.none, d.block, d.is_counted_down), stream, 0u);
    return select(0.0, f32(copies), is_sending(clock, d.first, d.end));
}
