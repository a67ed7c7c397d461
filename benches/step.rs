//! A step of the balanced network on each device, its compilation, and the update of neurons and delivery alone.

#![allow(missing_docs, reason = "the macro of criterion makes a public function without any")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::path::Path;
use synfire::compile::{Target, compile};
use synfire::experiment::Experiment;
use synfire::model::value::uniform;
use synfire::models::{iaf_psc_exp, ignore_and_fire, lif_ref};
use synfire::network::rule::fixed_outdegree;
use synfire::unit::{Hz, mA, mV, ms, pA};
use synfire::{Device, Instance, Network, Rollout};

/// Steps of one measurement.
const STEPS: u64 = 1000;

fn load(file: &str) -> Experiment {
    Experiment::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(file)).expect("it is shipped")
}

fn step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step");
    group.sample_size(10);
    let devices = [Device::cpu()].into_iter().chain(Device::gpu());
    for device in devices {
        for file in ["balanced.toml", "brunel.toml"] {
            let mut rollout = Rollout::new(&load(file).network, &device).expect("it fits");
            let elements: u64 = rollout.recording().populations.iter().map(|one| u64::from(one.size)).sum();
            group.throughput(Throughput::Elements(elements * STEPS));
            group.bench_function(format!("{file} [{}]", device.kind()), |bencher| {
                bencher.iter(|| {
                    rollout.advance_steps(STEPS, &mut |_| {}).expect("it runs");
                    rollout.take_recording()
                });
            });
        }
    }
    group.finish();
}

fn update(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("update");
    group.sample_size(10);
    for size in [4096, 100_000] {
        let mut network = Network::new(0.1 * ms).expect("a time step");
        // below the threshold: nothing is delivered
        let neuron = lif_ref().V_th(20.0 * mV).input_I(10.0 * mA);
        network.population("cells", size, neuron).expect("a population");
        let mut rollout = Rollout::new(&network, &Device::cpu()).expect("it fits");
        group.throughput(Throughput::Elements(u64::from(size) * STEPS));
        group.bench_function(format!("lif_ref, {size}"), |bencher| {
            bencher.iter(|| rollout.advance_steps(STEPS, &mut |_| {}).expect("it runs"));
        });
    }
    group.finish();
}

/// Targets of a source.
const TARGETS: u32 = 10_000;

/// 100 sources that fire at 100 Hz, each onto a tenth of 100,000 neurons that stay silent: a thousand spikes, 10^7 events. What
/// it takes beyond `update` is delivery.
fn delivery(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("delivery");
    group.sample_size(10);
    for drawn in [false, true] {
        let mut network = Network::new(0.1 * ms).expect("a time step");
        let phase = (1..=100).map(|k| f64::from(k) / 100.0).collect::<Vec<f64>>();
        let sources = Instance::from(ignore_and_fire().rate(100.0 * Hz)).set("phase", phase);
        let sources = network.population("sources", 100, sources).expect("a population");
        let cells = network.population("cells", 100_000, iaf_psc_exp()).expect("a population");
        let all = network.project(&sources, &cells, fixed_outdegree(TARGETS)).delay(1.5 * ms);
        let all = match drawn {
            true => all.weight(uniform(0.001 * pA, 0.002 * pA)),
            false => all.weight(0.001 * pA),
        };
        all.build().expect("a projection");
        let mut rollout = Rollout::new(&network, &Device::cpu()).expect("it fits");
        group.throughput(Throughput::Elements(1000 * u64::from(TARGETS)));
        let name = if drawn { "weights of their own" } else { "one weight" };
        group.bench_function(name, |bencher| {
            bencher.iter(|| rollout.advance_steps(STEPS, &mut |_| {}).expect("it runs"));
        });
    }
    group.finish();
}

fn compilation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(10);
    for file in ["balanced.toml", "brunel.toml"] {
        let experiment = load(file);
        group.bench_function(file, |bencher| {
            bencher.iter(|| compile(&experiment.network, Target::default()).expect("it compiles"));
        });
    }
    group.finish();
}

criterion_group!(benches, step, update, delivery, compilation);
criterion_main!(benches);
