//! Where each value of a kernel lives, and when.
//!
//! Two walks over the schedule that count the same positions: the first finds when each value is used last,
//! the second gives it a slot and emits instructions. A value used in a loop but computed before it lives to
//! the end of the loop. A destination never is one of its operands: the loops over lanes then need no checks.

mod emit;

use std::collections::BTreeMap;

use crate::lane::graph::{Graph, LeafId, NodeId, Rate};
use crate::lane::isa::{Code, Isa};
use crate::lane::op::Op;
use crate::lane::region::RegionId;
use crate::lane::schedule::{Schedule, Step};

/// Compiled instructions and what they expect.
pub struct Layout {
    pub code: Code,
    pub n_instructions: usize,
    /// Leaves of lane rate that are read
    pub leaves: Vec<LeafId>,
    /// Nodes of lower rate that instructions read
    pub scalars: Vec<NodeId>,
}

/// Position after the last instruction.
const END: usize = usize::MAX;

pub fn lay_out(
    graph: &Graph,
    outputs: &[NodeId],
    in_place: &[Option<LeafId>],
    bits: &[bool],
    consumed: &[LeafId],
    rates: &[Rate],
    isa: Isa,
) -> Layout {
    let schedule = Schedule::new(graph, outputs, &|id| rates[id.index()] < Rate::Lane);
    let live = graph.reach(outputs);
    let plan = Plan::new(graph, &schedule, &live, outputs, in_place, bits, rates);
    emit::emit(&plan, consumed, isa)
}

/// What the first walk finds.
struct Plan<'a> {
    graph: &'a Graph,
    schedule: &'a Schedule,
    live: &'a [bool],
    rates: &'a [Rate],
    outputs: &'a [NodeId],
    in_place: &'a [Option<LeafId>],
    /// Which outputs are one bit a lane
    bits: &'a [bool],
    /// Position of each node's instruction
    at: Vec<usize>,
    /// Last position where a value is used, by its storage
    last: Vec<Option<usize>>,
    /// Position after which each region is over
    ends: Vec<usize>,
    /// For each node the output it is stored to directly
    direct: Vec<Option<usize>>,
}

/// A value, where it is used, and by the body of which region.
type Use = (NodeId, usize, Option<RegionId>);

impl<'a> Plan<'a> {
    fn new(
        graph: &'a Graph,
        schedule: &'a Schedule,
        live: &'a [bool],
        outputs: &'a [NodeId],
        in_place: &'a [Option<LeafId>],
        bits: &'a [bool],
        rates: &'a [Rate],
    ) -> Plan<'a> {
        let mut walk = Walk {
            graph,
            schedule,
            live,
            position: 0,
            at: vec![END; graph.len()],
            ends: vec![END; graph.regions.len()],
            uses: Vec::new(),
        };
        walk.steps(schedule.top(), None);
        let Walk { at, ends, uses, .. } = walk;
        let direct = vec![None; graph.len()];
        let last = vec![None; graph.len()];
        let mut plan = Plan { graph, schedule, live, rates, outputs, in_place, bits, at, last, ends, direct };
        for used in uses {
            plan.extend(used);
        }
        for &output in outputs {
            if matches!(graph.node(output).op, Op::Leaf(_)) {
                plan.extend((output, END, None));
            }
        }
        for (k, &output) in outputs.iter().enumerate() {
            if plan.may_be_direct(k) {
                plan.direct[output.index()] = Some(k);
            } else if plan.direct[output.index()].is_none() {
                plan.extend((output, END, None));
            }
        }
        plan
    }

    /// Records a use; outside of the loop that computes a value, it lives to the end of the loop around the use.
    fn extend(&mut self, (id, mut position, mut home): Use) {
        let storage = self.storage(id);
        let defined = self.home(storage);
        while home != defined {
            let region = home.expect("a value is computed in a region around its use");
            position = self.ends[region.index()];
            home = self.graph.region(region).parent;
        }
        let last = &mut self.last[storage.index()];
        *last = (*last).max(Some(position));
    }

    /// Whether output `k` can be written by the instruction that computes it.
    fn may_be_direct(&self, k: usize) -> bool {
        let id = self.outputs[k];
        let position = self.at[id.index()];
        let computed_here = position != END && self.schedule.homes[id.index()].is_none();
        let still_read = self.in_place[k].is_some_and(|leaf| {
            let reads = self.graph.ids().filter(|&id| self.graph.leaf_of(id) == Some(leaf));
            reads.filter_map(|id| self.last[id.index()]).any(|last| last >= position)
        });
        computed_here && !still_read && !self.bits[k] && self.direct[id.index()].is_none()
    }

    /// The node that stands for the memory of a value: carried slots hold their results too.
    fn storage(&self, id: NodeId) -> NodeId {
        match self.graph.node(id).op {
            Op::Result(region, slot) => self.graph.region(region).carried[slot as usize],
            _ => id,
        }
    }

    /// The region in whose body a storage is set up.
    fn home(&self, storage: NodeId) -> Option<RegionId> {
        match self.graph.node(storage).op {
            Op::Carried(region, _) => self.graph.region(region).parent,
            _ => self.schedule.homes[storage.index()],
        }
    }

    /// Which storages are used last at each position.
    fn expiries(&self) -> BTreeMap<usize, Vec<NodeId>> {
        let mut expiries: BTreeMap<usize, Vec<NodeId>> = BTreeMap::new();
        for (index, last) in self.last.iter().enumerate() {
            if let Some(last) = *last {
                expiries.entry(last).or_default().push(NodeId::new(index));
            }
        }
        expiries
    }
}

/// The first walk.
struct Walk<'a> {
    graph: &'a Graph,
    schedule: &'a Schedule,
    live: &'a [bool],
    position: usize,
    at: Vec<usize>,
    ends: Vec<usize>,
    uses: Vec<Use>,
}

impl Walk<'_> {
    fn steps(&mut self, steps: &[Step], home: Option<RegionId>) {
        for &step in steps {
            match step {
                Step::Node(id) => {
                    self.at[id.index()] = self.position;
                    for &arg in self.graph.node(id).args() {
                        self.uses.push((arg, self.position, home));
                    }
                    self.position += 1;
                }
                Step::Loop(region) => self.region(region, home),
            }
        }
    }

    fn region(&mut self, id: RegionId, home: Option<RegionId>) {
        let region = self.graph.region(id);
        let slots = region.live_slots(self.live);
        let start = self.position;
        self.uses.extend(slots.iter().map(|&slot| (region.initial[slot], start, home)));
        self.position += 1;
        let (head, rest) = self.schedule.body(id).split_at(self.schedule.heads[id.index()]);
        self.steps(head, Some(id));
        self.uses.push((region.condition, self.position, Some(id)));
        self.position += 1;
        self.steps(rest, Some(id));
        let end = self.position;
        self.ends[id.index()] = end;
        self.uses.push((region.leave, end, Some(id)));
        for slot in slots {
            self.uses.push((region.next[slot], end, Some(id)));
            self.uses.push((region.carried[slot], end, home));
        }
        self.position += 1;
    }
}
