//! The graph itself: hash-consed static single assignment over f32, i32, u32 and bool lanes.
//!
//! Construction folds constants and shares equal nodes, and does nothing else to arithmetic: a node that the
//! caller holds stays the node that later expressions refer to, which is what derivatives with respect to an
//! interior node need. Rewriting is the optimiser's business.

use std::collections::HashMap;

use super::bits;
use super::op::Op;
use super::region::{Region, RegionId};

/// Type of a lane.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Ty {
    /// 32-bit float
    F32,
    /// 32-bit signed integer
    I32,
    /// 32-bit unsigned integer
    U32,
    /// Truth value; in memory 0 or all ones
    Bool,
}

impl Ty {
    /// The WGSL name.
    pub fn name(self) -> &'static str {
        match self {
            Ty::F32 => "f32",
            Ty::I32 => "i32",
            Ty::U32 => "u32",
            Ty::Bool => "bool",
        }
    }
}

/// How often a value changes. A node's rate is the highest of its operands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Rate {
    /// Known when the graph is built
    Const,
    /// One value for all lanes and steps
    Uniform,
    /// One value for all lanes, new in every step
    Step,
    /// One value per lane
    Lane,
}

/// A value that comes from outside: a parameter, a state variable, an input, the time step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// Unique within the graph
    pub name: String,
    /// Type of the value
    pub ty: Ty,
    /// How often it changes
    pub rate: Rate,
}

/// A node of one [`Graph`]. Operands have smaller ids than the nodes that use them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    pub(super) const NONE: NodeId = NodeId(u32::MAX);

    pub(super) fn new(index: usize) -> NodeId {
        NodeId(u32::try_from(index).expect("a graph has less than 2^32 nodes"))
    }

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A leaf of one [`Graph`], also valid for graphs derived from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct LeafId(u32);

impl LeafId {
    /// Position in [`Graph::leaves`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One operation with its operands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Node {
    /// What it computes
    pub op: Op,
    /// Type of the result
    pub ty: Ty,
    pub(super) operands: [NodeId; 3],
}

impl Node {
    /// The operands, in order.
    pub fn args(&self) -> &[NodeId] {
        &self.operands[..self.op.arity()]
    }
}

/// Values over lanes, and how they are computed from leaves.
#[derive(Clone, Default, Debug)]
pub struct Graph {
    nodes: Vec<Node>,
    shared: HashMap<Node, NodeId>,
    leaves: Vec<Leaf>,
    names: Vec<Option<Box<str>>>,
    pub(super) regions: Vec<Region>,
    pub(super) open: Vec<RegionId>,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Graph {
        Graph::default()
    }

    /// The leaf called `name`; the same name gives the same node.
    ///
    /// # Panics
    /// If the name is taken by a leaf of another type or rate.
    pub fn leaf(&mut self, name: &str, ty: Ty, rate: Rate) -> NodeId {
        let index = self.leaves.iter().position(|leaf| leaf.name == name).unwrap_or_else(|| {
            self.leaves.push(Leaf { name: name.to_string(), ty, rate });
            self.leaves.len() - 1
        });
        let leaf = &self.leaves[index];
        assert!(leaf.ty == ty && leaf.rate == rate, "leaf `{name}` was declared with another type or rate");
        self.intern(Op::Leaf(LeafId(index as u32)), ty, &[])
    }

    /// All leaves, used or not.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The ids of all leaves, in order of declaration.
    pub fn leaf_ids(&self) -> impl Iterator<Item = LeafId> + use<> {
        (0..self.leaves.len() as u32).map(LeafId)
    }

    /// The leaf behind a node, if it is one.
    pub fn leaf_of(&self, id: NodeId) -> Option<LeafId> {
        match self.node(id).op {
            Op::Leaf(leaf) => Some(leaf),
            _ => None,
        }
    }

    /// Global number of the element in this lane, as u32.
    pub fn index(&mut self) -> NodeId {
        self.intern(Op::Index, Ty::U32, &[])
    }

    /// A constant.
    pub fn f32(&mut self, value: f32) -> NodeId {
        self.constant(Ty::F32, value.to_bits())
    }

    /// A constant.
    pub fn i32(&mut self, value: i32) -> NodeId {
        self.constant(Ty::I32, value as u32)
    }

    /// A constant.
    pub fn u32(&mut self, value: u32) -> NodeId {
        self.constant(Ty::U32, value)
    }

    /// A constant.
    pub fn bool(&mut self, value: bool) -> NodeId {
        self.constant(Ty::Bool, bits::mask(value))
    }

    pub(super) fn constant(&mut self, ty: Ty, bits: u32) -> NodeId {
        self.intern(Op::Const(bits), ty, &[])
    }

    /// An operation on one operand of its own type. Conversions go through [`Graph::convert`].
    pub fn unary(&mut self, op: Op, a: NodeId) -> NodeId {
        self.apply(op, self.ty(a), &[a])
    }

    /// An operation on two operands; comparisons give bool.
    pub fn binary(&mut self, op: Op, a: NodeId, b: NodeId) -> NodeId {
        let ty = if op.is_compare() { Ty::Bool } else { self.ty(a) };
        self.apply(op, ty, &[a, b])
    }

    /// `accept` where `condition`, else `reject`.
    pub fn select(&mut self, condition: NodeId, accept: NodeId, reject: NodeId) -> NodeId {
        self.apply(Op::Select, self.ty(accept), &[condition, accept, reject])
    }

    /// Logical or bitwise complement.
    pub fn not(&mut self, a: NodeId) -> NodeId {
        self.unary(Op::Not, a)
    }

    /// The value as another type, as the WGSL constructors `f32(x)`, `i32(x)`, `u32(x)`, `bool(x)` do.
    pub fn convert(&mut self, a: NodeId, to: Ty) -> NodeId {
        let from = self.ty(a);
        if from == to {
            return a;
        }
        if from == Ty::Bool {
            let one = if to == Ty::F32 { 1.0f32.to_bits() } else { 1 };
            let (one, zero) = (self.constant(to, one), self.constant(to, 0));
            return self.select(a, one, zero);
        }
        match to {
            Ty::F32 => self.apply(Op::ToF32, to, &[a]),
            Ty::I32 if from == Ty::F32 => self.apply(Op::ToI32, to, &[a]),
            Ty::U32 if from == Ty::F32 => self.apply(Op::ToU32, to, &[a]),
            Ty::I32 | Ty::U32 => self.bitcast(a, to),
            Ty::Bool => {
                let zero = self.constant(from, 0);
                self.binary(Op::Ne, a, zero)
            }
        }
    }

    /// The same bits as another type.
    pub fn bitcast(&mut self, a: NodeId, to: Ty) -> NodeId {
        if self.ty(a) == to { a } else { self.apply(Op::Bitcast, to, &[a]) }
    }

    /// The node behind an id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// Type of a node.
    pub fn ty(&self, id: NodeId) -> Ty {
        self.node(id).ty
    }

    /// The type that decides which form of `op` is meant: of the first operand, or of what is selected.
    pub(super) fn operand_ty(&self, op: Op, ty: Ty, args: &[NodeId]) -> Ty {
        match args {
            [first, ..] if op != Op::Select => self.ty(*first),
            _ => ty,
        }
    }

    /// Number of nodes, reachable or not.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node yet.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Bits of a constant.
    pub fn constant_bits(&self, id: NodeId) -> Option<u32> {
        match self.node(id).op {
            Op::Const(bits) => Some(bits),
            _ => None,
        }
    }

    /// Value of an f32 constant.
    pub fn constant_f32(&self, id: NodeId) -> Option<f32> {
        self.constant_bits(id).filter(|_| self.ty(id) == Ty::F32).map(f32::from_bits)
    }

    /// Suggests a name for printed code; the first suggestion wins.
    pub fn suggest_name(&mut self, id: NodeId, name: &str) {
        if matches!(self.node(id).op, Op::Const(_) | Op::Leaf(_)) {
            return;
        }
        self.names.resize(self.nodes.len(), None);
        self.names[id.index()].get_or_insert_with(|| name.into());
    }

    pub(super) fn name(&self, id: NodeId) -> Option<&str> {
        self.names.get(id.index())?.as_deref()
    }

    pub(super) fn with_leaves_of(other: &Graph) -> Graph {
        Graph { leaves: other.leaves.clone(), ..Graph::default() }
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId::new)
    }

    pub(super) fn intern(&mut self, op: Op, ty: Ty, args: &[NodeId]) -> NodeId {
        let mut operands = [NodeId::NONE; 3];
        operands[..args.len()].copy_from_slice(args);
        let node = Node { op, ty, operands };
        *self.shared.entry(node).or_insert_with(|| {
            self.nodes.push(node);
            NodeId::new(self.nodes.len() - 1)
        })
    }

    pub(super) fn apply(&mut self, op: Op, ty: Ty, args: &[NodeId]) -> NodeId {
        debug_assert_eq!(args.len(), op.arity(), "{op:?}");
        if let Some(bits) = self.fold(op, ty, args) {
            return self.constant(ty, bits);
        }
        self.choose(op, ty, args).unwrap_or_else(|| self.intern(op, ty, args))
    }

    /// The constant that `op` gives on constants. Floats fold only where f32 is exact, so that the f64
    /// evaluation of the same graph loses nothing.
    fn fold(&self, op: Op, ty: Ty, args: &[NodeId]) -> Option<u32> {
        if matches!(op, Op::Spike | Op::StopGradient) {
            return None;
        }
        let mut operands = [0; 3];
        for (bits, &arg) in operands.iter_mut().zip(args) {
            *bits = self.constant_bits(arg)?;
        }
        let from = self.operand_ty(op, ty, args);
        let bits = bits::apply(op, from, operands);
        let exact = ty != Ty::F32 || bits::is_exact(op, from, operands, bits);
        exact.then_some(bits)
    }

    /// Identities of selects and truth values: they keep the exits of loops constant.
    fn choose(&mut self, op: Op, ty: Ty, args: &[NodeId]) -> Option<NodeId> {
        match (op, args) {
            (Op::Select, &[c, a, b]) => self.choose_select(ty, c, a, b),
            (Op::Not, &[a]) if self.node(a).op == Op::Not => Some(self.node(a).operands[0]),
            (Op::And | Op::Or, &[a, b]) if ty == Ty::Bool => {
                if a == b {
                    return Some(a);
                }
                if self.are_opposite(a, b) {
                    return Some(self.bool(op == Op::Or));
                }
                for (this, other) in [(a, b), (b, a)] {
                    if let Some(bits) = self.constant_bits(this) {
                        return Some(if (bits != 0) == (op == Op::Or) { this } else { other });
                    }
                    // absorption: `a | (!a & b)` and its like come from nested exits
                    if let Some(&[p, q]) = self.pair(other, if op == Op::Or { Op::And } else { Op::Or })
                        && (p == this || q == this)
                    {
                        return Some(this);
                    }
                }
                None
            }
            _ => None,
        }
    }

    fn choose_select(&mut self, ty: Ty, c: NodeId, a: NodeId, b: NodeId) -> Option<NodeId> {
        if let Some(bits) = self.constant_bits(c) {
            return Some(if bits != 0 { a } else { b });
        }
        if a == b {
            return Some(a);
        }
        if self.node(c).op == Op::Not {
            let c = self.node(c).operands[0];
            return Some(self.select(c, b, a));
        }
        if let Node { op: Op::Select, operands: [inner, taken, _], .. } = *self.node(a)
            && inner == c
        {
            return Some(self.select(c, taken, b));
        }
        if let Node { op: Op::Select, operands: [inner, _, taken], .. } = *self.node(b)
            && inner == c
        {
            return Some(self.select(c, a, taken));
        }
        if ty != Ty::Bool {
            return None;
        }
        match (self.constant_bits(a).map(|k| k != 0), self.constant_bits(b).map(|k| k != 0)) {
            (Some(true), Some(false)) => Some(c),
            (Some(false), Some(true)) => Some(self.not(c)),
            (Some(true), None) => Some(self.binary(Op::Or, c, b)),
            (None, Some(false)) => Some(self.binary(Op::And, c, a)),
            _ => None,
        }
    }

    fn are_opposite(&self, a: NodeId, b: NodeId) -> bool {
        let is_not = |a: NodeId, b: NodeId| self.node(a).op == Op::Not && self.node(a).operands[0] == b;
        is_not(a, b) || is_not(b, a)
    }

    fn pair(&self, id: NodeId, op: Op) -> Option<&[NodeId; 2]> {
        let node = self.node(id);
        if node.op == op { node.operands.first_chunk() } else { None }
    }
}
