//! The operations of the lane graph.

use super::graph::LeafId;
use super::region::RegionId;

/// What a node computes. Arithmetic is typed by the node: `Add` on `i32` lanes wraps, on `f32` lanes rounds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Op {
    /// A constant, as the bits of the node's type; `true` is all ones.
    Const(u32),
    /// A value supplied from outside.
    Leaf(LeafId),
    /// Global number of the element in this lane.
    Index,
    /// Value carried into an iteration of a region: region, slot.
    Carried(RegionId, u32),
    /// Value carried out of a finished region: region, slot.
    Result(RegionId, u32),
    /// `-a`
    Neg,
    /// `abs(a)`
    Abs,
    /// `sign(a)`
    Sign,
    /// `floor(a)`
    Floor,
    /// `ceil(a)`
    Ceil,
    /// `trunc(a)`
    Trunc,
    /// `round(a)`, ties to even
    Round,
    /// `sqrt(a)`
    Sqrt,
    /// `1 / sqrt(a)`
    InverseSqrt,
    /// `1 / a`; made by the optimiser only
    Reciprocal,
    /// `exp(a)`
    Exp,
    /// `exp2(a)`
    Exp2,
    /// `log(a)`
    Log,
    /// `log2(a)`
    Log2,
    /// `(exp(a) - 1) / a`, 1 at 0
    Exprel,
    /// `sin(a)`
    Sin,
    /// `cos(a)`
    Cos,
    /// `tan(a)`
    Tan,
    /// `tanh(a)`
    Tanh,
    /// `atan(a)`
    Atan,
    /// 1 where `a >= 0`, else 0: the only place where a surrogate gradient enters
    Spike,
    /// `a`, with a derivative of zero
    StopGradient,
    /// `!a` on bool, `~a` on integers
    Not,
    /// `a`, 0 where `abs(a) < 2^-95`; made for outputs only
    Flush,
    /// Conversion to f32
    ToF32,
    /// Conversion to i32, saturating from f32
    ToI32,
    /// Conversion to u32, saturating from f32
    ToU32,
    /// The same bits as another type
    Bitcast,
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// `a / b`; on integers `a / 0 = a`
    Div,
    /// `a % b`; on integers `a % 0 = 0`
    Rem,
    /// `min(a, b)`
    Min,
    /// `max(a, b)`
    Max,
    /// `pow(a, b)` for `a >= 0`
    Pow,
    /// High 32 bits of the 64-bit product of two u32
    MulHi,
    /// `a & b`
    And,
    /// `a | b`
    Or,
    /// `a ^ b`
    Xor,
    /// `a << (b & 31)`
    Shl,
    /// `a >> (b & 31)`
    Shr,
    /// `a < b`
    Lt,
    /// `a <= b`
    Le,
    /// `a > b`
    Gt,
    /// `a >= b`
    Ge,
    /// `a == b`
    Eq,
    /// `a != b`
    Ne,
    /// `b` where `a`, else `c`
    Select,
}

impl Op {
    /// Number of operands.
    pub fn arity(self) -> usize {
        use Op::*;
        match self {
            Const(_) | Leaf(_) | Index | Carried(..) | Result(..) => 0,
            Select => 3,
            op if op.is_compare() => 2,
            Add | Sub | Mul | Div | Rem | Min | Max | Pow | MulHi | And | Or | Xor | Shl | Shr => 2,
            _ => 1,
        }
    }

    /// Whether the result is a bool made from two operands of another type.
    pub fn is_compare(self) -> bool {
        matches!(self, Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Eq | Op::Ne)
    }

    /// Whether the first two operands may be exchanged.
    pub fn is_commutative(self) -> bool {
        use Op::*;
        // `Min` and `Max` are not: with a NaN operand their order shows.
        matches!(self, Add | Mul | MulHi | And | Or | Xor | Eq | Ne)
    }
}
