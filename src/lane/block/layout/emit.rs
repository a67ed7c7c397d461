//! The second walk: slots and instructions.

use std::collections::BTreeMap;

use super::{END, Layout, Plan};
use crate::lane::graph::{LeafId, NodeId, Rate, Ty};
use crate::lane::isa::{self, Code, Instruction, Isa, Item, Place, Repeat, Special, What};
use crate::lane::op::Op;
use crate::lane::region::RegionId;
use crate::lane::schedule::Step;

pub fn emit(plan: &Plan<'_>, consumed: &[LeafId], isa: Isa) -> Layout {
    let mut emitter = Emitter {
        plan,
        isa,
        expiries: plan.expiries(),
        position: 0,
        places: vec![None; plan.graph.len()],
        masks: vec![0; plan.graph.regions.len()],
        leaves: Vec::new(),
        scalars: Vec::new(),
        free: Vec::new(),
        n_slots: 0,
        n_instructions: 0,
    };
    let mut items = Vec::new();
    emitter.steps(plan.schedule.top(), None, &mut items);
    emitter.outputs(&mut items);
    let Emitter { leaves, scalars, n_slots, n_instructions, .. } = emitter;
    let outputs = plan.in_place.iter();
    let outputs = outputs.map(|leaf| leaves.iter().position(|other| Some(*other) == *leaf)).collect();
    let layout = isa::Layout {
        leaves: leaves.len(),
        outputs,
        bits: plan.bits.to_vec(),
        slots: n_slots,
        scalars: scalars.len(),
        constants: scalars.iter().map(|id| plan.graph.constant_bits(*id)).collect(),
        consumed: consumed.iter().filter_map(|leaf| leaves.iter().position(|other| other == leaf)).collect(),
    };
    let code = Code::new(&items, layout, isa);
    Layout { code, n_instructions, leaves, scalars }
}

struct Emitter<'a> {
    plan: &'a Plan<'a>,
    isa: Isa,
    expiries: BTreeMap<usize, Vec<NodeId>>,
    position: usize,
    /// Where each storage is now
    places: Vec<Option<Place>>,
    /// The slot of each open region's mask
    masks: Vec<usize>,
    leaves: Vec<LeafId>,
    scalars: Vec<NodeId>,
    free: Vec<usize>,
    n_slots: usize,
    n_instructions: usize,
}

impl Emitter<'_> {
    fn steps(&mut self, steps: &[Step], home: Option<RegionId>, items: &mut Vec<Item>) {
        for &step in steps {
            match step {
                Step::Node(id) => {
                    self.node(id, run(items));
                    self.pass();
                }
                Step::Loop(region) => {
                    let repeat = self.region(region, home);
                    items.push(Item::Loop(Box::new(repeat)));
                }
            }
        }
    }

    /// Goes to the next position and frees what was used last.
    fn pass(&mut self) {
        for storage in self.expiries.remove(&self.position).unwrap_or_default() {
            if let Some(Place::Slot(slot)) = self.places[storage.index()] {
                self.free.push(slot);
            }
        }
        self.position += 1;
    }

    fn slot(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.n_slots += 1;
            self.n_slots - 1
        })
    }

    fn node(&mut self, id: NodeId, list: &mut Vec<Instruction>) {
        let plan = self.plan;
        let node = plan.graph.node(id);
        let d = match plan.direct[id.index()] {
            Some(k) => Place::Output(k),
            None => Place::Slot(self.slot()),
        };
        self.places[id.index()] = Some(d);
        if node.op == Op::Index {
            let what = What::Special(Special::Count);
            let call = isa::special(self.isa, Special::Count, true);
            return self.push(
                list,
                Instruction { what, call, d, operands: [Some(Place::Index), None, None], scalars: 1 },
            );
        }
        let (op, args) = self.ordered(id);
        let mut operands = [None; 3];
        for (operand, &arg) in operands.iter_mut().zip(&args) {
            *operand = Some(self.place(arg));
        }
        let from = plan.graph.operand_ty(node.op, node.ty, node.args());
        let mut spread = Vec::new();
        let call = loop {
            if let Some(call) = isa::lookup(self.isa, op, from, shared(&operands)) {
                break call;
            }
            // No such form: spread the first scalar over a slot.
            let first = operands.iter().position(|place| matches!(place, Some(Place::Scalar(_))));
            let first = first.unwrap_or_else(|| panic!("no kernel for {op:?} on {from:?}"));
            let slot = self.slot();
            self.special(
                list,
                Special::Spread,
                Place::Slot(slot),
                &operands[first].into_iter().collect::<Vec<_>>(),
            );
            operands[first] = Some(Place::Slot(slot));
            spread.push(slot);
        };
        let what = What::Op(op, from);
        self.push(list, Instruction { what, call, d, operands, scalars: shared(&operands) });
        self.free.extend(spread);
    }

    /// Operands in the order of the kernels: scalars last, `>` as `<` on integers.
    fn ordered(&self, id: NodeId) -> (Op, Vec<NodeId>) {
        let graph = self.plan.graph;
        let node = graph.node(id);
        let mut args = node.args().to_vec();
        let op = match node.op {
            Op::Gt if graph.ty(args[0]) != Ty::F32 => Op::Lt,
            Op::Ge if graph.ty(args[0]) != Ty::F32 => Op::Le,
            op => op,
        };
        let is_scalar = |id: NodeId| self.plan.rates[id.index()] < Rate::Lane;
        if op != node.op || op.is_commutative() && is_scalar(args[0]) && !is_scalar(args[1]) {
            args.swap(0, 1);
        }
        (op, args)
    }

    fn place(&mut self, id: NodeId) -> Place {
        if self.plan.rates[id.index()] < Rate::Lane {
            let known = self.scalars.iter().position(|other| *other == id);
            return Place::Scalar(known.unwrap_or_else(|| {
                self.scalars.push(id);
                self.scalars.len() - 1
            }));
        }
        if let Some(leaf) = self.plan.graph.leaf_of(id) {
            let known = self.leaves.iter().position(|other| *other == leaf);
            return Place::Leaf(known.unwrap_or_else(|| {
                self.leaves.push(leaf);
                self.leaves.len() - 1
            }));
        }
        self.places[self.plan.storage(id).index()].expect("computed before it is used")
    }

    fn push(&mut self, list: &mut Vec<Instruction>, instruction: Instruction) {
        self.n_instructions += 1;
        list.push(instruction);
    }

    fn special(&mut self, list: &mut Vec<Instruction>, special: Special, d: Place, operands: &[Place]) {
        let mut padded = [None; 3];
        padded.iter_mut().zip(operands).for_each(|(padded, operand)| *padded = Some(*operand));
        let scalars = shared(&padded);
        let call = isa::special(self.isa, special, scalars != 0);
        let what = What::Special(special);
        self.push(list, Instruction { what, call, d, operands: padded, scalars });
    }

    fn region(&mut self, id: RegionId, home: Option<RegionId>) -> Repeat {
        let plan = self.plan;
        let region = plan.graph.region(id);
        let slots = region.live_slots(plan.live);
        let mask = self.slot();
        let mut start = Vec::new();
        for &slot in &slots {
            let initial = self.place(region.initial[slot]);
            let d = Place::Slot(self.slot());
            self.places[region.carried[slot].index()] = Some(d);
            self.special(&mut start, Special::Copy, d, &[initial]);
        }
        self.masks[id.index()] = mask;
        self.pass();
        let (head_steps, rest) = plan.schedule.body(id).split_at(plan.schedule.heads[id.index()]);
        let (mut head, mut body) = (Vec::new(), Vec::new());
        self.steps(head_steps, Some(id), &mut head);
        let mut test = Vec::new();
        self.narrow(&mut test, Special::And, mask, region.condition);
        self.pass();
        self.steps(rest, Some(id), &mut body);
        let update = self.update(id, mask, &slots);
        self.pass();
        self.free.push(mask);
        let outer = home.map(|home| self.masks[home.index()]);
        let uneven = [region.condition, region.leave].iter().any(|id| plan.rates[id.index()] == Rate::Lane);
        let max_iterations = region.max_iterations;
        Repeat { mask, outer, start, head, test, body, update, max_iterations, uneven }
    }

    /// Removes lanes from a mask by a condition, which may be a constant or shared by all lanes.
    fn narrow(&mut self, list: &mut Vec<Instruction>, special: Special, mask: usize, condition: NodeId) {
        let removes = if special == Special::And { 0 } else { !0 };
        match self.plan.graph.constant_bits(condition) {
            Some(bits) if bits != removes => {}
            _ => {
                let place = self.place(condition);
                let (place, spread) = self.spread(list, place);
                self.special(list, special, Place::Slot(mask), &[place]);
                self.free.extend(spread);
            }
        }
    }

    /// A scalar as a slot.
    fn spread(&mut self, list: &mut Vec<Instruction>, place: Place) -> (Place, Option<usize>) {
        let Place::Scalar(_) = place else { return (place, None) };
        let slot = self.slot();
        self.special(list, Special::Spread, Place::Slot(slot), &[place]);
        (Place::Slot(slot), Some(slot))
    }

    /// Lanes that are still in the loop take the next values; then some leave.
    fn update(&mut self, id: RegionId, mask: usize, slots: &[usize]) -> Vec<Instruction> {
        let region = self.plan.graph.region(id);
        let mut list = Vec::new();
        let mut copies = Vec::new();
        let mut moves = Vec::new();
        for &slot in slots {
            let (next, carried) = (region.next[slot], region.carried[slot]);
            if next == carried {
                continue;
            }
            let mut from = self.place(next);
            // The next value may be what another slot carries, which is about to change.
            if region.carried.contains(&self.plan.storage(next)) {
                let copy = self.slot();
                self.special(&mut list, Special::Copy, Place::Slot(copy), &[from]);
                copies.push(copy);
                from = Place::Slot(copy);
            }
            moves.push((self.place(carried), from));
        }
        for (d, from) in moves {
            self.special(&mut list, Special::Keep, d, &[Place::Slot(mask), from]);
        }
        self.narrow(&mut list, Special::AndNot, mask, region.leave);
        self.free.extend(copies);
        list
    }

    /// Copies what no instruction could store directly.
    fn outputs(&mut self, items: &mut Vec<Item>) {
        let plan = self.plan;
        let list = run(items);
        let mut moves = Vec::new();
        for (k, &id) in plan.outputs.iter().enumerate() {
            if plan.direct[id.index()] == Some(k) {
                continue;
            }
            let leaf = plan.graph.leaf_of(id).filter(|_| plan.rates[id.index()] == Rate::Lane);
            if leaf.is_some() && leaf == plan.in_place[k] {
                // It stays where it is, but the plane must be known to the check.
                self.place(id);
                continue;
            }
            let mut from = self.place(id);
            // A leaf that another output is stored over moves out of the way first.
            if leaf.is_some() && plan.in_place.contains(&leaf) {
                let slot = Place::Slot(self.slot());
                self.special(list, Special::Copy, slot, &[from]);
                from = slot;
            }
            moves.push((Place::Output(k), from));
        }
        for (d, from) in moves {
            let special = match d {
                Place::Output(k) if plan.bits[k] => Special::Pack,
                _ => Special::Copy,
            };
            self.special(list, special, d, &[from]);
        }
        debug_assert!(self.expiries.keys().all(|&position| position == END || position >= self.position));
    }
}

/// The list of instructions at the end of `items`.
fn run(items: &mut Vec<Item>) -> &mut Vec<Instruction> {
    if !matches!(items.last(), Some(Item::Run(_))) {
        items.push(Item::Run(Vec::new()));
    }
    match items.last_mut() {
        Some(Item::Run(list)) => list,
        _ => unreachable!("pushed just above"),
    }
}

/// Bit k is set where operand k is shared by all lanes.
fn shared(operands: &[Option<Place>; 3]) -> u8 {
    let bit = |(k, place): (usize, &Option<Place>)| {
        u8::from(matches!(place, Some(Place::Scalar(_) | Place::Index))) << k
    };
    operands.iter().enumerate().map(bit).sum()
}
