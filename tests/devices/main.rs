//! Tests that run on every device: each is a trial for the CPU and one for the GPU.
//!
//! Where there is no GPU, its trials are counted as ignored; with `SYNFIRE_GPU=require` they fail instead.
//!
//! - `parity`: the committed traces of NEST and brainpy.state, to the step;
//! - `statistics`: rates of networks;
//! - `bands`: what neurons and generators draw, against the spread of NEST's seeds;
//! - `networks`: rates of networks of NEST's examples, against NEST over seeds;
//! - `determinism`: the same bytes for any threads, chunks, partitions and workgroups;
//! - `due`: on the CPU, when an entry of a row is added makes no difference;
//! - `agreement`: both devices find the same spikes;
//! - `overlap`: a GPU may update and deliver at the same time;
//! - `batch`: trials that run together give what each gives alone;
//! - `procedural`: projections without stored synapses send what stored ones send;
//! - `monitors`: a run in one call;
//! - `detectors`: correlations and binary states, counted while a network runs;
//! - `integrators`: fixed sub-steps in place of adaptive ones;
//! - `ports`: models with any number of ports, and binary neurons;
//! - `inputs`: stimuli and readouts against their distributions and closed forms;
//! - `generators`: what targets of NEST's devices have in common, when these begin and end, what is refused;
//! - `simulator`: a run in NEST's words, and what is changed while it runs;
//! - `examples`: the examples at reduced size;
//! - `models`: models of a user's own, and every shipped model's kernel.

mod agreement;
mod bands;
mod batch;
mod detectors;
mod determinism;
mod due;
#[cfg(feature = "cli")]
mod examples;
mod generators;
mod inputs;
mod integrators;
mod models;
mod monitors;
mod networks;
mod npz;
mod overlap;
mod parity;
mod ports;
mod procedural;
mod simulator;
mod statistics;

use libtest_mimic::{Arguments, Failed, Trial};
use std::sync::{Arc, LazyLock};
use synfire::Device;

/// A test on one device.
type Check = Box<dyn Fn(&Device) -> Result<(), Failed> + Send + Sync>;

/// The GPU, opened once; or why there is none.
static GPU: LazyLock<Result<Device, String>> =
    LazyLock::new(|| Device::gpu().map_err(|error| error.to_string()));

/// The GPU's device, for tests that compare both.
fn gpu() -> Result<Device, String> {
    GPU.clone()
}

/// Whether tests for the GPU are left out.
fn gpu_is_missing() -> bool {
    GPU.is_err() && !std::env::var("SYNFIRE_GPU").is_ok_and(|value| value == "require")
}

fn trials(name: &str, check: Check) -> Vec<Trial> {
    let check = Arc::new(check);
    let on_gpu = check.clone();
    let cpu = Trial::test(format!("{name} [cpu]"), move || check(&Device::cpu()));
    let gpu = Trial::test(format!("{name} [gpu]"), move || on_gpu(&gpu()?));
    vec![cpu, gpu.with_ignored_flag(gpu_is_missing())]
}

fn main() {
    let arguments = Arguments::from_args();
    let mut all = vec![];
    all.extend(parity::all());
    all.extend(statistics::all());
    all.extend(bands::all());
    all.extend(networks::all());
    all.extend(determinism::all());
    all.extend(due::all());
    all.extend(agreement::all());
    all.extend(overlap::all());
    all.extend(batch::all());
    all.extend(procedural::all());
    all.extend(monitors::all());
    all.extend(detectors::all());
    all.extend(integrators::all());
    all.extend(ports::all());
    all.extend(inputs::all());
    all.extend(generators::all());
    all.extend(simulator::all());
    #[cfg(feature = "cli")]
    all.extend(examples::all());
    all.extend(models::all());
    let conclusion = libtest_mimic::run(&arguments, all);
    if conclusion.num_ignored > 0 {
        eprintln!(
            "skipped {} tests: no GPU adapter found (Mesa's software Vulkan would do)",
            conclusion.num_ignored
        );
    }
    conclusion.exit();
}
