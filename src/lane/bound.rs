//! How many iterations a region can take at most.

use super::bits;
use super::graph::{Graph, NodeId};
use super::op::Op;
use super::region::RegionId;

/// Software Vulkan silently stops an invocation after 65,535 loop iterations.
const MOST: u32 = 65_535;

/// The iteration in which the exits of a region fold to a constant, or `None` if they never do.
///
/// Follows the carried values that start and stay constant (the loop counter); all others are unknown. An
/// unknown exit counts as not taken.
pub fn max_iterations(graph: &Graph, id: RegionId) -> Option<u32> {
    let region = graph.region(id);
    let mut body = body(graph, id);
    let mut known: Vec<Option<u32>> = vec![None; graph.len()];
    for (&carried, &initial) in region.carried.iter().zip(&region.initial) {
        known[carried.index()] = graph.constant_bits(initial);
    }
    let staying = [(region.condition, true), (region.leave, false)];
    let mut assumed = vec![None; graph.len()];
    staying.into_iter().for_each(|(exit, stays)| assume(graph, exit, stays, &mut assumed));
    for iteration in 0..=MOST {
        for (exit, stays) in staying {
            run(graph, &body, &mut known);
            if value(graph, &known, exit).is_some_and(|bits| (bits != 0) != stays) {
                return Some(iteration + u32::from(!stays));
            }
        }
        for &id in &body {
            let evaluated = evaluate(graph, &known, id);
            known[id.index()] = assumed[id.index()].or(evaluated);
        }
        let next: Vec<_> = region.next.iter().map(|&id| value(graph, &known, id)).collect();
        if next.iter().all(Option::is_none) {
            return None;
        }
        let mut lost = false;
        for (&carried, next) in region.carried.iter().zip(next) {
            let before = &mut known[carried.index()];
            lost |= before.is_some() && next.is_none();
            *before = before.and(next);
        }
        if lost {
            let counters = region.carried.iter().zip(&region.next);
            let counters = counters.filter(|(carried, _)| known[carried.index()].is_some());
            let needed = counters.map(|(_, next)| *next).chain([region.condition, region.leave]);
            body = feeding(graph, &body, needed);
        }
    }
    None
}

/// The nodes of the body that these depend on: what is unknown for good need not be followed for thousands of
/// iterations.
fn feeding(graph: &Graph, body: &[NodeId], needed: impl Iterator<Item = NodeId>) -> Vec<NodeId> {
    let mut feeds = vec![false; graph.len()];
    needed.for_each(|id| feeds[id.index()] = true);
    for id in body.iter().rev() {
        if feeds[id.index()] {
            graph.node(*id).args().iter().for_each(|arg| feeds[arg.index()] = true);
        }
    }
    body.iter().copied().filter(|id| feeds[id.index()]).collect()
}

/// The nodes computed in each iteration, except those of nested regions, in order.
fn body(graph: &Graph, id: RegionId) -> Vec<NodeId> {
    let region = graph.region(id);
    let mut depends = vec![false; graph.len()];
    for carried in &region.carried {
        depends[carried.index()] = true;
    }
    let mut needed: Vec<NodeId> = region.next.clone();
    needed.extend([region.condition, region.leave]);
    let live = graph.reach(&needed);
    graph
        .ids()
        .filter(|&id| {
            let inside = graph.node(id).args().iter().any(|arg| depends[arg.index()]);
            depends[id.index()] |= inside;
            inside && live[id.index()]
        })
        .collect()
}

fn run(graph: &Graph, body: &[NodeId], known: &mut [Option<u32>]) {
    for &id in body {
        known[id.index()] = evaluate(graph, known, id);
    }
}

fn value(graph: &Graph, known: &[Option<u32>], id: NodeId) -> Option<u32> {
    graph.constant_bits(id).or(known[id.index()])
}

/// The value of a node where some operands are unknown.
fn evaluate(graph: &Graph, known: &[Option<u32>], id: NodeId) -> Option<u32> {
    let node = graph.node(id);
    let of = |k: usize| value(graph, known, node.args()[k]);
    match node.op {
        Op::And => match (of(0), of(1)) {
            (Some(0), _) | (_, Some(0)) => Some(0),
            (a, b) => Some(a? & b?),
        },
        Op::Or => match (of(0), of(1)) {
            (Some(u32::MAX), _) | (_, Some(u32::MAX)) => Some(u32::MAX),
            (a, b) => Some(a? | b?),
        },
        Op::Select => match of(0) {
            Some(c) => of(if c != 0 { 1 } else { 2 }),
            None => of(1).filter(|_| of(1) == of(2)),
        },
        _ => {
            let mut operands = [0; 3];
            for (k, bits) in operands.iter_mut().enumerate().take(node.args().len()) {
                *bits = of(k)?;
            }
            let from = graph.operand_ty(node.op, node.ty, node.args());
            Some(bits::apply(node.op, from, operands))
        }
    }
}

/// Records what follows from `id` being `value`.
fn assume(graph: &Graph, id: NodeId, value: bool, assumed: &mut [Option<u32>]) {
    assumed[id.index()] = Some(bits::mask(value));
    let node = graph.node(id);
    match (node.op, value) {
        (Op::Not, _) => assume(graph, node.args()[0], !value, assumed),
        (Op::And, true) | (Op::Or, false) => {
            node.args().iter().for_each(|&arg| assume(graph, arg, value, assumed));
        }
        _ => {}
    }
}
