//! (exp(z) - 1) / z: the engine knows it by name and computes it without cancellation near 0.

fn exprel(z: f32) -> f32 {
    return select((exp(z) - 1.0) / z, 1.0, z == 0.0);
}
