//! Copies what the outputs need into a new graph, rewriting each node on the way.

use super::graph::{Graph, NodeId};
use super::op::Op;
use super::region::RegionId;

/// Rewrites one node: gets the new graph, the old id and the operands in the new graph.
pub type Rewrite<'a> = dyn FnMut(&mut Graph, NodeId, &[NodeId]) -> NodeId + 'a;

/// The outputs in a new graph that holds nothing else. Leaves keep their ids.
pub fn rebuild(graph: &Graph, outputs: &[NodeId], rewrite: &mut Rewrite) -> (Graph, Vec<NodeId>) {
    let mut copy = Copy {
        graph,
        live: graph.reach(outputs),
        into: Graph::with_leaves_of(graph),
        map: vec![NodeId::NONE; graph.len()],
        regions: vec![None; graph.regions.len()],
    };
    for id in graph.ids() {
        if copy.live[id.index()] && copy.map[id.index()] == NodeId::NONE {
            copy.node(id, rewrite);
        }
    }
    let outputs = outputs.iter().map(|id| copy.map[id.index()]).collect();
    (copy.into, outputs)
}

/// A region on its way: its new id, the slots that matter, and its results once it is closed.
#[derive(Clone)]
struct Opened {
    slots: Vec<usize>,
    carried: Vec<NodeId>,
    results: Option<Vec<NodeId>>,
}

struct Copy<'a> {
    graph: &'a Graph,
    live: Vec<bool>,
    into: Graph,
    map: Vec<NodeId>,
    regions: Vec<Option<Opened>>,
}

impl Copy<'_> {
    fn node(&mut self, id: NodeId, rewrite: &mut Rewrite) {
        let node = *self.graph.node(id);
        let new = match node.op {
            Op::Carried(region, slot) => {
                self.open(region);
                let opened = self.opened(region);
                opened.carried[opened.position(slot)]
            }
            Op::Result(region, slot) => {
                self.open(region);
                self.close(region);
                let opened = self.opened(region);
                let results = opened.results.as_ref().expect("closed just above");
                results[opened.position(slot)]
            }
            Op::Const(_) | Op::Leaf(_) | Op::Index => self.into.intern(node.op, node.ty, &[]),
            _ => {
                let mut operands = [NodeId::NONE; 3];
                for (new, old) in operands.iter_mut().zip(node.args()) {
                    *new = self.map[old.index()];
                }
                rewrite(&mut self.into, id, &operands[..node.args().len()])
            }
        };
        if let Some(name) = self.graph.name(id) {
            self.into.suggest_name(new, name);
        }
        self.map[id.index()] = new;
    }

    fn opened(&self, region: RegionId) -> &Opened {
        self.regions[region.index()].as_ref().expect("opened before its nodes are copied")
    }

    fn open(&mut self, id: RegionId) {
        if self.regions[id.index()].is_some() {
            return;
        }
        let region = self.graph.region(id);
        let slots = region.live_slots(&self.live);
        let initial = slots.iter().map(|&k| self.map[region.initial[k].index()]).collect();
        let new = self.into.open_region(initial);
        let carried = self.into.region(new).carried.clone();
        self.regions[id.index()] = Some(Opened { slots, carried, results: None });
    }

    fn close(&mut self, id: RegionId) {
        let opened = self.opened(id).clone();
        if opened.results.is_some() {
            return;
        }
        let region = self.graph.region(id);
        let next = opened.slots.iter().map(|&k| self.map[region.next[k].index()]).collect();
        let of = |id: NodeId| self.map[id.index()];
        let (condition, leave) = (of(region.condition), of(region.leave));
        let (new, results) = self.into.close_region(condition, leave, next);
        self.into.bound_region(new, region.max_iterations);
        self.regions[id.index()] = Some(Opened { results: Some(results), ..opened });
    }
}

impl Opened {
    fn position(&self, slot: u32) -> usize {
        self.slots.binary_search(&(slot as usize)).expect("a live node lives in a live slot")
    }
}
