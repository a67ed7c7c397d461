//! `synfire bench batch`: many trials at once, against the same trials one after the other.

use super::line::{peak_rss_mb, print_line, rounded};
use crate::cli::progress::Report;
use crate::cli::simulate::simulate;
use crate::device::Device;
use crate::error::Result;
use crate::experiment::Experiment;
use crate::record::Summary;
use serde::Serialize;

/// One measurement. A build is everything before the first step; `ratio`s are single runs over the batch.
#[derive(Serialize)]
struct Line<'a> {
    peer: &'a str,
    benchmark: &'a str,
    n_trials: u32,
    n_neurons: u64,
    n_synapses: u64,
    dt_ms: f64,
    sim_ms: f64,
    batch_build_s: f64,
    batch_run_s: f64,
    singles_build_s: f64,
    singles_run_s: f64,
    run_ratio: f64,
    ratio: f64,
    peak_rss_mb: Option<f64>,
    device: &'a str,
    adapter: &'a str,
    version: &'a str,
}

/// Runs the trials of an experiment together, then one by one.
pub(super) fn run(mut experiment: Experiment, device: &Device) -> Result<()> {
    let trials = experiment.network.trials();
    let batch = simulate(&experiment, device, Report::Silent)?.summary;
    let (mut build, mut run) = (0.0, 0.0);
    for trial in trials.clone() {
        experiment.network.set_trials(trial..trial + 1)?;
        let Summary { build_s, run_s, .. } = simulate(&experiment, device, Report::Silent)?.summary;
        (build, run) = (build + build_s, run + run_s);
    }
    let line = Line {
        peer: "synfire",
        benchmark: "batch",
        n_trials: trials.len() as u32,
        n_neurons: batch.neurons,
        n_synapses: batch.synapses,
        dt_ms: batch.dt_ms,
        sim_ms: batch.duration_ms,
        batch_build_s: rounded(batch.build_s, 3),
        batch_run_s: rounded(batch.run_s, 3),
        singles_build_s: rounded(build, 3),
        singles_run_s: rounded(run, 3),
        run_ratio: rounded(run / batch.run_s, 2),
        ratio: rounded((build + run) / (batch.build_s + batch.run_s), 2),
        peak_rss_mb: peak_rss_mb(),
        device: &batch.device,
        adapter: &batch.adapter,
        version: env!("CARGO_PKG_VERSION"),
    };
    print_line(&line)
}
