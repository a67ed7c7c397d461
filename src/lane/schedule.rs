//! An order in which to compute nodes: a list for the top level and one for the body of each region.

use super::graph::{Graph, NodeId};
use super::op::Op;
use super::region::RegionId;

/// One entry of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Compute a node
    Node(NodeId),
    /// Run a region
    Loop(RegionId),
}

/// The lists. Leaves, constants, and what is carried in and out of regions are in none.
#[derive(Clone, Debug)]
pub struct Schedule {
    lists: Vec<Vec<Step>>,
    /// For each region, the steps of its body that only its condition needs
    pub heads: Vec<usize>,
    /// For each node the region whose body computes it
    pub homes: Vec<Option<RegionId>>,
}

impl Schedule {
    /// Everything that `outputs` need, except what `given` says is known already.
    pub fn new(graph: &Graph, outputs: &[NodeId], given: &dyn Fn(NodeId) -> bool) -> Schedule {
        let n_regions = graph.regions.len();
        let mut order = Order {
            graph,
            given,
            live: graph.reach(outputs),
            weights: weights(graph),
            done: vec![false; graph.len()],
            looped: vec![false; n_regions],
            schedule: Schedule {
                lists: vec![Vec::new(); n_regions + 1],
                heads: vec![0; n_regions],
                homes: graph.homes(),
            },
        };
        outputs.iter().for_each(|&output| order.visit(output));
        order.schedule
    }

    /// The steps outside of any region.
    pub fn top(&self) -> &[Step] {
        &self.lists[0]
    }

    /// The steps of an iteration.
    pub fn body(&self, region: RegionId) -> &[Step] {
        &self.lists[region.index() + 1]
    }
}

/// How many values are alive at once if a node's operands are computed heaviest first (Sethi and Ullman).
fn weights(graph: &Graph) -> Vec<u32> {
    let mut weights: Vec<u32> = Vec::with_capacity(graph.len());
    for id in graph.ids() {
        let mut operands: Vec<u32> = graph.node(id).args().iter().map(|arg| weights[arg.index()]).collect();
        operands.sort_unstable_by(|a, b| b.cmp(a));
        let alive = operands.iter().zip(0..).map(|(weight, k)| weight + k).max();
        weights.push(alive.unwrap_or(0).max(1));
    }
    weights
}

struct Order<'a> {
    graph: &'a Graph,
    given: &'a dyn Fn(NodeId) -> bool,
    live: Vec<bool>,
    weights: Vec<u32>,
    done: Vec<bool>,
    looped: Vec<bool>,
    schedule: Schedule,
}

impl Order<'_> {
    /// Depth first, without recursion along operands: graphs may be deep.
    fn visit(&mut self, id: NodeId) {
        let mut stack = vec![(id, false)];
        while let Some((id, operands_done)) = stack.pop() {
            if self.done[id.index()] || (self.given)(id) {
                continue;
            }
            let node = self.graph.node(id);
            match node.op {
                Op::Result(region, _) => self.region(region),
                Op::Const(_) | Op::Leaf(_) | Op::Carried(..) => {}
                _ if !operands_done => {
                    stack.push((id, true));
                    let mut args = node.args().to_vec();
                    // The heaviest is pushed last, so that it is computed first.
                    args.sort_by_key(|arg| self.weights[arg.index()]);
                    stack.extend(args.into_iter().map(|arg| (arg, false)));
                    continue;
                }
                _ => {
                    let home = self.schedule.homes[id.index()];
                    self.push(home, Step::Node(id));
                }
            }
            self.done[id.index()] = true;
        }
    }

    fn region(&mut self, id: RegionId) {
        if std::mem::replace(&mut self.looped[id.index()], true) {
            return;
        }
        let region = self.graph.region(id);
        let live = region.live_slots(&self.live);
        live.iter().for_each(|&slot| self.visit(region.initial[slot]));
        self.visit(region.condition);
        self.schedule.heads[id.index()] = self.schedule.body(id).len();
        self.visit(region.leave);
        live.iter().for_each(|&slot| self.visit(region.next[slot]));
        self.push(region.parent, Step::Loop(id));
    }

    fn push(&mut self, home: Option<RegionId>, step: Step) {
        self.schedule.lists[home.map_or(0, |region| region.index() + 1)].push(step);
    }
}
