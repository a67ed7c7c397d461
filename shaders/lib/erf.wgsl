//! The complementary error function.

/// erfc(x) to 1.5e-7: Abramowitz & Stegun (1964), 7.1.26.
fn erfc(x: f32) -> f32 {
    let size = abs(x);
    let t = 1.0 / (1.0 + 0.3275911 * size);
    let series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    let beyond = series * exp(-min(size * size, 80.0));
    return select(beyond, 2.0 - beyond, x < 0.0);
}
