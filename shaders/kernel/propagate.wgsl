//! Delivers the spikes of a window, and the host's events, through the rows of one shard of synapses.
//!
//! The grid is fixed. A workgroup is cut into teams of `shard.lanes` invocations: many for short rows, one for long ones. Along
//! x the teams stride over the spikes, along y they share the entries of a row. The sums are integers, so their
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

@compute @workgroup_size(invocations)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let window = current_window();
    if shard.closes == 1u && group.x == 0u && group.y == 0u && lane == 0u {
        close(window);
    }
    let teams = invocations / shard.lanes;
    let part = group.y * shard.lanes + lane % shard.lanes;
    for (var k = group.x * teams + lane / shard.lanes; k < window.n; k += groups.x * teams) {
        deliver(spike_at(window, k), window.first_step, part, shard.lanes * groups.y);
    }
}
