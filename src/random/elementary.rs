//! Logarithm, exponential and circular functions for random numbers.
//!
//! A system's own functions differ in the last bit from machine to machine, and with them a network would. These
//! use additions, multiplications and divisions only, so they agree everywhere, and they have no branches, so
//! that loops over them vectorise. Relative error below 1e-15 where random numbers live.

use std::f64::consts::{FRAC_PI_2, LN_2, LOG2_E, PI, SQRT_2};

/// Adding it rounds a small number to an integer, which then stands in the low bits.
pub(crate) const ROUNDING: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52

/// 1/3, 1/5, ... 1/23.
const ODD: [f64; 11] = {
    let mut inverse = [0.0; 11];
    let mut k = 0;
    while k < 11 {
        inverse[k] = 1.0 / (2 * k + 3) as f64;
        k += 1;
    }
    inverse
};

/// 1/0!, 1/1!, ... 1/19!.
const FACTORIAL: [f64; 20] = {
    let (mut inverse, mut product, mut n) = ([1.0; 20], 1u64, 1);
    while n < 20 {
        product *= n as u64;
        inverse[n] = 1.0 / product as f64;
        n += 1;
    }
    inverse
};

/// Natural logarithm of a positive, finite, normal number.
#[inline]
pub fn ln(x: f64) -> f64 {
    // x = m 2^e with m in [1/sqrt 2, sqrt 2): adding the distance from 1/sqrt 2 to 1 carries into the exponent
    let bits = x.to_bits().wrapping_add(0x3FF0_0000_0000_0000 - 0x3FE6_A09E_667F_3BCD);
    // the exponent as the low bits of 2^52
    let e = f64::from_bits(bits >> 52 | 0x4330_0000_0000_0000) - (4_503_599_627_370_496.0 + 1023.0);
    let m = f64::from_bits((bits & 0x000F_FFFF_FFFF_FFFF) + 0x3FE6_A09E_667F_3BCD);
    // ln m = 2 artanh s; s^2 < 0.0295, the first term left out is below 2e-18
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let series = ODD.iter().rev().fold(0.0, |sum, term| sum * z + term);
    e * LN_2 + 2.0 * (s + s * z * series)
}

/// ln(1 + x) for x > -1, accurate near 0.
pub fn ln_1p(x: f64) -> f64 {
    let sum = 1.0 + x;
    if sum == 1.0 {
        return x;
    }
    // the rounding error of 1 + x cancels in the quotient (Kahan)
    ln(sum) * (x / (sum - 1.0))
}

/// Exponential function; the argument is taken into -708..=709, where the result is a normal number.
#[inline]
pub fn exp(x: f64) -> f64 {
    // x = k ln 2 + r with |r| <= ln 2 / 2; ln 2 in two parts, the first with trailing zeros, so that k times it is exact
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let x = x.clamp(-708.0, 709.0);
    let rounded = x * LOG2_E + ROUNDING;
    let k = rounded - ROUNDING;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    // Taylor series; r^14 / 14! < 5e-18
    let series = FACTORIAL[..14].iter().rev().fold(0.0, |sum, term| sum * r + term);
    series * f64::from_bits(rounded.to_bits().wrapping_add(1023) << 52)
}

/// Cosine and sine of `turn` full turns, for `turn` in 0..=1.
#[inline]
pub fn cos_sin_turn(turn: f64) -> [f64; 2] {
    // the nearest quarter, and an angle of at most pi/4 from it
    let rounded = 4.0 * turn + ROUNDING;
    let quarter = rounded.to_bits();
    let r = (4.0 * turn - (rounded - ROUNDING)) * FRAC_PI_2;
    let z = r * r;
    // Taylor series; the first terms left out are below 3e-18 and 2e-19
    let cos = FACTORIAL[..18].iter().step_by(2).rev().fold(0.0, |sum, term| term - sum * z);
    let sin = r * FACTORIAL[1..19].iter().step_by(2).rev().fold(0.0, |sum, term| term - sum * z);
    // odd quarters swap the two, and signs follow the quarter; in bits, since nobody can predict these branches
    let swap = (cos.to_bits() ^ sin.to_bits()) & (quarter & 1).wrapping_neg();
    let (cos_sign, sin_sign) = (quarter.wrapping_add(1) << 62, quarter << 62);
    [cos.to_bits() ^ swap ^ cos_sign & 1 << 63, sin.to_bits() ^ swap ^ sin_sign & 1 << 63].map(f64::from_bits)
}

/// Probability that a standard normal number lies in `low..high`; error below 1e-6.
pub fn normal_mass(low: f64, high: f64) -> f64 {
    // beyond 9 standard deviations there is nothing; Simpson's rule with steps of at most 0.036
    let (low, high) = (low.max(-9.0), high.min(9.0));
    if low >= high {
        return 0.0;
    }
    let density = |x: f64| exp(-0.5 * x * x) / (PI.sqrt() * SQRT_2);
    let step = (high - low) / 500.0;
    let inner: f64 =
        (1..500).map(|i| if i % 2 == 1 { 4.0 } else { 2.0 } * density(low + f64::from(i) * step)).sum();
    (density(low) + inner + density(high)) * step / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(ours: f64, std: f64, x: f64) {
        assert!((ours - std).abs() <= 2e-15 * std.abs().max(1e-3), "{ours} against {std} at {x}");
    }

    #[test]
    fn agree_with_the_standard_library() {
        for i in 1..20_000 {
            let x = f64::from(i) / 20_000.0;
            assert_close(ln(x), x.ln(), x);
            assert_close(ln(1e-16 * x), (1e-16 * x).ln(), x);
            assert_close(ln_1p(-x * 1e-3), (-x * 1e-3).ln_1p(), x);
            assert_close(exp(40.0 * x - 20.0) / (40.0 * x - 20.0).exp(), 1.0, x);
            let angle = std::f64::consts::TAU * x;
            let [cos, sin] = cos_sin_turn(x);
            assert!((cos - angle.cos()).abs() < 1e-15 && (sin - angle.sin()).abs() < 1e-15, "{x}");
        }
    }

    #[test]
    fn normal_mass_of_known_intervals() {
        for (low, high, mass) in
            [(-1.0, 1.0, 0.682_689_5), (-50.0, 0.0, 0.5), (2.0, f64::INFINITY, 0.022_750_1), (3.0, 2.0, 0.0)]
        {
            assert!((normal_mass(low, high) - mass).abs() < 1e-6);
        }
    }
}
