//! Building the synapses of 100,000 neurons: 1000 inputs each, and 100 where it says small.

#![allow(missing_docs, reason = "the macro of criterion makes a public function without any")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use synfire::compile::Building;
use synfire::compile::connect::{EdgeDelay, EdgeValue, Layout, Plan, Segment, TargetSegment, Wiring};
use synfire::network::distribution::Distribution;
use synfire::network::rule::{Connectivity, fixed_indegree, fixed_outdegree, pairwise_bernoulli};
use synfire::random::Stream;

fn wiring(n: u32, connectivity: Connectivity) -> Wiring {
    Wiring {
        name: "recurrent".into(),
        connectivity,
        sources: vec![Segment { gid: 0, len: n }],
        targets: vec![TargetSegment { gid: 0, len: n, slot: [0, n] }],
        weight: EdgeValue::Constant(20.0),
        delay: EdgeDelay::Constant(15),
        stream: Stream::new(1, 0),
    }
}

fn drawn(wiring: Wiring) -> Wiring {
    let delay = Distribution::TruncatedNormal { mean: 1.5, std: 0.75, low: 0.1, high: 5.0 };
    Wiring {
        weight: EdgeValue::Random(Distribution::Normal { mean: 20.0, std: 2.0 }),
        delay: EdgeDelay::Random { distribution: delay, dt: 0.1, latency: 0 },
        ..wiring
    }
}

fn build(c: &mut Criterion) {
    let mut group = c.benchmark_group("build");
    group.sample_size(10);
    let small = || wiring(100_000, fixed_indegree(100));
    for (name, wiring, n_partitions) in [
        ("fixed_indegree", wiring(100_000, fixed_indegree(1000)), 1),
        ("fixed_indegree, 2 partitions", wiring(100_000, fixed_indegree(1000)), 2),
        ("fixed_indegree small", small(), 1),
        ("fixed_indegree small drawn", drawn(small()), 1),
        ("fixed_outdegree small", wiring(100_000, fixed_outdegree(100)), 1),
        ("pairwise_bernoulli small", wiring(100_000, pairwise_bernoulli(0.001)), 1),
    ] {
        let n = wiring.targets[0].len / n_partitions;
        let partitions: Vec<_> =
            (0..n_partitions).map(|k| std::iter::once(k * n..(k + 1) * n).collect()).collect();
        let (wirings, building) = ([wiring], Building::default());
        let n_edges = wirings[0].connectivity.rule.expected(100_000, 100_000);
        group.throughput(Throughput::Elements(n_edges as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                let plan = Plan::count(&wirings, &partitions, &building).expect("possible");
                plan.fill(Layout::Narrow { slot_bits: 24 }, u32::MAX, &|_| 1024.0).expect("fits")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, build);
criterion_main!(benches);
