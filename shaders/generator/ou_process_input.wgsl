//! Ornstein-Uhlenbeck noise.
//!
//!     dx = (mean - x) / tau dt + sigma sqrt(dt / ms) N(0, 1), I = x for t < duration, then 0
//!
//! Every target has a process of its own, which starts at the mean. Euler-Maruyama. Uhlenbeck & Ornstein (1930),
//! doi:10.1103/PhysRev.36.823.
//!
//! It acts in the step that begins at t, without a delay of its own. brainpy.state: OUProcessInput.

#import lib/clock
#import lib/normal

struct Params {
    /// Mean [port] = 0
    mean: f32,
    /// Standard deviation of the increment of 1 ms [port] = 1, >= 0
    sigma: f32,
    /// Correlation time [ms] = 10, > 0
    tau: f32,
    /// It ends at this time [ms] = inf, >= 0
    duration: f32,
}

/// The step that begins at the time of the current.
fn now(clock: Clock) -> u32 {
    return clock.step + 1u;
}

struct State {
    /// The process [port] = mean
    x: f32,
}

struct Derived {
    end: u32,
    deviation: f32,
}

fn derive(p: Params, dt: f32) -> Derived {
    return Derived(steps_to_last(p.duration, dt), p.sigma * sqrt(dt));
}

fn update(p: Params, d: Derived, s: State, clock: Clock, stream: Stream, dt: f32) -> State {
    return State(s.x + (p.mean - s.x) * (dt / p.tau) + d.deviation * normal(words(stream, 0u).x));
}

fn current(d: Derived, s: State, clock: Clock) -> f32 {
    return select(0.0, s.x, now(clock) < d.end);
}

fn latency() -> u32 {
    return 1u;
}
