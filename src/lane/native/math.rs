//! Elementary functions as micro-instructions: the same steps, and so the same bits, as [`crate::lane::math`].

use super::micro::{Arg, Builder, Micro, One, Order, Two, Value};
use crate::lane::math::{EXP_COEFFICIENTS, EXP2_COEFFICIENTS, LN_2_HIGH, LN_2_LOW, LOG_COEFFICIENTS, MAGIC};
use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

use Arg::Value as V;

/// Horner's scheme from the highest coefficient, each step with one rounding if `fused`.
fn poly(b: &mut Builder, fused: bool, x: Value, coefficients: &[f32]) -> Value {
    let first = b.float(coefficients[0]);
    let mut sum = b.value(first);
    for coefficient in &coefficients[1..] {
        let coefficient = b.float(*coefficient);
        sum = mul_add(b, fused, sum, V(x), coefficient);
    }
    sum
}

fn mul_add(b: &mut Builder, fused: bool, x: Value, y: Arg, z: Arg) -> Value {
    if fused {
        let y = b.value(y);
        return b.fma(x, y, z);
    }
    let product = b.two(Two::Mul, V(x), y);
    b.two(Two::Add, V(product), z)
}

/// `x < low ? low : x`, and from above; NaN stays.
fn clamp(b: &mut Builder, x: Value, low: f32, high: f32) -> Value {
    let (low, high) = (b.float(low), b.float(high));
    let x = b.two(Two::Min, high, V(x));
    b.two(Two::Max, low, V(x))
}

struct Reduced {
    t: Value,
    r: Value,
    p: Value,
    /// `exp(r) - 1`
    q: Value,
}

fn exp_reduced(b: &mut Builder, x: Value) -> Reduced {
    let (log2_e, magic) = (b.float(LOG2_E), b.float(MAGIC));
    let t = mul_add(b, false, x, log2_e, magic);
    let n = b.two(Two::Sub, V(t), magic);
    let (high, low) = (b.float(-LN_2_HIGH), b.float(-LN_2_LOW));
    let r = mul_add(b, false, n, high, V(x));
    let r = mul_add(b, false, n, low, V(r));
    let p = poly(b, false, r, &EXP_COEFFICIENTS);
    let q = b.two(Two::Mul, V(p), V(r));
    let q = mul_add(b, false, q, V(r), V(r));
    Reduced { t, r, p, q }
}

/// Adds `t` as a power of two to the exponent.
fn scale(b: &mut Builder, x: Arg, t: Value) -> Value {
    let exponent = b.one(One::ShlBy(23), V(t));
    b.two(Two::AddI, V(exponent), x)
}

pub fn exp(b: &mut Builder, x0: Value) -> Value {
    let x = clamp(b, x0, -88.0, 89.0);
    let Reduced { t, q, .. } = exp_reduced(b, x);
    let one = b.float(1.0);
    let q = b.two(Two::Add, V(q), one);
    let y = scale(b, V(q), t);
    let y = beyond(b, x0, Order::Gt, 88.722_84, f32::INFINITY, y);
    beyond(b, x0, Order::Lt, -87.336_54, 0.0, y)
}

/// `value` where `x` lies beyond a limit, else `y`.
fn beyond(b: &mut Builder, x: Value, order: Order, limit: f32, value: f32, y: Value) -> Value {
    let limit = b.float(limit);
    if order == Order::Lt && value == 0.0 {
        let is_within = b.compare(Order::NotLt, x, limit);
        return b.two(Two::And, V(is_within), V(y));
    }
    let is_beyond = b.compare(order, x, limit);
    let value = b.float(value);
    b.select(is_beyond, value, V(y))
}

/// [`exprel`] where every lane is near 0, as the steps of exponential Euler are; otherwise the list does it.
pub fn exprel_near(b: &mut Builder, x: Value, list: usize) -> Value {
    // what lies nearer to 0 than ln 2 / 2 needs no reduction
    let (without_sign, limit, one) = (b.bits(0x7fff_ffff), b.float(0.3465), b.float(1.0));
    let size = b.two(Two::And, V(x), without_sign);
    let all = b.compare(Order::Lt, size, limit);
    let p = poly(b, false, x, &EXP_COEFFICIENTS);
    let fast = mul_add(b, false, p, V(x), one);
    b.push(Micro::Rare { all, fast, x, list })
}

pub fn exprel(b: &mut Builder, x0: Value) -> Value {
    let x = clamp(b, x0, -30.0, 88.7);
    let Reduced { t, r, p, q } = exp_reduced(b, x);
    let (minus_half, one, two) = (b.float(-0.5), b.float(1.0), b.float(2.0));
    let half = b.float(0.5);
    let half = scale(b, half, t);
    let less = b.two(Two::Add, V(half), minus_half);
    let m1 = mul_add(b, false, half, V(q), V(less));
    let m1 = b.two(Two::Mul, V(m1), two);
    let y = b.two(Two::Div, V(m1), V(x0));
    let y = beyond(b, x0, Order::Gt, 88.7, f32::INFINITY, y);
    let magic = b.float(MAGIC);
    let is_near = b.compare(Order::Eq, t, magic);
    let near = mul_add(b, false, p, V(r), one);
    b.select(is_near, V(near), V(y))
}

pub fn exp2(b: &mut Builder, x0: Value) -> Value {
    let x = clamp(b, x0, -127.0, 129.0);
    let magic = b.float(MAGIC);
    let t = b.two(Two::Add, V(x), magic);
    let n = b.two(Two::Sub, V(t), magic);
    let r = b.two(Two::Sub, V(x), V(n));
    let p = poly(b, true, r, &EXP2_COEFFICIENTS);
    let y = scale(b, V(p), t);
    let y = beyond(b, x0, Order::Ge, 128.0, f32::INFINITY, y);
    beyond(b, x0, Order::Lt, -126.0, 0.0, y)
}

pub fn log(b: &mut Builder, x: Value) -> Value {
    let exponent = b.one(One::ShrUBy(23), V(x));
    let bias = b.bits(126u32.wrapping_neg());
    let e = b.two(Two::AddI, V(exponent), bias);
    let e = b.one(One::FromI32, V(e));
    let (mantissa, half) = (b.bits(0x007f_ffff), b.bits(0x3f00_0000));
    let m0 = b.two(Two::And, V(x), mantissa);
    let m0 = b.two(Two::Or, V(m0), half);
    let (limit, minus_one) = (b.float(FRAC_1_SQRT_2), b.float(-1.0));
    let is_low = b.compare(Order::Lt, m0, limit);
    let less = b.two(Two::Add, V(e), minus_one);
    let e = b.select(is_low, V(less), V(e));
    let twice = b.two(Two::Add, V(m0), V(m0));
    let m = b.select(is_low, V(twice), V(m0));
    let m = b.two(Two::Add, V(m), minus_one);
    let p = poly(b, true, m, &LOG_COEFFICIENTS);
    let square = b.two(Two::Mul, V(m), V(m));
    let p = b.two(Two::Mul, V(p), V(m));
    let p = b.two(Two::Mul, V(p), V(square));
    let low = b.float(LN_2_LOW);
    let low = b.value(low);
    let p = b.fma(e, low, V(p));
    let minus_half = b.float(-0.5);
    let minus_half = b.value(minus_half);
    let p = b.fma(square, minus_half, V(p));
    let sum = b.two(Two::Add, V(m), V(p));
    let high = b.float(LN_2_HIGH);
    let high = b.value(high);
    let y = b.fma(e, high, V(sum));
    let y = beyond(b, x, Order::Lt, f32::MIN_POSITIVE, f32::NEG_INFINITY, y);
    let y = beyond(b, x, Order::Eq, f32::INFINITY, f32::INFINITY, y);
    let zero = b.float(0.0);
    let is_defined = b.compare(Order::Ge, x, zero);
    let nan = b.float(f32::NAN);
    b.select(is_defined, V(y), nan)
}

pub fn log2(b: &mut Builder, x: Value) -> Value {
    let log = log(b, x);
    let log2_e = b.float(LOG2_E);
    b.two(Two::Mul, V(log), log2_e)
}

/// 1 where positive, -1 where negative, else 0.
pub fn sign(b: &mut Builder, x: Value) -> Value {
    let (zero, one, minus_one) = (b.float(0.0), b.float(1.0), b.float(-1.0));
    let is_positive = b.compare(Order::Gt, x, zero);
    let is_negative = b.compare(Order::Lt, x, zero);
    let up = b.two(Two::And, V(is_positive), one);
    let down = b.two(Two::And, V(is_negative), minus_one);
    b.two(Two::Or, V(up), V(down))
}

pub fn to_i32(b: &mut Builder, x: Value) -> Value {
    // the order of operands makes NaN the lower bound
    let (low, high) = (b.float(-2_147_483_648.0), b.float(2_147_483_520.0));
    let x = b.two(Two::Max, V(x), low);
    let x = b.two(Two::Min, V(x), high);
    b.one(One::ToI32, V(x))
}

pub fn to_u32(b: &mut Builder, x: Value) -> Value {
    let (low, high) = (b.float(0.0), b.float(4_294_967_040.0));
    let x = b.two(Two::Max, V(x), low);
    let x = b.two(Two::Min, V(x), high);
    b.one(One::ToU32, V(x))
}

/// High words of the 64-bit products.
pub fn mul_high(b: &mut Builder, x: Arg, y: Arg) -> Value {
    let (x, y) = (b.value(x), b.value(y));
    let even = b.two(Two::MulEven, V(x), V(y));
    let x_odd = b.one(One::HighHalf, V(x));
    let y_odd = if b.is_spread(y) { y } else { b.one(One::HighHalf, V(y)) };
    let odd = b.two(Two::MulEven, V(x_odd), V(y_odd));
    let even = b.one(One::HighHalf, V(even));
    b.push(Micro::Odd(even, odd))
}
