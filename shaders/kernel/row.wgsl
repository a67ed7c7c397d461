//! Delivers spikes through the rows of one shard of synapses.
//!
//! A workgroup is cut into teams of `shard.lanes` invocations: many for short rows, one for long ones. The teams stride over the
//! spikes, and `shard.parts` workgroups share the entries of a row. The sums are integers, so their
//! order does not matter. What an entry means follows this text: `slot_and_delay`, and
//! the names of the words in `rows`; for projections that store no rows `regenerate` follows, too.

#import kernel/delivery

/// Adds to the ring what `spike` sends, taking every `stride`-th entry of its rows from `lane` on.
fn deliver(spike: vec2<u32>, start: u32, lane: u32, stride: u32) {
    let element = spike.x & element_mask;
    let group = element / group_elements;
    if group >= shard.groups {
        return;
    }
    let step = start + (spike.x >> step_shift);
    let value = bitcast<f32>(spike.y);
    let last = rows[group + 1u];
    for (var p = rows[group]; p < last; p++) {
        let piece = rows[p];
        let nth = element - rows[piece + piece_first];
        if nth >= rows[piece + piece_len] {
            continue;
        }
        let kind = rows[piece + piece_kind];
        let weight = rows[piece + piece_weight];
        if kind == kind_procedural {
            let origin = rows[piece + piece_origin] + nth;
            let s = sending(rows[piece + piece_rows], weight + nth, origin, rows[piece + piece_slots], step, value);
            regenerate(s, lane, stride);
            continue;
        }
        let row = rows[piece + piece_rows] + nth;
        let slots = rows[piece + piece_slots];
        let end = rows[row + 1u];
        var amount = scaled(bitcast<i32>(weight), value);
        for (var k = rows[row] + lane; k < end; k += stride) {
            if kind == kind_each {
                amount = scaled(weights[k + weight], value);
            }
            let place = slot_and_delay(k);
            atomicAdd(&ring[((step + place.y) & sizes.depth_mask) * sizes.slots + slots + place.x], amount);
        }
    }
}

/// Delivers what is due as the workgroup `column` of `columns`, for its part of every row.
fn deliver_all(due: Due, column: u32, columns: u32, part: u32, lane: u32) {
    let teams = invocations / shard.lanes;
    let first = part * shard.lanes + lane % shard.lanes;
    for (var k = column * teams + lane / shard.lanes; k < due.n; k += columns * teams) {
        deliver(spike_at(due, k), due.first_step, first, shard.lanes * shard.parts);
    }
}
