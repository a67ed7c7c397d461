//! `synfire bench`: one network, one line of JSON.

mod batch;

use super::print;
use super::progress::Report;
use super::simulate::{Where, simulate};
use crate::error::{Error, Result};
use crate::experiment::Experiment;
use crate::record::Activity;
use serde::Serialize;

/// The one whose trials run together and one by one.
const BATCH: &str = "batch";

/// The networks by name, as experiment files.
const NETWORKS: [(&str, &str); 3] = [
    ("balanced", include_str!("../../assets/balanced.toml")),
    ("brunel", include_str!("../../assets/brunel.toml")),
    (BATCH, include_str!("../../assets/trials.toml")),
];

#[derive(clap::Args)]
pub struct Args {
    /// The network: balanced, brunel or batch (64 trials together, then one by one)
    #[arg(default_value = "balanced")]
    name: String,
    #[command(flatten)]
    place: Where,
    /// Times as many neurons, each with as many synapses as before
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    scale: f64,
    /// Store no synapses: draw them anew for every spike
    #[arg(long)]
    procedural: bool,
}

/// One measurement. `run_s` is the run alone, without the building of the network and its kernels.
#[derive(Serialize)]
struct Line<'a> {
    peer: &'a str,
    benchmark: &'a str,
    n_neurons: u64,
    n_synapses: u64,
    synapse_bytes: u64,
    dt_ms: f64,
    sim_ms: f64,
    build_s: f64,
    run_s: f64,
    rtf: f64,
    mean_rate_hz: f64,
    peak_rss_mb: Option<f64>,
    threads: u32,
    device: &'a str,
    adapter: &'a str,
}

/// Measures a network.
pub fn run(args: &Args) -> Result<()> {
    let known = NETWORKS.iter().map(|(name, _)| *name);
    let found = NETWORKS.iter().find(|(name, _)| *name == args.name);
    let (name, text) = found.ok_or_else(|| Error::unknown("network", &args.name, "the benchmarks", known))?;
    if !(args.scale > 0.0 && args.scale.is_finite()) {
        let got = args.scale.to_string();
        return Err(Error::Value { what: "--scale".into(), expected: "> 0".into(), got });
    }
    let mut experiment = Experiment::scaled(text, name, args.scale)?;
    if args.procedural {
        experiment.network.make_procedural()?;
    }
    let device = args.place.open()?;
    if *name == BATCH {
        return batch::run(experiment, &device);
    }
    let finished = simulate(&experiment, &device, Report::Silent)?;
    let (summary, recording) = (&finished.summary, finished.rollout.recording());
    let spikes: u64 = recording.populations.iter().filter(|one| one.neurons).map(Activity::spikes).sum();
    let line = Line {
        peer: "synfire",
        benchmark: name,
        n_neurons: summary.neurons,
        n_synapses: summary.synapses,
        synapse_bytes: finished.rollout.program().synapse_bytes(),
        dt_ms: summary.dt_ms,
        sim_ms: summary.duration_ms,
        build_s: rounded(summary.build_s, 3),
        run_s: rounded(summary.run_s, 4),
        rtf: rounded(summary.rtf, 4),
        mean_rate_hz: rounded(
            spikes as f64 / summary.neurons.max(1) as f64 / summary.duration_ms * 1000.0,
            3,
        ),
        peak_rss_mb: peak_rss_mb().map(|peak| rounded(peak, 1)),
        threads: finished.rollout.program().partitions.len() as u32,
        device: &summary.device,
        adapter: &summary.adapter,
    };
    print(&(serde_json::to_string(&line).expect("a line is plain data") + "\n"))
}

fn rounded(value: f64, digits: i32) -> f64 {
    let factor = 10f64.powi(digits);
    (value * factor).round() / factor
}

/// Largest resident set of this process in MB of 2^20 bytes, where the system tells it as Linux does.
fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}
