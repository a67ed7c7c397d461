//! Elementary functions without branches, written for one lane; LLVM vectorises them inside the kernels.
//!
//! At most 2 ulp (see the tests for the ranges). Denormal results are 0, denormal arguments of logarithms
//! count as 0. `FMA` picks `mul_add`, only where the instruction set has it: elsewhere it is a libm call.
//!
//! Coefficients: Cephes (Moshier), exp2 and the f64 parts: own least-squares fits and Taylor series.

use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

/// 1.5 * 2^23: adding it leaves the nearest integer in the low mantissa bits.
pub(super) const MAGIC: f32 = 12_582_912.0;
/// Bits of the exponent of which some are set in every f32 of at least 2^-95, in infinities and NaN.
pub(super) const KEPT: u32 = 0x7000_0000;
/// ln 2 in two parts, the first exact in 9 bits.
pub(super) const LN_2_HIGH: f32 = 355.0 / 512.0;
pub(super) const LN_2_LOW: f32 = -2.121_944_4e-4;
/// 1.5 * 2^52, the same for f64.
const MAGIC64: f64 = 6_755_399_441_055_744.0;

/// From the highest: `(exp(r) - 1 - r) / r^2`.
pub(super) const EXP_COEFFICIENTS: [f32; 6] =
    [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
/// `2^r`
pub(super) const EXP2_COEFFICIENTS: [f32; 7] =
    [1.535_336_2e-4, 1.339_887_4e-3, 9.618_437e-3, 5.550_332_5e-2, 2.402_264_8e-1, 6.931_472e-1, 1.0];
/// `(log(1 + m) - m + m^2 / 2) / m^3`
pub(super) const LOG_COEFFICIENTS: [f32; 9] = [
    7.037_683_6e-2,
    -1.151_461e-1,
    1.167_699_84e-1,
    -1.242_014_1e-1,
    1.424_932_3e-1,
    -1.666_805_8e-1,
    2.000_071_5e-1,
    -2.499_999_4e-1,
    3.333_333e-1,
];

/// `a * b + c`, with one rounding if `FMA`.
#[inline(always)]
pub fn fma<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// Horner's scheme from the highest coefficient.
#[allow(
    clippy::needless_range_loop,
    reason = "a closure would be compiled without the caller's instruction set"
)]
#[inline(always)]
fn poly<const FMA: bool, const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[0];
    for k in 1..N {
        sum = fma::<FMA>(sum, x, coefficients[k]);
    }
    sum
}

#[allow(
    clippy::needless_range_loop,
    reason = "a closure would be compiled without the caller's instruction set"
)]
#[inline(always)]
fn poly64<const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let mut sum = coefficients[0];
    for k in 1..N {
        sum = sum * x + coefficients[k];
    }
    sum
}

/// `x = n ln 2 + r`: the float whose low bits are `n`, then `r`, and `p` with `exp(r) - 1 = r (1 + p r)`.
#[inline(always)]
fn exp_reduced<const FMA: bool>(x: f32) -> (f32, f32, f32) {
    let t = fma::<FMA>(x, LOG2_E, MAGIC);
    let n = t - MAGIC;
    let r = fma::<FMA>(n, -LN_2_HIGH, x);
    let r = fma::<FMA>(n, -LN_2_LOW, r);
    let p = poly::<FMA, 6>(r, EXP_COEFFICIENTS);
    (t, r, p)
}

#[inline(always)]
pub fn exp<const FMA: bool>(x0: f32) -> f32 {
    // The order of operands keeps NaN.
    let x = if 89.0 < x0 { 89.0 } else { x0 };
    let x = if -88.0 > x { -88.0 } else { x };
    let (t, r, p) = exp_reduced::<FMA>(x);
    let q = fma::<FMA>(p * r, r, r);
    let y = f32::from_bits((q + 1.0).to_bits().wrapping_add(t.to_bits() << 23));
    let y = if x0 > 88.722_84 { f32::INFINITY } else { y };
    if x0 < -87.336_54 { 0.0 } else { y }
}

/// `(exp(x) - 1) / x`, without cancellation.
#[inline(always)]
pub fn exprel<const FMA: bool>(x0: f32) -> f32 {
    let x = if 88.7 < x0 { 88.7 } else { x0 };
    // Below -30, exp(x) - 1 rounds to -1.
    let x = if -30.0 > x { -30.0 } else { x };
    let (t, r, p) = exp_reduced::<FMA>(x);
    let q = fma::<FMA>(p * r, r, r);
    // 2^(n-1), so that n = 128 does not overflow: exp(x) - 1 = 2 (2^(n-1) q + (2^(n-1) - 1/2))
    let half = f32::from_bits(0.5f32.to_bits().wrapping_add(t.to_bits() << 23));
    let m1 = fma::<FMA>(half, q, half - 0.5) * 2.0;
    let y = m1 / x0;
    let y = if x0 > 88.7 { f32::INFINITY } else { y };
    // n = 0, |x| < 0.35: no quotient, which GPUs form in their own ways
    if t == MAGIC { fma::<FMA>(p, r, 1.0) } else { y }
}

#[inline(always)]
pub fn exp2<const FMA: bool>(x0: f32) -> f32 {
    let x = if 129.0 < x0 { 129.0 } else { x0 };
    let x = if -127.0 > x { -127.0 } else { x };
    let t = x + MAGIC;
    let r = x - (t - MAGIC);
    let p = poly::<FMA, 7>(r, EXP2_COEFFICIENTS);
    let y = f32::from_bits(p.to_bits().wrapping_add(t.to_bits() << 23));
    let y = if x0 >= 128.0 { f32::INFINITY } else { y };
    if x0 < -126.0 { 0.0 } else { y }
}

/// `x = m 2^e` with `m` in sqrt(1/2)..sqrt(2): `m - 1`, its polynomial part of the logarithm, `e`.
#[inline(always)]
fn log_parts<const FMA: bool>(x: f32) -> (f32, f32, f32) {
    let bits = x.to_bits();
    let e = ((bits >> 23) as i32 - 126) as f32;
    let m0 = f32::from_bits((bits & 0x007f_ffff) | 0x3f00_0000);
    let low = m0 < FRAC_1_SQRT_2;
    let e = if low { e - 1.0 } else { e };
    let m = (if low { m0 + m0 } else { m0 }) - 1.0;
    let p = poly::<FMA, 9>(m, LOG_COEFFICIENTS);
    (m, p * m * (m * m), e)
}

#[inline(always)]
fn log_limits(x: f32, y: f32) -> f32 {
    let y = if x < f32::MIN_POSITIVE { f32::NEG_INFINITY } else { y };
    let y = if x == f32::INFINITY { x } else { y };
    if x >= 0.0 { y } else { f32::NAN }
}

#[inline(always)]
pub fn log<const FMA: bool>(x: f32) -> f32 {
    let (m, p, e) = log_parts::<FMA>(x);
    let p = fma::<FMA>(e, LN_2_LOW, p);
    let p = fma::<FMA>(m * m, -0.5, p);
    log_limits(x, fma::<FMA>(e, LN_2_HIGH, m + p))
}

#[inline(always)]
pub fn log2<const FMA: bool>(x: f32) -> f32 {
    log::<FMA>(x) * LOG2_E
}

/// `x^y` for `x >= 0`, in f64 inside.
#[inline(always)]
pub fn pow<const FMA: bool>(x: f32, y: f32) -> f32 {
    // offset by sqrt(1/2), so that m is in sqrt(1/2)..sqrt(2)
    let offset = x.to_bits().wrapping_sub(0x3f35_04f3);
    let e = f64::from(offset as i32 >> 23);
    let m = f64::from(f32::from_bits((offset & 0x007f_ffff).wrapping_add(0x3f35_04f3)));
    let s = (m - 1.0) / (m + 1.0);
    let l = s * poly64(
        s * s,
        [
            0.3206,
            0.412_198_583_111_132_44,
            0.577_078_016_355_585_4,
            0.961_796_693_925_975_6,
            2.885_390_081_777_927,
        ],
    );
    let t = (e + l) * f64::from(y);
    let t = if t > 300.0 { 300.0 } else { t };
    let t = if t < -300.0 { -300.0 } else { t };
    let u = t + MAGIC64;
    let r = (t - (u - MAGIC64)) * std::f64::consts::LN_2;
    let p = poly64(r, [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0]);
    let v = f64::from_bits(p.to_bits().wrapping_add(u.to_bits() << 52)) as f32;
    let at_zero = if y > 0.0 { 0.0 } else { f32::INFINITY };
    let at_zero = if y == 0.0 { 1.0 } else { at_zero };
    let v = if x == 0.0 { at_zero } else { v };
    if x >= 0.0 { v } else { f32::NAN }
}

#[inline(always)]
pub fn tanh<const FMA: bool>(x: f32) -> f32 {
    let (a, z) = (x.abs(), x * x);
    let p =
        poly::<FMA, 5>(z, [-5.704_988_7e-3, 2.063_909e-2, -5.373_971_5e-2, 1.333_144_2e-1, -3.333_328e-1]);
    let small = fma::<FMA>(p * z, x, x);
    let large = 1.0 - 2.0 / (exp::<FMA>(a + a) + 1.0);
    let large = if x < 0.0 { -large } else { large };
    if a < 0.625 { small } else { large }
}

/// `x = q pi/2 + r`, in f64: good to |x| = 2^20.
#[inline(always)]
fn quadrant(x: f32) -> (f64, u32) {
    let x = f64::from(x);
    let t = x * std::f64::consts::FRAC_2_PI + MAGIC64;
    let n = t - MAGIC64;
    // pi/2 in two parts, the first of 33 bits (fdlibm)
    let r = x - n * 1.570_796_326_734_125_6;
    (r - n * 6.077_100_506_506_192e-11, t.to_bits() as u32)
}

#[inline(always)]
fn sin_near<const FMA: bool>(r: f32) -> f32 {
    let z = r * r;
    let p = poly::<FMA, 3>(z, [-1.951_529_6e-4, 8.332_161e-3, -1.666_665_5e-1]);
    fma::<FMA>(p * z, r, r)
}

#[inline(always)]
fn cos_near<const FMA: bool>(r: f32) -> f32 {
    let z = r * r;
    let p = poly::<FMA, 3>(z, [2.443_315_7e-5, -1.388_731_6e-3, 4.166_664_6e-2]);
    fma::<FMA>(p * z, z, fma::<FMA>(z, -0.5, 1.0))
}

#[inline(always)]
pub fn sin<const FMA: bool>(x: f32) -> f32 {
    let (r, q) = quadrant(x);
    let (sin, cos) = (sin_near::<FMA>(r as f32), cos_near::<FMA>(r as f32));
    let v = if q & 1 != 0 { cos } else { sin };
    f32::from_bits(v.to_bits() ^ ((q & 2) << 30))
}

#[inline(always)]
pub fn cos<const FMA: bool>(x: f32) -> f32 {
    let (r, q) = quadrant(x);
    let (sin, cos) = (sin_near::<FMA>(r as f32), cos_near::<FMA>(r as f32));
    let v = if q & 1 != 0 { sin } else { cos };
    f32::from_bits(v.to_bits() ^ ((q.wrapping_add(1) & 2) << 30))
}

#[inline(always)]
pub fn tan<const FMA: bool>(x: f32) -> f32 {
    let (r, q) = quadrant(x);
    let z = r * r;
    let sin = r * poly64(z, [1.0 / 362_880.0, -1.0 / 5040.0, 1.0 / 120.0, -1.0 / 6.0, 1.0]);
    let cos = poly64(z, [-1.0 / 3_628_800.0, 1.0 / 40_320.0, -1.0 / 720.0, 1.0 / 24.0, -0.5, 1.0]);
    let odd = q & 1 != 0;
    let (top, bottom) = if odd { (-cos, sin) } else { (sin, cos) };
    (top / bottom) as f32
}

#[inline(always)]
pub fn atan<const FMA: bool>(x: f32) -> f32 {
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};
    let a = f64::from(x.abs());
    // tan(3 pi/8) and tan(pi/8)
    let (far, middle) = (a > 2.414_213_562_373_095, a > 0.414_213_562_373_095);
    let top = if middle { a - 1.0 } else { a };
    let bottom = if middle { a + 1.0 } else { 1.0 };
    let top = if far { -1.0 } else { top };
    let bottom = if far { a } else { bottom };
    let base = if middle { FRAC_PI_4 } else { 0.0 };
    let base = if far { FRAC_PI_2 } else { base };
    let t = top / bottom;
    let z = t * t;
    let p = poly64(z, [8.053_744_495_38e-2, -1.387_768_560_32e-1, 1.997_771_064_78e-1, -3.333_294_915_39e-1]);
    let y = (base + (p * z * t + t)) as f32;
    f32::from_bits(y.to_bits() | (x.to_bits() & 0x8000_0000))
}

/// Towards zero, saturating at the largest f32 below 2^31 as WGSL does, as bits. NaN gives the lower bound.
#[inline(always)]
pub fn to_i32(x: f32) -> u32 {
    let x = if x > -2_147_483_648.0 { x } else { -2_147_483_648.0 };
    let x = if x < 2_147_483_520.0 { x } else { 2_147_483_520.0 };
    // The low bits of the sum are the integer modulo 2^32.
    (f64::from(x.trunc()) + MAGIC64).to_bits() as u32
}

/// Towards zero, saturating at 0 and the largest f32 below 2^32. NaN gives 0.
#[inline(always)]
pub fn to_u32(x: f32) -> u32 {
    let x = if x > 0.0 { x } else { 0.0 };
    let x = if x < 4_294_967_040.0 { x } else { 4_294_967_040.0 };
    (f64::from(x.trunc()) + MAGIC64).to_bits() as u32
}

/// `a / b`, `a` where `b` is 0. The f64 quotient of two 32-bit integers never rounds up to an integer.
#[inline(always)]
pub fn div_u32(a: u32, b: u32) -> u32 {
    let quotient = f64::from(a) / f64::from(if b == 0 { 1 } else { b });
    let nearest = quotient + MAGIC64;
    let over = nearest - MAGIC64 > quotient;
    (nearest.to_bits() as u32).wrapping_sub(u32::from(over))
}

/// `a / b` towards zero on i32 bits, `a` where `b` is 0.
#[inline(always)]
pub fn div_i32(a: u32, b: u32) -> u32 {
    let size = div_u32((a as i32).unsigned_abs(), (b as i32).unsigned_abs());
    let quotient = if (a ^ b) >> 31 != 0 { size.wrapping_neg() } else { size };
    if b == 0 { a } else { quotient }
}
