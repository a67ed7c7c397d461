//! Integrates the elements of one kernel over a window, an invocation each.

#import kernel/element

@group(0) @binding(7) var<storage, read_write> ring: array<i32>;
@group(0) @binding(8) var<storage, read_write> spikes: array<vec2<u32>>;

fn take(place: u32) -> i32 {
    let arrived = ring[place];
    ring[place] = 0;
    return arrived;
}

@compute @workgroup_size(invocations)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let e = (group.y * groups.x + group.x) * invocations + lane;
    integrate(e, turn_after().window);
}
