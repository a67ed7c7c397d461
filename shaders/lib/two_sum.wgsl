//! Sums that know what rounding takes from them.

/// x + y, and what rounding takes from it: Knuth (1997), The Art of Computer Programming 2, section 4.2.2.
fn two_sum(x: f32, y: f32) -> vec2<f32> {
    let sum = x + y;
    let y_part = sum - x;
    return vec2<f32>(sum, (x - (sum - y_part)) + (y - y_part));
}

/// A variable, and what rounding took from it, one step on; `decay` is its factor minus 1, `more` what comes to it.
fn decayed(x: f32, low: f32, decay: f32, more: f32) -> vec2<f32> {
    return two_sum(x, (decay * x + more) + (low + decay * low));
}
