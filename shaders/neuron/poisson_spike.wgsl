//! Poisson spikes: in every step an element spikes with probability 1 - exp(-freqs dt), at most once.
//!
//! All targets of an element receive the same train; with poisson_generator every target has its own.
//! brainpy.state: PoissonSpike.

#import lib/random

struct Params {
    /// Rate [Hz] = 10, >= 0
    freqs: f32,
}

struct Derived {
    /// An element spikes where its random word is below.
    limit: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    return Derived(u32(min(4294967296.0 * (1.0 - exp(-p.freqs * dt / 1000.0)), 4294967295.0)));
}

fn bound() -> f32 {
    return 1.0;
}

fn spikes(d: Derived, stream: Stream) -> f32 {
    return select(0.0, 1.0, words(stream, 0u).x < d.limit);
}
