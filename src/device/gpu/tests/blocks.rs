//! Delivery by blocks of ring slots gives the same as by rows.

use super::fixture::Net;
use super::{NARROW, STEPS, adapter, check, load, run};
use crate::compile::compile;
use crate::compile::connect::Layout;
use crate::device::gpu::blocks::{Rule, cuts};
use crate::device::gpu::{Adapter, Gpu};
use crate::device::{Device, Engine};
use crate::model::placeholder;
use crate::network::Network;
use crate::network::rule::fixed_indegree;
use crate::program::{Edit, Program};
use crate::unit::{ms, pA};
use std::sync::Arc;

/// Several blocks of slots, and three projections of which two or all have one delay.
fn net(delays: [Option<u32>; 3]) -> Net {
    let mut net = Net::new([1500, 700, 20, 5], 40, 3);
    for (wires, delay) in net.wires.iter_mut().zip(delays) {
        delay.into_iter().for_each(|delay| wires.set_delay(delay));
    }
    net
}

const MIXED: [Option<u32>; 3] = [Some(4), Some(7), None];
const ALIKE: [Option<u32>; 3] = [Some(3), Some(3), Some(3)];

fn cut_shards(gpu: &Gpu) -> (usize, usize) {
    (gpu.shards.iter().filter(|shard| shard.about.is_cut).count(), gpu.shards.len())
}

#[test]
fn blocks_of_slots_give_the_same_as_a_plain_loop() {
    for (delays, shards) in [(MIXED, (1, 2)), (ALIKE, (1, 1))] {
        for layout in [NARROW, Layout::Wide] {
            let (Some(one), Some(other)) = (adapter(), adapter()) else { return };
            let net = net(delays);
            assert_eq!(cut_shards(&load(one.with_blocks(), net.program(layout))), shards);
            check(other.with_blocks(), &net, layout, 100);
        }
    }
}

#[test]
fn workgroups_of_any_size_give_the_same() {
    for size in [32, 128] {
        let Some(adapter) = adapter() else { return };
        check(adapter.with_workgroup_size(size).with_blocks(), &net(MIXED), NARROW, 300);
    }
}

#[test]
fn shards_of_any_size_give_the_same() {
    // what the ring needs: 16 rows of 4,400 slots
    const LIMIT: u64 = 4 * 16 * 4400;
    for delays in [MIXED, ALIKE] {
        let (Some(one), Some(other)) = (adapter(), adapter()) else { return };
        let net = net(delays);
        let limited = |adapter: Adapter| adapter.with_blocks().with_binding_limit(LIMIT);
        let (cut, all) = cut_shards(&load(limited(one), net.program(NARROW)));
        assert!(cut > 1, "{cut} of {all} shards are cut");
        check(limited(other), &net, NARROW, 300);
    }
}

#[test]
fn the_limits_of_webgpu_are_enough() {
    if adapter().is_some() {
        let adapter = Adapter::open_baseline().expect("every adapter offers the baseline");
        check(adapter.with_blocks(), &net(ALIKE), NARROW, 300);
    }
}

/// The program after these edits on a device that delivers by blocks, and on one that loads it anew.
fn check_edits(edits: impl Fn(&Program) -> Vec<Edit>) {
    let (Some(one), Some(other)) = (adapter(), adapter()) else { return };
    let net = net(ALIKE);
    let events = net.events(STEPS);
    let mut edited = net.program(NARROW);
    let edits = edits(&edited);
    edited.edit(&edits);
    let mut gpu = load(one.with_blocks(), net.program(NARROW));
    gpu.edit(&edits).expect("it can be changed");
    let found = run(&mut gpu, 0, STEPS, 300, &events);
    let expected = run(&mut load(other, edited), 0, STEPS, 300, &events);
    let unchanged = net.reference(STEPS, &events);
    assert!(found.spikes != unchanged.spikes, "the edits change nothing");
    assert_eq!(found, expected);
}

/// Every second entry of the block, with another weight and delay.
fn every_second(program: &Program, block: usize, weight: i32, longer: u32) -> Vec<Edit> {
    let it = &program.blocks[block];
    let n = *it.rows.last().expect("it has rows");
    let edit = |entry| Edit { block, entry, weight, delay: it.delay(program.layout, entry) + longer };
    (0..n).step_by(2).map(edit).collect()
}

#[test]
fn weights_of_sorted_rows_can_be_set() {
    check_edits(|program| every_second(program, 0, -17, 0));
}

#[test]
fn a_shared_weight_can_become_one_for_each() {
    check_edits(|program| every_second(program, 1, 100, 0));
}

#[test]
fn rows_whose_delays_begin_to_differ_are_delivered_as_any_other() {
    check_edits(|program| every_second(program, 0, -100, 2));
}

#[test]
fn projections_with_one_delay_and_many_entries_to_a_block_are_cut() {
    // 40 entries a row on average, over two or three blocks
    let program = net(MIXED).program(NARROW);
    let is_cut = |per_row, per_step| {
        cuts(&program, Some(Rule { per_row, per_step })).iter().map(Option::is_some).collect::<Vec<_>>()
    };
    assert_eq!(is_cut(0, 0), [true, true, false]);
    assert_eq!(is_cut(10, 0), [true, true, false]);
    assert_eq!(is_cut(50, 0), [false, false, false]);
    assert_eq!(is_cut(0, 10_000), [false, false, false]);
    assert_eq!(cuts(&program, None), [None, None, None]);
}

#[test]
fn tables_of_blocks_are_counted_before_they_are_made() {
    let Some(adapter) = adapter() else { return };
    let mut network = Network::new(0.1 * ms).expect("a time");
    let cells = network.population("cells", 5000, placeholder::neuron()).expect("a population");
    let all = network.project(&cells, &cells, fixed_indegree(100));
    all.weight(20.0 * pA).delay(1.5 * ms).build().expect("a projection");
    let device = Device::Gpu(Arc::new(adapter.with_blocks()));
    let estimate = device.estimate(&network).expect("it compiles");
    let bytes = |what: &str| {
        let parts = estimate.parts.iter().filter(|part| part.what.contains(what));
        parts.map(|part| part.bytes).sum::<u64>()
    };
    let program = compile(&network, device.target(&network)).expect("it compiles");
    let Device::Gpu(adapter) = device else { unreachable!("it was made one") };
    let gpu = Gpu::load(adapter, Arc::new(program)).expect("it fits");
    let table = 4 * gpu.shards[0].about.rows.len() as u64;
    let counted = bytes("offsets of rows") + bytes("blocks of ring slots");
    // the records of pieces are few
    assert!(table > 4 * 3 * 5000 && counted.abs_diff(table) < table / 50, "{counted} of {table} bytes");
    assert!(network.trials().len() == 1 && gpu.shards[0].about.is_cut);
}

#[test]
fn trials_are_delivered_by_rows() {
    let mut program = net(ALIKE).program(NARROW);
    program.trials = 0..2;
    assert_eq!(cuts(&program, Some(Rule { per_row: 0, per_step: 0 })), [None, None, None]);
}
