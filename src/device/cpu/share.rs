//! The elements that one thread owns: their state, their part of the ring, the rows that end on them.

mod change;

mod found;
mod owned;

use super::Compiled;
use super::deliver::{Room, Rows, Survey};
use super::phases::{Phase, Phases};
use crate::device::Snapshot;
use crate::lane::{Bound, LANES, Scalars, Scratch, Ty, Uniforms};
use crate::memory::prefer_large_pages;
use crate::program::{Event, Program};
use std::sync::Arc;

pub(super) use found::gather_traces;
use found::{find_sent, find_spikes, record};

/// Elements that are advanced together through a window: their planes fit the first-level cache.
const BLOCK: usize = 512;

/// A cache line: planes that begin at one are read without splits.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Line([u32; 16]);

/// Words that begin at a cache line.
struct Arena(Vec<Line>);

impl Arena {
    fn new(words: &[u32], more: usize) -> Arena {
        let lines = (words.len() + more).div_ceil(16);
        let mut arena = Arena(bytemuck::zeroed_vec(lines));
        prefer_large_pages(&arena.0);
        arena.words()[..words.len()].copy_from_slice(words);
        arena
    }

    fn words(&mut self) -> &mut [u32] {
        bytemuck::cast_slice_mut(&mut self.0)
    }

    fn read(&self) -> &[u32] {
        bytemuck::cast_slice(&self.0)
    }
}

/// One thread's share of a program.
pub(super) struct Share {
    /// Planes of all owned members, then the ring.
    arena: Arena,
    members: Vec<Owned>,
    ring: Ring,
    rows: Rows,
    room: Room,
    /// What was found in the last window.
    pub found: Found,
    /// Spikes of this chunk.
    pub log: Vec<Event>,
    scratch: Scratch,
    /// One for every recorded range that is owned.
    traces: Vec<Piece>,
    pub phases: Phases,
}

/// What the elements come to in a window.
#[derive(Default)]
pub(super) struct Found {
    pub spikes: Vec<Event>,
    /// What is sent beside them.
    pub sent: Vec<Event>,
}

impl Found {
    pub fn clear(&mut self) {
        self.spikes.clear();
        self.sent.clear();
    }
}

/// Where the ring lies in the arena.
#[derive(Clone, Copy)]
pub(super) struct Ring {
    pub first: usize,
    pub slots: usize,
    pub depth: usize,
}

impl Ring {
    /// The arena offsets of slots in the row of a step.
    fn planes(&self, step: u64, slots: &[usize]) -> Vec<usize> {
        slots.iter().map(|slot| self.at(step, *slot)).collect()
    }

    /// The arena offset of a slot in the row of a step.
    fn at(&self, step: u64, slot: usize) -> usize {
        self.first + (step as usize & (self.depth - 1)) * self.slots + slot
    }
}

/// The part of a member that the share owns.
struct Owned {
    kernel: usize,
    member: usize,
    /// First element, counted in the member, and number.
    first: u32,
    len: u32,
    state: Vec<usize>,
    /// Planes of the constants that every element has its own of.
    constants: Vec<Option<usize>>,
    /// The planes that the kernel reads and stores; arrivals move with the steps.
    bound: Bound,
    /// Ring slots of the ports that the kernel reads.
    arrivals: Vec<usize>,
    /// What all elements share in a step, where that is the same in all steps.
    steady: Option<Scalars>,
    /// Ring slots of all ports.
    slots: Vec<usize>,
    /// One bit for each element.
    fired: Option<usize>,
    value: Option<usize>,
    recorded: Vec<usize>,
    outlets: Vec<Sent>,
    uniforms: Uniforms,
}

/// An outlet: the planes of whether and what is sent, and the number of the first owned element.
struct Sent {
    when: Option<usize>,
    value: usize,
    first: u32,
}

/// Rows of a recorded range in this chunk.
struct Piece {
    owned: usize,
    trace: u32,
    value: usize,
    /// First recorded element, counted from the first owned one.
    first: usize,
    len: usize,
    column: u32,
    ty: Ty,
    first_row: u64,
    rows: Vec<f32>,
}

fn padded(len: u32) -> usize {
    (len as usize).next_multiple_of(LANES)
}

/// A plane filled with words of a member from `first` on; one word stands for all.
fn fill(plane: &mut [u32], words: &[u32], first: u32, len: u32) {
    match words {
        [word] => plane.fill(*word),
        words => {
            let words = &words[first as usize..(first + len) as usize];
            plane[..words.len()].copy_from_slice(words);
            // padding holds a valid element, so that it computes valid numbers
            plane[words.len()..].fill(words.last().copied().unwrap_or(0));
        }
    }
}

impl Share {
    /// The share of a copy that belongs to a partition.
    pub fn new(program: &Program, compiled: &[Compiled], place: (usize, u32), survey: Arc<Survey>) -> Share {
        let (partition, copy) = place;
        let mut arena = vec![];
        let mut members = vec![];
        let share = &program.partitions[partition];
        for (k, kernel) in program.kernels.iter().enumerate() {
            for (m, &(first, len)) in program.members_of(kernel, copy).zip(&share.elements[k]) {
                if len > 0 {
                    let owned = Owned::new(program, &compiled[k], (k, m), (first, len), place, &mut arena);
                    members.push(owned);
                }
                debug_assert!(first + len <= kernel.members[m].size);
            }
        }
        let ring = Ring { first: arena.len(), slots: share.slots as usize, depth: program.depth as usize };
        let arena = Arena::new(&arena, ring.slots * ring.depth);
        let mut traces = vec![];
        for (position, owned) in members.iter().enumerate() {
            traces.extend(owned.pieces(program, position));
        }
        let rows = Rows::new(program, partition, copy, survey);
        let mut share = Share {
            arena,
            members,
            ring,
            rows,
            room: Room::default(),
            found: Found::default(),
            log: vec![],
            scratch: Scratch::default(),
            traces,
            phases: Phases::default(),
        };
        share.deliver(program, &program.initial);
        share
    }

    /// Advances all owned elements by `steps` from step `first`.
    pub fn update(&mut self, program: &Program, compiled: &[Compiled], first: u64, steps: u32) {
        self.found.clear();
        self.phases.begin();
        let Share { arena, members, ring, found, scratch, traces, phases, .. } = self;
        let arena = arena.words();
        for (position, owned) in members.iter().enumerate() {
            let kernel = &compiled[owned.kernel].kernel;
            let at_step = |q: u32| kernel.at_step(&owned.uniforms, &|_| (first + u64::from(q)) as u32);
            let changing: Vec<Scalars> = match owned.steady {
                Some(_) => vec![],
                None => (0..steps).map(at_step).collect(),
            };
            let member = &program.kernels[owned.kernel].members[owned.member];
            let len = owned.len as usize;
            // one step needs no blocks of our own; for loops the kernel takes many together
            let block = if steps == 1 || kernel.has_uneven_loops() { len } else { BLOCK };
            for begin in (0..len).step_by(block) {
                let part = begin..(begin + block).min(len);
                for (q, step) in (first..first + u64::from(steps)).enumerate() {
                    let scalars = owned.steady.as_ref().unwrap_or_else(|| &changing[q]);
                    let moved = ring.planes(step, &owned.arrivals);
                    let index = owned.first + begin as u32;
                    kernel.run_part(&owned.bound, arena, &moved, part.clone(), index, (scalars, scratch));
                    phases.end(Phase::Update(owned.kernel));
                    find_spikes(arena, owned, member, part.clone(), step, &mut found.spikes);
                    find_sent(arena, owned, part.clone(), step, &mut found.sent);
                    phases.end(Phase::Find);
                    if !traces.is_empty() {
                        record(arena, owned, (position, part.clone()), step, traces, program);
                        phases.end(Phase::Record);
                    }
                }
            }
        }
        self.log.extend_from_slice(&self.found.spikes);
    }

    /// Adds what all these events send to the owned part of the ring, or keeps it for when it is due.
    pub fn deliver(&mut self, program: &Program, events: &[Event]) {
        self.phases.begin();
        let ring = &mut self.arena.words()[self.ring.first..];
        let mut target = self.rows.target(ring, (self.ring.slots, self.ring.depth));
        self.rows.deliver(program, events, &mut target, &mut self.room);
        self.phases.end(Phase::Deliver);
    }

    /// Adds what is due in the window that begins at step `now`.
    pub fn add_due(&mut self, program: &Program, now: u64) {
        self.phases.begin();
        let ring = &mut self.arena.words()[self.ring.first..];
        let mut target = self.rows.target(ring, (self.ring.slots, self.ring.depth));
        self.rows.add_due(program, now, &mut target, &mut self.room.due);
        self.phases.end(Phase::Deliver);
    }

    /// Adds all that waits: the ring is as if nothing had.
    pub fn settle(&mut self, program: &Program) {
        let ring = &mut self.arena.words()[self.ring.first..];
        let mut target = self.rows.target(ring, (self.ring.slots, self.ring.depth));
        self.rows.settle(program, &mut target, &mut self.room.due);
    }

    /// Kernel, member, plane and element of a state that is not finite.
    pub fn not_finite(&self, program: &Program) -> Option<(usize, usize, usize, u32)> {
        // all exponent bits set: infinite or NaN
        let bad = |word: &u32| word & 0x7f80_0000 == 0x7f80_0000;
        self.members.iter().find_map(|owned| {
            owned.state.iter().enumerate().find_map(|(plane, offset)| {
                let is_float =
                    program.kernels[owned.kernel].state[plane].1 == crate::model::reflect::Scalar::F32;
                let found = self.arena.read()[*offset..offset + owned.len as usize].iter().position(bad);
                let element = found.filter(|_| is_float)?;
                Some((owned.kernel, owned.member, plane, owned.first + element as u32))
            })
        })
    }

    /// Makes room for the rows of a chunk.
    pub fn begin_traces(&mut self, program: &Program, begin: u64, end: u64) {
        for piece in &mut self.traces {
            let every = u64::from(program.traces[piece.trace as usize].every);
            piece.first_row = begin / every;
            piece.rows.clear();
            piece.rows.resize((end / every - begin / every) as usize * piece.len, 0.0);
        }
    }

    /// Writes the owned state into a snapshot.
    pub fn save(&self, program: &Program, snapshot: &mut Snapshot) {
        for owned in &self.members {
            let range = owned.first as usize..(owned.first + owned.len) as usize;
            for (plane, offset) in owned.state.iter().enumerate() {
                let words = &self.arena.read()[*offset..offset + owned.len as usize];
                snapshot.state[owned.kernel][owned.member][plane][range.clone()].copy_from_slice(words);
            }
            let size = program.kernels[owned.kernel].members[owned.member].size as usize;
            for (port, slot) in owned.slots.iter().enumerate() {
                for row in 0..self.ring.depth {
                    let from = self.ring.at(snapshot.step + row as u64, *slot);
                    let words = &self.arena.read()[from..from + owned.len as usize];
                    let target =
                        &mut snapshot.ring[owned.kernel][owned.member][port][row * size..][range.clone()];
                    target.iter_mut().zip(words).for_each(|(into, word)| *into = *word as i32);
                }
            }
        }
    }

    /// Reads the owned state from a snapshot.
    pub fn load(&mut self, program: &Program, snapshot: &Snapshot) {
        self.room.due.clear(snapshot.step);
        for owned in &self.members {
            let range = owned.first as usize..(owned.first + owned.len) as usize;
            for (plane, offset) in owned.state.iter().enumerate() {
                let words = &snapshot.state[owned.kernel][owned.member][plane][range.clone()];
                self.arena.words()[*offset..offset + owned.len as usize].copy_from_slice(words);
            }
            let size = program.kernels[owned.kernel].members[owned.member].size as usize;
            for (port, slot) in owned.slots.iter().enumerate() {
                for row in 0..self.ring.depth {
                    let from = self.ring.at(snapshot.step + row as u64, *slot);
                    let words = &snapshot.ring[owned.kernel][owned.member][port][row * size..][range.clone()];
                    let target = &mut self.arena.words()[from..from + owned.len as usize];
                    target.iter_mut().zip(words).for_each(|(into, word)| *into = *word as u32);
                }
            }
        }
    }
}
