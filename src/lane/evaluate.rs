//! One lane at a time: in f64 on the host, and as bits for values that all lanes share.

use super::bits;
use super::graph::{Graph, LeafId, NodeId, Ty};
use super::op::Op;
use super::region::RegionId;
use super::schedule::{Schedule, Step};

/// A value of the f64 evaluation.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Number {
    /// f32 lanes, in f64
    F(f64),
    /// i32
    I(i32),
    /// u32
    U(u32),
    /// bool
    B(bool),
}

impl Number {
    /// The float.
    ///
    /// # Panics
    /// If it is something else.
    pub fn as_f64(self) -> f64 {
        match self {
            Number::F(x) => x,
            other => panic!("expected a float, found {other:?}"),
        }
    }

    /// The 32 bits of a lane that holds this value.
    pub fn to_bits(self) -> u32 {
        match self {
            Number::F(x) => (x as f32).to_bits(),
            Number::I(x) => x as u32,
            Number::U(x) => x,
            Number::B(x) => bits::mask(x),
        }
    }

    /// The value that a lane of type `ty` holds.
    pub fn from_bits(ty: Ty, bits: u32) -> Number {
        match ty {
            Ty::F32 => Number::F(f64::from(f32::from_bits(bits))),
            Ty::I32 => Number::I(bits as i32),
            Ty::U32 => Number::U(bits),
            Ty::Bool => Number::B(bits != 0),
        }
    }
}

/// The outputs for one lane, with f32 nodes computed in f64. The element number is 0.
///
/// # Panics
/// If `leaf` gives a value of another type than the leaf's.
pub fn evaluate(graph: &Graph, outputs: &[NodeId], leaf: &dyn Fn(LeafId) -> Number) -> Vec<Number> {
    let schedule = Schedule::new(graph, outputs, &|_| false);
    run(graph, &schedule, outputs, &[], &Wide { leaf })
}

/// A way to compute with values of one kind.
trait Arithmetic {
    type Value: Copy;
    fn leaf(&self, leaf: LeafId) -> Self::Value;
    fn constant(&self, ty: Ty, bits: u32) -> Self::Value;
    fn apply(&self, op: Op, from: Ty, ty: Ty, args: [Self::Value; 3]) -> Self::Value;
    fn truth(&self, value: Self::Value) -> bool;
}

struct Wide<'a> {
    leaf: &'a dyn Fn(LeafId) -> Number,
}

impl Arithmetic for Wide<'_> {
    type Value = Number;

    fn leaf(&self, leaf: LeafId) -> Number {
        (self.leaf)(leaf)
    }

    fn constant(&self, ty: Ty, bits: u32) -> Number {
        Number::from_bits(ty, bits)
    }

    fn apply(&self, op: Op, from: Ty, ty: Ty, args: [Number; 3]) -> Number {
        let floats = args.map(|arg| if let Number::F(x) = arg { x } else { 0.0 });
        match op {
            Op::Select => return args[if self.truth(args[0]) { 1 } else { 2 }],
            op if op.is_compare() && from == Ty::F32 => {
                return Number::B(bits::ordered(op, &floats[0], &floats[1]));
            }
            Op::ToI32 => return Number::I(floats[0] as i32),
            Op::ToU32 => return Number::U(floats[0] as u32),
            Op::ToF32 => {
                return Number::F(match args[0] {
                    Number::I(x) => f64::from(x),
                    other => f64::from(other.to_bits()),
                });
            }
            op if from == Ty::F32 && ty == Ty::F32 => return Number::F(bits::wide(op, floats)),
            _ => {}
        }
        Number::from_bits(ty, bits::apply(op, from, args.map(Number::to_bits)))
    }

    fn truth(&self, value: Number) -> bool {
        value.to_bits() != 0
    }
}

/// Values as bits, as the lanes hold them.
struct Bits<'a> {
    leaf: &'a dyn Fn(LeafId) -> u32,
}

impl Arithmetic for Bits<'_> {
    type Value = u32;

    fn leaf(&self, leaf: LeafId) -> u32 {
        (self.leaf)(leaf)
    }

    fn constant(&self, _: Ty, bits: u32) -> u32 {
        bits
    }

    fn apply(&self, op: Op, from: Ty, _: Ty, args: [u32; 3]) -> u32 {
        bits::apply(op, from, args)
    }

    fn truth(&self, value: u32) -> bool {
        value != 0
    }
}

/// A part of a graph that is evaluated as bits again and again.
#[derive(Clone, Debug)]
pub struct Scalar {
    schedule: Schedule,
    /// Nodes whose values are supplied
    given: Vec<NodeId>,
    pub outputs: Vec<NodeId>,
    /// The same without detours, where nothing repeats
    tape: Option<Tape>,
}

impl Scalar {
    pub fn new(graph: &Graph, outputs: Vec<NodeId>, given: Vec<NodeId>) -> Scalar {
        let schedule = Schedule::new(graph, &outputs, &|id| given.contains(&id));
        let tape = Tape::new(graph, &schedule, &outputs, &given);
        Scalar { schedule, given, outputs, tape }
    }

    pub fn run(&self, graph: &Graph, leaf: &dyn Fn(LeafId) -> u32, given: &[u32]) -> Vec<u32> {
        if self.outputs.is_empty() {
            return Vec::new();
        }
        if let Some(tape) = &self.tape {
            return tape.run(leaf, given);
        }
        let given: Vec<_> = self.given.iter().copied().zip(given.iter().copied()).collect();
        run(graph, &self.schedule, &self.outputs, &given, &Bits { leaf })
    }
}

/// Straight code on a few words: what is given, leaves and constants, then results in order.
#[derive(Clone, Debug)]
struct Tape {
    leaves: Vec<LeafId>,
    constants: Vec<u32>,
    code: Vec<(Op, Ty, [u32; 3])>,
    outputs: Vec<u32>,
}

impl Tape {
    fn new(graph: &Graph, schedule: &Schedule, outputs: &[NodeId], given: &[NodeId]) -> Option<Tape> {
        let mut nodes = vec![];
        for step in schedule.top() {
            match step {
                Step::Node(id) if graph.node(*id).op != Op::Index => nodes.push(*id),
                _ => return None,
            }
        }
        let read = || nodes.iter().flat_map(|id| graph.node(*id).args()).chain(outputs).copied();
        let (mut leaf_nodes, mut constant_nodes) = (vec![], vec![]);
        for id in read().filter(|id| !given.contains(id)) {
            match graph.node(id).op {
                Op::Leaf(_) if !leaf_nodes.contains(&id) => leaf_nodes.push(id),
                Op::Const(_) if !constant_nodes.contains(&id) => constant_nodes.push(id),
                Op::Carried(..) | Op::Result(..) => return None,
                _ => {}
            }
        }
        let order: Vec<NodeId> = [given, &leaf_nodes, &constant_nodes, &nodes].concat();
        let place = |id: &NodeId| order.iter().position(|other| other == id).map(|k| k as u32);
        let code = nodes.iter().map(|id| {
            let node = graph.node(*id);
            let mut args = [0; 3];
            for (arg, id) in args.iter_mut().zip(node.args()) {
                *arg = place(id)?;
            }
            Some((node.op, graph.operand_ty(node.op, node.ty, node.args()), args))
        });
        Some(Tape {
            code: code.collect::<Option<_>>()?,
            outputs: outputs.iter().map(place).collect::<Option<_>>()?,
            leaves: leaf_nodes.iter().filter_map(|id| graph.leaf_of(*id)).collect(),
            constants: constant_nodes.iter().filter_map(|id| graph.constant_bits(*id)).collect(),
        })
    }

    fn run(&self, leaf: &dyn Fn(LeafId) -> u32, given: &[u32]) -> Vec<u32> {
        let n = given.len() + self.leaves.len() + self.constants.len() + self.code.len();
        let mut words = Vec::with_capacity(n);
        words.extend(given);
        words.extend(self.leaves.iter().map(|id| leaf(*id)));
        words.extend(&self.constants);
        for (op, from, args) in &self.code {
            words.push(bits::apply(*op, *from, args.map(|arg| words[arg as usize])));
        }
        self.outputs.iter().map(|place| words[*place as usize]).collect()
    }
}

fn run<A: Arithmetic>(
    graph: &Graph,
    schedule: &Schedule,
    outputs: &[NodeId],
    given: &[(NodeId, A::Value)],
    arithmetic: &A,
) -> Vec<A::Value> {
    let zero = arithmetic.constant(Ty::U32, 0);
    let carried = graph.regions.iter().map(|region| vec![zero; region.carried.len()]).collect();
    let mut machine = Machine { graph, schedule, arithmetic, values: vec![zero; graph.len()], carried };
    for &(id, value) in given {
        match graph.node(id).op {
            Op::Result(region, slot) => machine.carried[region.index()][slot as usize] = value,
            _ => machine.values[id.index()] = value,
        }
    }
    machine.steps(schedule.top());
    outputs.iter().map(|&output| machine.value(output)).collect()
}

struct Machine<'a, A: Arithmetic> {
    graph: &'a Graph,
    schedule: &'a Schedule,
    arithmetic: &'a A,
    values: Vec<A::Value>,
    /// For each region what its slots hold now
    carried: Vec<Vec<A::Value>>,
}

impl<A: Arithmetic> Machine<'_, A> {
    fn value(&self, id: NodeId) -> A::Value {
        let node = self.graph.node(id);
        match node.op {
            Op::Const(bits) => self.arithmetic.constant(node.ty, bits),
            Op::Leaf(leaf) => self.arithmetic.leaf(leaf),
            Op::Index => self.arithmetic.constant(Ty::U32, 0),
            Op::Carried(region, slot) | Op::Result(region, slot) => {
                self.carried[region.index()][slot as usize]
            }
            _ => self.values[id.index()],
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        for &step in steps {
            match step {
                Step::Loop(region) => self.region(region),
                Step::Node(id) => {
                    let node = self.graph.node(id);
                    if node.op == Op::Index {
                        continue;
                    }
                    let mut args = [self.arithmetic.constant(Ty::U32, 0); 3];
                    for (value, &arg) in args.iter_mut().zip(node.args()) {
                        *value = self.value(arg);
                    }
                    let from = self.graph.operand_ty(node.op, node.ty, node.args());
                    self.values[id.index()] = self.arithmetic.apply(node.op, from, node.ty, args);
                }
            }
        }
    }

    fn region(&mut self, id: RegionId) {
        let (graph, schedule) = (self.graph, self.schedule);
        let region = graph.region(id);
        let (head, rest) = schedule.body(id).split_at(schedule.heads[id.index()]);
        self.carried[id.index()] = region.initial.iter().map(|&initial| self.value(initial)).collect();
        for _ in 0..region.max_iterations {
            self.steps(head);
            if !self.arithmetic.truth(self.value(region.condition)) {
                break;
            }
            self.steps(rest);
            let leaves = self.arithmetic.truth(self.value(region.leave));
            self.carried[id.index()] = region.next.iter().map(|&next| self.value(next)).collect();
            if leaves {
                break;
            }
        }
    }
}
