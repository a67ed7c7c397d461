//! Graphs as kernels: compiled for this CPU, run over blocks of lanes.
//!
//! # How it works
//!
//! The graph is optimised and split by [`Rate`]: what all lanes share is evaluated once, and once per step,
//! into a table of scalars; the rest becomes instructions on planes of an arena (`layout` decides where each
//! value lives). [`Kernel::run`] is then one indirect call per instruction and block.

mod layout;

use super::error::Error;
use super::evaluate::Scalar;
use super::graph::{Graph, LeafId, NodeId, Rate, Ty};
use super::isa::{CHUNK, Code, Memory};
use super::op::Op;
use super::optimise::optimise;
use super::specialise::specialise;

pub use super::isa::{Bound, Isa};
use std::ops::Range;

/// Planes are padded to a multiple of this many lanes. Fill the padding with copies of a valid lane, or 0.
pub const LANES: usize = CHUNK;

/// One value that a kernel stores.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Output {
    /// What is stored; a bool is stored as 0 or all ones
    pub node: NodeId,
    /// The leaf over whose plane it is stored
    pub in_place: Option<LeafId>,
    /// Store 0 where an f32 is below 2^-95 = 2.5e-29 in size: decays otherwise stick at a denormal
    pub flush: bool,
    /// Store one bit for each lane of a bool: bit `k % 32` of word `k / 32`
    pub bits: bool,
}

impl Output {
    /// Stored to a plane of its own.
    pub fn new(node: NodeId) -> Output {
        Output { node, in_place: None, flush: false, bits: false }
    }

    /// Stored to a plane of its own as bits, of a bool.
    pub fn bits(node: NodeId) -> Output {
        Output { node, in_place: None, flush: false, bits: true }
    }

    /// Stored over the plane of `leaf`, denormals as 0.
    pub fn over(node: NodeId, leaf: LeafId) -> Output {
        Output { node, in_place: Some(leaf), flush: true, bits: false }
    }
}

/// A graph compiled for this CPU. Shared freely between threads.
#[derive(Clone, Debug)]
pub struct Kernel {
    graph: Graph,
    code: Code,
    n_instructions: usize,
    leaves: Vec<LeafId>,
    /// What is the same in all steps: the first `n_shared` are scalars of the code, the rest serve `steps`
    uniform: Scalar,
    n_shared: usize,
    /// Where each scalar of the code is found among the shared ones, followed by those of the step
    order: Vec<usize>,
    /// What is new in every step
    steps: Scalar,
    is_steady: bool,
}

/// Values that all lanes and steps share, of one [`Kernel`].
#[derive(Clone, Debug)]
pub struct Uniforms {
    values: Vec<u32>,
    /// By leaf id, for leaves of uniform rate
    leaves: Vec<u32>,
}

/// Values that all lanes share in one step, of one [`Kernel`].
#[derive(Clone, Debug)]
pub struct Scalars(Vec<u32>);

/// Memory for intermediate values; one per thread, for any kernel.
#[derive(Clone, Default, Debug)]
pub struct Scratch(Vec<u32>);

/// Where in the arena the planes are: word offsets of lane 0. A plane has the lanes of the run rounded up to
/// [`LANES`]. Planes that start at cache lines (64 bytes) are faster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Planes {
    /// In the order of [`Kernel::leaves`]; they may overlap each other
    pub leaves: Vec<usize>,
    /// In the order given to [`Kernel::compile`]; each is distinct from all others, and from all leaves but
    /// the one it replaces, where it is equal
    pub outputs: Vec<usize>,
}

impl Kernel {
    /// Compiles for the best instruction set of this CPU. The planes of the `consumed` leaves are set to 0 once they are
    /// read.
    ///
    /// # Errors
    /// Where an output would replace a leaf of another type, or two outputs one leaf.
    pub fn compile(graph: &Graph, outputs: &[Output], consumed: &[LeafId]) -> Result<Kernel, Error> {
        Kernel::compile_for(Isa::detect(), graph, outputs, consumed)
    }

    /// Compiles as [`Kernel::compile`], for these bits of leaves that all lanes share.
    ///
    /// # Errors
    /// As [`Kernel::compile`].
    pub fn compile_known(
        graph: &Graph,
        outputs: &[Output],
        consumed: &[LeafId],
        known: &dyn Fn(LeafId) -> Option<u32>,
    ) -> Result<Kernel, Error> {
        Kernel::compiled(Isa::detect(), graph, outputs, consumed, known)
    }

    /// Compiles for a given instruction set.
    ///
    /// # Errors
    /// As [`Kernel::compile`], and where the CPU lacks it.
    pub fn compile_for(
        isa: Isa,
        graph: &Graph,
        outputs: &[Output],
        consumed: &[LeafId],
    ) -> Result<Kernel, Error> {
        if !isa.is_available() {
            return Err(Error::new(format!("this CPU has no {isa:?}")));
        }
        Kernel::compiled(isa, graph, outputs, consumed, &|_| None)
    }

    fn compiled(
        isa: Isa,
        graph: &Graph,
        outputs: &[Output],
        consumed: &[LeafId],
        known: &dyn Fn(LeafId) -> Option<u32>,
    ) -> Result<Kernel, Error> {
        check(graph, outputs)?;
        let mut graph = graph.clone();
        let nodes: Vec<NodeId> = outputs
            .iter()
            .map(|output| match graph.ty(output.node) {
                Ty::F32 if output.flush => graph.unary(Op::Flush, output.node),
                _ => output.node,
            })
            .collect();
        let (graph, nodes) = optimise(&graph, &nodes);
        let (graph, nodes) = specialise(&graph, &nodes, known);
        let rates = graph.rates();
        let in_place: Vec<Option<LeafId>> = outputs.iter().map(|output| output.in_place).collect();
        let bits: Vec<bool> = outputs.iter().map(|output| output.bits).collect();
        let layout = layout::lay_out(&graph, &nodes, &in_place, &bits, consumed, &rates, isa);
        let (mut shared, stepped): (Vec<NodeId>, Vec<NodeId>) =
            layout.scalars.iter().partition(|id| rates[id.index()] < Rate::Step);
        let n_shared = shared.len();
        let place = |id: &NodeId| shared.iter().chain(&stepped).position(|known| known == id);
        let order = layout.scalars.iter().map(|id| place(id).expect("it is one of them")).collect();
        let needed = boundary(&graph, &stepped, &rates);
        shared.extend(&needed);
        Ok(Kernel {
            is_steady: stepped.is_empty(),
            n_instructions: layout.n_instructions,
            leaves: layout.leaves,
            code: layout.code,
            uniform: Scalar::new(&graph, shared, Vec::new()),
            n_shared,
            order,
            steps: Scalar::new(&graph, stepped, needed),
            graph,
        })
    }

    /// The leaves of lane rate that are read, in the order of [`Planes::leaves`].
    pub fn leaves(&self) -> &[LeafId] {
        &self.leaves
    }

    /// Number of instructions per block.
    pub fn n_instructions(&self) -> usize {
        self.n_instructions
    }

    /// Whether some lanes may iterate more often than others. Then a run over many lanes is faster than many over few.
    pub fn has_uneven_loops(&self) -> bool {
        self.code.has_uneven_loops()
    }

    /// Evaluates what all lanes and steps share; `values` gives the bits of leaves of uniform rate.
    pub fn uniforms(&self, values: &dyn Fn(LeafId) -> u32) -> Uniforms {
        let is_uniform = |leaf: &LeafId| self.graph.leaves()[leaf.index()].rate == Rate::Uniform;
        let leaves = self.graph.leaf_ids().map(|leaf| if is_uniform(&leaf) { values(leaf) } else { 0 });
        let leaves: Vec<u32> = leaves.collect();
        let values = self.uniform.run(&self.graph, &|leaf| leaves[leaf.index()], &[]);
        Uniforms { values, leaves }
    }

    /// Evaluates what all lanes share in a step; `values` gives the bits of leaves of step rate.
    pub fn at_step(&self, uniforms: &Uniforms, values: &dyn Fn(LeafId) -> u32) -> Scalars {
        let (shared, given) = uniforms.values.split_at(self.n_shared);
        let leaf = |leaf: LeafId| match self.graph.leaves()[leaf.index()].rate {
            Rate::Step => values(leaf),
            _ => uniforms.leaves[leaf.index()],
        };
        let stepped = self.steps.run(&self.graph, &leaf, given);
        let at = |k: &usize| if *k < self.n_shared { shared[*k] } else { stepped[*k - self.n_shared] };
        Scalars(self.order.iter().map(at).collect())
    }

    /// Whether no scalar depends on the step: then [`Kernel::at_step`] gives the same every time.
    pub fn is_steady(&self) -> bool {
        self.is_steady
    }

    /// Checks planes of `lanes` lanes once, for any number of runs. The planes of `moving` leaves (by their place among
    /// [`Kernel::leaves`]) are given with every run and lie beyond all others.
    ///
    /// # Panics
    /// If planes overlap other than [`Planes`] says.
    pub fn bind(&self, planes: Planes, moving: Vec<usize>, lanes: usize) -> Bound {
        self.code.bind(planes.leaves, planes.outputs, moving, lanes)
    }

    /// Runs over lanes of bound planes; the first is a multiple of [`LANES`] and has the element number `index_base`.
    ///
    /// # Panics
    /// If a plane does not lie in the arena, or `bound` or `scalars` are of another kernel.
    pub fn run_part(
        &self,
        bound: &Bound,
        arena: &mut [u32],
        moved: &[usize],
        part: Range<usize>,
        index_base: u32,
        (scalars, scratch): (&Scalars, &mut Scratch),
    ) {
        let memory = Memory { arena, scalars: &scalars.0, scratch: &mut scratch.0 };
        self.code.run(bound, memory, moved, part, index_base);
    }

    /// Runs over `lanes` lanes; the first has the element number `index_base`.
    ///
    /// # Panics
    /// If a plane does not lie in the arena, planes overlap other than [`Planes`] says, or `scalars` are of
    /// another kernel.
    pub fn run(
        &self,
        arena: &mut [u32],
        planes: &Planes,
        lanes: usize,
        index_base: u32,
        scalars: &Scalars,
        scratch: &mut Scratch,
    ) {
        let bound = self.bind(planes.clone(), vec![], lanes);
        self.run_part(&bound, arena, &[], 0..lanes, index_base, (scalars, scratch));
    }
}

fn check(graph: &Graph, outputs: &[Output]) -> Result<(), Error> {
    for (k, output) in outputs.iter().enumerate() {
        if output.bits && graph.ty(output.node) != Ty::Bool {
            return Err(Error::new(format!("output {k} is no bool: it has no bits")));
        }
        let Some(leaf) = output.in_place else { continue };
        let Some(declared) = graph.leaves().get(leaf.index()) else {
            return Err(Error::new(format!("output {k} replaces a leaf of another graph")));
        };
        let name = &declared.name;
        if declared.ty != graph.ty(output.node) || declared.rate != Rate::Lane {
            return Err(Error::new(format!("output {k} cannot replace `{name}`: another type or rate")));
        }
        if outputs[..k].iter().any(|other| other.in_place == Some(leaf)) {
            return Err(Error::new(format!("two outputs replace `{name}`")));
        }
    }
    Ok(())
}

/// The nodes of lower rate that the step-rate nodes read.
fn boundary(graph: &Graph, stepped: &[NodeId], rates: &[Rate]) -> Vec<NodeId> {
    let mut boundary = Vec::new();
    let live = graph.reach(stepped);
    for id in graph.ids().filter(|id| live[id.index()] && rates[id.index()] == Rate::Step) {
        graph.for_each_input(id, &mut |input| {
            let computed = !matches!(graph.node(input).op, Op::Const(_) | Op::Leaf(_));
            if computed && rates[input.index()] < Rate::Step && !boundary.contains(&input) {
                boundary.push(input);
            }
        });
    }
    boundary
}
