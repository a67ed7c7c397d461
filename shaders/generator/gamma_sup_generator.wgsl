//! Superposition of independent gamma processes of integer shape, a superposition of its own for every target.
//!
//!     n_proc processes of gamma_shape phases each; in a step each leaves its phase with probability rate gamma_shape dt
//!     a process that leaves its last phase spikes and begins anew: intervals are gamma distributed, with mean 1 / rate
//!
//! The processes are kept as numbers in each phase: cost and memory grow with the shape (at most 512), not with n_proc.
//! They begin spread over the phases in equal parts, with the rest in the last, and stand still outside start..stop.
//! n_proc is read at the start.
//! Deger, Helias, Boucsein & Rotter (2012), Statistical properties of superimposed stationary spike trains,
//! doi:10.1007/s10827-011-0362-8. NEST: gamma_sup_generator; spikes equal where the probability is 1; elsewhere
//! over 20 seeds rate, variation of intervals and autocorrelation agree within a standard deviation of its seeds.

#import lib/binomial
#import lib/clock
#import lib/random

/// Phases: as many as `ports` says.
const PORTS = 1u;

struct Params {
    /// Rate of one process [Hz] = 0, >= 0
    rate: f32,
    /// Shape of the intervals' distribution [1] = 1, >= 1
    gamma_shape: u32,
    /// Number of processes [1] = 1, >= 1, <= 65535
    n_proc: u32,
    /// Begin, relative to origin [ms] = 0
    start: f32,
    /// End, relative to origin [ms] = inf, >= start
    stop: f32,
    /// Offset of begin and end [ms] = 0
    origin: f32,
}

struct State {
    /// Processes in each phase [1] = 0
    occupied: array<u32, PORTS>,
    /// Spikes of the step [1] = 0
    sent: u32,
}

struct Derived {
    first: u32,
    end: u32,
    /// Processes in each phase at the start, and how many more are in the last.
    each: u32,
    rest: u32,
    ratio: f32,
    none: f32,
    block: u32,
    is_counted_down: u32,
}

fn ports(p: Params) -> u32 {
    return p.gamma_shape;
}

fn derive(p: Params, dt: f32) -> Derived {
    let o = odds(min(p.rate * f32(p.gamma_shape) * dt / 1000.0, 1.0));
    let each = floor(f32(p.n_proc) / f32(p.gamma_shape));
    var d: Derived;
    d.first = steps(p.origin + p.start, dt);
    d.end = steps(p.origin + p.stop, dt);
    d.each = u32(each);
    d.rest = p.n_proc - u32(each) * p.gamma_shape;
    d.ratio = o.ratio;
    d.none = o.none;
    d.block = o.block;
    d.is_counted_down = o.is_counted_down;
    return d;
}

fn update(p: Params, d: Derived, s: State, clock: Clock, stream: Stream) -> State {
    let o = Odds(d.ratio, d.none, d.block, d.is_counted_down);
    let is_on = is_sending(clock, d.first, d.end);
    var next = s;
    next.sent = 0u;
    var coming = 0u;
    for (var k = 0u; k < PORTS; k++) {
        let is_last = k + 1u == p.gamma_shape;
        let at_start = select(0u, d.each + select(0u, d.rest, is_last), k < p.gamma_shape);
        let here = select(s.occupied[k], at_start, clock.step == 0u);
        let leaving = binomial(select(0u, here, is_on), o, stream, k * 8192u);
        next.occupied[k] = here - leaving + coming;
        coming = select(leaving, 0u, is_last);
        next.sent += select(0u, leaving, is_last);
    }
    next.occupied[0] += next.sent;
    return next;
}

fn bound(p: Params) -> f32 {
    return f32(p.n_proc);
}

fn spikes(s: State) -> f32 {
    return f32(s.sent);
}
