//! The hazard of the gamma distribution, from sums and products: the same on every device.

#import lib/normal

/// Logarithm of Gamma(a) for a >= 1. For `derive`. Stirling's series at a + 8: to 1e-12.
fn ln_gamma(a: f32) -> f32 {
    var product = 1.0;
    for (var k = 0; k < 8; k++) {
        product *= a + f32(k);
    }
    let z = a + 8.0;
    let series = (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * z * z)) / (z * z)) / z;
    return (z - 0.5) * log(z) - z + 0.9189385332046727 + series - log(product);
}

/// x^(a - 1) exp(-x) / Gamma(a, x), for a >= 1 and x >= 0; `ln_gamma` is that of a.
///
/// Press, Teukolsky, Vetterling & Flannery (2007), Numerical Recipes, section 6.2: a series below a + 1, a continued
/// fraction above.
fn gamma_hazard(a: f32, x: f32, ln_gamma: f32) -> f32 {
    let is_low = x < a + 1.0;
    // the series of the lower function; each loop stands still where it is not asked for
    let low = select(0.0, x, is_low);
    var term = 1.0 / a;
    var sum = term;
    for (var n = 1u; n < 512u; n++) {
        term *= low / (a + f32(n));
        sum += term;
        if (term < 1e-7 * sum) {
            break;
        }
    }
    let density = exp((a - 1.0) * ln(max(low, 1e-30)) - low - ln_gamma);
    // the fraction of the upper one, by Lentz's method
    let high = select(a + 1.0, x, !is_low);
    var b = high + 1.0 - a;
    var c = 1e30;
    var d = 1.0 / b;
    var fraction = d;
    for (var n = 1u; n < 512u; n++) {
        let k = f32(n);
        let numerator = k * (a - k);
        b += 2.0;
        d = 1.0 / (numerator * d + b);
        c = b + numerator / c;
        fraction *= d * c;
        if (is_low || abs(d * c - 1.0) < 1e-6) {
            break;
        }
    }
    return select(1.0 / (high * fraction), density / max(1.0 - density * low * sum, 1e-7), is_low);
}
