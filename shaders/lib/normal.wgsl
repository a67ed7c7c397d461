//! Normally distributed numbers from random words, by inversion: one word a number, the same on every device.

#import lib/random

/// Natural logarithm of x > 0, from sums and products alone, to 1e-7 of itself or of 1.
fn ln(x: f32) -> f32 {
    let bits = bitcast<u32>(x);
    // x = 2^k m with m in 0.70..1.41
    let k = (bits - 0x3f330000u) >> 23u;
    let m = bitcast<f32>(bits - (k << 23u));
    let exponent = f32(bitcast<i32>(k << 23u) >> 23u);
    let s = (m - 1.0) / (m + 1.0);
    let y = s * s;
    let series = 0.33333333 + y * (0.2 + y * (0.14285714 + y * 0.11111111));
    return exponent * 0.69314718 + 2.0 * (s + s * y * series);
}

/// A normal number of mean 0 and standard deviation 1: sqrt(2) erfinv(2 u - 1) for u in (0, 1).
///
/// Giles (2012), Approximating the erfinv function, doi:10.1016/B978-0-12-385963-1.00010-1: to 3e-7 of itself.
fn normal(word: u32) -> f32 {
    let x = 2.0 * unit_interval(word) - 1.0;
    let w = -ln((1.0 - x) * (1.0 + x));
    let a = w - 2.5;
    let near = 1.50140941 + a * (0.246640727 + a * (-0.00417768164 + a * (-0.00125372503 + a * (0.000218580870
        + a * (-0.00000439150654 + a * (-0.00000352338770 + a * (0.000000343273939 + a * 0.0000000281022636)))))));
    let b = sqrt(max(w, 5.0)) - 3.0;
    let far = 2.83297682 + b * (1.00167406 + b * (0.00943887047 + b * (-0.00762246130 + b * (0.00573950773
        + b * (-0.00367342844 + b * (0.00134934322 + b * (0.000100950558 + b * -0.000200214257)))))));
    return 1.4142136 * x * select(far, near, w < 5.0);
}
