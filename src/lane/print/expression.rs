//! One operation as a WGSL expression.

use super::Printer;
use crate::lane::error::Error;
use crate::lane::graph::{NodeId, Ty};
use crate::lane::op::Op;

impl Printer<'_> {
    /// How a node is written next to an operator.
    pub fn factor(&mut self, id: NodeId) -> Result<String, Error> {
        let text = self.operand(id)?;
        Ok(if self.nested[id.index()] { format!("({text})") } else { text })
    }

    /// How operand `k` is written next to the operator of `id`.
    fn term(&mut self, id: NodeId, k: usize) -> Result<String, Error> {
        let (node, arg) = (self.graph.node(id), self.graph.node(id).args()[k]);
        let meets = node.ty == Ty::F32 && is_arithmetic(node.op);
        // a change of sign rounds nothing, and hides nothing
        let mut inner = arg;
        while self.graph.node(inner).op == Op::Neg {
            inner = self.graph.node(inner).args()[0];
        }
        if meets && is_arithmetic(self.graph.node(inner).op) && self.constants[arg.index()].is_none() {
            return Ok(format!("rounded({})", self.operand(arg)?));
        }
        self.factor(arg)
    }

    /// How a node is written where it is read.
    pub fn operand(&mut self, id: NodeId) -> Result<String, Error> {
        if let Some(bits) = self.constants[id.index()] {
            return Ok(literal(self.graph.ty(id), bits));
        }
        if let Some(text) = &self.texts[id.index()] {
            return Ok(text.clone());
        }
        match self.graph.node(id).op {
            Op::Leaf(leaf) => Ok((self.leaf)(leaf)),
            Op::Index => Ok(self.index.to_string()),
            Op::Result(region, slot) => self.operand(self.graph.region(region).carried[slot as usize]),
            op => Err(Error::new(format!("{op:?} is read before it is computed"))),
        }
    }

    pub fn expression(&mut self, id: NodeId) -> Result<String, Error> {
        let node = *self.graph.node(id);
        if let Some(symbol) = infix(node.op, node.ty) {
            let (a, b) = (self.term(id, 0)?, self.term(id, 1)?);
            return Ok(format!("{a} {symbol} {b}"));
        }
        let prefix = match node.op {
            Op::Neg => Some("-"),
            Op::Not if node.ty == Ty::Bool => Some("!"),
            Op::Not => Some("~"),
            _ => None,
        };
        if let Some(symbol) = prefix {
            return Ok(format!("{symbol}{}", self.factor(node.args()[0])?));
        }
        let mut args = Vec::with_capacity(3);
        for &arg in node.args() {
            args.push(self.operand(arg)?);
        }
        if let Some(name) = function(node.op) {
            return Ok(format!("{name}({})", args.join(", ")));
        }
        let a = args.first().cloned().unwrap_or_default();
        Ok(match node.op {
            Op::Index => self.index.to_string(),
            Op::Spike => format!("select(0f, 1f, {} >= 0f)", self.factor(node.args()[0])?),
            Op::Bitcast => format!("bitcast<{}>({a})", node.ty.name()),
            Op::Select => format!("select({}, {}, {a})", args[2], args[1]),
            // A shift takes a u32 on its right.
            Op::Shl | Op::Shr => {
                let symbol = if node.op == Op::Shl { "<<" } else { ">>" };
                let [a, by] = [self.factor(node.args()[0])?, self.factor(node.args()[1])?];
                let by = match self.graph.ty(node.args()[1]) {
                    Ty::U32 => by,
                    _ => format!("bitcast<u32>({by})"),
                };
                match self.constants[node.args()[1].index()] {
                    Some(bits) => format!("{a} {symbol} {}u", bits & 31),
                    // A constant beyond 31 is an error in WGSL, a variable is taken modulo 32.
                    None => format!("{a} {symbol} ({by} & 31u)"),
                }
            }
            Op::MulHi => {
                self.helpers.mulhi = true;
                format!("high_product({})", args.join(", "))
            }
            Op::Exprel => {
                self.helpers.exponential = true;
                format!("exprel({a})")
            }
            Op::Exp => {
                self.helpers.exponential = true;
                format!("exponential({a})")
            }
            Op::Reciprocal => format!("1.0 / {}", self.term(id, 0)?),
            op => return Err(Error::new(format!("{op:?} exists in kernels for the CPU only"))),
        })
    }
}

/// Operations that drivers may contract or reorder with each other; a loop may hide one.
fn is_arithmetic(op: Op) -> bool {
    use Op::{Add, Carried, Div, Exprel, Mul, Reciprocal, Rem, Result, Sub};
    matches!(op, Add | Sub | Mul | Div | Rem | Reciprocal | Exprel | Carried(..) | Result(..))
}

fn infix(op: Op, ty: Ty) -> Option<&'static str> {
    Some(match op {
        Op::Add => "+",
        Op::Sub => "-",
        Op::Mul => "*",
        Op::Div => "/",
        Op::Rem => "%",
        Op::And => "&",
        Op::Or => "|",
        Op::Xor if ty == Ty::Bool => "!=",
        Op::Xor => "^",
        Op::Lt => "<",
        Op::Le => "<=",
        Op::Gt => ">",
        Op::Ge => ">=",
        Op::Eq => "==",
        Op::Ne => "!=",
        _ => return None,
    })
}

fn function(op: Op) -> Option<&'static str> {
    Some(match op {
        Op::Abs => "abs",
        Op::Sign => "sign",
        Op::Floor => "floor",
        Op::Ceil => "ceil",
        Op::Trunc => "trunc",
        Op::Round => "round",
        Op::Sqrt => "sqrt",
        Op::InverseSqrt => "inverseSqrt",
        Op::Exp2 => "exp2",
        Op::Log => "log",
        Op::Log2 => "log2",
        Op::Sin => "sin",
        Op::Cos => "cos",
        Op::Tan => "tan",
        Op::Tanh => "tanh",
        Op::Atan => "atan",
        Op::Min => "min",
        Op::Max => "max",
        Op::Pow => "pow",
        Op::ToF32 => "f32",
        Op::ToI32 => "i32",
        Op::ToU32 => "u32",
        _ => return None,
    })
}

/// A constant; negative ones in parentheses, those that WGSL cannot write by their bits.
fn literal(ty: Ty, bits: u32) -> String {
    match ty {
        Ty::F32 => {
            let value = f32::from_bits(bits);
            let text = format!("{value:?}f").replace(".0f", "f");
            match (value.is_finite(), value.is_sign_negative()) {
                (false, _) => format!("bitcast<f32>({bits:#x}u)"),
                (_, true) => format!("({text})"),
                _ => text,
            }
        }
        Ty::I32 if bits as i32 == i32::MIN => "i32(-2147483648)".to_string(),
        Ty::I32 if (bits as i32) < 0 => format!("({}i)", bits as i32),
        Ty::I32 => format!("{}i", bits as i32),
        Ty::U32 => format!("{bits}u"),
        Ty::Bool => (bits != 0).to_string(),
    }
}
