//! Kernels as machine code.
//!
//! # How it works
//!
//! The loops of [`super::isa`] pass every intermediate result through memory. Here the same instructions become one
//! function: [`lower`] writes them as vector instructions on values, [`allocate`] finds registers, [`assemble`] encodes
//! them, and the function takes one vector of 16 lanes after the other through the whole kernel. The results are the same
//! bits. What has no vector instruction (`pow`, `sin`, ...) is called.
#![allow(
    unsafe_code,
    reason = "the machine code is called as a function on memory that `Code::run` has checked; nothing safe runs code \
              that was made at run time"
)]

mod allocate;
mod assemble;
mod live;
mod lower;
mod masks;
mod math;
mod micro;

use super::isa::{self, Instruction, Item, Layout, Place, Repeat};
use assemble::{Assembled, Cycle, Needs, Piece};
use live::Slots;
use lower::{Places, Segment};
use memmap2::{Mmap, MmapMut};
use micro::LANES;
use std::sync::Arc;

/// The function; see [`assemble`].
type Entry = unsafe extern "sysv64" fn(
    table: *const *mut u32,
    frame: *mut u32,
    scalars: *const u32,
    constants: *const u32,
    bytes: usize,
);

/// A kernel's machine code. Shared freely between threads.
#[derive(Clone, Debug)]
pub struct Native {
    code: Arc<Mmap>,
    /// The numbers of the lanes, then what all lanes share
    constants: Arc<[u32]>,
    /// Vectors of the frame
    frame: usize,
}

impl Native {
    /// Compiles instructions; `None` where the system gives no memory for code.
    pub fn compile(items: &[Item], layout: &Layout) -> Option<Native> {
        let mut places = Places::new(layout);
        let pieces = pieces(items, &Slots::new(), &mut places);
        let Places { constants, calls, rare, .. } = places;
        let all_ones = constants.0.iter().position(|bits| *bits == !0);
        let calls = calls.into_iter().map(|(op, from)| isa::vector_call(op, from) as usize as u64).collect();
        let planes = layout.leaves + layout.outputs.len();
        let index = planes + layout.slots + layout.scalars;
        let consumed = layout.consumed.clone();
        let needs = Needs { planes, index, slots: layout.slots, consumed, calls, rare, all_ones };
        let Assembled { bytes, frame } =
            assemble::assemble(&pieces, &needs).expect("every instruction has an encoding");
        let constants = (0..LANES as u32).chain(constants.0).collect();
        match executable(&bytes) {
            Ok(code) => Some(Native { code: Arc::new(code), constants, frame }),
            Err(error) => {
                log::warn!("no memory for machine code ({error}): kernels run as loops over blocks");
                None
            }
        }
    }

    /// Words of memory that [`Native::run`] wants, from a cache line on.
    pub fn frame_words(&self) -> usize {
        self.frame * LANES
    }

    /// Runs over `lanes` lanes.
    ///
    /// # Safety
    /// The CPU must have AVX-512. `table` holds a pointer for every plane, slot and scalar of the layout, then one to the
    /// number of the first element; planes have the lanes rounded up to vectors, and those that are written overlap no other
    /// but the leaf that they replace. `frame` has [`Native::frame_words`], `scalars` those of the layout.
    pub unsafe fn run(&self, table: &[*mut u32], frame: *mut u32, scalars: &[u32], lanes: usize) {
        // SAFETY: the bytes are a function of this type.
        let entry: Entry = unsafe { std::mem::transmute(self.code.as_ptr()) };
        let bytes = lanes.div_ceil(LANES) * LANES * 4;
        // SAFETY: the caller's promise.
        unsafe { entry(table.as_ptr(), frame, scalars.as_ptr(), self.constants.as_ptr(), bytes) };
    }
}

fn executable(bytes: &[u8]) -> std::io::Result<Mmap> {
    let mut map = MmapMut::map_anon(bytes.len())?;
    map.copy_from_slice(bytes);
    map.make_exec()
}

/// Items as pieces. Liveness runs backwards, so the last ones come first.
fn pieces(items: &[Item], after: &Slots, places: &mut Places) -> Vec<Piece> {
    let mut live = after.clone();
    let mut pieces: Vec<Piece> = vec![];
    for item in items.iter().rev() {
        pieces.push(match item {
            Item::Run(list) => Piece::Run(places.segment(list, &live)),
            Item::Loop(repeat) => Piece::Loop(Box::new(cycle(repeat, &live, places))),
        });
        live = live::before_items(std::slice::from_ref(item), &live);
    }
    pieces.reverse();
    pieces
}

fn cycle(repeat: &Repeat, after: &Slots, places: &mut Places) -> Cycle {
    let points = live::points(repeat, after);
    let mut segment = |list: &[Instruction], live: &Slots| -> Segment { places.segment(list, live) };
    let (start, test, update) = (
        segment(&repeat.start, &points.top),
        segment(&repeat.test, &points.test),
        segment(&repeat.update, &points.update),
    );
    Cycle {
        mask: repeat.mask,
        outer: repeat.outer,
        start,
        head: pieces(&repeat.head, &points.head, places),
        test,
        body: pieces(&repeat.body, &points.body, places),
        update,
        max_iterations: repeat.max_iterations,
    }
}

/// Whether a place is a slot, and which.
fn slot(place: Place) -> Option<usize> {
    if let Place::Slot(slot) = place { Some(slot) } else { None }
}
