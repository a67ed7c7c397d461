//! Delivers spikes, and the host's events, through the rows of one shard of synapses.
//!
//! The grid is fixed: along x workgroups stride over the spikes, along y they share the entries of a row.

#import kernel/row

@group(0) @binding(7) var<storage, read_write> ring: array<atomic<i32>>;
@group(0) @binding(8) var<storage, read> spikes: array<vec2<u32>>;

@compute @workgroup_size(invocations)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let after = turn_after();
    if group.x == 0u && group.y == 0u && lane == 0u {
        close(after);
    }
    deliver_all(due_after(after), group.x, groups.x, group.y, lane);
}
