//! Delivers the spikes of a window through rows that bring many entries to a block of ring slots.
//!
//! A workgroup owns a block of slots (x) of one row of the ring (y), and takes a share of the spikes (z). It sums up in
//! its own memory what they bring and adds each sum to the ring once, where `propagate` adds every entry. The entries
//! of a row are sorted by slot and have one delay; `rows` tells where each block of slots begins in each row. The sums
//! are integers: they are the same either way. What an entry means follows this text: `slot_and_delay`.

#import kernel/delivery

@group(0) @binding(7) var<storage, read_write> ring: array<atomic<i32>>;
@group(0) @binding(8) var<storage, read> spikes: array<vec2<u32>>;

/// What one row brings to the block: consecutive entries.
struct Slice {
    begin: u32,
    end: u32,
    kind: u32,
    /// The amount of every entry, or what is to be added to the number of an entry for that of its weight.
    weight: u32,
    value: f32,
}

var<workgroup> sums: array<atomic<i32>, block_slots>;
// What one invocation each has found, so that all share the work; their number is that of a workgroup.
var<workgroup> slices: array<Slice, most_slices>;
var<workgroup> n_slices: atomic<u32>;
var<workgroup> n_pairs: u32;

/// Keeps what a spike brings to `block` at `row` by one of its pieces; spikes and pieces are counted together.
fn find(due: Due, pair: u32, block: u32, row: u32) {
    let spike = spike_at(due, pair / shard.pieces);
    let element = spike.x & element_mask;
    let group = element / group_elements;
    if group >= shard.groups {
        return;
    }
    let p = rows[group] + pair % shard.pieces;
    if p >= rows[group + 1u] {
        return;
    }
    let piece = rows[p];
    let nth = element - rows[piece + piece_first];
    let nth_block = block - rows[piece + piece_block];
    let n_blocks = rows[piece + piece_blocks];
    let arrives = (spike.x >> step_shift) + rows[piece + piece_delay] - shard.first_delay;
    if nth >= rows[piece + piece_len] || nth_block >= n_blocks || arrives != row {
        return;
    }
    let at = rows[piece + piece_rows] + nth * n_blocks + nth_block;
    let begin = rows[at];
    let end = rows[at + 1u];
    if begin == end {
        return;
    }
    let value = bitcast<f32>(spike.y);
    let kind = rows[piece + piece_kind];
    var weight = rows[piece + piece_weight];
    if kind == kind_shared {
        weight = bitcast<u32>(scaled(bitcast<i32>(weight), value));
    }
    slices[atomicAdd(&n_slices, 1u)] = Slice(begin, end, kind, weight, value);
}

/// Sums up a slice, taking every `shard.lanes`-th of its entries from `lane` on.
fn add(slice: Slice, first_slot: u32, lane: u32) {
    var amount = bitcast<i32>(slice.weight);
    for (var k = slice.begin + lane; k < slice.end; k += shard.lanes) {
        if slice.kind == kind_each {
            amount = scaled(weights[k + slice.weight], slice.value);
        }
        atomicAdd(&sums[slot_and_delay(k).x - first_slot], amount);
    }
}

@compute @workgroup_size(invocations)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let after = turn_after();
    let due = due_after(after);
    if lane == 0u {
        n_pairs = due.n * shard.pieces;
        if group.x == 0u && group.y == 0u && group.z == 0u {
            close(after);
        }
    }
    let n = workgroupUniformLoad(&n_pairs);
    if group.z * invocations >= n {
        return;
    }
    for (var k = lane; k < block_slots; k += invocations) {
        atomicStore(&sums[k], 0);
    }
    let block = shard.first_block + group.x;
    let first_slot = block * block_slots;
    for (var first = group.z * invocations; first < n; first += groups.z * invocations) {
        if lane == 0u {
            atomicStore(&n_slices, 0u);
        }
        workgroupBarrier();
        if first + lane < n {
            find(due, first + lane, block, group.y);
        }
        workgroupBarrier();
        let found = atomicLoad(&n_slices);
        for (var s = lane / shard.lanes; s < found; s += invocations / shard.lanes) {
            add(slices[s], first_slot, lane % shard.lanes);
        }
        workgroupBarrier();
    }
    let arrives = due.first_step + shard.first_delay + group.y;
    let place = (arrives & sizes.depth_mask) * sizes.slots + first_slot;
    for (var k = lane; k < block_slots; k += invocations) {
        let sum = atomicLoad(&sums[k]);
        if sum != 0 {
            atomicAdd(&ring[place + k], sum);
        }
    }
}
