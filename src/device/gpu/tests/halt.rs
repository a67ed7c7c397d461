//! The device halts by itself, and worst cases.

use super::fixture::{Net, overflowing};
use super::{NARROW, adapter, check, load, net, run};
use crate::compile::connect::{Block, Order, Weights};
use crate::device::Engine;
use crate::error::Error;

#[test]
fn a_full_log_halts_and_goes_on() {
    for entries in [1, 900] {
        let Some(adapter) = adapter() else { return };
        check(adapter.with_log_entries(entries), &net(), NARROW, 300);
    }
}

#[test]
fn a_state_that_is_not_finite_ends_the_run() {
    let Some(adapter) = adapter() else { return };
    let program = overflowing(&Net::new([100, 37, 20, 5], 0, 3));
    let mut gpu = load(adapter, program);
    let error = gpu.run(200, &[]).expect_err("it overflows");
    let Error::NotFinite { population, trial: None, element, variable, time_ms } = error else {
        panic!("{error}")
    };
    assert_eq!((population.as_str(), element, variable.as_str()), ("b", 30, "v"));
    // found at the end of the window of step 28, in steps of 0.5 ms
    assert!((14.0..=15.0).contains(&time_ms), "{time_ms}");
    assert!(matches!(gpu.run(1, &[]), Err(Error::Device(_))));
}

#[test]
fn a_network_that_does_not_fit_says_so() {
    let Some(adapter) = adapter() else { return };
    let adapter = std::sync::Arc::new(adapter.with_binding_limit(10_000));
    let error = super::Gpu::load(adapter, std::sync::Arc::new(net().program(NARROW)))
        .expect_err("the ring is larger");
    assert!(matches!(error, Error::Memory { .. }), "{error}");
}

#[test]
fn nothing_is_lost_when_all_fire_or_rows_are_long() {
    let Some(adapter) = adapter() else { return };
    let mut net = Net::new([100, 37, 6000, 5], 0, 11);
    net.wires.clear();
    let mut program = net.program(NARROW);
    // every clock spikes in every step with value 1, and has a row of 300 entries; one has 300,000
    let kernel = &mut program.kernels[1];
    (kernel.fired, kernel.value) = (Some(kernel.graph.bool(true)), None);
    let mut rows = vec![0u32];
    for i in 0..6000 {
        rows.push(rows[rows.len() - 1] + if i == 17 { 300_000 } else { 300 });
    }
    // 100 slots in turn, all with a delay of 11 steps
    let entries = (0..rows[6000]).map(|k| (k % 100) | 11 << 24).collect();
    let sources = crate::program::Sources {
        name: "all".into(),
        segments: vec![(net.firsts[2], 6000)],
        of: None,
        rows: 0,
        slots: vec![],
    };
    program.projections = vec![sources];
    program.blocks = vec![Block {
        projection: 0,
        partition: 0,
        source_first: 0,
        rows: rows.clone(),
        entries,
        order: Order::Target,
        weights: Weights::Shared(-1),
    }];
    let mut gpu = load(adapter, program);
    run(&mut gpu, 0, 11, 11, &[]);
    let ring = gpu.snapshot().expect("it can be read").ring;
    let total: i64 = ring[0][0][0].iter().map(|arrived| i64::from(*arrived)).sum();
    assert_eq!(total, -11 * i64::from(rows[6000]));
}
