//! Spikes and gradients: the engine knows these functions by name.

/// 1 where x >= 0; training gives it a surrogate derivative.
fn spike(x: f32) -> f32 {
    return select(0.0, 1.0, x >= 0.0);
}

/// x itself; no gradient passes.
fn stop_gradient(x: f32) -> f32 {
    return x;
}
