//! Integrates the elements of one kernel over a window and, in other workgroups, delivers the spikes of the window before.
//!
//! No delay is shorter than two windows, so what is delivered arrives after the window that is being run: the one reads and
//! clears other rows of the ring than the other adds to. The first workgroups update, the rest deliver.

#import kernel/element
#import kernel/row

@group(0) @binding(7) var<storage, read_write> ring: array<atomic<i32>>;
@group(0) @binding(8) var<storage, read_write> spikes: array<vec2<u32>>;

// Nobody else touches the slot, so that two accesses do.
fn take(place: u32) -> i32 {
    let arrived = atomicLoad(&ring[place]);
    atomicStore(&ring[place], 0);
    return arrived;
}

@compute @workgroup_size(invocations)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = group.y * groups.x + group.x;
    let after = turn_after();
    if number < elements.groups {
        integrate(number * invocations + lane, after.window);
        return;
    }
    let nth = number - elements.groups;
    if nth == 0u && lane == 0u {
        close(after);
    }
    // what the grid has beyond whole rows of workgroups does nothing
    let columns = (groups.x * groups.y - elements.groups) / shard.parts;
    if nth < columns * shard.parts {
        deliver_all(due_after(after), nth % columns, columns, nth / columns, lane);
    }
}
