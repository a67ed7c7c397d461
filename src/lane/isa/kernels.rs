//! What each instruction does to one lane: safe, branch-free functions on bits.

use crate::lane::math;

/// One operand.
pub trait Unary {
    fn apply<const FMA: bool>(a: u32) -> u32;
}

/// Two operands.
pub trait Binary {
    fn apply<const FMA: bool>(a: u32, b: u32) -> u32;
}

/// Three operands.
pub trait Ternary {
    fn apply<const FMA: bool>(a: u32, b: u32, c: u32) -> u32;
}

#[inline(always)]
fn f(bits: u32) -> f32 {
    f32::from_bits(bits)
}

#[inline(always)]
fn i(bits: u32) -> i32 {
    bits as i32
}

#[inline(always)]
fn mask(value: bool) -> u32 {
    if value { !0 } else { 0 }
}

macro_rules! kernels {
    ($arity:ident $params:tt $fma:ident: $($name:ident => $body:expr;)*) => { $(
        pub struct $name;
        impl $arity for $name {
            #[inline(always)]
            fn apply<const $fma: bool> $params -> u32 { $body }
        }
    )* };
}

/// Kernels that give f32.
macro_rules! float_kernels {
    ($arity:ident $params:tt $fma:ident: $($name:ident => $body:expr;)*) => {
        kernels! { $arity $params $fma: $($name => f32::to_bits($body);)* }
    };
}

kernels! { Unary (a: u32) FMA:
    Copy => a;
    Neg => a ^ 0x8000_0000;
    Abs => a & 0x7fff_ffff;
    Not => !a;
    NegI => a.wrapping_neg();
    AbsI => i(a).wrapping_abs() as u32;
    SignI => i(a).signum() as u32;
    ToI32 => math::to_i32(f(a));
    ToU32 => math::to_u32(f(a));
}

float_kernels! { Unary (a: u32) FMA:
    Sign => if f(a) > 0.0 { 1.0 } else if f(a) < 0.0 { -1.0 } else { 0.0 };
    Floor => f(a).floor();
    Ceil => f(a).ceil();
    Trunc => f(a).trunc();
    Round => f(a).round_ties_even();
    Sqrt => f(a).sqrt();
    InverseSqrt => 1.0 / f(a).sqrt();
    Reciprocal => 1.0 / f(a);
    // without FMA: the same bits on every CPU, and on GPUs
    Exp => math::exp::<false>(f(a));
    Exp2 => math::exp2::<FMA>(f(a));
    Log => math::log::<FMA>(f(a));
    Log2 => math::log2::<FMA>(f(a));
    Exprel => math::exprel::<false>(f(a));
    Sin => math::sin::<FMA>(f(a));
    Cos => math::cos::<FMA>(f(a));
    Tan => math::tan::<FMA>(f(a));
    Tanh => math::tanh::<FMA>(f(a));
    Atan => math::atan::<FMA>(f(a));
    Spike => if f(a) >= 0.0 { 1.0 } else { 0.0 };
    Flush => if a & math::KEPT == 0 { 0.0 } else { f(a) };
    FromI32 => i(a) as f32;
    FromU32 => a as f32;
}

float_kernels! { Binary (a: u32, b: u32) FMA:
    Add => f(a) + f(b);
    Sub => f(a) - f(b);
    Mul => f(a) * f(b);
    Div => f(a) / f(b);
    Rem => f(a) - f(b) * (f(a) / f(b)).trunc();
    Min => if f(b) < f(a) { f(b) } else { f(a) };
    Max => if f(b) > f(a) { f(b) } else { f(a) };
    Pow => math::pow::<FMA>(f(a), f(b));
}

kernels! { Binary (a: u32, b: u32) FMA:
    Lt => mask(f(a) < f(b));
    Le => mask(f(a) <= f(b));
    Gt => mask(f(a) > f(b));
    Ge => mask(f(a) >= f(b));
    Eq => mask(f(a) == f(b));
    Ne => mask(f(a) != f(b));
    LtI => mask(i(a) < i(b));
    LeI => mask(i(a) <= i(b));
    LtU => mask(a < b);
    LeU => mask(a <= b);
    EqI => mask(a == b);
    NeI => mask(a != b);
    AddI => a.wrapping_add(b);
    SubI => a.wrapping_sub(b);
    MulI => a.wrapping_mul(b);
    MulHi => ((u64::from(a) * u64::from(b)) >> 32) as u32;
    DivI => math::div_i32(a, b);
    DivU => math::div_u32(a, b);
    RemI => if b == 0 { 0 } else { a.wrapping_sub(b.wrapping_mul(math::div_i32(a, b))) };
    RemU => if b == 0 { 0 } else { a.wrapping_sub(b.wrapping_mul(math::div_u32(a, b))) };
    MinI => i(a).min(i(b)) as u32;
    MaxI => i(a).max(i(b)) as u32;
    MinU => a.min(b);
    MaxU => a.max(b);
    And => a & b;
    AndNot => a & !b;
    Or => a | b;
    Xor => a ^ b;
    Shl => a << (b & 31);
    ShrI => (i(a) >> (b & 31)) as u32;
    ShrU => a >> (b & 31);
}

kernels! { Ternary (a: u32, b: u32, c: u32) FMA:
    Select => if a != 0 { b } else { c };
    // Updates its destination, which comes first.
    Keep => if b != 0 { c } else { a };
}
