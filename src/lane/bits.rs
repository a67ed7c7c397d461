//! What every operation means on one lane, as bits: constant folding, uniform values and the scalar oracle.
//!
//! Transcendental functions are rounded once from f64, so these values do not depend on the instruction set.

use super::graph::Ty;
use super::math;
use super::op::Op;

/// A truth value as stored in a lane.
pub fn mask(value: bool) -> u32 {
    if value { !0 } else { 0 }
}

/// Applies `op` to operands of type `from`; unused operands are ignored.
pub fn apply(op: Op, from: Ty, k: [u32; 3]) -> u32 {
    match op {
        Op::Const(bits) => bits,
        Op::Select => [k[2], k[1]][usize::from(k[0] != 0)],
        Op::Not => !k[0],
        Op::And => k[0] & k[1],
        Op::Or => k[0] | k[1],
        Op::Xor => k[0] ^ k[1],
        Op::Bitcast | Op::StopGradient => k[0],
        op if op.is_compare() => mask(compare(op, from, k[0], k[1])),
        Op::ToF32 if from == Ty::I32 => (k[0] as i32 as f32).to_bits(),
        Op::ToF32 => (k[0] as f32).to_bits(),
        Op::ToI32 => math::to_i32(f32::from_bits(k[0])),
        Op::ToU32 => math::to_u32(f32::from_bits(k[0])),
        op if from == Ty::F32 => float(op, k.map(f32::from_bits)).to_bits(),
        op => integer(op, from == Ty::I32, k[0], k[1]),
    }
}

/// Whether the f32 result of `op` is also its result in f64.
pub fn is_exact(op: Op, from: Ty, k: [u32; 3], result: u32) -> bool {
    if from != Ty::F32 || matches!(op, Op::Select) {
        return true;
    }
    let result = f64::from(f32::from_bits(result));
    result.is_finite() && wide(op, k.map(|bits| f64::from(f32::from_bits(bits)))) == result
}

fn compare(op: Op, from: Ty, a: u32, b: u32) -> bool {
    match from {
        Ty::F32 => ordered(op, &f32::from_bits(a), &f32::from_bits(b)),
        Ty::I32 => ordered(op, &(a as i32), &(b as i32)),
        Ty::U32 | Ty::Bool => ordered(op, &a, &b),
    }
}

/// The comparison `op` on any ordered type.
pub fn ordered<T: PartialOrd>(op: Op, a: &T, b: &T) -> bool {
    match op {
        Op::Lt => a < b,
        Op::Le => a <= b,
        Op::Gt => a > b,
        Op::Ge => a >= b,
        Op::Eq => a == b,
        _ => a != b,
    }
}

fn float(op: Op, k: [f32; 3]) -> f32 {
    let [a, b, _] = k;
    match op {
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        Op::Div => a / b,
        Op::Rem => a - b * (a / b).trunc(),
        Op::Sqrt => a.sqrt(),
        Op::InverseSqrt => 1.0 / a.sqrt(),
        Op::Reciprocal => 1.0 / a,
        Op::Exp => math::exp::<false>(a),
        Op::Exprel => math::exprel::<false>(a),
        op => wide(op, k.map(f64::from)) as f32,
    }
}

/// A float operation in f64.
pub fn wide(op: Op, k: [f64; 3]) -> f64 {
    let [a, b, _] = k;
    match op {
        Op::Neg => -a,
        Op::Abs => a.abs(),
        Op::Sign if a == 0.0 => 0.0,
        Op::Sign => a.signum(),
        Op::Floor => a.floor(),
        Op::Ceil => a.ceil(),
        Op::Trunc => a.trunc(),
        Op::Round => a.round_ties_even(),
        Op::Sqrt => a.sqrt(),
        Op::InverseSqrt => 1.0 / a.sqrt(),
        Op::Reciprocal => 1.0 / a,
        Op::Exp => a.exp(),
        Op::Exp2 => a.exp2(),
        Op::Log => a.ln(),
        Op::Log2 => a.log2(),
        Op::Exprel if a == 0.0 => 1.0,
        Op::Exprel => a.exp_m1() / a,
        Op::Sin => a.sin(),
        Op::Cos => a.cos(),
        Op::Tan => a.tan(),
        Op::Tanh => a.tanh(),
        Op::Atan => a.atan(),
        Op::Spike => f64::from(u8::from(a >= 0.0)),
        Op::StopGradient => a,
        Op::Flush => [a, 0.0][usize::from((a as f32).to_bits() & math::KEPT == 0)],
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        Op::Div => a / b,
        Op::Rem => a - b * (a / b).trunc(),
        Op::Min => [a, b][usize::from(b < a)],
        Op::Max => [a, b][usize::from(b > a)],
        Op::Pow => a.powf(b),
        op => unreachable!("{op:?} is not a float operation"),
    }
}

/// An integer operation with WGSL's rules: wrapping, `x / 0 = x`, `x % 0 = 0`, shifts modulo 32.
pub fn integer(op: Op, signed: bool, a: u32, b: u32) -> u32 {
    let (i, j) = (a as i32, b as i32);
    match op {
        Op::Neg => a.wrapping_neg(),
        Op::Abs if signed => i.wrapping_abs() as u32,
        Op::Abs => a,
        Op::Sign => i.signum() as u32,
        Op::Add => a.wrapping_add(b),
        Op::Sub => a.wrapping_sub(b),
        Op::Mul => a.wrapping_mul(b),
        Op::MulHi => ((u64::from(a) * u64::from(b)) >> 32) as u32,
        Op::Div if b == 0 => a,
        Op::Div if signed => i.wrapping_div(j) as u32,
        Op::Div => a / b,
        Op::Rem if b == 0 => 0,
        Op::Rem if signed => i.wrapping_rem(j) as u32,
        Op::Rem => a % b,
        Op::Min if signed => i.min(j) as u32,
        Op::Min => a.min(b),
        Op::Max if signed => i.max(j) as u32,
        Op::Max => a.max(b),
        Op::Shl => a << (b & 31),
        Op::Shr if signed => (i >> (b & 31)) as u32,
        Op::Shr => a >> (b & 31),
        op => unreachable!("{op:?} is not an integer operation"),
    }
}
