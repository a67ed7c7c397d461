//! What the blocks of a share come to: spikes, what is sent beside them, recorded values.

use super::{Owned, Piece, Share};
use crate::lane::{LANES, Ty};
use crate::program::{Event, Member, Program};

/// Appends the spikes of a block.
pub(super) fn find_spikes(
    arena: &[u32],
    owned: &Owned,
    member: &Member,
    block: (usize, usize),
    step: u64,
    out: &mut Vec<Event>,
) {
    let (begin, lanes) = block;
    let Some(fired) = owned.fired else { return };
    let fired = &arena[fired + begin..fired + begin + lanes];
    for (chunk, masks) in fired.chunks(LANES).enumerate() {
        if masks.iter().fold(0, |any, mask| any | mask) == 0 {
            continue;
        }
        for (lane, _) in masks.iter().enumerate().filter(|(_, mask)| **mask != 0) {
            let lane = begin + chunk * LANES + lane;
            let value = owned.value.map_or(1.0, |value| f32::from_bits(arena[value + lane]));
            out.push(Event { step, element: member.first + owned.first + lane as u32, value });
        }
    }
}

/// Appends what a block sends beside its spikes.
pub(super) fn find_sent(
    arena: &[u32],
    owned: &Owned,
    block: (usize, usize),
    step: u64,
    out: &mut Vec<Event>,
) {
    let (begin, lanes) = block;
    for outlet in &owned.outlets {
        for lane in begin..begin + lanes {
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
    at: (usize, usize, usize),
    step: u64,
    traces: &mut [Piece],
    program: &Program,
) {
    let (position, begin, lanes) = at;
    for piece in traces.iter_mut().filter(|piece| piece.owned == position) {
        let every = u64::from(program.traces[piece.trace as usize].every);
        let (low, high) = (piece.first.max(begin), (piece.first + piece.len).min(begin + lanes));
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
