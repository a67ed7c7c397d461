//! How often something happens that happens with a mean number: Poisson's distribution, by inversion.

/// A number in (0, 1] from a random word; where it is small, in steps of 2^-32.
fn chance(word: u32) -> f32 {
    return (f32(word) + 0.5) * 2.3283064365386963e-10;
}

/// The probability that it happens at least once, 1 - exp(-mean).
fn at_least_once(mean: f32) -> f32 {
    let x = min(mean, 100.0);
    // below 0.1 the difference would lose digits; the next term of the series is 1e-9 of it
    let series = x * (1.0 - x / 2.0 * (1.0 - x / 3.0 * (1.0 - x / 4.0 * (1.0 - x / 5.0 * (1.0 - x / 6.0)))));
    return select(1.0 - exp(-x), series, x < 0.1);
}

/// How often it happens, for a mean of at most 4: how many of the chances of more than 0, 1, ... lie above a random
/// number. Beyond 24 lie 1e-12 of the draws.
fn poisson(mean: f32, word: u32) -> f32 {
    let u = chance(word);
    var above = at_least_once(mean);
    var term = exp(-mean);
    var count = 0.0;
    for (var k = 1; k <= 24; k++) {
        count += select(0.0, 1.0, u < above);
        term *= mean / f32(k);
        above -= term;
    }
    return count;
}
