//! Runs instructions over blocks of lanes: the only unsafe code, and the only code that knows instruction sets.
//!
//! # How it works
//!
//! An instruction is one loop over a block: a function pointer, a destination and up to three operands, each a
//! place in a table of pointers `[planes | slots | scalars | index]`. The loops are stamped once per instruction
//! set by a macro around the scalar functions of [`kernels`], and LLVM vectorises them. Blocks of 512 lanes keep
//! all slots in the L1 cache (measured on LIF, ns per neuron-step: 128 lanes 1.19, 512 0.76, 2048 0.79).
//!
//! A loop runs over a block until most lanes have left it. Those that stay are collected from many blocks and go on
//! together ([`queue`]): the few neurons that spike within a step do not keep all others waiting.
#![allow(
    unsafe_code,
    reason = "one indirect call per instruction on slices of one arena; `Code::new` and `Code::run` check every \
              place once, a checked loop per lane would cost the factor of ten that this exists for"
)]

mod execute;
pub mod kernels;
mod queue;
mod stamp;
mod table;
mod uses;

pub use table::{Isa, Special, lookup, special};

use uses::Uses;

/// Lanes of one block.
pub const BLOCK: usize = 512;
/// Lanes of one chunk: planes are padded to a multiple of it.
pub const CHUNK: usize = 64;

/// Words of a cache line.
const LINE: usize = 16;

/// A loop over chunks.
///
/// # Safety
/// The CPU must have the instruction set; `d` and the operands that are not scalars must point to `chunks`
/// chunks, `d` to be written and distinct from the operands.
pub type Call = unsafe fn(chunks: usize, d: *mut u32, a: *const u32, b: *const u32, c: *const u32);

/// Where an operand or result is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// A plane of the arena that is only read
    Leaf(usize),
    /// A plane of the arena that is written
    Output(usize),
    /// A block of scratch memory
    Slot(usize),
    /// A value that all lanes share
    Scalar(usize),
    /// Number of the first element of the block
    Index,
}

/// One instruction; its operands are places in the order of the operation.
#[derive(Clone, Copy, Debug)]
pub struct Instruction {
    pub call: Call,
    pub d: Place,
    pub operands: [Option<Place>; 3],
    /// Bit k is set if the call takes operand k as a scalar.
    pub scalars: u8,
    /// Whether the call reads `d` before it writes it.
    pub updates: bool,
}

/// Instructions in order.
#[derive(Clone, Debug)]
pub enum Item<I = Instruction> {
    Run(Vec<I>),
    Loop(Box<Repeat<I>>),
}

/// A loop that runs until its mask is empty.
#[derive(Clone, Debug)]
pub struct Repeat<I = Instruction> {
    /// Slot of the lanes that are still in the loop
    pub mask: usize,
    /// Mask of the loop around this one
    pub outer: Option<usize>,
    pub start: Vec<I>,
    pub head: Vec<Item<I>>,
    /// Removes lanes from the mask
    pub test: Vec<I>,
    pub body: Vec<Item<I>>,
    pub update: Vec<I>,
    pub max_iterations: u32,
    /// Whether some lanes may iterate more often than others
    pub uneven: bool,
}

/// An instruction whose places are numbers in the table.
#[derive(Clone, Copy, Debug)]
struct Encoded {
    call: Call,
    places: [u32; 4],
}

/// Checked instructions.
#[derive(Clone, Debug)]
pub struct Code {
    items: Vec<Item<Encoded>>,
    layout: Layout,
    /// What lanes take along, for each uneven loop that is in no other.
    columns: Vec<Columns>,
    /// Slots that hold a value while other blocks run.
    held: Vec<usize>,
}

/// What a lane of a loop takes along when it goes on elsewhere; places are numbers in the table.
#[derive(Clone, Debug)]
struct Columns {
    /// What the loop reads
    into: Vec<usize>,
    /// What it changes and others read
    back: Vec<usize>,
}

/// How many places of each kind there are.
#[derive(Clone, Debug)]
pub struct Layout {
    pub leaves: usize,
    /// One per output: the leaf over whose plane it is stored
    pub outputs: Vec<Option<usize>>,
    pub slots: usize,
    pub scalars: usize,
}

/// The memory that code runs on.
pub struct Memory<'a> {
    pub arena: &'a mut [u32],
    /// Word offset of each leaf's plane
    pub leaves: &'a [usize],
    /// Word offset of each output's plane
    pub outputs: &'a [usize],
    pub scalars: &'a [u32],
    pub scratch: &'a mut Vec<u32>,
}

impl Code {
    /// Checks that every place exists, that only outputs and slots are written, and that no instruction reads
    /// what it writes.
    ///
    /// # Panics
    /// If one of these does not hold, or the CPU lacks `isa`.
    pub fn new(items: &[Item], layout: Layout, isa: Isa) -> Code {
        assert!(isa.is_available(), "{isa:?} is not available on this CPU");
        let mut columns = Vec::new();
        let mut held = Vec::new();
        for (k, item) in items.iter().enumerate() {
            let Item::Loop(repeat) = item else { continue };
            if !repeat.uneven {
                continue;
            }
            let after = Uses::of(&items[k + 1..]);
            columns.push(Columns::new(repeat, &after, &layout));
            held.extend(after.found.iter().filter_map(|place| match place {
                Place::Slot(slot) => Some(*slot),
                _ => None,
            }));
        }
        held.sort_unstable();
        held.dedup();
        Code { items: encode(items, &layout), layout, columns, held }
    }

    /// Whether there are loops that some lanes stay in longer than others.
    pub fn has_uneven_loops(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Runs over `lanes` lanes, whose first has the number `index`.
    ///
    /// # Panics
    /// If a plane does not lie in the arena, or outputs overlap other planes than the leaf they replace.
    pub fn run(&self, memory: Memory<'_>, lanes: usize, index: u32) {
        self.check(&memory, lanes);
        execute::run(self, memory, lanes, index);
    }

    fn check(&self, memory: &Memory<'_>, lanes: usize) {
        let Layout { leaves, outputs, scalars, .. } = &self.layout;
        assert_eq!(memory.leaves.len(), *leaves, "one plane per leaf");
        assert_eq!(memory.outputs.len(), outputs.len(), "one plane per output");
        assert_eq!(memory.scalars.len(), *scalars, "scalars of this kernel");
        let words = lanes.next_multiple_of(CHUNK);
        for &plane in memory.leaves.iter().chain(memory.outputs) {
            let end = plane.checked_add(words);
            assert!(end.is_some_and(|end| end <= memory.arena.len()), "plane at {plane} leaves the arena");
        }
        let overlap = |a: usize, b: usize| a < b + words && b < a + words;
        for (k, &output) in memory.outputs.iter().enumerate() {
            for (j, &leaf) in memory.leaves.iter().enumerate() {
                let replaced = outputs[k] == Some(j) && output == leaf;
                assert!(replaced || !overlap(output, leaf), "output {k} overlaps leaf {j}");
            }
            let others = &memory.outputs[..k];
            assert!(!others.iter().any(|&other| overlap(output, other)), "output {k} overlaps another");
        }
    }
}

fn encode(items: &[Item], layout: &Layout) -> Vec<Item<Encoded>> {
    let list = |list: &[Instruction]| list.iter().map(|i| encode_one(i, layout)).collect();
    let encode_item = |item: &Item| match item {
        Item::Run(run) => Item::Run(list(run)),
        Item::Loop(repeat) => {
            let slot = |slot| {
                assert!(slot < layout.slots, "no slot {slot}");
                number(Place::Slot(slot), layout)
            };
            Item::Loop(Box::new(Repeat {
                mask: slot(repeat.mask),
                outer: repeat.outer.map(slot),
                start: list(&repeat.start),
                head: encode(&repeat.head, layout),
                test: list(&repeat.test),
                body: encode(&repeat.body, layout),
                update: list(&repeat.update),
                max_iterations: repeat.max_iterations,
                uneven: repeat.uneven,
            }))
        }
    };
    items.iter().map(encode_item).collect()
}

fn encode_one(instruction: &Instruction, layout: &Layout) -> Encoded {
    let d = instruction.d;
    let replaced = match d {
        Place::Output(k) => layout.outputs[k].map(Place::Leaf),
        Place::Slot(_) => None,
        other => panic!("{other:?} cannot be written"),
    };
    let mut places = [number(d, layout) as u32; 4];
    for (k, operand) in instruction.operands.iter().enumerate() {
        // An operand that the call ignores gets a place of the right kind all the same.
        let Some(operand) = *operand else { continue };
        assert!(operand != d && Some(operand) != replaced, "{operand:?} is read and written at once");
        let shared = matches!(operand, Place::Scalar(_) | Place::Index);
        assert_eq!(shared, instruction.scalars >> k & 1 == 1, "operand {k} has the wrong kind");
        places[k + 1] = number(operand, layout) as u32;
    }
    Encoded { call: instruction.call, places }
}

fn number(place: Place, layout: &Layout) -> usize {
    let (within, limit, offset) = match place {
        Place::Leaf(k) => (k, layout.leaves, 0),
        Place::Output(k) => (k, layout.outputs.len(), layout.leaves),
        Place::Slot(k) => (k, layout.slots, layout.leaves + layout.outputs.len()),
        Place::Scalar(k) => (k, layout.scalars, layout.leaves + layout.outputs.len() + layout.slots),
        Place::Index => (0, 1, layout.leaves + layout.outputs.len() + layout.slots + layout.scalars),
    };
    assert!(within < limit, "there is no {place:?}");
    offset + within
}

impl Columns {
    fn new(repeat: &Repeat, after: &Uses, layout: &Layout) -> Columns {
        let inside = Uses::of_iteration(repeat);
        let is_output = |place: &Place| matches!(place, Place::Output(_));
        assert!(!inside.written.iter().any(is_output), "a loop stores no output");
        let back = inside.found.iter().filter(|place| inside.written.contains(place));
        let back = back.filter(|place| after.found.contains(place)).map(|place| number(*place, layout));
        Columns {
            back: back.collect(),
            into: inside.found.iter().map(|place| number(*place, layout)).collect(),
        }
    }
}
