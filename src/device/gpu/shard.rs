//! Packs blocks of synapses into shards, each no larger than kernels can see at once.
//!
//! *How it works.* Blocks are taken in order and cut between rows, or within a row that is longer than a whole shard. What
//! is cut out is a *piece*. The rows of a piece belong to consecutive elements of the projection's segments; each
//! such run of elements gets a record for each copy of the network, and each group of elements a list of the records
//! that touch it, so that a spike looks at the pieces of its own population only. All copies share the rows.
//! Projections without rows are pieces of the first shard, those whose rows are cut by blocks of slots of the last ones.

use super::blocks::Cut;
use super::procedural;
use crate::compile::connect::{Block, Layout, Weights};
use crate::compile::kernel::{KIND, PIECE, words};
use crate::error::{Error, Result};
use crate::program::{GROUP, Program};
use std::ops::Range;

/// A dispatch's worth of synapses.
#[derive(Debug, Default)]
pub(super) struct Shard {
    /// Whether its rows are cut by blocks of slots.
    pub is_cut: bool,
    /// What kernels know as `rows`.
    pub rows: Vec<u32>,
    /// Which entries of which blocks it holds, in order.
    pub pieces: Vec<Piece>,
    /// Entries.
    pub n_entries: u64,
    /// Weights.
    pub n_weights: u64,
    /// Most pieces that a group of elements has.
    pub max_pieces: u32,
    /// Most entries that a row has, or the part of one in a block of slots.
    pub max_row: u32,
    /// Entries that a row, or such a part of one, has on average.
    pub mean_row: u32,
    /// Most iterations that an entry of a procedural row takes; 0 where there is none.
    pub drawing: u32,
    /// Records of the projections without rows that it knows.
    records: Vec<Vec<u32>>,
    row_words: u64,
}

/// Consecutive rows of a block; the first or last may be there in part.
#[derive(Debug)]
pub(super) struct Piece {
    /// Position among the program's blocks.
    pub block: usize,
    /// Rows of the block.
    pub rows: Range<usize>,
    /// Entries of the block.
    pub entries: Range<u32>,
    /// Where they begin in the shard.
    pub entries_at: u32,
    /// Where their weights begin in the shard.
    pub weights_at: u32,
    /// How its rows are cut by blocks of slots, if they are.
    pub cut: Option<Cut>,
}

/// Groups of elements that send spikes.
pub(super) fn groups(program: &Program) -> u32 {
    let segments = program.projections.iter().flat_map(|projection| &projection.segments);
    let last = program.copies() - 1;
    let ends = segments.map(|(first, len)| first + len + last * program.stride(*first));
    ends.max().unwrap_or(0).div_ceil(GROUP)
}

/// Words of an entry.
pub(super) fn entry_words(layout: Layout) -> u64 {
    match layout {
        Layout::Narrow { .. } => 1,
        Layout::Wide => 2,
    }
}

/// Shards of at most `limit` words in each of their buffers; at least one. `cuts` tells which blocks are cut.
///
/// # Errors
/// [`Error::Memory`] where not even one row fits.
pub(super) fn pack(program: &Program, limit: u64, cuts: &[Option<Cut>]) -> Result<Vec<Shard>> {
    // places within a shard are words of 32 bits, however much a kernel could see
    let limit = limit.min(u64::from(u32::MAX));
    let mut shards = vec![Shard::empty(program, false)];
    shards[0].take_procedural(program);
    if shards[0].row_words > limit {
        return Err(too_small(limit));
    }
    let (cut, whole): (Vec<usize>, Vec<usize>) =
        (0..program.blocks.len()).partition(|number| cuts[*number].is_some());
    for number in whole {
        pack_block(&mut shards, program, number, None, limit)?;
    }
    if !cut.is_empty() {
        if shards.len() == 1 && shards[0].pieces.is_empty() && shards[0].records.is_empty() {
            shards.clear();
        }
        shards.push(Shard::empty(program, true));
    }
    for number in cut {
        pack_block(&mut shards, program, number, cuts[number], limit)?;
    }
    for shard in &mut shards {
        shard.write_rows(program);
    }
    Ok(shards)
}

/// Puts a block into the last shard, and into new ones where that is full.
fn pack_block(
    shards: &mut Vec<Shard>,
    program: &Program,
    number: usize,
    cut: Option<Cut>,
    limit: u64,
) -> Result<()> {
    let n_rows = program.blocks[number].rows.len().saturating_sub(1);
    let (mut row, mut start) = (0, 0);
    while row < n_rows {
        let shard = shards.last_mut().expect("there is always one");
        let Some((end, stop)) = shard.room(program, (number, cut), row, start, limit) else {
            if shard.pieces.is_empty() {
                return Err(too_small(limit));
            }
            shards.push(Shard::empty(program, cut.is_some()));
            continue;
        };
        shard.take(program, (number, cut), row..end.max(row + 1), start..stop);
        (row, start) = (end, stop);
    }
    Ok(())
}

fn too_small(limit: u64) -> Error {
    Error::Memory {
        what: "the table of synaptic rows".into(),
        needed: "more than one buffer".into(),
        available: format!("{} bytes in one buffer", limit * 4),
        advice: "a smaller network or another device would help".into(),
    }
}

impl Shard {
    fn empty(program: &Program, is_cut: bool) -> Shard {
        Shard { is_cut, row_words: u64::from(groups(program)) + 1, ..Shard::default() }
    }

    /// Where a piece from this row and entry on has to end: the next row and the next entry. None where the shard
    /// is full; a row is split only if it would not fit an empty shard.
    fn room(
        &self,
        program: &Program,
        (number, cut): (usize, Option<Cut>),
        row: usize,
        start: u32,
        limit: u64,
    ) -> Option<(usize, u32)> {
        let block = &program.blocks[number];
        let segments = program.projections[block.projection as usize].segments.len() as u64;
        let mut room = (limit / entry_words(program.layout)).checked_sub(self.n_entries)?;
        if let Weights::Each(_) = block.weights {
            room = room.min(limit.checked_sub(self.n_weights)?);
        }
        let copies = u64::from(program.copies());
        let words = limit.checked_sub(self.row_words + overhead(segments * copies))?;
        // a row has a word for each of its parts, and each group of rows one in the list of its group, of every copy
        let (group, parts) = (u64::from(GROUP), parts(cut));
        let most = (words * group / (group * parts + copies)).min((block.rows.len() - 1 - row) as u64);
        let stop = u32::try_from(u64::from(start) + room).unwrap_or(u32::MAX);
        let fit = block.rows[row + 1..][..most as usize].partition_point(|end| *end <= stop);
        if fit > 0 {
            return Some((row + fit, block.rows[row + fit]));
        }
        (self.pieces.is_empty() && most > 0 && room > 0).then_some((row, stop))
    }

    fn take(
        &mut self,
        program: &Program,
        (number, cut): (usize, Option<Cut>),
        rows: Range<usize>,
        entries: Range<u32>,
    ) {
        let block = &program.blocks[number];
        let segments = program.projections[block.projection as usize].segments.len() as u64;
        let n = u64::from(entries.end - entries.start);
        let (entries_at, weights_at) = (self.n_entries as u32, self.n_weights as u32);
        let copies = u64::from(program.copies());
        let n_rows = rows.len() as u64;
        self.row_words +=
            n_rows * parts(cut) + n_rows * copies / u64::from(GROUP) + overhead(segments * copies);
        self.n_entries += n;
        if let Weights::Each(_) = block.weights {
            self.n_weights += n;
        }
        self.pieces.push(Piece { block: number, rows, entries, entries_at, weights_at, cut });
    }

    fn take_procedural(&mut self, program: &Program) {
        for it in &program.procedural {
            let record = procedural::record(it);
            let segments = &program.projections[it.projection as usize].segments;
            let elements: u64 = segments.iter().map(|(_, len)| u64::from(*len)).sum();
            let copies = u64::from(program.copies());
            let listed = elements * copies / u64::from(GROUP) + overhead(segments.len() as u64 * copies);
            self.row_words += record.len() as u64 + listed;
            self.max_row = self.max_row.max(procedural::entries(it));
            self.mean_row = self.mean_row.max(procedural::entries(it));
            self.drawing = self.drawing.max(procedural::iterations(it));
            self.records.push(record);
        }
    }

    /// Writes the records of its pieces and where their rows begin.
    pub fn write_rows(&mut self, program: &Program) {
        let groups = groups(program);
        let mut lists: Vec<Vec<u32>> = vec![vec![]; groups as usize];
        let (mut records, mut pointers) = (vec![], vec![]);
        let mut n_rows = 0;
        for piece in &self.pieces {
            let block = &program.blocks[piece.block];
            for run in piece.runs(program) {
                let number = records.len() as u32;
                for group in run.element / GROUP..=(run.element + run.len - 1) / GROUP {
                    lists[group as usize].push(number);
                }
                let place = pointers.len() as u32 + run.row * parts(piece.cut) as u32;
                records.push(record(block, piece, &run, place));
            }
            let first = pointers.len();
            pointers.extend(match piece.cut {
                Some(cut) => cut.begins(program.layout, block, piece),
                None => piece.begins(block),
            });
            n_rows += (pointers.len() - first - 1) as u64;
            let longest = pointers[first..].windows(2).map(|pair| pair[1] - pair[0]).max();
            self.max_row = self.max_row.max(longest.unwrap_or(0));
        }
        self.mean_row = self.mean_row.max((self.n_entries / n_rows.max(1)) as u32);
        for (it, record) in program.procedural.iter().zip(&self.records) {
            let mut place = 0;
            for (first, len) in &program.projections[it.projection as usize].segments {
                for run in Run::copies(program, *first, *len, 0) {
                    let number = records.len() as u32;
                    for group in run.element / GROUP..(run.element + run.len).div_ceil(GROUP) {
                        lists[group as usize].push(number);
                    }
                    records.push(piece_words(&run, pointers.len() as u32, ("procedural", place), None));
                }
                place += len;
            }
            pointers.extend(record);
        }
        self.max_pieces = lists.iter().map(Vec::len).max().unwrap_or(0) as u32;
        self.rows = assemble(&lists, &records, &pointers);
    }
}

/// How many parts blocks of slots cut a row into.
fn parts(cut: Option<Cut>) -> u64 {
    cut.map_or(1, |cut| u64::from(cut.blocks))
}

/// Words that a piece needs beside those for its rows, for this many segments: two groups may be shared with others.
fn overhead(segments: u64) -> u64 {
    segments * (PIECE.len() as u64 + 2) + 1
}

/// Consecutive elements with consecutive rows.
struct Run {
    element: u32,
    len: u32,
    /// Number of the first element in the first copy of the network.
    origin: u32,
    /// Row of the first element, counted from the piece's first.
    row: u32,
    /// What to add to the slots of the rows.
    slots: u32,
}

impl Run {
    /// The run in every copy of the network, from that in the first.
    fn copies(program: &Program, origin: u32, len: u32, row: u32) -> impl Iterator<Item = Run> {
        let (slots, stride) = (program.slots / program.copies(), program.stride(origin));
        let run = move |copy| Run { element: origin + copy * stride, len, origin, row, slots: copy * slots };
        (0..program.copies()).map(run)
    }
}

impl Piece {
    /// Where its rows begin in the shard, and where the last one ends.
    fn begins(&self, block: &Block) -> Vec<u32> {
        let inside = |entry: &u32| *entry.clamp(&self.entries.start, &self.entries.end);
        let ends = block.rows[self.rows.start..=self.rows.end].iter().map(inside);
        ends.map(|entry| entry - self.entries.start + self.entries_at).collect()
    }

    /// The parts of the projection's segments that this piece has rows of, in every copy.
    fn runs(&self, program: &Program) -> Vec<Run> {
        let block = &program.blocks[self.block];
        let first = block.source_first + self.rows.start as u32;
        let (mut runs, mut before) = (vec![], 0);
        for (element, len) in &program.projections[block.projection as usize].segments {
            let low = first.max(before);
            let high = (first + self.rows.len() as u32).min(before + len);
            if low < high {
                let origin = element + low - before;
                runs.extend(Run::copies(program, origin, high - low, low - first));
            }
            before += len;
        }
        runs
    }
}

/// The record of a run; `rows` is counted from the first row's pointer.
fn record(block: &Block, piece: &Piece, run: &Run, rows: u32) -> [u32; PIECE.len()] {
    let meaning = match &block.weights {
        Weights::Shared(weight) => ("shared", *weight as u32),
        // from the number of an entry to that of its weight
        Weights::Each(_) => ("each", piece.weights_at.wrapping_sub(piece.entries_at)),
    };
    piece_words(run, rows, meaning, piece.cut)
}

fn piece_words(run: &Run, rows: u32, (kind, weight): (&str, u32), cut: Option<Cut>) -> [u32; PIECE.len()] {
    let (block, blocks, delay) = cut.map_or((0, 0, 0), |cut| (cut.first, cut.blocks, cut.delay));
    let kind = KIND.iter().position(|name| *name == kind).unwrap_or(0) as u32;
    let values = [
        ("first", run.element),
        ("len", run.len),
        ("origin", run.origin),
        ("rows", rows),
        ("slots", run.slots),
        ("kind", kind),
        ("weight", weight),
        ("block", block),
        ("blocks", blocks),
        ("delay", delay),
    ];
    words(PIECE, values)
}

/// Where each group's list begins, the lists, the records, where each row begins.
fn assemble(lists: &[Vec<u32>], records: &[[u32; PIECE.len()]], pointers: &[u32]) -> Vec<u32> {
    let size = PIECE.len() as u32;
    let listed: usize = lists.iter().map(Vec::len).sum();
    let records_at = (lists.len() + 1 + listed) as u32;
    let pointers_at = records_at + records.len() as u32 * size;
    let mut rows = Vec::with_capacity(pointers_at as usize + pointers.len());
    let mut begin = lists.len() as u32 + 1;
    for list in lists {
        rows.push(begin);
        begin += list.len() as u32;
    }
    rows.push(begin);
    rows.extend(lists.iter().flatten().map(|number| records_at + number * size));
    let place = PIECE.iter().position(|name| *name == "rows").expect("it is one of the names");
    rows.extend(records.iter().flat_map(|record| {
        let mut record = *record;
        record[place] += pointers_at;
        record
    }));
    rows.extend(pointers);
    rows
}
