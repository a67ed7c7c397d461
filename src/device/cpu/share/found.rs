//! What the blocks of a share come to: spikes, what is sent beside them, recorded values.

use super::{Owned, Piece, Share};
use crate::lane::Ty;
use crate::program::{Event, Member, Program};
use std::ops::Range;

/// Elements whose spikes are the bits of one word.
const BITS: usize = 32;

/// Appends the spikes of a block of elements.
pub(super) fn find_spikes(
    arena: &[u32],
    owned: &Owned,
    member: &Member,
    part: Range<usize>,
    step: u64,
    out: &mut Vec<Event>,
) {
    let Some(fired) = owned.fired else { return };
    let words = &arena[fired + part.start / BITS..fired + part.end.div_ceil(BITS)];
    for (begin, word) in (part.start..).step_by(BITS).zip(words).filter(|(_, word)| **word != 0) {
        let mut left = *word;
        while left != 0 {
            let lane = begin + left.trailing_zeros() as usize;
            left &= left - 1;
            // beyond the last element lies padding
            if lane < part.end {
                let value = owned.value.map_or(1.0, |value| f32::from_bits(arena[value + lane]));
                out.push(Event { step, element: member.first + owned.first + lane as u32, value });
            }
        }
    }
}

/// Appends what a block of elements sends beside its spikes.
pub(super) fn find_sent(arena: &[u32], owned: &Owned, part: Range<usize>, step: u64, out: &mut Vec<Event>) {
    for outlet in &owned.outlets {
        for lane in part.clone() {
            let value = f32::from_bits(arena[outlet.value + lane]);
            // nothing arrives of a zero
            if value != 0.0 && outlet.when.is_none_or(|when| arena[when + lane] != 0) {
                out.push(Event { step, element: outlet.first + lane as u32, value });
            }
        }
    }
}

/// Copies recorded values of a block into the rows of this step.
pub(super) fn record(
    arena: &[u32],
    owned: &Owned,
    at: (usize, Range<usize>),
    step: u64,
    traces: &mut [Piece],
    program: &Program,
) {
    let (position, part) = at;
    for piece in traces.iter_mut().filter(|piece| piece.owned == position) {
        let every = u64::from(program.traces[piece.trace as usize].every);
        let (low, high) = (piece.first.max(part.start), (piece.first + piece.len).min(part.end));
        if !(step + 1).is_multiple_of(every) || low >= high {
            continue;
        }
        let row = ((step + 1) / every - piece.first_row - 1) as usize;
        let plane = owned.recorded[piece.value];
        let target = &mut piece.rows[row * piece.len + low - piece.first..][..high - low];
        for (into, word) in target.iter_mut().zip(&arena[plane + low..plane + high]) {
            *into = match piece.ty {
                Ty::F32 => f32::from_bits(*word),
                Ty::I32 => *word as i32 as f32,
                Ty::U32 | Ty::Bool => *word as f32,
            };
        }
    }
}

/// Puts the pieces of all shares together.
pub(in crate::device::cpu) fn gather_traces<'a>(
    program: &Program,
    shares: impl Iterator<Item = &'a Share>,
    begin: u64,
    end: u64,
) -> Vec<Vec<f32>> {
    let mut traces: Vec<Vec<f32>> = (program.traces.iter())
        .map(|trace| {
            let every = u64::from(trace.every);
            vec![0.0; (end / every - begin / every) as usize * trace.width as usize]
        })
        .collect();
    for piece in shares.flat_map(|share| &share.traces) {
        let width = program.traces[piece.trace as usize].width as usize;
        let rows = traces[piece.trace as usize].chunks_mut(width);
        for (row, values) in rows.zip(piece.rows.chunks(piece.len)) {
            row[piece.column as usize..][..piece.len].copy_from_slice(values);
        }
    }
    traces
}
