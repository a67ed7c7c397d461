//! Execution: blocks one after the other, in groups where there are loops whose last lanes go on together.

use super::queue::Queue;
use super::{BITS, BLOCK, CHUNK, Code, Encoded, Item, LINE, List, Native, Repeat};

/// Blocks that share what is left of their loops. More fill the queue better, until the slots that the blocks hold
/// leave the second-level cache.
const GROUP: usize = 16;

/// A loop goes on elsewhere when at most this share of a block's lanes is left in it: to move a lane costs about as much
/// as ten iterations of it.
const FEW: usize = 8;

/// The tables of pointers of a group of blocks.
pub struct Tables {
    places: Vec<*mut u32>,
    width: usize,
}

impl Tables {
    /// The table of a block.
    pub fn of(&self, block: usize) -> &[*mut u32] {
        &self.places[block * self.width..(block + 1) * self.width]
    }

    fn of_mut(&mut self, block: usize) -> &mut [*mut u32] {
        &mut self.places[block * self.width..(block + 1) * self.width]
    }
}

/// What lists of instructions need beside a table.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    code: &'a Code,
    scalars: &'a [u32],
    /// Memory for machine code
    frame: *mut u32,
}

/// The beginning of as many words of scratch memory, at a cache line: a vector that crosses one costs two accesses.
fn aligned(scratch: &mut Vec<u32>, words: usize) -> *mut u32 {
    scratch.resize(scratch.len().max(words + LINE), 0);
    let begin = scratch.as_mut_ptr();
    begin.wrapping_add(begin.align_offset(LINE * 4).min(LINE))
}

/// Runs machine code that is one list from end to end: nothing lies in slots, so there are no blocks.
pub fn run_direct(
    native: &Native,
    mut table: Vec<*mut u32>,
    (scalars, scratch): (&[u32], &mut Vec<u32>),
    lanes: usize,
    mut index: u32,
) {
    table.push(&mut index);
    let frame = aligned(scratch, native.frame_words());
    // SAFETY: as in `run`; a list alone reads no slots and takes scalars from where they are.
    unsafe { native.run(0, &table, frame, scalars, lanes) };
}

/// Runs checked code on planes that were checked for these lanes; see [`Code::run`].
pub fn run(
    code: &Code,
    planes: Vec<*mut u32>,
    (scalars, scratch): (&[u32], &mut Vec<u32>),
    lanes: usize,
    index: u32,
) {
    let (n_leaves, n_slots) = (code.layout.leaves, code.layout.slots);
    let n_blocks = lanes.div_ceil(BLOCK);
    let group = if code.has_uneven_loops() { GROUP.min(n_blocks) } else { 1 };
    let queued = if code.has_uneven_loops() { n_leaves + n_slots } else { 0 };
    let in_slots = n_slots + group * code.held.len() + queued;
    let frame_words = code.native.as_ref().map_or(0, Native::frame_words);
    let frame = aligned(scratch, frame_words + in_slots * BLOCK);
    let slot = |k: usize| frame.wrapping_add(frame_words + k * BLOCK);
    let mut first = [index; GROUP];
    let first: *mut u32 = first.as_mut_ptr();

    // Offsets and lengths were checked before; `wrapping_add` needs no more.
    let width = planes.len() + n_slots + scalars.len() + 1;
    let mut tables = Tables { places: Vec::with_capacity((group + 1) * width), width };
    for block in 0..group {
        tables.places.extend(&planes);
        tables.places.push(first.wrapping_add(block));
        tables.places.extend((0..n_slots).map(slot));
        tables.places.extend(scalars.iter().map(|scalar| std::ptr::from_ref(scalar).cast_mut()));
        for (k, held) in code.held.iter().enumerate() {
            tables.of_mut(block)[planes.len() + 1 + held] = slot(n_slots + block * code.held.len() + k);
        }
    }
    if queued > 0 {
        // The queue is one more block, with columns in place of the leaves. It has no outputs: loops store none.
        tables.places.extend_from_within(..width);
        let own = n_slots + group * code.held.len();
        for k in 0..n_leaves {
            tables.of_mut(group)[k] = slot(own + k);
        }
        for k in 0..n_slots {
            tables.of_mut(group)[planes.len() + 1 + k] = slot(own + n_leaves + k);
        }
    }

    let context = Context { code, scalars, frame };
    for begin in (0..n_blocks).step_by(group) {
        let blocks = group.min(n_blocks - begin);
        for block in 0..blocks {
            let start = (begin + block) * BLOCK;
            for (k, plane) in planes.iter().enumerate() {
                let is_bits = k.checked_sub(n_leaves).is_some_and(|k| code.layout.bits[k]);
                let words = if is_bits { start / BITS } else { start };
                tables.of_mut(block)[k] = plane.wrapping_add(words);
            }
            // SAFETY: `first` points to GROUP live words that only this function and its calls use.
            unsafe { *first.add(block) = index.wrapping_add(start as u32) };
        }
        let lanes_of = |block: usize| (lanes - (begin + block) * BLOCK).min(BLOCK);
        // SAFETY: each table has as many entries as `encode` was told; each plane holds `lanes` rounded up to chunks
        // (`Code::bind` and `Code::run`), each slot BLOCK words (`resize`, at most LINE of them skipped) unless none is
        // used, and no slot is that of another block but those that hold nothing between two items; the frame has the words
        // that the machine code asked for; written planes overlap no other entry but the leaf they replace, and no
        // instruction has both (`encode`).
        unsafe { run_group(context, &tables, blocks, &lanes_of) };
    }
}

/// All blocks up to the end of the first uneven loop, then on to the next.
///
/// # Safety
/// As described in [`run`].
unsafe fn run_group(context: Context, tables: &Tables, blocks: usize, lanes_of: &dyn Fn(usize) -> usize) {
    let code = context.code;
    let mut rest = &code.items[..];
    for columns in &code.columns {
        let uneven = rest.iter().enumerate().find_map(|(at, item)| match item {
            Item::Loop(repeat) if repeat.uneven => Some((at, repeat)),
            _ => None,
        });
        let (at, repeat) = uneven.expect("there are columns for each uneven loop");
        let queue_table = tables.of(tables.places.len() / tables.width - 1);
        let mut queue = Queue::new(context, repeat, columns, tables, queue_table);
        for block in 0..blocks {
            let (table, lanes) = (tables.of(block), lanes_of(block));
            // SAFETY: passed on.
            unsafe {
                execute(context, &rest[..at], table, lanes);
                enter(context, repeat, table, lanes);
                let few = if lanes <= CHUNK { 0 } else { lanes / FEW };
                let (left, iterations) = iterate(context, repeat, table, lanes, few);
                if left > 0 {
                    queue.admit(block, lanes, iterations);
                }
            }
        }
        // SAFETY: passed on.
        unsafe { queue.finish() };
        rest = &rest[at + 1..];
    }
    for block in 0..blocks {
        let (table, lanes) = (tables.of(block), lanes_of(block));
        // SAFETY: passed on.
        unsafe { execute(context, rest, table, lanes) };
        for &leaf in &code.layout.consumed {
            // SAFETY: a plane holds the block, rounded up to chunks.
            unsafe { table[leaf].write_bytes(0, lanes.next_multiple_of(CHUNK)) };
        }
    }
}

/// # Safety
/// As described in [`run`].
unsafe fn execute(context: Context, items: &[Item<List>], table: &[*mut u32], lanes: usize) {
    for item in items {
        match item {
            // SAFETY: passed on.
            Item::Run(list) => unsafe { run_list(context, list, table, lanes) },
            // SAFETY: passed on.
            Item::Loop(repeat) => unsafe {
                enter(context, repeat, table, lanes);
                iterate(context, repeat, table, lanes, 0);
            },
        }
    }
}

/// # Safety
/// As described in [`run`].
unsafe fn run_list(context: Context, list: &List, table: &[*mut u32], lanes: usize) {
    if let Some(native) = &context.code.native {
        // SAFETY: passed on.
        return unsafe { native.run(list.number, table, context.frame, context.scalars, lanes) };
    }
    let chunks = lanes.div_ceil(CHUNK);
    for Encoded { call, places: [d, a, b, c] } in &list.instructions {
        // SAFETY: `number` keeps each place below the length of the table; the pointers are what `Call` asks for.
        unsafe {
            let at = |place: &u32| *table.get_unchecked(*place as usize);
            call(chunks, at(d), at(a), at(b), at(c));
        }
    }
}

/// The words of a mask.
///
/// # Safety
/// As described in [`run`]; nobody else uses the mask while the slice lives.
pub unsafe fn mask<'a>(repeat: &Repeat<List>, table: &[*mut u32]) -> &'a mut [u32] {
    // SAFETY: a mask is a slot of BLOCK words, and distinct from all others.
    unsafe { std::slice::from_raw_parts_mut(table[repeat.mask], BLOCK) }
}

/// Sets up the mask of a loop and its carried values.
///
/// # Safety
/// As described in [`run`].
unsafe fn enter(context: Context, repeat: &Repeat<List>, table: &[*mut u32], lanes: usize) {
    // SAFETY: the mask of the loop around this one is another slot of BLOCK words.
    unsafe {
        let mask = mask(repeat, table);
        match repeat.outer {
            Some(outer) => mask.copy_from_slice(std::slice::from_raw_parts(table[outer], BLOCK)),
            None => {
                mask[..lanes].fill(!0);
                mask[lanes..].fill(0);
            }
        }
        run_list(context, &repeat.start, table, lanes);
    }
}

/// Iterates until at most `few` lanes are left: how many they are, and how often it has.
///
/// # Safety
/// As described in [`run`].
unsafe fn iterate(
    context: Context,
    repeat: &Repeat<List>,
    table: &[*mut u32],
    lanes: usize,
    few: usize,
) -> (usize, u32) {
    for k in 0..repeat.max_iterations {
        // SAFETY: passed on.
        let left = unsafe { iteration(context, repeat, table, lanes) };
        if left <= few {
            return (left, k + 1);
        }
    }
    (0, repeat.max_iterations)
}

/// One iteration: how many lanes are left in the loop.
///
/// # Safety
/// As described in [`run`].
pub unsafe fn iteration(context: Context, repeat: &Repeat<List>, table: &[*mut u32], lanes: usize) -> usize {
    let count = |mask: &[u32]| mask.iter().map(|lane| (lane & 1) as usize).sum();
    // SAFETY: passed on.
    unsafe {
        execute(context, &repeat.head, table, lanes);
        run_list(context, &repeat.test, table, lanes);
        if mask(repeat, table)[..lanes].iter().fold(0, |any, lane| any | lane) == 0 {
            return 0;
        }
        execute(context, &repeat.body, table, lanes);
        run_list(context, &repeat.update, table, lanes);
        count(&mask(repeat, table)[..lanes])
    }
}
