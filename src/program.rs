//! A compiled network: plain data that either device runs, and that can be printed.
//!
//! *How it works.* Every element (neuron, or source that draws its own spikes) has a number; the elements of a
//! [`Kernel`] are consecutive and every population begins at a multiple of [`GROUP`], so that one table finds
//! the [`Member`] of an element. A step runs every kernel on its elements: arrivals are read from the ring and
//! cleared, the graph is evaluated, spikes are appended to the log. After a *window* of at most
//! [`Program::window`] steps the spikes are delivered: for every [`Block`] whose sources contain the spiking
//! element, each entry of its row adds its weight to `ring[(step + delay) % depth][slot]`.
//!
//! Every trial has a *copy* of all elements and slots. Copies of an element lie a fixed distance apart within its
//! kernel, copies of a slot the slots of one copy apart, so that all copies use the rows of the first one.

mod edit;
mod plane;
mod print;

pub use edit::{Edit, Edited};
pub use plane::Plane;

use crate::compile::connect::{Block, Layout, Procedural};
use crate::compile::recipe::{Set, Way};
use crate::lane::{Graph, LeafId, NodeId};
use crate::model::reflect::Scalar;
use std::ops::Range;

/// Populations begin at multiples of this many elements, and planes are padded to it.
pub const GROUP: u32 = 64;

/// The longest window: a spike carries 4 bits of the step within its window.
pub const MAX_WINDOW: u32 = 16;

/// The step before the first: -1, as steps wrap round.
pub const BEFORE: u64 = u64::MAX;

/// A compiled network.
#[derive(Clone, Debug)]
pub struct Program {
    /// Time step in ms.
    pub dt_ms: f64,
    /// Seed of everything random.
    pub seed: u64,
    /// The trials, a copy of the network each.
    pub trials: Range<u32>,
    /// Steps between two deliveries: no spike arrives sooner.
    pub window: u32,
    /// The shortest delay in steps, which may be longer than a window; 2^32 - 1 where nothing is connected.
    pub shortest: u32,
    /// Rows of the ring, a power of two: at least the longest delay and a window.
    pub depth: u32,
    /// Ring slots of one row, over all copies and partitions.
    pub slots: u32,
    /// Elements, padding included.
    pub elements: u32,
    /// One kernel for all populations that are updated alike.
    pub kernels: Vec<Kernel>,
    /// Ring slots and ports, for reports.
    pub ports: Vec<Port>,
    /// Where delivery threads own which slots of the first copy; the GPU has one partition.
    pub partitions: Vec<Partition>,
    /// How an entry is packed.
    pub layout: Layout,
    /// Which elements of the first copy each projection's rows belong to, by the projection index of a block.
    pub projections: Vec<Sources>,
    /// Rows of synapses.
    pub blocks: Vec<Block>,
    /// Projections whose rows are drawn anew for every spike.
    pub procedural: Vec<Procedural>,
    /// Spikes that are known beforehand, by step, then element.
    pub events: Vec<Event>,
    /// What is sent in the step before the first: values that are there from the start.
    pub initial: Vec<Event>,
    /// Traces in the order of their numbers in [`Member::traces`].
    pub traces: Vec<Trace>,
    /// The populations by their position in the network.
    pub populations: Vec<Located>,
    /// Number of synapses.
    pub synapses: u64,
    /// Kernel and member of every recipe, in the first copy.
    pub places: Vec<(usize, usize)>,
    /// What can arrive at each ring slot of the first copy in a step, in units of its port's scale: sizes of weights and
    /// an allowance for their rounding.
    pub loads: Vec<f64>,
}

impl Program {
    /// The end of the elements that are updated; what is sent beside spikes has numbers from here on.
    pub fn updated(&self) -> u32 {
        self.kernels.last().map_or(0, |kernel| kernel.first + kernel.len)
    }

    /// Replaces the constants of a kernel, by member.
    pub fn set_constants(&mut self, kernel: usize, constants: Vec<Vec<Vec<u32>>>) {
        self.kernels[kernel].set_constants(constants);
    }

    /// How many copies of the network there are: one for every trial.
    pub fn copies(&self) -> u32 {
        self.trials.end - self.trials.start
    }

    /// The trial of a copy, if there are several.
    pub fn trial_of(&self, copy: u32) -> Option<u32> {
        (self.copies() > 1).then_some(self.trials.start + copy)
    }

    /// Positions of a copy's members among those of a kernel.
    pub fn members_of(&self, kernel: &Kernel, copy: u32) -> Range<usize> {
        let (n, copy) = (kernel.members.len() / self.copies() as usize, copy as usize);
        copy * n..(copy + 1) * n
    }

    /// Elements from a copy of this element to the next.
    pub fn stride(&self, element: u32) -> u32 {
        self.copied(element).1
    }

    /// Which copy the element belongs to.
    pub fn copy_of(&self, element: u32) -> u32 {
        let (first, stride) = self.copied(element);
        (element - first) / stride
    }

    /// Where the copies of an element's kernel, outlets or schedule begin, and how far apart they are.
    fn copied(&self, element: u32) -> (u32, u32) {
        let within = |first: u32, stride: u32| {
            (first..first + stride * self.copies()).contains(&element).then_some((first, stride))
        };
        let kernels = self.kernels.iter().find_map(|kernel| {
            let stride = kernel.len / self.copies();
            let sent = |first: &u32| within(*first, stride * kernel.outlets.len() as u32);
            let outlets = || kernel.members.first().and_then(|member| member.outlets.first()).and_then(sent);
            within(kernel.first, stride).or_else(outlets)
        });
        let scheduled = || self.populations.iter().find_map(|it| within(it.first?, it.stride));
        kernels.or_else(scheduled).unwrap_or((0, u32::MAX))
    }
}

/// One update kernel: what a step computes for an element.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// The models it is made of, for reports: `neuron + synapse/output + synapse/output`.
    pub name: String,
    /// First element.
    pub first: u32,
    /// Elements of all copies, padding included.
    pub len: u32,
    /// The computation of one step.
    pub graph: Graph,
    /// What each leaf of the graph is; by leaf number.
    pub leaves: Vec<(LeafId, Leaf)>,
    /// New state, in the order of `state`.
    pub next: Vec<NodeId>,
    /// Whether the element spikes (a bool), if it can.
    pub fired: Option<NodeId>,
    /// What a spike carries (f32), where that is not 1.
    pub value: Option<NodeId>,
    /// What the element sends beside its spikes.
    pub outlets: Vec<Outlet>,
    /// Values that traces record (f32 or integer).
    pub recorded: Vec<NodeId>,
    /// State planes: name and type.
    pub state: Vec<(String, Scalar)>,
    /// Ports: how many ring planes an element has.
    pub ports: u32,
    /// Constants: name and type, and whether every element has its own.
    pub constants: Vec<Constant>,
    /// Names of the constants that the graph takes to be 0 and does not read.
    pub off: Vec<String>,
    /// The populations, by their first element: those of the first copy, then those of the next.
    pub members: Vec<Member>,
}

impl Kernel {
    /// Replaces the constants of every member.
    pub fn set_constants(&mut self, constants: Vec<Vec<Vec<u32>>>) {
        let members = self.members.iter_mut().zip(constants);
        members.for_each(|(member, constants)| member.constants = constants);
    }

    /// The bits of a constant, where all elements of all members have the same.
    pub fn common_constant(&self, number: usize) -> Option<u32> {
        let mut values = self.members.iter().map(|member| member.constants[number].as_slice());
        let [first] = values.next()? else { return None };
        values.all(|value| value == [*first]).then_some(*first)
    }
}

/// Something that an element sends beside its spikes, under a number of its own: [`Member::outlets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlet {
    /// Whether it is sent in this step (a bool); at every step where there is none.
    pub when: Option<NodeId>,
    /// What is sent (f32).
    pub value: NodeId,
}

/// What a leaf of a kernel's graph stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// State plane, before the step.
    State(u32),
    /// What arrived at a port in this step: the ring's i32, before scaling.
    Arrival(u32),
    /// A constant of the member or of the element.
    Constant(u32),
    /// The step's number (u32).
    Step,
}

/// A number that does not change during a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Constant {
    /// Its name, for readers of the kernel.
    pub name: String,
    /// Its type.
    pub scalar: Scalar,
    /// Every element has its own; otherwise one for the member.
    pub each: bool,
}

/// The part of a population, or of an engine-made source, that a kernel updates.
#[derive(Clone, Debug)]
pub struct Member {
    /// The population's name.
    pub name: String,
    /// The trial that it belongs to.
    pub trial: u32,
    /// First element.
    pub first: u32,
    /// Elements, without padding.
    pub size: u32,
    /// The number of element 0 at each outlet of the kernel.
    pub outlets: Vec<u32>,
    /// State at the start, one plane per variable, each of `size` words or of 1 word for all.
    pub state: Vec<Vec<u32>>,
    /// Constants as words, in the order of the kernel's: 1 word, or `size` words where `each`.
    pub constants: Vec<Vec<u32>>,
    /// Ring slot of element 0 by port, for each partition: `slots[partition][port]` counts from the member's
    /// first element *in that partition*.
    pub slots: Vec<Vec<u32>>,
    /// What is recorded: number of the trace, position among `recorded`, elements.
    pub traces: Vec<Recorded>,
}

impl Member {
    /// Elements with padding.
    pub fn padded(&self) -> u32 {
        self.size.next_multiple_of(GROUP)
    }
}

/// One recorded value of consecutive elements of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Position among [`Program::traces`].
    pub trace: u32,
    /// Position among [`Kernel::recorded`].
    pub value: u32,
    /// First recorded element of the member.
    pub first: u32,
    /// Number of recorded elements.
    pub len: u32,
    /// Column of the first one in the trace's rows.
    pub column: u32,
}

/// A trace: rows of equal width at an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Name of the record.
    pub record: String,
    /// The variable.
    pub variable: String,
    /// Steps between rows; a row holds the state at a multiple of it.
    pub every: u32,
    /// Columns.
    pub width: u32,
}

/// Elements of each kernel that one delivery thread owns, and its ring slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// For every kernel and member of a copy: first owned element (of the member) and number, multiples of [`GROUP`]
    /// except at the end.
    pub elements: Vec<Vec<(u32, u32)>>,
    /// First ring slot.
    pub first_slot: u32,
    /// Number of ring slots.
    pub slots: u32,
}

/// A ring plane, for reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Port {
    /// `exc.ex`
    pub name: String,
    /// Integers per unit of weight: a power of two that makes overflow impossible.
    pub scale: f64,
    /// Largest sum of weights that can arrive in a step.
    pub bound: f64,
    /// Largest value that a spike brings with its weight.
    pub most: f64,
    /// Kernel, and member of the first copy.
    pub place: (usize, usize),
    /// Position among the ports of the kernel.
    pub number: usize,
}

/// The source elements of a projection's rows: row k belongs to the k-th element of the segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// The projection's name.
    pub name: String,
    /// First element and number.
    pub segments: Vec<(u32, u32)>,
    /// The projection of the network that they are rows of; none where the sources are not its own.
    pub of: Option<Origin>,
    /// The projection whose blocks hold the rows: itself, or the first of those that are stored as one.
    pub rows: u32,
    /// Ring slots that the entries arrive at; projections that are stored as one have no slot in common.
    pub slots: Vec<Range<u32>>,
}

/// Which edges of the network some rows hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Position among the network's projections.
    pub projection: usize,
    /// From the projection's sources to its targets, or back.
    pub way: Way,
    /// Which set of a schedule's elements sends.
    pub set: Set,
}

/// A spike: an element, the step in which it was found and what it carries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// The step, counted from 0; the spike's time is `(step + 1) · dt`. [`BEFORE`] stands for the step before.
    pub step: u64,
    /// The element.
    pub element: u32,
    /// Multiplicity or factor; 1 for an ordinary spike.
    pub value: f32,
}

/// Where the elements of a population lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Its name.
    pub name: String,
    /// First element of the first copy; none where the population exists only as a part of its targets' kernels.
    pub first: Option<u32>,
    /// Elements of a copy, without padding.
    pub size: u32,
    /// Elements from one copy to the next.
    pub stride: u32,
    /// Kernel and member of the first copy; none where its spikes are known beforehand.
    pub place: Option<(u32, u32)>,
    /// First element of the first copy that its schedule numbers, and elements from one copy to the next.
    pub schedule: Option<(u32, u32)>,
}
