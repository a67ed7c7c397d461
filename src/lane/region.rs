//! Loops that stay loops, and the walks over a graph that have to know about them.
//!
//! A region computes `while condition(carried) { carried = next(carried); if leave { break } }`. The body is
//! not a list: it is every node that depends on a [`Op::Carried`] of the region, so whatever does not depend
//! on the iteration is outside by construction.

use super::graph::{Graph, NodeId, Rate};
use super::op::Op;

/// A region of one [`Graph`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct RegionId(u32);

impl RegionId {
    pub(super) fn new(index: usize) -> RegionId {
        RegionId(index as u32)
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A loop over lanes; it ends when no lane is left in it. A lane that has left keeps its values.
#[derive(Clone, Debug)]
pub struct Region {
    /// The region whose body contains this one
    pub parent: Option<RegionId>,
    /// Values that the first iteration sees, one per slot
    pub initial: Vec<NodeId>,
    /// The [`Op::Carried`] nodes of the slots
    pub carried: Vec<NodeId>,
    /// Tested before each iteration: a lane where it is false leaves
    pub condition: NodeId,
    /// Tested after each iteration: a lane where it is true leaves with the values of `next`
    pub leave: NodeId,
    /// Values after one iteration, one per slot
    pub next: Vec<NodeId>,
    /// No lane stays longer than this
    pub max_iterations: u32,
}

impl Region {
    /// The slots that matter, given what [`Graph::reach`] says.
    pub(super) fn live_slots(&self, live: &[bool]) -> Vec<usize> {
        (0..self.carried.len()).filter(|&slot| live[self.carried[slot].index()]).collect()
    }
}

impl Graph {
    /// The region behind an id.
    pub fn region(&self, id: RegionId) -> &Region {
        &self.regions[id.index()]
    }

    /// Starts a region; nodes that use its carried values belong to its body.
    pub(super) fn open_region(&mut self, initial: Vec<NodeId>) -> RegionId {
        let id = RegionId::new(self.regions.len());
        let mut carried = Vec::with_capacity(initial.len());
        for (slot, &value) in initial.iter().enumerate() {
            carried.push(self.intern(Op::Carried(id, slot as u32), self.ty(value), &[]));
        }
        let (condition, leave) = (self.bool(true), self.bool(false));
        let (parent, next) = (self.open.last().copied(), carried.clone());
        self.regions.push(Region { parent, initial, carried, condition, leave, next, max_iterations: 0 });
        self.open.push(id);
        id
    }

    /// Ends the innermost open region and returns what is carried out of it. A slot that no iteration
    /// changes gives its initial value.
    pub(super) fn close_region(
        &mut self,
        condition: NodeId,
        leave: NodeId,
        next: Vec<NodeId>,
    ) -> (RegionId, Vec<NodeId>) {
        let id = self.open.pop().expect("regions are closed in the order they were opened");
        let region = &mut self.regions[id.index()];
        (region.condition, region.leave, region.next) = (condition, leave, next);
        let region = region.clone();
        let mut results = Vec::with_capacity(region.next.len());
        for (slot, &next) in region.next.iter().enumerate() {
            results.push(if next == region.carried[slot] {
                region.initial[slot]
            } else {
                self.intern(Op::Result(id, slot as u32), self.ty(next), &[])
            });
        }
        (id, results)
    }

    pub(super) fn bound_region(&mut self, id: RegionId, max_iterations: u32) {
        self.regions[id.index()].max_iterations = max_iterations;
    }

    /// Which nodes the outputs depend on, through regions; a carried slot counts only if it matters.
    pub fn reach(&self, outputs: &[NodeId]) -> Vec<bool> {
        let mut reached = vec![false; self.len()];
        let mut pending = outputs.to_vec();
        while let Some(id) = pending.pop() {
            if !std::mem::replace(&mut reached[id.index()], true) {
                self.for_each_input(id, &mut |input| pending.push(input));
            }
        }
        reached
    }

    /// Everything a node depends on directly; for region nodes, what their slot depends on.
    pub(super) fn for_each_input(&self, id: NodeId, visit: &mut dyn FnMut(NodeId)) {
        match self.node(id).op {
            Op::Carried(region, slot) | Op::Result(region, slot) => {
                let region = self.region(region);
                let slot = slot as usize;
                // The carried node itself: its value survives where an iteration leaves it alone.
                for id in [region.initial[slot], region.carried[slot], region.next[slot]] {
                    visit(id);
                }
                visit(region.condition);
                visit(region.leave);
            }
            _ => self.node(id).args().iter().copied().for_each(visit),
        }
    }

    /// For each node the innermost region whose iterations it belongs to.
    pub(super) fn homes(&self) -> Vec<Option<RegionId>> {
        let mut homes: Vec<Option<RegionId>> = Vec::with_capacity(self.len());
        for id in self.ids() {
            let node = self.node(id);
            homes.push(match node.op {
                Op::Carried(region, _) => Some(region),
                Op::Result(region, _) => self.region(region).parent,
                // Homes of operands lie on one chain of nested regions: the deepest has the highest number.
                _ => node.args().iter().filter_map(|arg| homes[arg.index()]).max(),
            });
        }
        homes
    }

    /// Rate of each node. All slots of a region share one rate.
    pub fn rates(&self) -> Vec<Rate> {
        let mut regions = vec![Rate::Const; self.regions.len()];
        loop {
            let rates = self.rates_given(&regions);
            let mut changed = false;
            for (rate, region) in regions.iter_mut().zip(&self.regions) {
                let decisive =
                    region.initial.iter().chain(&region.next).chain([&region.condition, &region.leave]);
                let highest = decisive.map(|id| rates[id.index()]).max().unwrap_or(Rate::Const);
                changed |= std::mem::replace(rate, highest) != highest;
            }
            if !changed {
                return rates;
            }
        }
    }

    fn rates_given(&self, regions: &[Rate]) -> Vec<Rate> {
        let mut rates: Vec<Rate> = Vec::with_capacity(self.len());
        for id in self.ids() {
            let node = self.node(id);
            rates.push(match node.op {
                Op::Const(_) => Rate::Const,
                Op::Index => Rate::Lane,
                Op::Leaf(leaf) => self.leaves()[leaf.index()].rate,
                Op::Carried(region, _) | Op::Result(region, _) => regions[region.index()],
                _ => node.args().iter().map(|arg| rates[arg.index()]).max().unwrap_or(Rate::Const),
            });
        }
        rates
    }
}
