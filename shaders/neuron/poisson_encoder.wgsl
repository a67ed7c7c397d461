//! Rates as Poisson spikes: in every step an element spikes with probability 1 - exp(-freqs dt), at most once.
//!
//! The rates are an input, one for each element, which stimuli may change. brainpy.state: PoissonEncoder.

#import lib/exprel
#import lib/random

struct Input {
    /// Rate [Hz], continuous
    freqs: f32,
}

fn bound() -> f32 {
    return 1.0;
}

fn spikes(x: Input, stream: Stream, dt: f32) -> f32 {
    // 1 - exp(-z) for small and large z alike
    let z = max(x.freqs, 0.0) * dt / 1000.0;
    return select(0.0, 1.0, unit_interval(words(stream, 0u).x) < z * exprel(-z));
}
