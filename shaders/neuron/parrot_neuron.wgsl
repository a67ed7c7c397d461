//! Repeats every spike that it receives, in the step in which it arrives.
//!
//! Several spikes that arrive together leave together; weights do not matter. NEST: parrot_neuron; spikes equal.

struct Input {
    /// Spikes to repeat [spikes]
    spikes: f32,
    /// Spikes that are received and not repeated [spikes]
    ignored: f32,
}

fn bound(x: Input) -> f32 {
    return x.spikes;
}

fn spikes(x: Input) -> f32 {
    return x.spikes;
}
