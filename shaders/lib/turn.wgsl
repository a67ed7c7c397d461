//! Angles as whole numbers: a turn is 2^64 parts, so that an oscillation keeps its phase however long a run.

#import lib/random

/// A part of a turn.
struct Turn {
    high: u32,
    low: u32,
}

/// What remains of `turns` without the whole ones. For `derive`.
fn part_of(turns: f32) -> Turn {
    let high = (turns - floor(turns)) * 4294967296.0;
    return Turn(u32(floor(high)), u32((high - floor(high)) * 4294967296.0));
}

/// 2^-32 of a turn, after `n` times `each`, from `start` on.
fn after(start: u32, each: Turn, n: u32) -> u32 {
    return start + n * each.high + mulhi(n, each.low);
}

/// Sine of an angle in 2^-32 of a turn.
fn sine(angle: u32) -> f32 {
    let near = bitcast<i32>(angle);
    // the second and third quarter, mirrored into the first and fourth
    let folded = select(near, bitcast<i32>(0x80000000u - angle), angle - 0x40000000u < 0x80000000u);
    let x = f32(folded) * 9.313225746154785e-10;
    let y = x * x;
    // powers of pi/2 over the factorials up to 13; the next term is below 1e-9
    let high = 1.6044118e-4 + y * (-3.5988432e-6 + y * 5.6921729e-8);
    return x * (1.5707963 + y * (-0.64596410 + y * (0.079692626 + y * (-4.6817541e-3 + y * high))));
}
