//! How many of a number happen, where each happens with the same probability: the binomial distribution, by inversion.

#import lib/normal
#import lib/poisson

/// A probability p, made ready for draws. Where p > 1/2, those that do not happen are drawn.
struct Odds {
    /// p / (1 - p), at most 1
    ratio: f32,
    /// -ln(1 - p)
    none: f32,
    /// How many are drawn at once: 4 of them are expected at most.
    block: u32,
    /// 1 where those that do not happen are drawn.
    is_counted_down: u32,
}

fn odds(probability: f32) -> Odds {
    let is_rare = probability <= 0.5;
    let p = max(select(1.0 - probability, probability, is_rare), 0.0);
    // below 0.1 the difference would lose digits; the next term of the series is 1e-7 of it
    let series = p * (1.0 + p * (0.5 + p * (0.33333333 + p * (0.25 + p * (0.2 + p * (0.16666667 + p * 0.14285714))))));
    let none = select(-ln(1.0 - p), series, p < 0.1);
    let block = u32(clamp(4.0 / max(p, 1e-6), 1.0, 4e6));
    return Odds(p / (1.0 - p), none, block, select(1u, 0u, is_rare));
}

/// How many of at most a block happen; beyond 24 lie 1e-12 of the draws.
fn of_block(n: u32, o: Odds, word: u32) -> u32 {
    let u = chance(word);
    let none = f32(n) * o.none;
    var above = at_least_once(none);
    var term = exp(-none);
    var count = 0u;
    for (var k = 0u; k < 24u; k++) {
        count += select(0u, 1u, u < above);
        term *= max(f32(n) - f32(k), 0.0) / f32(k + 1u) * o.ratio;
        above -= term;
    }
    return min(count, n);
}

/// How many of n happen, from the draws of a stream that begin with `first`, of which 8192 are set aside.
fn binomial(n: u32, o: Odds, stream: Stream, first: u32) -> u32 {
    var left = n;
    var count = 0u;
    for (var k = 0u; k < 8192u; k++) {
        if (left == 0u) {
            break;
        }
        let block = min(left, o.block);
        count += of_block(block, o, word(stream, first + k));
        left -= block;
    }
    return select(count, n - count, o.is_counted_down == 1u);
}
