//! Fires at a constant rate, whatever it receives.
//!
//!     the first spike after phase / rate, then one every 1 / rate
//!
//! Both times are rounded up to whole steps; the first spike leaves in the step after. A load for benchmarks:
//! spikes and currents arrive and change nothing. NEST: ignore_and_fire; spikes equal.

#import lib/clock

struct Params {
    /// Part of the first interval that is to come [1] = 1, > 0, <= 1
    phase: f32,
    /// Rate [Hz] = 10, > 0
    rate: f32,
}

struct State {
    /// Steps since the last spike [1] = 0
    age: u32,
    /// Whether it has fired [1] = 0
    begun: u32,
}

struct Input {
    /// Spikes, summed weight [pA]
    spikes: f32,
    /// Injected current [pA], continuous
    I: f32,
}

struct Derived {
    first: u32,
    interval: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    let interval = 1000.0 / p.rate;
    return Derived(steps_to_last(p.phase * interval, dt) + 1u, steps_to_last(interval, dt));
}

fn update(s: State) -> State {
    return State(s.age + 1u, s.begun);
}

fn threshold(d: Derived, s: State) -> f32 {
    return select(-1.0, 0.0, s.age >= select(d.first, d.interval, s.begun == 1u));
}

fn reset() -> State {
    return State(0u, 1u);
}
