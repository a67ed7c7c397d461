//! Rates of networks, against NEST, Brian2 and brainpy.state, and spikes that neurons draw, against NEST.

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

/// Spikes per neuron and second, and the coefficient of variation of all intervals between spikes of a neuron.
fn rate_and_variation(recording: &Recording, record: &str) -> (f64, f64) {
    let record = recording.spikes(record).expect("the experiment records it");
    let mut last = vec![None; record.width as usize];
    let mut intervals = vec![];
    for (time, sender) in record.times.iter().zip(&record.senders) {
        if let Some(before) = last[*sender as usize].replace(*time) {
            intervals.push(time - before);
        }
    }
    let mean = intervals.iter().sum::<f64>() / intervals.len() as f64;
    let variance = intervals.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / intervals.len() as f64;
    let seconds = recording.duration_ms / 1000.0;
    (record.times.len() as f64 / f64::from(record.width) / seconds, variance.sqrt() / mean)
}

/// How many of the recorded binary neurons are active after 100 ms, and how many change between two rows.
fn active_and_changing(recording: &Recording, record: &str) -> (f64, f64) {
    let table = recording.traces.iter().find(|table| table.name == record).expect("it is recorded");
    let width = table.width as usize;
    let states = &table.variables[0].1[100 * width..];
    let active = states.iter().map(|state| f64::from(*state)).sum::<f64>() / states.len() as f64;
    let changes = states.iter().zip(&states[width..]).filter(|(before, after)| before != after).count();
    (active, changes as f64 / (states.len() - width) as f64)
}

/// Runs `name` of the reference folder over seeds: the means of what `measure` finds lie within the spread of NEST's.
fn as_random_as_nest(
    name: &str,
    what: [&str; 2],
    measure: fn(&Recording, &str) -> (f64, f64),
    device: &Device,
) -> Result<(), Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/noise");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json")))?;
    let reference: serde_json::Value = serde_json::from_str(&text)?;
    // a mean over 2 seeds is less certain
    let (seeds, band) = if device.kind() == "cpu" { (10, 1.0) } else { (2, 2.5) };
    let mut recordings = vec![];
    for seed in 1..=seeds {
        let mut experiment = Experiment::load(folder.join(format!("{name}.toml")))?;
        experiment.network.set_seed(seed);
        let mut rollout = Rollout::new(&experiment.network, device)?;
        rollout.advance_steps(10_000, &mut |_| {})?;
        recordings.push(rollout.take_recording());
    }
    for (name, found) in reference["found"].as_object().ok_or("a table of populations")? {
        let each: Vec<_> = recordings.iter().map(|recording| measure(recording, name)).collect();
        let mean = |of: fn(&(f64, f64)) -> f64| each.iter().map(of).sum::<f64>() / seeds as f64;
        for (what, value) in what.into_iter().zip([mean(|both| both.0), mean(|both| both.1)]) {
            let number = |key: &str| found[what][key].as_f64().ok_or("a number");
            let (center, half) = (number("mean")?, band * number("sd")?);
            within(&format!("`{what}` of `{name}`"), value, center - half, center + half)?;
        }
    }
    Ok(())
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
    let escape = |name: &'static str| -> Check {
        Box::new(move |device| as_random_as_nest(name, ["rate_hz", "cv"], rate_and_variation, device))
    };
    let binary: Check =
        Box::new(|device| as_random_as_nest("binary", ["active", "changes"], active_and_changing, device));
    let all = [
        ("brunel", brunel),
        ("balanced", balanced),
        ("balanced_readme", uncoupled),
        ("cuba_tutorial", tutorial),
        ("escape_noise", escape("escape")),
        ("escape_noise_ports", escape("escape_ports")),
        ("binary", binary),
    ];
    all.into_iter().flat_map(|(name, check)| trials(&format!("statistics::{name}"), check)).collect()
}
