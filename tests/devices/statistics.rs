//! Rates of networks, against NEST, Brian2 and brainpy.state.

use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use synfire::experiment::Experiment;
use synfire::{Device, Recording, Rollout};

/// Runs a shipped experiment for `duration_ms` with a seed.
pub fn run(file: &str, seed: u64, duration_ms: f64, device: &Device) -> Result<Recording, Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(file);
    let mut experiment = Experiment::load(&path)?;
    experiment.network.set_seed(seed);
    let mut rollout = Rollout::new(&experiment.network, device)?;
    let steps = (duration_ms / experiment.network.dt_ms()).round() as u64;
    rollout.advance_steps(steps, &mut |_| {})?;
    Ok(rollout.take_recording())
}

/// Seeds that a mean is taken over; a software renderer runs fewer, to stay quick.
fn seeds(device: &Device) -> u64 {
    if device.kind() == "cpu" { 5 } else { 2 }
}

/// Mean over seeds of what `measure` finds.
fn mean(
    run: impl Fn(u64) -> Result<Recording, Failed>,
    seeds: u64,
    measure: fn(&Recording) -> f64,
) -> Result<f64, Failed> {
    let mut sum = 0.0;
    for seed in 1..=seeds {
        sum += measure(&run(seed)?);
    }
    Ok(sum / seeds as f64)
}

/// Whether a figure lies where it should.
pub fn within(what: &str, value: f64, low: f64, high: f64) -> Result<(), Failed> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(format!("{what} is {value:.3}, expected {low}..{high}").into())
}

fn rate(recording: &Recording) -> f64 {
    let neurons = recording.populations.iter().filter(|population| population.neurons);
    let (spikes, size) =
        neurons.fold((0, 0), |(spikes, size), next| (spikes + next.spikes(), size + u64::from(next.size)));
    spikes as f64 / size as f64 / recording.duration_ms * 1000.0
}

/// The excitatory rate after the first 100 ms.
fn excitatory(recording: &Recording) -> f64 {
    let record = recording.spikes("exc").expect("the experiment records it");
    let late = record.times.iter().filter(|time| **time > 100.0).count();
    late as f64 / f64::from(record.width) / (recording.duration_ms - 100.0) * 1000.0
}

pub fn all() -> Vec<Trial> {
    let brunel: Check = Box::new(|device| {
        // NEST 3.10: 132.2 Hz over one second after 100 ms
        let rate = mean(|seed| run("brunel.toml", seed, 1100.0, device), seeds(device), excitatory)?;
        within("the excitatory rate", rate, 0.99 * 132.2, 1.01 * 132.2)
    });
    let balanced: Check = Box::new(|device| {
        // Brian2, GeNN and brainpy.state: 21.3 to 22.2 Hz; seeds spread by 1.2 Hz, so 20 give a mean to 0.3 Hz
        let (seeds, margin) = if device.kind() == "cpu" { (20, 0.0) } else { (2, 2.0) };
        let rate = mean(|seed| run("balanced.toml", seed, 1000.0, device), seeds, rate)?;
        within("the rate", rate, 21.0 - margin, 22.5 + margin)
    });
    let uncoupled: Check = Box::new(|device| {
        // brainpy.state 0.1.0 as its README has it: 50.6 Hz
        let rate = mean(|seed| run("balanced_readme.toml", seed, 500.0, device), seeds(device), rate)?;
        within("the rate", rate, 50.1, 51.1)
    });
    let tutorial: Check = Box::new(|device| {
        // brainstate's tutorial: 4356 spikes
        let spikes = |recording: &Recording| {
            recording.populations.iter().map(|population| population.spikes()).sum::<u64>() as f64
        };
        let count = mean(|seed| run("cuba_tutorial.toml", seed, 200.0, device), seeds(device), spikes)?;
        within("the number of spikes", count, 0.95 * 4356.0, 1.05 * 4356.0)
    });
    let all = [
        ("brunel", brunel),
        ("balanced", balanced),
        ("balanced_readme", uncoupled),
        ("cuba_tutorial", tutorial),
    ];
    all.into_iter().flat_map(|(name, check)| trials(&format!("statistics::{name}"), check)).collect()
}
