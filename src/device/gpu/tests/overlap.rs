//! Rounds that deliver the window before their own give the same as those that deliver their own.

use super::fixture::{Net, overflowing};
use super::{NARROW, STEPS, adapter, check, load, run};
use crate::compile::connect::Layout;
use crate::device::Engine;
use crate::device::gpu::round::{Overlap, Rounds, pays};
use crate::device::gpu::{Adapter, Gpu};
use crate::error::Error;
use crate::program::Edit;

fn overlapping() -> Option<Adapter> {
    adapter().map(|adapter| adapter.with_overlap(Overlap::Always))
}

/// Delays of at least this many steps.
fn net(shortest: u32) -> Net {
    Net::new([100, 37, 20, 5], 12, shortest)
}

fn rounds(gpu: &Gpu) -> Rounds {
    Rounds { window: gpu.sizes.window, lag: gpu.sizes.lag }
}

#[test]
fn windows_of_half_the_shortest_delay_overlap() {
    for (shortest, expected) in [(1, (1, 0)), (2, (1, 1)), (7, (3, 1)), (11, (5, 1))] {
        let Some(adapter) = overlapping() else { return };
        let gpu = load(adapter, net(shortest).program(NARROW));
        let (window, lag) = expected;
        assert_eq!(rounds(&gpu), Rounds { window, lag });
        assert_eq!(gpu.dispatches.len(), 3 - lag as usize);
    }
}

#[test]
fn overlap_pays_where_a_step_takes_fewer_dispatches() {
    let halved = |shortest: u32| (shortest.min(16), (shortest / 2).min(16));
    let of_two = |shortest| pays(2, halved(shortest));
    assert_eq!([2, 15, 16, 17, 18, 32, u32::MAX].map(of_two), [false, false, false, false, true, true, true]);
    // one of three or more is less to save
    assert_eq!([18, 21, 22, 32].map(|shortest| pays(3, halved(shortest))), [false, false, true, true]);
    // a window that the log limits is as long either way
    assert!(pays(5, (3, 3)));
}

#[test]
fn spikes_and_traces_equal_those_of_a_plain_loop() {
    for (shortest, chunk) in [(2, 300), (3, 10), (7, 1), (8, 100), (11, 300)] {
        for layout in [NARROW, Layout::Wide] {
            let Some(adapter) = overlapping() else { return };
            check(adapter, &net(shortest), layout, chunk);
        }
    }
}

#[test]
fn workgroups_of_any_size_give_the_same() {
    for size in [32, 128, 256] {
        let Some(adapter) = overlapping() else { return };
        check(adapter.with_workgroup_size(size), &net(6), NARROW, 300);
    }
}

#[test]
fn shards_of_any_size_give_the_same() {
    let Some(adapter) = overlapping() else { return };
    check(adapter.with_binding_limit(18_000), &Net::new([100, 37, 20, 5], 50, 6), NARROW, 300);
}

#[test]
fn dense_projections_that_are_delivered_by_blocks_follow() {
    let mut net = Net::new([1500, 700, 20, 5], 40, 8);
    net.wires[0].set_delay(8);
    let (Some(one), Some(other)) = (overlapping(), overlapping()) else { return };
    let gpu = load(one.with_blocks(), net.program(NARROW));
    assert_eq!((gpu.sizes.lag, gpu.shards.len()), (1, 2));
    check(other.with_blocks(), &net, NARROW, 100);
}

#[test]
fn the_limits_of_webgpu_are_enough() {
    if adapter().is_some() {
        let adapter = Adapter::open_baseline().expect("every adapter offers the baseline");
        check(adapter.with_overlap(Overlap::Always), &net(6), NARROW, 300);
    }
}

#[test]
fn a_full_log_halts_and_goes_on() {
    for entries in [1, 900] {
        let Some(adapter) = overlapping() else { return };
        check(adapter.with_log_entries(entries), &net(6), NARROW, 300);
    }
}

#[test]
fn a_snapshot_holds_all_that_is_on_its_way() {
    let (Some(one), Some(other)) = (overlapping(), adapter()) else { return };
    let net = net(9);
    let events = net.events(STEPS);
    let mut gpu = load(one, net.program(NARROW));
    let mut separate = load(other.with_overlap(Overlap::Never), net.program(NARROW));
    for engine in [&mut gpu, &mut separate] {
        run(engine, 0, 101, 37, &events);
    }
    let snapshot = gpu.snapshot().expect("it can be read");
    assert_eq!(separate.snapshot().expect("it can be read"), snapshot);
    let expected = run(&mut separate, 101, STEPS, 300, &events);
    run(&mut gpu, 101, STEPS, 11, &events);
    gpu.restore(&snapshot).expect("it is of this program");
    assert_eq!(run(&mut gpu, 101, STEPS, 7, &events), expected);
    assert_eq!(gpu.snapshot().expect("it can be read"), separate.snapshot().expect("it can be read"));
}

#[test]
fn a_state_that_is_not_finite_ends_the_run() {
    let Some(adapter) = overlapping() else { return };
    let program = overflowing(&Net::new([100, 37, 20, 5], 0, 6));
    let mut gpu = load(adapter, program);
    let Err(Error::NotFinite { element: 30, time_ms, .. }) = gpu.run(200, &[]) else {
        panic!("it overflows in element 30")
    };
    // found at the end of the window of step 28, in steps of 0.5 ms
    assert!((14.0..=15.0).contains(&time_ms), "{time_ms}");
}

#[test]
fn a_delay_that_becomes_too_short_ends_the_overlap() {
    let (Some(one), Some(other)) = (overlapping(), adapter()) else { return };
    let net = net(8);
    let events = net.events(STEPS);
    let mut program = net.program(NARROW);
    program.window = 3;
    let edits = [Edit { block: 0, entry: 5, weight: program.blocks[0].weight(5), delay: 5 }];
    let mut gpu = load(one, program.clone());
    assert_eq!(rounds(&gpu), Rounds { window: 4, lag: 1 });
    let mut expected = run(&mut gpu, 0, 50, 50, &events);
    gpu.edit(&edits).expect("it can be changed");
    assert_eq!(rounds(&gpu), Rounds { window: 2, lag: 1 });
    let rest = run(&mut gpu, 50, STEPS, 300, &events);
    expected.spikes.extend(rest.spikes);
    let mut separate = load(other.with_overlap(Overlap::Never), program);
    let mut found = run(&mut separate, 0, 50, 50, &events);
    separate.edit(&edits).expect("it can be changed");
    found.spikes.extend(run(&mut separate, 50, STEPS, 300, &events).spikes);
    assert_eq!(found.spikes, expected.spikes);
    assert_eq!(gpu.snapshot().expect("it can be read"), separate.snapshot().expect("it can be read"));
}
