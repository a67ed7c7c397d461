//! Kernels as machine code.
//!
//! # How it works
//!
//! The loops of [`super::isa`] pass every intermediate result through memory. Here the same instructions become one
//! function for each list: [`lower`] writes them as vector instructions on values, [`allocate`] finds registers,
//! [`assemble`] encodes them, and the function takes one vector of 16 lanes after the other through the whole list. A
//! kernel without loops is one list: its values never leave the registers. The results are the same bits. What has no
//! vector instruction (`pow`, `sin`, ...) is called.
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
mod unroll;

use super::isa::{self, CHUNK, Item, Layout, Place};
use assemble::{Assembled, Needs};
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

/// A kernel's machine code, a function for each list of instructions. Shared freely between threads.
#[derive(Clone, Debug)]
pub struct Native {
    code: Arc<Mmap>,
    /// Where the function of each list begins
    entries: Arc<[usize]>,
    /// The numbers of the lanes, then what all lanes share
    constants: Arc<[u32]>,
    /// Vectors of the frame
    frame: usize,
    is_aligned: bool,
}

impl Native {
    /// Compiles instructions; `None` where the system gives no memory for code.
    pub fn compile(items: &[Item], layout: &Layout) -> Option<Native> {
        let is_direct = matches!(items, [Item::Run(_)]);
        let mut places = Places::new(layout, is_direct);
        let mut segments = vec![];
        lists(items, &Slots::new(), &mut places, &mut segments);
        let is_aligned = segments.iter().any(Segment::needs_alignment);
        let all_ones = places.constants.all_ones();
        let Places { constants, calls, rare, .. } = places;
        let calls = calls.into_iter().map(|(op, from)| isa::vector_call(op, from) as u64).collect();
        let planes = layout.leaves + layout.outputs.len();
        let consumed = if is_direct { layout.consumed.clone() } else { vec![] };
        let needs = Needs { planes, consumed, calls, rare, all_ones };
        let Assembled { bytes, entries, frame } =
            assemble::assemble(&segments, &needs).expect("every instruction has an encoding");
        let constants = (0..LANES as u32).chain(constants.0).collect();
        match executable(&bytes) {
            Ok(code) => {
                Some(Native { code: Arc::new(code), entries: entries.into(), constants, frame, is_aligned })
            }
            Err(error) => {
                log::warn!("no memory for machine code ({error}): kernels run as loops over blocks");
                None
            }
        }
    }

    /// Whether the number of the first element has to be a multiple of 64.
    pub fn is_aligned(&self) -> bool {
        self.is_aligned
    }

    /// Words of memory that [`Native::run`] wants, from a cache line on.
    pub fn frame_words(&self) -> usize {
        self.frame * LANES
    }

    /// Runs the list with this number over `lanes` lanes.
    ///
    /// # Safety
    /// The CPU must have AVX-512. `table` holds a pointer for every plane, one to the number of the first element, and one for
    /// every slot that is used; planes and those slots that are used have the lanes rounded up to chunks, and planes
    /// that are written overlap no other but the leaf that they replace. `frame` has [`Native::frame_words`], `scalars` those
    /// of the layout.
    pub unsafe fn run(
        &self,
        list: usize,
        table: &[*mut u32],
        frame: *mut u32,
        scalars: &[u32],
        lanes: usize,
    ) {
        // SAFETY: at this place begins a function of this type.
        let entry: Entry = unsafe { std::mem::transmute(self.code.as_ptr().add(self.entries[list])) };
        let bytes = lanes.next_multiple_of(CHUNK) * 4;
        // SAFETY: the caller's promise.
        unsafe { entry(table.as_ptr(), frame, scalars.as_ptr(), self.constants.as_ptr(), bytes) };
    }
}

fn executable(bytes: &[u8]) -> std::io::Result<Mmap> {
    let mut map = MmapMut::map_anon(bytes.len())?;
    map.copy_from_slice(bytes);
    map.make_exec()
}

/// Every list of the items as a segment, in the order of their numbers; `after` is needed after the last.
fn lists(items: &[Item], after: &Slots, places: &mut Places, out: &mut Vec<Segment>) {
    for (k, item) in items.iter().enumerate() {
        let live = live::before_items(&items[k + 1..], after);
        match item {
            Item::Run(list) => out.push(places.segment(list, &live)),
            Item::Loop(repeat) => {
                let points = live::points(repeat, &live);
                out.push(places.segment(&repeat.start, &points.top));
                lists(&repeat.head, &points.head, places, out);
                out.push(places.segment(&repeat.test, &points.test));
                lists(&repeat.body, &points.body, places, out);
                out.push(places.segment(&repeat.update, &points.update));
            }
        }
    }
}

/// Whether a place is a slot, and which.
fn slot(place: Place) -> Option<usize> {
    if let Place::Slot(slot) = place { Some(slot) } else { None }
}
