//! Population rates of whole networks, against NEST's over seeds; `tests/reference/compare_networks.py` has the table.
//!
//! Nothing is aligned: connections, noise and so every spike differ between any two seeds, and between simulators. A rate
//! holds within 2 % of NEST's mean, or as far from it as NEST's own seeds are.

use crate::statistics::within;
use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use synfire::experiment::Experiment;
use synfire::{Device, Recording, Rollout};

/// A rate within this share of NEST's holds.
const TOLERANCE: f64 = 0.02;
/// Self-sustained activity counts where it has not died this long before the end [ms].
const ALIVE_MS: f64 = 100.0;

struct Case {
    name: &'static str,
    /// Every connection draws one of this many ports.
    random_ports: Option<u32>,
    seeds: u64,
    /// How long it runs on a GPU, with one seed [ms]; a software renderer is slow.
    on_gpu_ms: f64,
}

const CASES: [Case; 4] = [
    Case { name: "brunel_alpha", random_ports: None, seeds: 2, on_gpu_ms: 300.0 },
    Case { name: "brunel_delta", random_ports: None, seeds: 2, on_gpu_ms: 300.0 },
    Case { name: "brunel_exp_multisynapse", random_ports: Some(100), seeds: 1, on_gpu_ms: 0.0 },
    Case { name: "coba", random_ports: None, seeds: 3, on_gpu_ms: 0.0 },
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/networks")
}

/// The network of a case, drawn with a seed.
fn load(case: &Case, seed: u64) -> Result<Experiment, Failed> {
    let path = folder().join(format!("{}.toml", case.name));
    let mut file: Value = toml::from_str(&std::fs::read_to_string(path)?)?;
    file["seed"] = json!(seed);
    if let Some(ports) = case.random_ports {
        let mut random = StdRng::seed_from_u64(seed);
        let spread =
            list(&file["projection"])?.iter().map(|one| spread_ports(&file, one, ports, &mut random));
        file["projection"] = Value::Array(spread.collect::<Result<Vec<_>, Failed>>()?.concat());
    }
    Ok(Experiment::from_json(&file.to_string(), &folder())?)
}

fn list(value: &Value) -> Result<&Vec<Value>, Failed> {
    value.as_array().ok_or_else(|| "a list".into())
}

/// A projection with every connection at a port of its own choice: its edges, drawn by its rule, listed by port.
fn spread_ports(
    file: &Value,
    projection: &Value,
    n_ports: u32,
    random: &mut StdRng,
) -> Result<Vec<Value>, Failed> {
    let size = |name: &Value| file["population"][name.as_str().unwrap_or("")]["size"].as_u64().unwrap_or(1);
    let n_sources = size(&projection["from"]) as u32;
    let n_targets = list(&projection["to"])?.iter().map(size).sum::<u64>() as u32;
    let degree = projection["rule"]["fixed_indegree"].as_u64().unwrap_or(1);
    let mut edges: BTreeMap<u32, Vec<[u32; 2]>> = BTreeMap::new();
    for target in 0..n_targets {
        for _ in 0..degree {
            let port = random.random_range(0..n_ports);
            edges.entry(port + 1).or_default().push([random.random_range(0..n_sources), target]);
        }
    }
    let at_port = |(port, edges): (u32, Vec<[u32; 2]>)| {
        let mut part = projection.clone();
        part["port"] = json!(port);
        part["rule"] = json!({ "edges": edges });
        part
    };
    Ok(edges.into_iter().map(at_port).collect())
}

fn run(case: &Case, seed: u64, duration_ms: f64, device: &Device) -> Result<Recording, Failed> {
    let experiment = load(case, seed)?;
    let mut rollout = Rollout::new(&experiment.network, device)?;
    let steps = (duration_ms / experiment.network.dt_ms()).round() as u64;
    rollout.advance_steps(steps, &mut |_| {})?;
    Ok(rollout.take_recording())
}

fn is_alive(recording: &Recording) -> bool {
    let last = recording.spikes.iter().filter_map(|train| train.times.last()).fold(0.0, |a, b| b.max(a));
    last >= recording.duration_ms - ALIVE_MS
}

fn as_often_as_nest(case: &Case, device: &Device) -> Result<(), Failed> {
    let text = std::fs::read_to_string(folder().join("nest.json"))?;
    let reference = &serde_json::from_str::<Value>(&text)?[case.name];
    let number = |value: &Value| value.as_f64().ok_or_else(|| Failed::from("a number"));
    let from = number(&reference["from_ms"])?;
    let (seeds, to) = match device.kind() {
        "cpu" => (case.seeds, number(&reference["to_ms"])?),
        _ => (1, case.on_gpu_ms),
    };
    let runs = (1..=seeds).map(|seed| run(case, seed, to, device)).collect::<Result<Vec<_>, _>>()?;
    let alive: Vec<&Recording> = runs.iter().filter(|run| is_alive(run)).collect();
    if alive.is_empty() {
        return Err(format!("all {seeds} seeds have fallen silent").into());
    }
    for (name, found) in reference["populations"].as_object().ok_or("a table of populations")? {
        let rate = |run: &&Recording| run.spikes(name).map_or(0.0, |train| train.rate_hz(from..to));
        let ours = alive.iter().map(rate).sum::<f64>() / alive.len() as f64;
        let [mean, min, max] = ["mean", "min", "max"].map(|key| number(&found["rate_hz"][key]));
        let (mean, min, max) = (mean?, min?, max?);
        let band = (TOLERANCE * mean).max(max - mean).max(mean - min);
        within(&format!("the rate of `{name}`"), ours, mean - band, mean + band)?;
    }
    Ok(())
}

pub fn all() -> Vec<Trial> {
    let trials_of = |case: &'static Case| {
        let check: Check = Box::new(|device| as_often_as_nest(case, device));
        let of_case = trials(&format!("networks::{}", case.name), check);
        of_case.into_iter().take(if case.on_gpu_ms > 0.0 { 2 } else { 1 })
    };
    CASES.iter().flat_map(trials_of).collect()
}
