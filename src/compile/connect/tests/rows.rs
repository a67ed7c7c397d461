//! Counting and filling against the edges one by one.

use std::ops::Range;

use super::*;
use crate::compile::Building;

/// Nobody waits.
static BUILDING: Building = Building::new();

const NARROW: Layout = Layout::Narrow { slot_bits: 20 };
const SCALE: f64 = 65_536.0;

fn scale(_: u32) -> f64 {
    SCALE
}

fn everything() -> Vec<Vec<Range<u32>>> {
    vec![vec![0..u32::MAX]]
}

/// Every rule, with values of every kind, over overlapping and concatenated slices.
fn wirings() -> Vec<Wiring> {
    let normal = EdgeValue::Random(Distribution::Normal { mean: 0.5, std: 1.0 });
    let delay = Distribution::Exponential { mean: 2.0 };
    let delay = EdgeDelay::Random { distribution: delay, dt: 0.1, latency: 0 };
    let list: Vec<[u32; 2]> = (0..500).map(|i| [i * 7 % 150, i * 13 % 120]).collect();
    let rules = [
        all_to_all(),
        fixed_indegree(60),
        fixed_outdegree(30).without_autapses().without_multapses(),
        fixed_outdegree(30),
        fixed_total_number(5000),
        pairwise_bernoulli(0.3).without_autapses(),
        symmetric_pairwise_bernoulli(0.1),
        symmetric_pairwise_bernoulli(0.1).mirrored(),
        pairwise_poisson(0.5),
        edges(list),
    ];
    let build = |(k, connectivity): (u32, Connectivity)| Wiring {
        name: format!("p{k}"),
        connectivity,
        sources: vec![Segment { gid: 100, len: 100 }, Segment { gid: 0, len: 50 }],
        targets: vec![
            TargetSegment { gid: 20, len: 70, slot: [0, 1000] },
            TargetSegment { gid: 150, len: 50, slot: [500, 2000] },
        ],
        weight: if k % 3 == 1 { EdgeValue::Constant(-1.5) } else { normal.clone() },
        delay: if k % 2 == 0 { delay.clone() } else { EdgeDelay::Constant(3) },
        stream: Stream::new(1, k),
    };
    (0..).zip(rules).map(build).collect()
}

/// Projection, source, slot, delay and integer weight of all entries in order.
fn entries(blocks: &[Block], layout: Layout) -> Vec<(u32, u32, u32, u32, i32)> {
    let mut all = Vec::new();
    for block in blocks {
        for (row, range) in (block.source_first..).zip(block.rows.windows(2)) {
            for k in range[0] as usize..range[1] as usize {
                let (slot, delay) = match layout {
                    Layout::Narrow { slot_bits } => {
                        (block.entries[k] & ((1 << slot_bits) - 1), block.entries[k] >> slot_bits)
                    }
                    Layout::Wide => (block.entries[2 * k], block.entries[2 * k + 1]),
                };
                let weight = match &block.weights {
                    Weights::Shared(weight) => *weight,
                    Weights::Each(weights) => weights[k],
                };
                all.push((block.projection, row, slot, delay, weight));
            }
        }
    }
    all
}

fn built(partitions: &[Vec<Range<u32>>], layout: Layout, max_entries: u32) -> (Vec<f64>, Vec<Block>) {
    let wirings = wirings();
    let plan = Plan::count(&wirings, partitions, &BUILDING).expect("possible");
    let sums = plan.slot_sums().to_vec();
    (sums, plan.fill(layout, max_entries, &scale).expect("fits"))
}

#[test]
fn rows_hold_the_edges_in_order_of_targets() {
    let wirings = wirings();
    let (_, blocks) = built(&everything(), Layout::Wide, u32::MAX);
    let mut expected = Vec::new();
    for (k, wiring) in (0..).zip(&wirings) {
        for_each_edge(wiring, |e| {
            let sign = usize::from(e.weight < 0.0);
            let slot =
                if e.target < 70 { [0, 1000][sign] + e.target } else { [500, 2000][sign] + e.target - 70 };
            expected.push((
                (k, e.source, e.target),
                (slot, e.delay, (e.weight * SCALE).round_ties_even() as i32),
            ));
        })
        .expect("possible");
    }
    // stable: edges of one pair stay in their order
    expected.sort_by_key(|(place, _)| *place);
    let expected: Vec<_> =
        expected.iter().map(|&((k, s, _), (slot, delay, w))| (k, s, slot, delay, w)).collect();
    assert_eq!(entries(&blocks, Layout::Wide), expected);
    for block in &blocks {
        let shared = matches!(block.weights, Weights::Shared(_));
        assert_eq!(shared, block.projection % 3 == 1, "one weight is stored once");
    }
}

#[test]
fn counts_and_sums_are_exact() {
    let wirings = wirings();
    let partitions = everything();
    let plan = Plan::count(&wirings, &partitions, &BUILDING).expect("possible");
    let (mut sums, mut numbers) = (vec![0.0; 2050], vec![0; 2050]);
    let (mut n, mut delays) = (0, (u32::MAX, 0));
    for wiring in &wirings {
        let mut of_projection = vec![(0.0, 0); 2050];
        for_each_edge(wiring, |e| {
            let sign = usize::from(e.weight < 0.0);
            let slot =
                if e.target < 70 { [0, 1000][sign] + e.target } else { [500, 2000][sign] + e.target - 70 };
            of_projection[slot as usize].0 += e.weight.abs();
            of_projection[slot as usize].1 += 1;
            n += 1;
            delays = (delays.0.min(e.delay), delays.1.max(e.delay));
        })
        .expect("possible");
        for (slot, (sum, number)) in of_projection.into_iter().enumerate() {
            sums[slot] += sum;
            numbers[slot] += number;
        }
    }
    assert_eq!((plan.edges(), plan.delays()), (n, delays));
    assert_eq!(plan.slot_counts(), numbers);
    for (ours, sum) in plan.slot_sums().iter().zip(sums) {
        assert!((ours - sum).abs() <= 1e-13 * sum, "{ours} against {sum}");
    }
}

#[test]
fn partitions_hold_the_same_edges() {
    let (sums, whole) = built(&everything(), NARROW, u32::MAX);
    let mut expected = entries(&whole, NARROW);
    expected.sort_unstable();
    let two = vec![vec![0..60, 170..180], vec![60..170, 180..u32::MAX]];
    let three = vec![vec![160..500], vec![30..160, 500..501], vec![0..30]];
    for partitions in [two, three] {
        let (partial_sums, blocks) = built(&partitions, NARROW, u32::MAX);
        assert_eq!(sums, partial_sums, "bit for bit");
        let mut found = entries(&blocks, NARROW);
        found.sort_unstable();
        assert_eq!(found, expected);
        for block in &blocks {
            let owned = &partitions[block.partition as usize];
            let gid = |slot: u32| match slot % 500 {
                offset if slot < 500 || (1000..1500).contains(&slot) => 20 + offset,
                offset => 150 + offset,
            };
            let slots = entries(std::slice::from_ref(block), NARROW);
            assert!(slots.iter().all(|entry| owned.iter().any(|range| range.contains(&gid(entry.2)))));
        }
    }
}

#[test]
fn threads_do_not_matter() {
    let on = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("threads");
        pool.install(|| built(&[vec![0..100], vec![100..300]], Layout::Wide, 1000))
    };
    assert_eq!(on(1), on(2));
    assert_eq!(on(1), on(5));
}

#[test]
fn blocks_are_split_between_rows() {
    let (_, whole) = built(&everything(), NARROW, u32::MAX);
    let (_, split) = built(&everything(), NARROW, 150);
    assert!(split.len() > 2 * whole.len());
    assert!(split.iter().all(|block| !block.entries.is_empty() && block.entries.len() <= 150));
    assert_eq!(entries(&split, NARROW), entries(&whole, NARROW));
    let wirings = [wiring(all_to_all(), 3, 0, 40)];
    let partitions = everything();
    let plan = Plan::count(&wirings, &partitions, &BUILDING).expect("possible");
    let error = plan.fill(NARROW, 39, &scale).expect_err("a row of 40").to_string();
    assert_eq!(error, "projection `test`: source 0 has 40 edges in one partition; a block holds 39");
}

#[test]
fn weights_survive_the_round_trip_to_integers() {
    let mut drawn = wiring(fixed_indegree(50), 100, 0, 100);
    drawn.weight = EdgeValue::Random(Distribution::Lognormal { mean: 0.0, std: 1.0 });
    let wirings = [drawn];
    let partitions = everything();
    let plan = Plan::count(&wirings, &partitions, &BUILDING).expect("possible");
    let largest = plan.slot_sums().iter().copied().fold(0.0, f64::max);
    let scale = (f64::from(i32::MAX) / (largest + 1.0)).log2().floor().exp2();
    let blocks = plan.fill(Layout::Wide, u32::MAX, &|_| scale).expect("fits");
    let mut expected: Vec<f64> = Vec::new();
    for_each_edge(&wirings[0], |e| expected.push(e.weight)).expect("possible");
    let mut found: Vec<f64> =
        entries(&blocks, Layout::Wide).iter().map(|entry| f64::from(entry.4) / scale).collect();
    expected.sort_by(f64::total_cmp);
    found.sort_by(f64::total_cmp);
    assert!(expected.iter().zip(&found).all(|(a, b)| (a - b).abs() <= 0.5 / scale));
}

#[test]
fn a_constant_weight_is_stored_per_edge_where_scales_differ() {
    let wirings = [wiring(all_to_all(), 2, 0, 3)];
    let partitions = everything();
    let plan = Plan::count(&wirings, &partitions, &BUILDING).expect("possible");
    let blocks = plan.fill(NARROW, 100, &|slot| if slot == 1 { 8.0 } else { 4.0 }).expect("fits");
    assert_eq!(blocks[0].weights, Weights::Each(vec![8, 16, 8, 8, 16, 8]));
    assert_eq!(blocks[0].rows, [0, 3, 6]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let wirings = [wiring(all_to_all(), 2, 0, 3)];
    let message = |layout, scale: f64| {
        let partitions = everything();
        let plan = Plan::count(&wirings, &partitions, &BUILDING).expect("possible");
        plan.fill(layout, 100, &|_| scale).expect_err("too large").to_string()
    };
    assert_eq!(
        message(Layout::Narrow { slot_bits: 29 }, 1.0),
        "6 ring slots and a delay of 15 steps do not fit a word with 29 bits for the slot; use the wide layout"
    );
    assert_eq!(message(NARROW, 2e9), "projection `test`: weight 2 times 2000000000 exceeds 32 bits");
    let unowned = Plan::count(&wirings, &[vec![0..2]], &BUILDING).expect_err("neuron 2").to_string();
    assert_eq!(unowned, "no partition owns neuron 2");
}

#[test]
fn nothing_to_connect_is_no_block() {
    for connectivity in
        [all_to_all(), fixed_indegree(3), fixed_outdegree(0), fixed_total_number(0), edges(vec![])]
    {
        let no_target = Wiring { targets: vec![], ..wiring(connectivity.clone(), 5, 0, 0) };
        let no_edge = wiring(pairwise_poisson(0.0), 5, 0, 5);
        let no_source = wiring(pairwise_bernoulli(1.0), 0, 0, 5);
        let wirings = [no_target, no_edge, no_source];
        let partitions = everything();
        let plan = Plan::count(&wirings, &partitions, &BUILDING).expect("possible");
        assert_eq!((plan.edges(), plan.delays()), (0, (1, 1)));
        assert_eq!(plan.fill(NARROW, 10, &scale).expect("fits"), []);
    }
}

/// Two projections from the same sources to different targets, one to the same targets as the first, one of other sources.
#[test]
fn bundled_rows_hold_the_same_entries_by_delay() {
    let delay = Distribution::Uniform { low: 0.1, high: 0.6 };
    let wiring = |k: u32, sources: Segment, (gid, slot): (u32, u32)| Wiring {
        name: format!("p{k}"),
        connectivity: pairwise_bernoulli(0.9),
        sources: vec![sources],
        targets: vec![TargetSegment { gid, len: 200, slot: [slot, slot + 200] }],
        weight: EdgeValue::Random(Distribution::Normal { mean: 0.5, std: 1.0 }),
        delay: EdgeDelay::Random { distribution: delay, dt: 0.1, latency: 0 },
        stream: Stream::new(1, k),
    };
    let (some, others) = (Segment { gid: 1000, len: 300 }, Segment { gid: 2000, len: 30 });
    let (near, far) = ((0, 0), (200, 400));
    let wirings =
        [wiring(0, some, near), wiring(1, others, near), wiring(2, some, far), wiring(3, some, near)];
    let parts = [vec![0..150], vec![150..u32::MAX]];
    let filled = |bundles: &[&[usize]]| {
        let mut plan = Plan::count(&wirings, &parts, &BUILDING).expect("possible");
        if !bundles.is_empty() {
            let found: Vec<Vec<usize>> = plan.bundle().iter().map(|it| it.projections.clone()).collect();
            assert_eq!(found, bundles);
        }
        plan.fill(NARROW, u32::MAX, &scale).expect("fits")
    };
    let (alone, bundled) = (filled(&[]), filled(&[&[0, 2], &[1], &[3]]));
    assert!(bundled.iter().all(|block| block.order == Order::Delay));
    let of_bundle = |projection: u32| if projection == 2 { 0 } else { projection };
    let mut expected: Vec<_> = entries(&alone, NARROW)
        .into_iter()
        .map(|(k, row, slot, delay, w)| (of_bundle(k), row, delay, slot, w))
        .collect();
    let found: Vec<_> = entries(&bundled, NARROW)
        .into_iter()
        .map(|(k, row, slot, delay, w)| (k, row, delay, slot, w))
        .collect();
    for block in &bundled {
        for row in block.rows.windows(2) {
            let delay = |k: u32| block.delay(NARROW, k);
            assert!((row[0]..row[1]).is_sorted_by_key(delay));
        }
    }
    let mut found_sorted = found;
    expected.sort_unstable();
    found_sorted.sort_unstable();
    assert_eq!(found_sorted, expected);
}
