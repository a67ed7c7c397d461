//! WGSL's built-in functions, and the intrinsics that are known by name.

use naga::{MathFunction as M, Span};

use super::expression::word;
use super::{Lowering, Operand, Value, exp_euler};
use crate::lane::error::Error;
use crate::lane::graph::{NodeId, Ty};
use crate::lane::op::Op;

impl<'a> Lowering<'a> {
    pub fn math(&mut self, fun: M, args: &[Value], span: Span) -> Result<Value, Error> {
        if let Some(op) = direct(fun) {
            return Ok(match args {
                [a] => a.map(&mut |x| self.graph.unary(op, x)),
                [a, b] => a.zip(b, &mut |x, y| self.graph.binary(op, x, y)),
                _ => unreachable!("naga checks the number of arguments"),
            });
        }
        Ok(match (fun, args) {
            (M::Clamp, [x, low, high]) => {
                let x = x.zip(low, &mut |x, low| self.graph.binary(Op::Max, x, low));
                x.zip(high, &mut |x, high| self.graph.binary(Op::Min, x, high))
            }
            (M::Fma, [a, b, c]) => {
                let product = self.zip(Op::Mul, a, b);
                self.zip(Op::Add, &product, c)
            }
            (M::Mix, [a, b, t]) => {
                let difference = self.zip(Op::Sub, b, a);
                let part = self.zip(Op::Mul, &difference, t);
                self.zip(Op::Add, a, &part)
            }
            (M::Step, [edge, x]) => x.zip(edge, &mut |x, edge| {
                let above = self.graph.binary(Op::Ge, x, edge);
                self.graph.convert(above, Ty::F32)
            }),
            (M::SmoothStep, [low, high, x]) => {
                let (span, offset) = (self.zip(Op::Sub, high, low), self.zip(Op::Sub, x, low));
                let t = self.zip(Op::Div, &offset, &span);
                t.map(&mut |t| self.smooth(t))
            }
            (M::Dot, [a, b]) => Value::Scalar(self.dot(a, b)),
            (M::Length, [a]) => self.length(a),
            (M::Distance, [a, b]) => {
                let difference = self.zip(Op::Sub, a, b);
                self.length(&difference)
            }
            (M::Normalize, [a]) => {
                let length = self.length(a);
                self.zip(Op::Div, a, &length)
            }
            (M::Atan2, [y, x]) => y.zip(x, &mut |y, x| self.atan2(y, x)),
            (_, [x]) => {
                let expand = expansion(fun).ok_or_else(|| {
                    self.error(span, format!("`{}` does not exist on a lane", builtin(fun)))
                })?;
                x.map(&mut |x| expand(self, x))
            }
            _ => return Err(self.error(span, format!("`{}` does not exist on a lane", builtin(fun)))),
        })
    }

    /// A function that the engine knows by name; its WGSL body is there for naga only.
    pub fn intrinsic(&mut self, name: &str, args: &[Operand], span: Span) -> Result<Option<Value>, Error> {
        let values: Option<Vec<&Value>> = args
            .iter()
            .map(|arg| match arg {
                Operand::Value(value) => Some(value),
                Operand::Place(_) => None,
            })
            .collect();
        let Some(values) = values else { return Ok(None) };
        Ok(match (name, values.as_slice()) {
            ("spike", [x]) if self.ty(x) == Ty::F32 => Some(x.map(&mut |x| self.graph.unary(Op::Spike, x))),
            // what `print` calls it
            ("exponential", [x]) if self.ty(x) == Ty::F32 => {
                Some(x.map(&mut |x| self.graph.unary(Op::Exp, x)))
            }
            ("exprel", [x]) if self.ty(x) == Ty::F32 => Some(x.map(&mut |x| self.graph.unary(Op::Exprel, x))),
            ("stop_gradient", [x]) => Some(x.map(&mut |x| match self.graph.ty(x) {
                Ty::F32 => self.graph.unary(Op::StopGradient, x),
                _ => x,
            })),
            ("shifted", [s, Value::Scalar(h), k]) => Some(s.zip(k, &mut |s, k| match self.graph.ty(s) {
                Ty::F32 => {
                    let change = self.graph.binary(Op::Mul, *h, k);
                    self.graph.binary(Op::Add, s, change)
                }
                _ => s,
            })),
            ("largest", [e]) => Some(Value::Scalar(self.largest(e.scalars()))),
            ("largest_beside", [e, Value::Scalar(h), k]) => {
                let one = self.graph.f32(1.0);
                let beside = e.zip(k, &mut |e, k| match self.graph.ty(e) {
                    Ty::F32 => {
                        let change = self.graph.binary(Op::Mul, *h, k);
                        let change = self.graph.unary(Op::Abs, change);
                        let allowed = self.graph.binary(Op::Add, one, change);
                        self.graph.binary(Op::Div, e, allowed)
                    }
                    _ => e,
                });
                Some(Value::Scalar(self.largest(beside.scalars())))
            }
            ("mulhi", [a, b]) if self.ty(a) == Ty::U32 => Some(self.zip(Op::MulHi, a, b)),
            ("exp_euler", [x, drift, Value::Scalar(dt)]) if self.ty(x) == Ty::F32 => {
                let mut failed = None;
                let value = x.zip(drift, &mut |x, drift| {
                    exp_euler(self.graph, x, drift, *dt).unwrap_or_else(|error| {
                        failed = Some(error);
                        x
                    })
                });
                match failed {
                    Some(error) => return Err(self.error(span, error.message)),
                    None => Some(value),
                }
            }
            _ => None,
        })
    }

    /// The largest size of the floats among `scalars`.
    fn largest(&mut self, scalars: Vec<NodeId>) -> NodeId {
        let floats: Vec<NodeId> = scalars.into_iter().filter(|id| self.graph.ty(*id) == Ty::F32).collect();
        let zero = self.graph.f32(0.0);
        floats.into_iter().fold(zero, |most, id| {
            let size = self.graph.unary(Op::Abs, id);
            self.graph.binary(Op::Max, most, size)
        })
    }

    fn zip(&mut self, op: Op, a: &Value, b: &Value) -> Value {
        a.zip(b, &mut |a, b| self.graph.binary(op, a, b))
    }

    fn dot(&mut self, a: &Value, b: &Value) -> NodeId {
        let products = self.zip(Op::Mul, a, b).scalars();
        products[1..].iter().fold(products[0], |sum, x| self.graph.binary(Op::Add, sum, *x))
    }

    fn length(&mut self, a: &Value) -> Value {
        let op = if matches!(a, Value::Scalar(_)) { Op::Abs } else { Op::Sqrt };
        let x = if let Value::Scalar(x) = a { *x } else { self.dot(a, a) };
        Value::Scalar(self.graph.unary(op, x))
    }

    /// `t * t * (3 - 2 t)` with `t` clamped to 0..1.
    fn smooth(&mut self, t: NodeId) -> NodeId {
        let t = saturate(self, t);
        let (two, three) = (self.graph.f32(2.0), self.graph.f32(3.0));
        let slope = self.graph.binary(Op::Mul, two, t);
        let factor = self.graph.binary(Op::Sub, three, slope);
        let square = self.graph.binary(Op::Mul, t, t);
        self.graph.binary(Op::Mul, square, factor)
    }

    fn atan2(&mut self, y: NodeId, x: NodeId) -> NodeId {
        let (zero, pi) = (self.graph.f32(0.0), self.graph.f32(std::f32::consts::PI));
        let ratio = self.graph.binary(Op::Div, y, x);
        let principal = self.graph.unary(Op::Atan, ratio);
        let minus_pi = self.graph.f32(-std::f32::consts::PI);
        let below = self.graph.binary(Op::Lt, y, zero);
        let turn = self.graph.select(below, minus_pi, pi);
        let turned = self.graph.binary(Op::Add, principal, turn);
        let left = self.graph.binary(Op::Lt, x, zero);
        let angle = self.graph.select(left, turned, principal);
        // 0 / 0 at the origin, where atan2 is 0
        let origin = self.graph.binary(Op::Eq, y, zero);
        let on_axis = self.graph.select(left, pi, zero);
        self.graph.select(origin, on_axis, angle)
    }
}

/// Functions that are one operation.
fn direct(fun: M) -> Option<Op> {
    Some(match fun {
        M::Abs => Op::Abs,
        M::Sign => Op::Sign,
        M::Floor => Op::Floor,
        M::Ceil => Op::Ceil,
        M::Trunc => Op::Trunc,
        M::Round => Op::Round,
        M::Sqrt => Op::Sqrt,
        M::InverseSqrt => Op::InverseSqrt,
        M::Exp => Op::Exp,
        M::Exp2 => Op::Exp2,
        M::Log => Op::Log,
        M::Log2 => Op::Log2,
        M::Sin => Op::Sin,
        M::Cos => Op::Cos,
        M::Tan => Op::Tan,
        M::Tanh => Op::Tanh,
        M::Atan => Op::Atan,
        M::Min => Op::Min,
        M::Max => Op::Max,
        M::Pow => Op::Pow,
        _ => return None,
    })
}

type Expansion = fn(&mut Lowering<'_>, NodeId) -> NodeId;

/// Functions of one argument that are written with others.
fn expansion(fun: M) -> Option<Expansion> {
    Some(match fun {
        M::Saturate => saturate,
        M::Fract => |l, x| {
            let floor = l.graph.unary(Op::Floor, x);
            l.graph.binary(Op::Sub, x, floor)
        },
        // x (exprel(x) + exprel(-x)) / 2: no cancellation at 0
        M::Sinh => |l, x| {
            let sum = symmetric(l, Op::Exprel, x);
            l.graph.binary(Op::Mul, x, sum)
        },
        M::Cosh => |l, x| symmetric(l, Op::Exp, x),
        // atan(x / sqrt((1 - x)(1 + x)))
        M::Asin => |l, x| {
            let cosine = leg(l, x);
            let ratio = l.graph.binary(Op::Div, x, cosine);
            l.graph.unary(Op::Atan, ratio)
        },
        M::Acos => |l, x| {
            let cosine = leg(l, x);
            l.atan2(cosine, x)
        },
        M::Radians => |l, x| scale(l, x, std::f32::consts::PI / 180.0),
        M::Degrees => |l, x| scale(l, x, 180.0 / std::f32::consts::PI),
        _ => return None,
    })
}

fn saturate(l: &mut Lowering<'_>, x: NodeId) -> NodeId {
    let (zero, one) = (l.graph.f32(0.0), l.graph.f32(1.0));
    let x = l.graph.binary(Op::Max, x, zero);
    l.graph.binary(Op::Min, x, one)
}

fn symmetric(l: &mut Lowering<'_>, op: Op, x: NodeId) -> NodeId {
    let minus = l.graph.unary(Op::Neg, x);
    let (a, b) = (l.graph.unary(op, x), l.graph.unary(op, minus));
    let sum = l.graph.binary(Op::Add, a, b);
    scale(l, sum, 0.5)
}

fn leg(l: &mut Lowering<'_>, x: NodeId) -> NodeId {
    let one = l.graph.f32(1.0);
    let (less, more) = (l.graph.binary(Op::Sub, one, x), l.graph.binary(Op::Add, one, x));
    let square = l.graph.binary(Op::Mul, less, more);
    l.graph.unary(Op::Sqrt, square)
}

fn scale(l: &mut Lowering<'_>, x: NodeId, factor: f32) -> NodeId {
    let factor = l.graph.f32(factor);
    l.graph.binary(Op::Mul, x, factor)
}

/// The WGSL name of a built-in function.
fn builtin(fun: M) -> String {
    let name = word(&fun);
    name[..1].to_lowercase() + &name[1..]
}
