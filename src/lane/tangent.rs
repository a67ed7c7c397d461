//! Forward derivatives, built into the same graph.

use super::error::Error;
use super::graph::{Graph, NodeId, Ty};
use super::op::Op;

/// The derivative of `of` with respect to `with_respect_to`, which may be any node: it is taken as the
/// independent variable, whatever it is computed from.
///
/// Comparisons, roundings, casts, `spike` and `stop_gradient` have derivative zero.
///
/// # Errors
/// Where the dependence goes through a loop that was kept as a region.
pub fn tangent(graph: &mut Graph, of: NodeId, with_respect_to: NodeId) -> Result<NodeId, Error> {
    let live = graph.reach(&[of]);
    // `None` is a derivative that is zero by structure.
    let mut tangents: Vec<Option<NodeId>> = vec![None; of.index() + 1];
    let mut depends = vec![false; of.index() + 1];
    for index in with_respect_to.index()..=of.index() {
        let id = NodeId::new(index);
        if id == with_respect_to {
            depends[index] = true;
            tangents[index] = Some(graph.f32(1.0));
            continue;
        }
        if !live[index] {
            continue;
        }
        let mut dependent = false;
        graph.for_each_input(id, &mut |input| dependent |= depends.get(input.index()) == Some(&true));
        depends[index] = dependent;
        if !dependent {
            continue;
        }
        let node = *graph.node(id);
        if matches!(node.op, Op::Carried(..) | Op::Result(..)) && node.ty == Ty::F32 {
            return Err(Error::new(
                "the derivative goes through a loop with a data-dependent end: use a loop of constant length",
            ));
        }
        if node.ty == Ty::F32 {
            let mut parts = [None; 3];
            for (part, arg) in parts.iter_mut().zip(node.args()) {
                *part = tangents[arg.index()];
            }
            tangents[index] = Rules { graph }.derive(id, parts);
        }
    }
    let zero = graph.f32(0.0);
    Ok(tangents[of.index()].unwrap_or(zero))
}

/// Derivatives of operations, with the tangents of their operands.
struct Rules<'a> {
    graph: &'a mut Graph,
}

type Tangent = Option<NodeId>;

impl Rules<'_> {
    fn derive(&mut self, id: NodeId, [da, db, dc]: [Tangent; 3]) -> Tangent {
        let node = *self.graph.node(id);
        let [a, b, _] = node.operands;
        match node.op {
            Op::Neg => self.neg(da),
            Op::Add => self.add(da, db),
            Op::Sub => {
                let minus = self.neg(db);
                self.add(da, minus)
            }
            Op::Mul => {
                let (left, right) = (self.scaled(da, b), self.scaled(db, a));
                self.add(left, right)
            }
            // (da - (a / b) db) / b
            Op::Div => {
                let part = self.scaled(db, id);
                let minus = self.neg(part);
                let top = self.add(da, minus)?;
                Some(self.graph.binary(Op::Div, top, b))
            }
            Op::Rem => {
                let ratio = self.graph.binary(Op::Div, a, b);
                let whole = self.graph.unary(Op::Trunc, ratio);
                let part = self.scaled(db, whole);
                let minus = self.neg(part);
                self.add(da, minus)
            }
            Op::Min | Op::Max => {
                let op = if node.op == Op::Min { Op::Lt } else { Op::Gt };
                let takes_b = self.graph.binary(op, b, a);
                self.select(takes_b, db, da)
            }
            Op::Select => self.select(a, db, dc),
            Op::Abs => {
                let zero = self.graph.f32(0.0);
                let negative = self.graph.binary(Op::Lt, a, zero);
                let minus = self.neg(da);
                self.select(negative, minus, da)
            }
            Op::Pow => self.power(id, [a, b], [da, db]),
            _ => {
                let da = da?;
                let slope = self.slope(id, node.op, a)?;
                self.scaled(Some(da), slope)
            }
        }
    }

    /// `b a^(b - 1) da + a^b log(a) db`
    fn power(&mut self, id: NodeId, [a, b]: [NodeId; 2], [da, db]: [Tangent; 2]) -> Tangent {
        let one = self.graph.f32(1.0);
        let less = self.graph.binary(Op::Sub, b, one);
        let lower = self.graph.binary(Op::Pow, a, less);
        let slope = self.graph.binary(Op::Mul, b, lower);
        let from_base = self.scaled(da, slope);
        let log = self.graph.unary(Op::Log, a);
        let slope = self.graph.binary(Op::Mul, id, log);
        let from_exponent = self.scaled(db, slope);
        self.add(from_base, from_exponent)
    }

    /// Derivative of a function of one argument; `id` is its value. `None` where it is zero everywhere.
    fn slope(&mut self, id: NodeId, op: Op, a: NodeId) -> Tangent {
        let one = self.graph.f32(1.0);
        let g = &mut *self.graph;
        Some(match op {
            Op::Sqrt => {
                let half = g.f32(0.5);
                g.binary(Op::Div, half, id)
            }
            Op::InverseSqrt => {
                let (half, ratio) = (g.f32(-0.5), g.binary(Op::Div, id, a));
                g.binary(Op::Mul, half, ratio)
            }
            Op::Exp => id,
            Op::Exp2 => {
                let ln_2 = g.f32(std::f32::consts::LN_2);
                g.binary(Op::Mul, ln_2, id)
            }
            Op::Log => g.binary(Op::Div, one, a),
            Op::Log2 => {
                let log2_e = g.f32(std::f32::consts::LOG2_E);
                g.binary(Op::Div, log2_e, a)
            }
            Op::Exprel => self.exprel_slope(id, a),
            Op::Sin => g.unary(Op::Cos, a),
            Op::Cos => {
                let sin = g.unary(Op::Sin, a);
                g.unary(Op::Neg, sin)
            }
            Op::Tan => {
                let square = g.binary(Op::Mul, id, id);
                g.binary(Op::Add, one, square)
            }
            Op::Tanh => {
                let square = g.binary(Op::Mul, id, id);
                g.binary(Op::Sub, one, square)
            }
            Op::Atan => {
                let square = g.binary(Op::Mul, a, a);
                let sum = g.binary(Op::Add, one, square);
                g.binary(Op::Div, one, sum)
            }
            _ => return None,
        })
    }

    /// `(exp(z) - exprel(z)) / z`, near 0 its series `1/2 + z/3 + z^2/8 + z^3/30 + z^4/144 + z^5/840`.
    fn exprel_slope(&mut self, id: NodeId, z: NodeId) -> NodeId {
        let g = &mut *self.graph;
        let mut series = g.f32(1.0 / 840.0);
        for divisor in [144.0f32, 30.0, 8.0, 3.0, 2.0] {
            let term = g.f32(1.0 / divisor);
            let product = g.binary(Op::Mul, series, z);
            series = g.binary(Op::Add, product, term);
        }
        let exp = g.unary(Op::Exp, z);
        let difference = g.binary(Op::Sub, exp, id);
        let direct = g.binary(Op::Div, difference, z);
        let (size, near) = (g.unary(Op::Abs, z), g.f32(0.3));
        // 0.3: the series is off by 0.3^6 / 5760 = 1e-7, the difference by 2^-24 / 0.3
        let close = g.binary(Op::Lt, size, near);
        g.select(close, series, direct)
    }

    fn neg(&mut self, a: Tangent) -> Tangent {
        a.map(|a| self.graph.unary(Op::Neg, a))
    }

    fn add(&mut self, a: Tangent, b: Tangent) -> Tangent {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.graph.binary(Op::Add, a, b)),
            (a, b) => a.or(b),
        }
    }

    fn scaled(&mut self, tangent: Tangent, by: NodeId) -> Tangent {
        let tangent = tangent?;
        if self.graph.constant_f32(tangent) == Some(1.0) {
            return Some(by);
        }
        match self.graph.constant_f32(by) {
            Some(0.0) => None,
            Some(1.0) => Some(tangent),
            Some(-1.0) => self.neg(Some(tangent)),
            _ => Some(self.graph.binary(Op::Mul, tangent, by)),
        }
    }

    fn select(&mut self, condition: NodeId, a: Tangent, b: Tangent) -> Tangent {
        if a.is_none() && b.is_none() {
            return None;
        }
        let zero = self.graph.f32(0.0);
        Some(self.graph.select(condition, a.unwrap_or(zero), b.unwrap_or(zero)))
    }
}
