//! Superposition of independent Poisson processes with dead time, a superposition of its own for every target.
//!
//!     a process that is not dead spikes in a step with probability hazard dt, and then is dead for dead_time
//!     hazard = rate / (1 - rate dead_time) (1 + relative_amplitude sin(2 pi frequency t))
//!
//! t counts from the start of the run, not from `start`. Dead times are rounded down to steps as NEST does it, by a
//! division of decimals: 2.4 ms are 23 steps of 0.1 ms. The processes are kept as the numbers that spiked in each of the
//! last steps: cost and memory grow with the dead time (at most 512 steps), not with n_proc. They begin as in equilibrium
//! and stand still outside start..stop. n_proc is read at the start.
//! Deger, Helias, Boucsein & Rotter (2012), Statistical properties of superimposed stationary spike trains,
//! doi:10.1007/s10827-011-0362-8. NEST: ppd_sup_generator; spikes equal where the probability is 1; elsewhere
//! over 20 seeds rate, variation of intervals and autocorrelation agree within a standard deviation of its seeds.

#import lib/binomial
#import lib/clock
#import lib/random
#import lib/turn

/// Steps of the dead time: as many as `ports` says.
const PORTS = 1u;

struct Params {
    /// Rate of one process [Hz] = 0, >= 0
    rate: f32,
    /// Dead time [ms] = 0, >= 0
    dead_time: f32,
    /// Number of processes [1] = 1, >= 1, <= 65535
    n_proc: u32,
    /// Frequency of the modulation [Hz] = 0
    frequency: f32,
    /// Amplitude of the modulation, as a part of the hazard [1] = 0, >= 0, <= 1
    relative_amplitude: f32,
    /// Begin, relative to origin [ms] = 0
    start: f32,
    /// End, relative to origin [ms] = inf, >= start
    stop: f32,
    /// Offset of begin and end [ms] = 0
    origin: f32,
}

struct State {
    /// Processes that spiked 1, 2, ... steps ago and are dead [1] = 0
    dead: array<u32, PORTS>,
    /// Processes that may spike [1] = 0
    alive: u32,
    /// Spikes of the step [1] = 0
    sent: u32,
}

struct Derived {
    first: u32,
    end: u32,
    per_step_high: u32,
    per_step_low: u32,
    dead_steps: u32,
    /// Processes that spiked in each of the last steps at the start, and those that may spike.
    each: u32,
    rest: u32,
    /// Mean probability of a spike in a step, for one that is not dead.
    probability: f32,
}

fn dead_steps(p: Params, dt: f32) -> u32 {
    return u32(floor(p.dead_time / dt));
}

fn ports(p: Params, dt: f32) -> u32 {
    return max(dead_steps(p, dt), 1u);
}

fn derive(p: Params, dt: f32) -> Derived {
    let per_step = part_of(p.frequency * dt / 1000.0);
    let rate = p.rate / 1000.0;
    let each = floor(rate * dt * f32(p.n_proc));
    var d: Derived;
    d.first = steps(p.origin + p.start, dt);
    d.end = steps(p.origin + p.stop, dt);
    d.per_step_high = per_step.high;
    d.per_step_low = per_step.low;
    d.dead_steps = dead_steps(p, dt);
    d.each = u32(each);
    d.rest = u32(max(f32(p.n_proc) - each * f32(d.dead_steps), 0.0));
    // a rate above 1 / dead_time has no hazard: spikes follow each other as soon as they can
    let alive = 1.0 - rate * p.dead_time;
    d.probability = select(1.0, min(rate * dt / max(alive, 1e-9), 1.0), alive > 0.0);
    return d;
}

fn update(p: Params, d: Derived, s: State, clock: Clock, stream: Stream) -> State {
    let angle = after(0u, Turn(d.per_step_high, d.per_step_low), clock.step + 1u);
    let probability = clamp(d.probability * (1.0 + p.relative_amplitude * sine(angle)), 0.0, 1.0);
    let is_on = is_sending(clock, d.first, d.end);
    let is_new = clock.step == 0u;
    let alive = select(s.alive, d.rest, is_new);
    var next = s;
    next.sent = binomial(select(0u, alive, is_on), odds(probability), stream, 0u);
    // without a dead time all live on at once
    var reborn = select(0u, next.sent, d.dead_steps == 0u);
    var coming = select(next.sent, 0u, d.dead_steps == 0u);
    for (var k = 0u; k < PORTS; k++) {
        let here = select(s.dead[k], select(0u, d.each, k < d.dead_steps), is_new);
        let is_last = k + 1u == d.dead_steps;
        next.dead[k] = select(here, coming, is_on);
        reborn += select(0u, here, is_last);
        coming = select(here, 0u, is_last);
    }
    next.alive = alive - next.sent + select(0u, reborn, is_on);
    return next;
}

fn bound(p: Params) -> f32 {
    return f32(p.n_proc);
}

fn spikes(s: State) -> f32 {
    return f32(s.sent);
}
