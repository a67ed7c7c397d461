//! Programs built by hand, against a plain loop. They run on whatever GPU there is; software Vulkan will do.

mod blocks;
mod fixture;
mod halt;
mod overlap;
mod pack;

use super::{Adapter, Gpu, Software};
use crate::compile::connect::Layout;
use crate::compile::kernel::{Append, accumulate_kernel, overlap_kernel, propagate_kernel, update_kernel};
use crate::device::Engine;
use crate::program::{Event, Program};
use fixture::{Net, Raster};
use std::sync::Arc;

const NARROW: Layout = Layout::Narrow { slot_bits: 24 };
const STEPS: u64 = 300;

/// An adapter, or none on machines without.
fn adapter() -> Option<Adapter> {
    match Adapter::open(Software::Accept) {
        Ok(adapter) => Some(adapter),
        Err(error) if std::env::var("SYNFIRE_GPU").as_deref() == Ok("require") => panic!("{error}"),
        Err(error) => {
            println!("skipped: no GPU adapter ({error})");
            None
        }
    }
}

fn net() -> Net {
    Net::new([100, 37, 20, 5], 12, 3)
}

fn load(adapter: Adapter, program: Program) -> Gpu {
    Gpu::load(Arc::new(adapter), Arc::new(program)).expect("it fits")
}

/// Runs in pieces of `chunk` steps.
fn run(gpu: &mut Gpu, from: u64, to: u64, chunk: u32, events: &[Event]) -> Raster {
    let mut raster = Raster::default();
    let mut step = from;
    while step < to {
        let steps = chunk.min((to - step) as u32);
        let end = step + u64::from(steps);
        let mine: Vec<Event> = events.iter().filter(|it| (step..end).contains(&it.step)).copied().collect();
        let done = gpu.run(steps, &mine).expect("it runs");
        assert_eq!(done.steps, steps);
        raster.spikes.extend(done.spikes);
        raster.traces.resize(done.traces.len(), vec![]);
        raster.traces.iter_mut().zip(done.traces).for_each(|(all, new)| all.extend(new));
        step = end;
    }
    raster
}

/// Runs the network on this adapter and compares with the plain loop.
fn check(adapter: Adapter, net: &Net, layout: Layout, chunk: u32) {
    let events = net.events(STEPS);
    let expected = net.reference(STEPS, &events);
    assert!(expected.spikes.len() > 1000, "the network is silent");
    let mut gpu = load(adapter, net.program(layout));
    let found = run(&mut gpu, 0, STEPS, chunk, &events);
    assert_eq!(found.spikes, expected.spikes);
    for (found, expected) in found.traces.iter().zip(&expected.traces) {
        let differing = found.iter().zip(expected).position(|(a, b)| a != b);
        assert_eq!((found.len(), differing), (expected.len(), None));
    }
}

#[test]
fn spikes_and_traces_equal_those_of_a_plain_loop() {
    for layout in [NARROW, Layout::Wide] {
        let Some(adapter) = adapter() else { return };
        check(adapter, &net(), layout, 300);
    }
}

#[test]
fn chunks_of_any_length_give_the_same() {
    for chunk in [1, 10, 100] {
        let Some(adapter) = adapter() else { return };
        check(adapter, &net(), NARROW, chunk);
    }
}

#[test]
fn workgroups_of_any_size_give_the_same() {
    for size in [32, 128, 256] {
        let Some(adapter) = adapter() else { return };
        check(adapter.with_workgroup_size(size), &net(), NARROW, 300);
    }
}

#[test]
fn spikes_that_find_their_places_alone_or_together_are_the_same() {
    for append in [Append::Alone, Append::Together] {
        let Some(adapter) = adapter() else { return };
        if append == Append::Together && !adapter.device.features().contains(wgpu::Features::SUBGROUP) {
            println!("skipped: {} has no subgroups", adapter.name());
            continue;
        }
        check(adapter.with_append(append), &net(), NARROW, 300);
    }
}

#[test]
fn shards_of_any_size_give_the_same() {
    // as much as the ring needs; the entries need several times that
    const LIMIT: u64 = 18_000;
    let net = Net::new([100, 37, 20, 5], 50, 3);
    for layout in [NARROW, Layout::Wide] {
        let (Some(one), Some(other)) = (adapter(), adapter()) else { return };
        let gpu = load(one.with_binding_limit(LIMIT), net.program(layout));
        assert!(gpu.shards.len() > 2);
        check(other.with_binding_limit(LIMIT), &net, layout, 300);
    }
}

#[test]
fn without_traces_a_submission_runs_many_windows() {
    let Some(adapter) = adapter() else { return };
    let mut program = net().program(NARROW);
    program.traces.clear();
    program.kernels.iter_mut().flat_map(|kernel| &mut kernel.members).for_each(|it| it.traces.clear());
    let mut gpu = load(adapter, program);
    gpu.run(100, &[]).expect("it runs");
    assert!(gpu.sizes.max_steps > 1000 * gpu.sizes.window, "{:?}", gpu.sizes);
}

#[test]
fn the_limits_of_webgpu_are_enough() {
    if adapter().is_some() {
        check(Adapter::open_baseline().expect("every adapter offers the baseline"), &net(), NARROW, 300);
    }
}

#[test]
fn a_restored_snapshot_continues_as_before() {
    let (Some(one), Some(other)) = (adapter(), adapter()) else { return };
    let (net, events) = (net(), net().events(STEPS));
    let mut gpu = load(one, net.program(NARROW));
    run(&mut gpu, 0, 101, 101, &events);
    let snapshot = gpu.snapshot().expect("it can be read");
    let expected = run(&mut gpu, 101, STEPS, 300, &events);
    let last = gpu.snapshot().expect("it can be read");
    let mut fresh = load(other, net.program(NARROW));
    fresh.restore(&snapshot).expect("it is of this program");
    assert_eq!(fresh.snapshot().expect("it can be read"), snapshot);
    assert_eq!(run(&mut fresh, 101, STEPS, 300, &events), expected);
    assert_eq!(fresh.snapshot().expect("it can be read"), last);
    gpu.restore(&snapshot).expect("it is of this program");
    assert_eq!(run(&mut gpu, 101, STEPS, 7, &events), expected);
}

#[test]
fn a_snapshot_of_another_program_is_refused() {
    let (Some(one), Some(other)) = (adapter(), adapter()) else { return };
    let mut small = load(one, net().program(NARROW));
    let mut large = load(other, Net::new([101, 37, 20, 5], 12, 3).program(NARROW));
    let snapshot = small.snapshot().expect("it can be read");
    assert!(large.restore(&snapshot).is_err());
}

#[test]
fn kernels_need_no_capabilities_but_subgroups_where_they_are_asked_for() {
    use naga::valid::Capabilities;
    let validate = |text: &str, needed: Capabilities| {
        let module = naga::front::wgsl::parse_str(text)
            .unwrap_or_else(|error| panic!("{}", error.emit_to_string(text)));
        let flags = naga::valid::ValidationFlags::all();
        let mut validator = naga::valid::Validator::new(flags, needed);
        validator.validate(&module).unwrap_or_else(|error| panic!("{}", error.emit_to_string(text)));
        let storage = module
            .global_variables
            .iter()
            .filter(|(_, global)| matches!(global.space, naga::AddressSpace::Storage { .. }));
        assert!(storage.count() <= 8, "WebGPU guarantees 8 storage buffers");
    };
    let (none, subgroups) = (Capabilities::default(), Capabilities::SUBGROUP);
    for layout in [NARROW, Layout::Wide] {
        let program = net().program(layout);
        validate(&propagate_kernel(&program).expect("delays have bits"), none);
        validate(&accumulate_kernel(&program).expect("delays have bits"), none);
        for (append, needed) in [(Append::Alone, none), (Append::Together, subgroups)] {
            for k in 0..2 {
                validate(&update_kernel(&program, k, append).expect("the graph can be written"), needed);
                validate(&overlap_kernel(&program, k, append).expect("the graph can be written"), needed);
            }
        }
    }
}
