//! Runs instructions over blocks of lanes: with [`super::native`] the only unsafe code, and the only code that knows
//! instruction sets.
//!
//! # How it works
//!
//! An instruction is one loop over a block: a function pointer, a destination and up to three operands, each a
//! place in a table of pointers `[planes | index | slots | scalars]`. The loops are stamped once per instruction
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

#[cfg(target_arch = "x86_64")]
pub use table::vector_call;
pub use table::{Isa, Special, lookup, special};

use super::graph::Ty;
use super::native::Native;
use super::op::Op;
use std::ops::Range;
use uses::Uses;

/// Lanes of one block.
pub const BLOCK: usize = 512;
/// Lanes of one chunk: planes are padded to a multiple of it.
pub const CHUNK: usize = 64;

/// Words of a cache line.
const LINE: usize = 16;
/// Bits of a word.
const BITS: usize = 32;

/// A loop over chunks.
///
/// # Safety
/// The CPU must have the instruction set; `d` and the operands that are not scalars must point to `chunks`
/// chunks, `d` to be written and distinct from the operands.
pub type Call = unsafe fn(chunks: usize, d: *mut u32, a: *const u32, b: *const u32, c: *const u32);

/// An operation on a vector of 16 lanes.
///
/// # Safety
/// The CPU must have AVX-512; all point to 16 words, `d` to be written and distinct from the others. Operations of one
/// operand ignore `b`.
#[cfg(target_arch = "x86_64")]
pub type VectorCall = unsafe extern "sysv64" fn(d: *mut u32, a: *const u32, b: *const u32);

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

/// What an instruction does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// An operation of the graph, on operands of this type
    Op(Op, Ty),
    /// Anything else
    Special(Special),
}

/// One instruction; its operands are places in the order of the operation.
#[derive(Clone, Copy, Debug)]
pub struct Instruction {
    pub what: What,
    /// The loop that does it
    pub call: Call,
    pub d: Place,
    pub operands: [Option<Place>; 3],
    /// Bit k is set if the call takes operand k as a scalar.
    pub scalars: u8,
}

impl Instruction {
    /// Whether it reads `d` before it writes it.
    pub fn updates(&self) -> bool {
        matches!(self.what, What::Special(Special::Keep | Special::And | Special::AndNot))
    }
}

/// Lists of instructions in order.
#[derive(Clone, Debug)]
pub enum Item<L = Vec<Instruction>> {
    Run(L),
    Loop(Box<Repeat<L>>),
}

/// A loop that runs until its mask is empty.
#[derive(Clone, Debug)]
pub struct Repeat<L = Vec<Instruction>> {
    /// Slot of the lanes that are still in the loop
    pub mask: usize,
    /// Mask of the loop around this one
    pub outer: Option<usize>,
    pub start: L,
    pub head: Vec<Item<L>>,
    /// Removes lanes from the mask
    pub test: L,
    pub body: Vec<Item<L>>,
    pub update: L,
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

/// A list of instructions, and the number of its machine code.
#[derive(Clone, Debug)]
struct List {
    instructions: Vec<Encoded>,
    number: usize,
}

/// Checked instructions.
#[derive(Clone, Debug)]
pub struct Code {
    items: Vec<Item<List>>,
    layout: Layout,
    native: Option<Native>,
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
    /// For each output whether it is one bit a lane; others have a word
    pub bits: Vec<bool>,
    pub slots: usize,
    pub scalars: usize,
    /// Scalars that are constants, by number
    pub constants: Vec<Option<u32>>,
    /// Leaves whose planes are set to 0 once they are read
    pub consumed: Vec<usize>,
}

/// The memory that code runs on.
pub struct Memory<'a> {
    pub arena: &'a mut [u32],
    pub scalars: &'a [u32],
    pub scratch: &'a mut Vec<u32>,
}

/// Planes of an arena, checked once.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Word offset of each leaf's plane; those of moving ones are given with every run
    leaves: Vec<usize>,
    /// Word offset of each output's plane
    outputs: Vec<usize>,
    /// Leaves whose planes move, by number
    moving: Vec<usize>,
    lanes: usize,
    /// No plane but the moving ones reaches beyond
    end: usize,
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
        let native = (isa == Isa::Native).then(|| Native::compile(items, &layout)).flatten();
        let items = encode(items, &layout, &mut 0);
        Code { items, layout, native, columns, held }
    }

    /// Whether it is one list, which machine code takes from end to end: then nothing lies in slots.
    fn is_direct(&self) -> bool {
        self.native.is_some() && matches!(*self.items, [Item::Run(_)])
    }

    /// Whether there are loops that some lanes stay in longer than others.
    pub fn has_uneven_loops(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Checks planes of `lanes` lanes. The planes of `moving` leaves are given with every run and lie beyond all others.
    ///
    /// # Panics
    /// If outputs overlap other planes than the leaf they replace.
    pub fn bind(&self, leaves: Vec<usize>, outputs: Vec<usize>, moving: Vec<usize>, lanes: usize) -> Bound {
        let Layout { leaves: n_leaves, outputs: replaced, bits, consumed, .. } = &self.layout;
        assert_eq!(leaves.len(), *n_leaves, "one plane per leaf");
        assert_eq!(outputs.len(), replaced.len(), "one plane per output");
        let words = lanes.next_multiple_of(CHUNK);
        let still = |k: &usize| !moving.contains(k);
        let of_leaf = |k: usize| leaves[k]..leaves[k] + words;
        let of_output = |k: usize| outputs[k]..outputs[k] + if bits[k] { words / BITS } else { words };
        let overlap = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
        let mut end = (0..leaves.len()).filter(still).map(|k| of_leaf(k).end).max().unwrap_or(0);
        for (k, &output) in outputs.iter().enumerate() {
            let own = of_output(k);
            end = end.max(own.end);
            for j in (0..leaves.len()).filter(still) {
                let replaced = replaced[k] == Some(j) && output == leaves[j];
                assert!(replaced || !overlap(&own, &of_leaf(j)), "output {k} overlaps leaf {j}");
            }
            assert!(!(0..k).any(|j| overlap(&own, &of_output(j))), "output {k} overlaps another");
        }
        for &k in consumed.iter().filter(|k| still(k)) {
            let mut others = (0..leaves.len()).filter(still).filter(|j| *j != k);
            assert!(
                !others.any(|j| overlap(&of_leaf(k), &of_leaf(j))),
                "leaf {k} is consumed and overlaps another"
            );
        }
        Bound { leaves, outputs, moving, lanes, end }
    }

    /// Runs over lanes of bound planes, the first a multiple of 64 with the number `index`; `moved` says where the
    /// planes of moving leaves begin.
    ///
    /// # Panics
    /// If there are not as many lanes, or a plane does not lie in the arena, or a moving one not beyond the others, or the
    /// code draws random words for 64 elements at once and `index` is no multiple of that.
    pub fn run(&self, bound: &Bound, memory: Memory<'_>, moved: &[usize], part: Range<usize>, index: u32) {
        let Memory { arena, scalars, scratch } = memory;
        assert!(
            part.start.is_multiple_of(CHUNK) && part.end <= bound.lanes,
            "lanes {part:?} of {}",
            bound.lanes
        );
        let is_aligned = self.native.as_ref().is_some_and(Native::is_aligned);
        assert!(
            !is_aligned || index.is_multiple_of(CHUNK as u32),
            "the first element has the number {index}"
        );
        assert_eq!(scalars.len(), self.layout.scalars, "scalars of this kernel");
        assert_eq!(bound.leaves.len(), self.layout.leaves, "planes of this kernel");
        assert_eq!(bound.outputs.len(), self.layout.outputs.len(), "planes of this kernel");
        assert!(bound.end <= arena.len(), "a plane leaves the arena");
        assert_eq!(moved.len(), bound.moving.len(), "one plane per moving leaf");
        let words = bound.lanes.next_multiple_of(CHUNK);
        for (k, &plane) in moved.iter().enumerate() {
            let is_within =
                plane >= bound.end && plane.checked_add(words).is_some_and(|end| end <= arena.len());
            let is_alone = moved[..k].iter().all(|other| plane.abs_diff(*other) >= words);
            assert!(is_within && is_alone, "a moving plane overlaps another or leaves the arena");
        }
        if part.is_empty() {
            return;
        }
        let base = arena.as_mut_ptr();
        // Offsets and lengths were checked; `wrapping_add` needs no more.
        let mut planes = Vec::with_capacity(bound.leaves.len() + bound.outputs.len() + 1);
        planes.extend(bound.leaves.iter().map(|plane| base.wrapping_add(plane + part.start)));
        for (leaf, plane) in bound.moving.iter().zip(moved) {
            planes[*leaf] = base.wrapping_add(plane + part.start);
        }
        let skipped = |bits: bool| if bits { part.start / BITS } else { part.start };
        let outputs = bound.outputs.iter().zip(&self.layout.bits);
        planes.extend(outputs.map(|(plane, bits)| base.wrapping_add(plane + skipped(*bits))));
        match &self.native {
            Some(native) if self.is_direct() => {
                execute::run_direct(native, planes, (scalars, scratch), part.len(), index);
            }
            _ => execute::run(self, planes, (scalars, scratch), part.len(), index),
        }
    }
}

/// Lists are numbered in this order, which [`each_list`] has too.
fn encode(items: &[Item], layout: &Layout, n_lists: &mut usize) -> Vec<Item<List>> {
    let list = |list: &[Instruction], n_lists: &mut usize| {
        *n_lists += 1;
        let instructions = list.iter().map(|i| encode_one(i, layout)).collect();
        List { instructions, number: *n_lists - 1 }
    };
    let slot = |slot| {
        assert!(slot < layout.slots, "no slot {slot}");
        number(Place::Slot(slot), layout)
    };
    let mut encode_item = |item: &Item| match item {
        Item::Run(run) => Item::Run(list(run, n_lists)),
        Item::Loop(repeat) => Item::Loop(Box::new(Repeat {
            mask: slot(repeat.mask),
            outer: repeat.outer.map(slot),
            start: list(&repeat.start, n_lists),
            head: encode(&repeat.head, layout, n_lists),
            test: list(&repeat.test, n_lists),
            body: encode(&repeat.body, layout, n_lists),
            update: list(&repeat.update, n_lists),
            max_iterations: repeat.max_iterations,
            uneven: repeat.uneven,
        })),
    };
    items.iter().map(&mut encode_item).collect()
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
        Place::Index => (0, 1, layout.leaves + layout.outputs.len()),
        Place::Slot(k) => (k, layout.slots, layout.leaves + layout.outputs.len() + 1),
        Place::Scalar(k) => (k, layout.scalars, layout.leaves + layout.outputs.len() + 1 + layout.slots),
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
