//! Runs instructions over blocks of lanes: with [`super::native`] the only unsafe code, and the only code that knows
//! instruction sets.
//!
//! # How it works
//!
//! An instruction is one loop over a block: a function pointer, a destination and up to three operands, each a
//! place in a table of pointers `[planes | slots | scalars | index]`. The loops are stamped once per instruction
//! set by a macro around the scalar functions of [`kernels`], and LLVM vectorises them. Blocks of 512 lanes keep
//! all slots in the L1 cache (measured on LIF, ns per neuron-step: 128 lanes 1.19, 512 0.76, 2048 0.79).
#![allow(
    unsafe_code,
    reason = "one indirect call per instruction on slices of one arena; `Code::new` and `Code::run` check every \
              place once, a checked loop per lane would cost the factor of ten that this exists for"
)]

pub mod kernels;
mod stamp;
mod table;

#[cfg(target_arch = "x86_64")]
pub use table::vector_call;
pub use table::{Isa, Special, lookup, special};

use super::graph::Ty;
use super::native::Native;
use super::op::Op;
use std::ops::Range;

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
    native: Option<Native>,
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
        let native = (isa == Isa::Native).then(|| Native::compile(items, &layout)).flatten();
        Code { items: encode(items, &layout), layout, native }
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
    /// If there are not as many lanes, or a plane does not lie in the arena, or a moving one not beyond the others.
    pub fn run(&self, bound: &Bound, memory: Memory<'_>, moved: &[usize], part: Range<usize>, index: u32) {
        let Memory { arena, scalars, scratch } = memory;
        assert!(
            part.start.is_multiple_of(CHUNK) && part.end <= bound.lanes,
            "lanes {part:?} of {}",
            bound.lanes
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
        let frame = self.native.as_ref().map_or(self.layout.slots * BLOCK, Native::frame_words);
        scratch.resize(scratch.len().max(frame + LINE), 0);
        // A vector that crosses a cache line costs two accesses.
        let slots = scratch.as_mut_ptr();
        let slots = slots.wrapping_add(slots.align_offset(LINE * 4).min(LINE));
        let mut first = index;
        let base = arena.as_mut_ptr();
        let mut table = self.table(bound, base, moved, part.start);
        table.extend((0..self.layout.slots).map(|slot| slots.wrapping_add(slot * BLOCK)));
        table.extend(scalars.iter().map(|scalar| std::ptr::from_ref(scalar).cast_mut()));
        table.push(&mut first);
        // SAFETY: the table has as many entries as `encode` was told; each plane holds the lanes rounded up to chunks
        // (`bind` and above), each slot BLOCK words (`resize`, at most LINE of them skipped) where there are loops, and
        // the frame what the machine code asked for where there is such; written planes overlap no other entry but the
        // leaf they replace, and no instruction has both (`encode`).
        unsafe {
            match &self.native {
                Some(native) => native.run(&table, slots, scalars, part.len()),
                None => self.run_blocks(&mut table, part.len(), bound.leaves.len()),
            }
        }
    }

    /// Pointers to the planes, from the first lane on.
    fn table(&self, bound: &Bound, base: *mut u32, moved: &[usize], first: usize) -> Vec<*mut u32> {
        let layout = &self.layout;
        let n = bound.leaves.len() + bound.outputs.len() + layout.slots + layout.scalars + 1;
        let mut table: Vec<*mut u32> = Vec::with_capacity(n);
        // Offsets and lengths were checked; `wrapping_add` needs no more.
        table.extend(bound.leaves.iter().map(|plane| base.wrapping_add(plane + first)));
        for (leaf, plane) in bound.moving.iter().zip(moved) {
            table[*leaf] = base.wrapping_add(plane + first);
        }
        let skipped = |bits: bool| if bits { first / BITS } else { first };
        let outputs = bound.outputs.iter().zip(&layout.bits);
        table.extend(outputs.map(|(plane, bits)| base.wrapping_add(plane + skipped(*bits))));
        table
    }

    /// # Safety
    /// As described in [`Code::run`].
    unsafe fn run_blocks(&self, table: &mut [*mut u32], lanes: usize, n_leaves: usize) {
        let n_planes = n_leaves + self.layout.outputs.len();
        let first = table[table.len() - 1];
        for start in (0..lanes).step_by(BLOCK) {
            let block = (lanes - start).min(BLOCK);
            // SAFETY: passed on.
            unsafe { execute(&self.items, table, block) };
            for &leaf in &self.layout.consumed {
                // SAFETY: a plane holds the block, rounded up to chunks.
                unsafe { table[leaf].write_bytes(0, block.next_multiple_of(CHUNK)) };
            }
            let advance = |words: usize| move |plane: &mut *mut u32| *plane = plane.wrapping_add(words);
            table[..n_leaves].iter_mut().for_each(advance(BLOCK));
            for (plane, bits) in table[n_leaves..n_planes].iter_mut().zip(&self.layout.bits) {
                advance(if *bits { BLOCK / BITS } else { BLOCK })(plane);
            }
            // SAFETY: the last entry points to the number of the first element, which nobody else uses.
            unsafe { *first = (*first).wrapping_add(BLOCK as u32) };
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

/// # Safety
/// As described in [`Code::run`].
unsafe fn execute(items: &[Item<Encoded>], table: &[*mut u32], lanes: usize) {
    for item in items {
        match item {
            // SAFETY: passed on.
            Item::Run(list) => unsafe { run(list, table, lanes) },
            // SAFETY: passed on.
            Item::Loop(repeat) => unsafe { iterate(repeat, table, lanes) },
        }
    }
}

/// # Safety
/// As described in [`Code::run`].
unsafe fn run(list: &[Encoded], table: &[*mut u32], lanes: usize) {
    let chunks = lanes.div_ceil(CHUNK);
    for Encoded { call, places: [d, a, b, c] } in list {
        // SAFETY: `number` keeps each place below the length of the table; the pointers are what `Call` asks for.
        unsafe {
            let at = |place: &u32| *table.get_unchecked(*place as usize);
            call(chunks, at(d), at(a), at(b), at(c));
        }
    }
}

/// # Safety
/// As described in [`Code::run`].
unsafe fn iterate(repeat: &Repeat<Encoded>, table: &[*mut u32], lanes: usize) {
    // SAFETY: a mask is a slot of BLOCK words, and distinct from the mask around it.
    unsafe {
        let mask = std::slice::from_raw_parts_mut(table[repeat.mask], BLOCK);
        match repeat.outer {
            Some(outer) => mask.copy_from_slice(std::slice::from_raw_parts(table[outer], BLOCK)),
            None => {
                mask[..lanes].fill(!0);
                mask[lanes..].fill(0);
            }
        }
        run(&repeat.start, table, lanes);
        for _ in 0..repeat.max_iterations {
            execute(&repeat.head, table, lanes);
            run(&repeat.test, table, lanes);
            let mask = std::slice::from_raw_parts(table[repeat.mask], BLOCK);
            if mask.iter().fold(0, |any, lane| any | lane) == 0 {
                break;
            }
            execute(&repeat.body, table, lanes);
            run(&repeat.update, table, lanes);
        }
    }
}
