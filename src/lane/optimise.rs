//! Rewrites for every device: fewer operations, values as good as before.
//!
//! Safe are rewrites that round no worse than what they replace. Sums of products are not contracted: without
//! contraction every CPU, and every GPU whose driver does not contract either, rounds alike.

use super::bits;
use super::graph::{Graph, NodeId, Rate, Ty};
use super::op::Op;
use super::rebuild::rebuild;

/// The same outputs in a smaller graph: markers gone, algebra done.
pub fn optimise(graph: &Graph, outputs: &[NodeId]) -> (Graph, Vec<NodeId>) {
    let mut simplifier = Simplifier::default();
    rebuild(graph, outputs, &mut |into, id, args| {
        let node = graph.node(id);
        simplifier.node(into, node.op, node.ty, args)
    })
}

/// Remembers which nodes of the new graph differ between lanes.
#[derive(Default)]
struct Simplifier {
    varies: Vec<bool>,
}

impl Simplifier {
    fn varies(&mut self, graph: &Graph, id: NodeId) -> bool {
        for index in self.varies.len()..=id.index() {
            let node = graph.node(NodeId::new(index));
            let varies = match node.op {
                Op::Const(_) => false,
                Op::Leaf(leaf) => graph.leaves()[leaf.index()].rate == Rate::Lane,
                Op::Index | Op::Carried(..) | Op::Result(..) => true,
                _ => node.args().iter().any(|arg| self.varies[arg.index()]),
            };
            self.varies.push(varies);
        }
        self.varies[id.index()]
    }

    fn node(&mut self, g: &mut Graph, op: Op, ty: Ty, args: &[NodeId]) -> NodeId {
        let rewritten = match *args {
            [a] => self.one(g, op, ty, a),
            [a, b] => through_select(g, op, a, b).or_else(|| match ty {
                Ty::F32 => self.two(g, op, a, b),
                _ => compare(g, op, a, b),
            }),
            _ => None,
        };
        if let Some(id) = rewritten {
            return id;
        }
        match *args {
            [a, b] if op.is_commutative() && b < a => g.apply(op, ty, &[b, a]),
            _ => g.apply(op, ty, args),
        }
    }

    fn one(&mut self, g: &mut Graph, op: Op, ty: Ty, a: NodeId) -> Option<NodeId> {
        let inner = *g.node(a);
        match (op, inner.op) {
            (Op::StopGradient, _) => Some(a),
            (Op::Spike, _) => {
                let zero = g.f32(0.0);
                let fires = self.node(g, Op::Ge, Ty::Bool, &[a, zero]);
                Some(g.convert(fires, Ty::F32))
            }
            (Op::Neg, Op::Neg) => Some(inner.operands[0]),
            (Op::Neg, Op::Sub) if ty == Ty::F32 => {
                let [x, y, _] = inner.operands;
                Some(self.node(g, Op::Sub, ty, &[y, x]))
            }
            (Op::Not, compare) => {
                let [x, y, _] = inner.operands;
                let opposite = opposite(compare).filter(|_| g.ty(x) != Ty::F32)?;
                Some(g.binary(opposite, x, y))
            }
            _ => None,
        }
    }

    fn two(&mut self, g: &mut Graph, op: Op, a: NodeId, b: NodeId) -> Option<NodeId> {
        let (ka, kb) = (g.constant_f32(a), g.constant_f32(b));
        let negated = |g: &Graph, id: NodeId| {
            let node = g.node(id);
            (node.op == Op::Neg).then_some(node.operands[0])
        };
        match op {
            Op::Add if ka == Some(0.0) => Some(b),
            Op::Add | Op::Sub if kb == Some(0.0) => Some(a),
            Op::Sub if ka == Some(0.0) => Some(self.node(g, Op::Neg, Ty::F32, &[b])),
            Op::Add => match (negated(g, a), negated(g, b)) {
                (_, Some(b)) => Some(self.node(g, Op::Sub, Ty::F32, &[a, b])),
                (Some(a), _) => Some(self.node(g, Op::Sub, Ty::F32, &[b, a])),
                _ => None,
            },
            Op::Sub => match (negated(g, b), if_chosen(g, b)) {
                (Some(b), _) => Some(self.node(g, Op::Add, Ty::F32, &[a, b])),
                (_, Some((condition, x))) => {
                    let less = self.node(g, Op::Sub, Ty::F32, &[a, x]);
                    Some(g.select(condition, less, a))
                }
                _ => negated(g, a).map(|a| {
                    let sum = self.node(g, Op::Add, Ty::F32, &[a, b]);
                    self.node(g, Op::Neg, Ty::F32, &[sum])
                }),
            },
            Op::Mul | Op::Div if kb == Some(1.0) => Some(a),
            Op::Mul if ka == Some(1.0) => Some(b),
            Op::Mul if kb == Some(-1.0) => Some(self.node(g, Op::Neg, Ty::F32, &[a])),
            Op::Mul if ka == Some(-1.0) => Some(self.node(g, Op::Neg, Ty::F32, &[b])),
            // Within WGSL's 2.5 ulp for a division.
            Op::Div if self.varies(g, a) && !self.varies(g, b) => {
                let reciprocal = g.unary(Op::Reciprocal, b);
                Some(self.node(g, Op::Mul, Ty::F32, &[a, reciprocal]))
            }
            Op::Mul => self.scale(g, a, b).or_else(|| self.scale(g, b, a)),
            _ => None,
        }
    }

    /// `(x * u) * v` as `x * (u * v)` and `(-x) * v` as `x * (-v)`, for `u` and `v` that all lanes share.
    fn scale(&mut self, g: &mut Graph, x: NodeId, v: NodeId) -> Option<NodeId> {
        if self.varies(g, v) || !self.varies(g, x) {
            return None;
        }
        let inner = *g.node(x);
        let [p, q, _] = inner.operands;
        match inner.op {
            Op::Neg => {
                let v = self.node(g, Op::Neg, Ty::F32, &[v]);
                Some(self.node(g, Op::Mul, Ty::F32, &[p, v]))
            }
            Op::Mul if self.varies(g, p) != self.varies(g, q) => {
                let (x, u) = if self.varies(g, p) { (p, q) } else { (q, p) };
                let factor = self.node(g, Op::Mul, Ty::F32, &[u, v]);
                Some(self.node(g, Op::Mul, Ty::F32, &[x, factor]))
            }
            _ => None,
        }
    }
}

/// `(x - t) >= 0` as `x >= t`, and its like.
fn compare(g: &mut Graph, op: Op, a: NodeId, b: NodeId) -> Option<NodeId> {
    let inner = *g.node(a);
    let ordered = matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge);
    if !ordered || g.constant_f32(b) != Some(0.0) || inner.op != Op::Sub {
        return None;
    }
    Some(g.binary(op, inner.operands[0], inner.operands[1]))
}

/// Of `x * (c ? 1 : 0)`: c and x. What a spike takes from a potential has this form.
fn if_chosen(g: &Graph, product: NodeId) -> Option<(NodeId, NodeId)> {
    let node = g.node(product);
    let [p, q, _] = node.operands;
    let condition = |id: NodeId| {
        let choice = g.node(id);
        let [c, accept, reject] = choice.operands;
        let is_flag = choice.op == Op::Select
            && g.constant_f32(accept) == Some(1.0)
            && g.constant_f32(reject) == Some(0.0);
        is_flag.then_some(c)
    };
    let of = |flag: NodeId, x: NodeId| condition(flag).map(|c| (c, x));
    if node.op == Op::Mul { of(p, q).or_else(|| of(q, p)) } else { None }
}

/// An operation on a choice of two constants with a third: the choice of two results.
fn through_select(g: &mut Graph, op: Op, a: NodeId, b: NodeId) -> Option<NodeId> {
    let choice = |g: &Graph, id: NodeId| {
        let node = *g.node(id);
        let [c, x, y] = node.operands;
        let constants = node.op == Op::Select && [x, y].iter().all(|&id| g.constant_bits(id).is_some());
        constants.then_some((c, x, y))
    };
    let (from, constant) = (g.ty(a), |g: &Graph, id: NodeId| g.constant_bits(id));
    let (c, x, y) = match (choice(g, a), choice(g, b)) {
        (Some((c, x, y)), None) => {
            (c, [constant(g, x)?, constant(g, b)?], [constant(g, y)?, constant(g, b)?])
        }
        (None, Some((c, x, y))) => {
            (c, [constant(g, a)?, constant(g, x)?], [constant(g, a)?, constant(g, y)?])
        }
        _ => return None,
    };
    let ty = if op.is_compare() { Ty::Bool } else { from };
    let [x, y] = [x, y].map(|[a, b]| bits::apply(op, from, [a, b, 0]));
    let (x, y) = (g.constant(ty, x), g.constant(ty, y));
    Some(g.select(c, x, y))
}

fn opposite(op: Op) -> Option<Op> {
    Some(match op {
        Op::Lt => Op::Ge,
        Op::Le => Op::Gt,
        Op::Gt => Op::Le,
        Op::Ge => Op::Lt,
        Op::Eq => Op::Ne,
        Op::Ne => Op::Eq,
        _ => return None,
    })
}
