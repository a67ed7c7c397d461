//! What is known of a kernel's constants, put into its graph.
//!
//! A kernel is compiled once for many populations, with their parameters as values that are read. Where the parameters are
//! known, products with 1 go, choices are made, and tests become shorter. The results are the same bits: other than
//! [`super::optimise`], nothing here regroups.

use super::bits;
use super::graph::{Graph, LeafId, NodeId, Ty};
use super::op::Op;
use super::rebuild::rebuild;

/// Factors from here on keep the sign of any difference of numbers that are not tiny themselves.
const SMALLEST_FACTOR: f32 = 1.0 / (1 << 20) as f32;

/// The same outputs with the bits of known leaves in their place.
pub fn specialise(
    graph: &Graph,
    outputs: &[NodeId],
    known: &dyn Fn(LeafId) -> Option<u32>,
) -> (Graph, Vec<NodeId>) {
    rebuild(graph, outputs, &mut |into, id, args| {
        let node = graph.node(id);
        let mut args = args.to_vec();
        for arg in &mut args {
            if let Some(bits) = into.leaf_of(*arg).and_then(known) {
                *arg = into.constant(into.ty(*arg), bits);
            }
        }
        apply(into, node.op, node.ty, &args)
    })
}

fn apply(g: &mut Graph, op: Op, ty: Ty, args: &[NodeId]) -> NodeId {
    let constants: Option<Vec<u32>> = args.iter().map(|arg| g.constant_bits(*arg)).collect();
    if let Some(constants) = constants {
        let mut operands = [0; 3];
        operands[..constants.len()].copy_from_slice(&constants);
        let result = bits::apply(op, g.operand_ty(op, ty, args), operands);
        return g.constant(ty, result);
    }
    match (op, args) {
        (Op::Select, [condition, accept, reject]) => match g.constant_bits(*condition) {
            Some(0) => *reject,
            Some(_) => *accept,
            None => g.apply(op, ty, args),
        },
        (Op::Mul, [one, x] | [x, one]) if g.constant_f32(*one) == Some(1.0) => *x,
        (Op::Mul, [one, x] | [x, one]) if g.constant_f32(*one) == Some(-1.0) => g.unary(Op::Neg, *x),
        (Op::Add, [a, b]) => match (negated(g, *a), negated(g, *b)) {
            (_, Some(b)) => g.binary(Op::Sub, *a, b),
            (Some(a), _) => g.binary(Op::Sub, *b, a),
            _ => g.apply(op, ty, args),
        },
        (Op::Lt | Op::Le | Op::Gt | Op::Ge, [a, zero]) if g.constant_f32(*zero) == Some(0.0) => {
            compare(g, op, *a, *zero)
        }
        _ => g.apply(op, ty, args),
    }
}

/// Of `-x`: x, where it is a float.
fn negated(g: &Graph, id: NodeId) -> Option<NodeId> {
    let node = g.node(id);
    (node.op == Op::Neg && node.ty == Ty::F32).then_some(node.operands[0])
}

/// `(x - y) * c >= 0` as `x >= y` for a positive `c`, and its like.
fn compare(g: &mut Graph, op: Op, a: NodeId, zero: NodeId) -> NodeId {
    let product = *g.node(a);
    let [p, q, _] = product.operands;
    let is_factor =
        |g: &Graph, id: NodeId| g.constant_f32(id).is_some_and(|c| (SMALLEST_FACTOR..1e20).contains(&c));
    let x = match product.op {
        Op::Mul if is_factor(g, p) => q,
        Op::Mul if is_factor(g, q) => p,
        _ => return g.binary(op, a, zero),
    };
    let inner = *g.node(x);
    match inner.op {
        Op::Sub => g.binary(op, inner.operands[0], inner.operands[1]),
        _ => g.binary(op, a, zero),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::graph::Rate;

    /// The graph of `((x - t) * s >= 0) ? x * f : x` with t, s and f as leaves that all lanes share.
    fn spiking() -> (Graph, NodeId, [LeafId; 3]) {
        let mut g = Graph::new();
        let x = g.leaf("x", Ty::F32, Rate::Lane);
        let [t, s, f] = ["t", "s", "f"].map(|name| g.leaf(name, Ty::F32, Rate::Uniform));
        let difference = g.binary(Op::Sub, x, t);
        let distance = g.binary(Op::Mul, difference, s);
        let zero = g.f32(0.0);
        let fires = g.binary(Op::Ge, distance, zero);
        let scaled = g.binary(Op::Mul, x, f);
        let out = g.select(fires, scaled, x);
        let leaves = [t, s, f].map(|id| g.leaf_of(id).expect("a leaf"));
        (g, out, leaves)
    }

    #[test]
    fn a_factor_of_one_goes() {
        let (graph, out, [.., f]) = spiking();
        let (special, outputs) = specialise(&graph, &[out], &|leaf| (leaf == f).then_some(1.0f32.to_bits()));
        // both choices are x
        assert_eq!(special.leaf_of(outputs[0]).map(|leaf| leaf.index()), Some(0));
    }

    #[test]
    fn a_test_of_a_scaled_difference_compares() {
        let (graph, out, [t, s, _]) = spiking();
        let known = |leaf: LeafId| {
            let value: f32 = [(t, -50.0), (s, 0.1)].iter().find(|(id, _)| *id == leaf)?.1;
            Some(value.to_bits())
        };
        let (special, outputs) = specialise(&graph, &[out], &known);
        let test = special.node(special.node(outputs[0]).operands[0]);
        assert_eq!((test.op, special.constant_f32(test.operands[1])), (Op::Ge, Some(-50.0)));
    }

    #[test]
    fn what_is_not_known_stays() {
        let (graph, out, _) = spiking();
        let live = |graph: &Graph, out| graph.reach(&[out]).iter().filter(|is| **is).count();
        let (special, outputs) = specialise(&graph, &[out], &|_| None);
        assert_eq!(live(&special, outputs[0]), live(&graph, out));
    }
}
