//! The table that finds the loop for an operation.

use super::Call;
#[cfg(target_arch = "x86_64")]
use super::VectorCall;
use super::kernels as k;
use super::kernels::{Binary, Ternary, Unary};
#[cfg(target_arch = "x86_64")]
use super::stamp::{Avx2, Avx512};
use super::stamp::{Baseline, Loops, Shared, Vector};
use crate::lane::graph::Ty;
use crate::lane::op::Op;

/// An instruction set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Isa {
    /// What every CPU of this architecture has (NEON on aarch64)
    Baseline,
    /// AVX2 and FMA
    Avx2,
    /// AVX-512 F, VL, BW and DQ
    Avx512,
    /// AVX-512, with whole kernels as machine code
    Native,
}

impl Isa {
    /// All of them, plainest first.
    pub const ALL: [Isa; 4] = [Isa::Baseline, Isa::Avx2, Isa::Avx512, Isa::Native];

    /// The best of this CPU.
    pub fn detect() -> Isa {
        let best = Isa::ALL.into_iter().rev().find(|isa| isa.is_available());
        best.unwrap_or(Isa::Baseline)
    }

    /// Whether this CPU has it.
    pub fn is_available(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            match self {
                Isa::Baseline => true,
                Isa::Avx2 => avx2,
                Isa::Avx512 | Isa::Native => {
                    avx2 && is_x86_feature_detected!("avx512f")
                        && is_x86_feature_detected!("avx512vl")
                        && is_x86_feature_detected!("avx512bw")
                        && is_x86_feature_detected!("avx512dq")
                }
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            self == Isa::Baseline
        }
    }
}

/// The loop for `op` on operands of type `from`; bit k of `scalars` is set where operand k is shared by all
/// lanes. `None` where that form does not exist: then the operand has to be spread over a slot.
pub fn lookup(isa: Isa, op: Op, from: Ty, scalars: u8) -> Option<Call> {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => find::<Avx2>(op, from, scalars),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 | Isa::Native => find::<Avx512>(op, from, scalars),
        _ => find::<Baseline>(op, from, scalars),
    }
}

/// Loops that are no operation of the graph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Special {
    /// `d = a`
    Copy,
    /// `d = scalar a`
    Spread,
    /// `d = a + lane`, with scalar `a`
    Count,
    /// `d = b where a`, else unchanged
    Keep,
    /// `d &= a`
    And,
    /// `d &= !a`
    AndNot,
    /// `d` = one bit for each lane of `a`
    Pack,
}

/// The loop for `special`.
pub fn special(isa: Isa, special: Special, from_scalar: bool) -> Call {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => find_special::<Avx2>(special, from_scalar),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 | Isa::Native => find_special::<Avx512>(special, from_scalar),
        _ => find_special::<Baseline>(special, from_scalar),
    }
}

fn find_special<L: Loops>(special: Special, from_scalar: bool) -> Call {
    match (special, from_scalar) {
        (Special::Copy | Special::Spread, true) => L::unary::<k::Copy, Shared>(),
        (Special::Copy | Special::Spread, false) => L::unary::<k::Copy, Vector<'_>>(),
        (Special::Count, _) => L::count(),
        (Special::Keep, true) => L::update::<k::Keep, Vector<'_>, Shared>(),
        (Special::Keep, false) => L::update::<k::Keep, Vector<'_>, Vector<'_>>(),
        (Special::And, _) => L::narrow::<k::And, Vector<'_>>(),
        (Special::AndNot, _) => L::narrow::<k::AndNot, Vector<'_>>(),
        (Special::Pack, true) => L::pack::<Shared>(),
        (Special::Pack, false) => L::pack::<Vector<'_>>(),
    }
}

fn one<L: Loops, O: Unary>(scalars: u8) -> Option<Call> {
    (scalars == 0).then(L::unary::<O, Vector<'_>>)
}

fn two<L: Loops, O: Binary>(scalars: u8) -> Option<Call> {
    match scalars {
        0 => Some(L::binary::<O, Vector<'_>, Vector<'_>>()),
        1 => Some(L::binary::<O, Shared, Vector<'_>>()),
        2 => Some(L::binary::<O, Vector<'_>, Shared>()),
        _ => None,
    }
}

fn three<L: Loops, O: Ternary>(scalars: u8) -> Option<Call> {
    match scalars {
        0 => Some(L::ternary::<O, Vector<'_>, Vector<'_>, Vector<'_>>()),
        2 => Some(L::ternary::<O, Vector<'_>, Shared, Vector<'_>>()),
        4 => Some(L::ternary::<O, Vector<'_>, Vector<'_>, Shared>()),
        6 => Some(L::ternary::<O, Vector<'_>, Shared, Shared>()),
        _ => None,
    }
}

fn find<L: Loops>(op: Op, from: Ty, scalars: u8) -> Option<Call> {
    match from {
        Ty::F32 => float::<L>(op, scalars).or_else(|| any::<L>(op, scalars)),
        Ty::I32 => {
            signed::<L>(op, scalars).or_else(|| integer::<L>(op, scalars)).or_else(|| any::<L>(op, scalars))
        }
        Ty::U32 | Ty::Bool => {
            unsigned::<L>(op, scalars).or_else(|| integer::<L>(op, scalars)).or_else(|| any::<L>(op, scalars))
        }
    }
}

fn any<L: Loops>(op: Op, scalars: u8) -> Option<Call> {
    match op {
        Op::Select => three::<L, k::Select>(scalars),
        Op::Bitcast | Op::StopGradient => one::<L, k::Copy>(scalars),
        _ => None,
    }
}

fn float<L: Loops>(op: Op, scalars: u8) -> Option<Call> {
    match op {
        Op::Neg => one::<L, k::Neg>(scalars),
        Op::Abs => one::<L, k::Abs>(scalars),
        Op::Sign => one::<L, k::Sign>(scalars),
        Op::Floor => one::<L, k::Floor>(scalars),
        Op::Ceil => one::<L, k::Ceil>(scalars),
        Op::Trunc => one::<L, k::Trunc>(scalars),
        Op::Round => one::<L, k::Round>(scalars),
        Op::Sqrt => one::<L, k::Sqrt>(scalars),
        Op::InverseSqrt => one::<L, k::InverseSqrt>(scalars),
        Op::Reciprocal => one::<L, k::Reciprocal>(scalars),
        Op::Exp => one::<L, k::Exp>(scalars),
        Op::Exp2 => one::<L, k::Exp2>(scalars),
        Op::Log => one::<L, k::Log>(scalars),
        Op::Log2 => one::<L, k::Log2>(scalars),
        Op::Exprel => one::<L, k::Exprel>(scalars),
        Op::Sin => one::<L, k::Sin>(scalars),
        Op::Cos => one::<L, k::Cos>(scalars),
        Op::Tan => one::<L, k::Tan>(scalars),
        Op::Tanh => one::<L, k::Tanh>(scalars),
        Op::Atan => one::<L, k::Atan>(scalars),
        Op::Spike => one::<L, k::Spike>(scalars),
        Op::Flush => one::<L, k::Flush>(scalars),
        Op::ToI32 => one::<L, k::ToI32>(scalars),
        Op::ToU32 => one::<L, k::ToU32>(scalars),
        Op::Add => two::<L, k::Add>(scalars),
        Op::Sub => two::<L, k::Sub>(scalars),
        Op::Mul => two::<L, k::Mul>(scalars),
        Op::Div => two::<L, k::Div>(scalars),
        Op::Rem => two::<L, k::Rem>(scalars),
        Op::Min => two::<L, k::Min>(scalars),
        Op::Max => two::<L, k::Max>(scalars),
        Op::Pow => two::<L, k::Pow>(scalars),
        Op::Lt => two::<L, k::Lt>(scalars),
        Op::Le => two::<L, k::Le>(scalars),
        Op::Gt => two::<L, k::Gt>(scalars),
        Op::Ge => two::<L, k::Ge>(scalars),
        Op::Eq => two::<L, k::Eq>(scalars),
        Op::Ne => two::<L, k::Ne>(scalars),
        _ => None,
    }
}

fn integer<L: Loops>(op: Op, scalars: u8) -> Option<Call> {
    match op {
        Op::Neg => one::<L, k::NegI>(scalars),
        Op::Not => one::<L, k::Not>(scalars),
        Op::Add => two::<L, k::AddI>(scalars),
        Op::Sub => two::<L, k::SubI>(scalars),
        Op::Mul => two::<L, k::MulI>(scalars),
        Op::And => two::<L, k::And>(scalars),
        Op::Or => two::<L, k::Or>(scalars),
        Op::Xor => two::<L, k::Xor>(scalars),
        Op::Eq => two::<L, k::EqI>(scalars),
        Op::Ne => two::<L, k::NeI>(scalars),
        _ => None,
    }
}

fn signed<L: Loops>(op: Op, scalars: u8) -> Option<Call> {
    match op {
        Op::Abs => one::<L, k::AbsI>(scalars),
        Op::Sign => one::<L, k::SignI>(scalars),
        Op::ToF32 => one::<L, k::FromI32>(scalars),
        Op::Div => two::<L, k::DivI>(scalars),
        Op::Rem => two::<L, k::RemI>(scalars),
        Op::Min => two::<L, k::MinI>(scalars),
        Op::Max => two::<L, k::MaxI>(scalars),
        Op::Shr => two::<L, k::ShrI>(scalars),
        Op::Shl => two::<L, k::Shl>(scalars),
        Op::Lt => two::<L, k::LtI>(scalars),
        Op::Le => two::<L, k::LeI>(scalars),
        _ => None,
    }
}

fn unsigned<L: Loops>(op: Op, scalars: u8) -> Option<Call> {
    match op {
        Op::Abs => one::<L, k::Copy>(scalars),
        Op::ToF32 => one::<L, k::FromU32>(scalars),
        Op::MulHi => two::<L, k::MulHi>(scalars),
        Op::Div => two::<L, k::DivU>(scalars),
        Op::Rem => two::<L, k::RemU>(scalars),
        Op::Min => two::<L, k::MinU>(scalars),
        Op::Max => two::<L, k::MaxU>(scalars),
        Op::Shl => two::<L, k::Shl>(scalars),
        Op::Shr => two::<L, k::ShrU>(scalars),
        Op::Lt => two::<L, k::LtU>(scalars),
        Op::Le => two::<L, k::LeU>(scalars),
        _ => None,
    }
}

/// The address of the function `fn(result, first operand, second operand)` on vectors of 16 lanes in memory.
#[cfg(target_arch = "x86_64")]
pub fn vector_call(op: Op, from: Ty) -> usize {
    use super::stamp::{vector_one as one, vector_two as two};
    let function = match (op, from) {
        (Op::Sin, _) => one::<k::Sin>,
        (Op::Cos, _) => one::<k::Cos>,
        (Op::Tan, _) => one::<k::Tan>,
        (Op::Tanh, _) => one::<k::Tanh>,
        (Op::Atan, _) => one::<k::Atan>,
        (Op::Pow, _) => two::<k::Pow>,
        (Op::Div, Ty::I32) => two::<k::DivI>,
        (Op::Div, _) => two::<k::DivU>,
        (Op::Rem, Ty::I32) => two::<k::RemI>,
        (Op::Rem, _) => two::<k::RemU>,
        other => unreachable!("{other:?} has instructions"),
    };
    function as VectorCall as usize
}
