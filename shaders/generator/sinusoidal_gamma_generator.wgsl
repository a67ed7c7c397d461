//! Gamma spikes at a rate that follows a sine, between start and stop, an independent train for every target.
//!
//!     rate(t) = rate + amplitude sin(2 pi frequency t + phase)
//!     hazard(t) = order rate(t) x^(order - 1) exp(-x) / Gamma(order, x), a spike in a step with probability hazard dt
//!     x is order times the integral of the rate since the last spike
//!
//! In the time of the integral, intervals follow a gamma distribution of this order. t counts from the start of the run, and
//! so does the first interval, whatever `start` is. With individual_spike_trains = false all targets of an element have the
//! same train. Brown, Barbieri, Ventura, Kass & Frank (2002), doi:10.1162/08997660252741149.
//! NEST: sinusoidal_gamma_generator; windows to the step; over 20 seeds rate, variation of intervals and
//! autocorrelation agree within a standard deviation of its seeds.

#import lib/clock
#import lib/incomplete_gamma
#import lib/poisson
#import lib/random
#import lib/turn

struct Params {
    /// Mean rate [Hz] = 0, >= 0
    rate: f32,
    /// Amplitude of the sine [Hz] = 0, >= 0, <= rate
    amplitude: f32,
    /// Frequency [Hz] = 0
    frequency: f32,
    /// Phase at time 0, in degrees [1] = 0
    phase: f32,
    /// Order of the gamma process [1] = 1, >= 1
    order: f32,
    /// Every target has a train of its own {false | true} = true
    individual_spike_trains: u32,
    /// Begin, relative to origin [ms] = 0
    start: f32,
    /// End, relative to origin [ms] = inf, >= start
    stop: f32,
    /// Offset of begin and end [ms] = 0
    origin: f32,
}

struct State {
    /// Integral of the rate since the last spike [1] = 0
    Lambda: f32,
    /// 1 in the step of a spike [1] = 0
    fired: u32,
}

struct Derived {
    first: u32,
    end: u32,
    phase: u32,
    /// The phase half a step later.
    middle: u32,
    per_step_high: u32,
    per_step_low: u32,
    /// Mean number of spikes of a step, the amplitude at its end, and the amplitude over the step.
    mean: f32,
    at_end: f32,
    over_step: f32,
    /// Logarithm of Gamma(order).
    ln_gamma: f32,
}

fn derive(p: Params, dt: f32) -> Derived {
    let turns = p.frequency * dt / 1000.0;
    let per_step = part_of(turns);
    let half = 3.141592653589793 * turns;
    var d: Derived;
    d.first = steps(p.origin + p.start, dt);
    d.end = steps(p.origin + p.stop, dt);
    d.phase = part_of(p.phase / 360.0).high;
    d.middle = part_of(p.phase / 360.0 + turns / 2.0).high;
    d.per_step_high = per_step.high;
    d.per_step_low = per_step.low;
    d.mean = p.rate * dt / 1000.0;
    d.at_end = p.amplitude * dt / 1000.0;
    d.over_step = d.at_end * select(sin(half) / half, 1.0, abs(half) < 1e-6);
    d.ln_gamma = ln_gamma(p.order);
    return d;
}

fn update(p: Params, d: Derived, s: State, clock: Clock, stream: Stream, joint: Stream) -> State {
    let turn = Turn(d.per_step_high, d.per_step_low);
    let Lambda = s.Lambda + d.mean + d.over_step * sine(after(d.middle, turn, clock.step));
    let expected = d.mean + d.at_end * sine(after(d.phase, turn, clock.step + 1u));
    let hazard = p.order * gamma_hazard(p.order, p.order * Lambda, d.ln_gamma);
    let word = select(words(joint, 0u).x, word(stream, 0u), p.individual_spike_trains == 1u);
    let fired = is_sending(clock, d.first, d.end) && chance(word) < hazard * expected;
    return State(select(Lambda, 0.0, fired), select(0u, 1u, fired));
}

fn bound() -> f32 {
    return 1.0;
}

fn spikes(s: State) -> f32 {
    return f32(s.fired);
}
