//! `synfire bench`: one network, one line of JSON on standard output.

mod batch;
mod line;
mod start;
mod workload;

use super::progress::Report;
use super::simulate::{Where, dry_run};
use crate::device::{Device, Timing};
use crate::error::Result;
use crate::experiment::Experiment;
use crate::record::Activity;
use crate::rollout::Rollout;
use line::{Line, peak_rss_mb, print_line, rounded};
use std::time::Instant;
use workload::{WORKLOADS, Workload};

#[derive(clap::Args)]
#[command(after_help = help())]
pub struct Args {
    /// What to measure
    #[arg(default_value = "balanced")]
    name: String,
    #[command(flatten)]
    place: Where,
    /// Size of the network; the default and what it multiplies stand below
    #[arg(long, value_name = "X")]
    scale: Option<f64>,
    /// Inputs of a neuron in all, in place of those that follow from the scale
    #[arg(long, value_name = "K")]
    indegree: Option<u32>,
    /// Biological time that is measured, in place of the network's: "10 s"
    #[arg(long, value_name = "T")]
    duration: Option<String>,
    /// Biological time before that
    #[arg(long, value_name = "T", default_value = "100 ms")]
    warmup: String,
    /// Seed in place of the network's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Store no synapses: draw them anew for every spike
    #[arg(long)]
    procedural: bool,
    /// Tell on standard error where the time goes in as many steps again: on a GPU by kernel and its own clock, on the CPU
    /// by phase, in seconds of all threads together
    #[arg(long)]
    profile: bool,
    /// Tell what memory it takes, by what it is for, and whether that fits; build and run nothing
    #[arg(long)]
    dry_run: bool,
}

/// The workloads with what they are, for `--help`.
fn help() -> String {
    let lines = WORKLOADS.iter().map(|it| format!("  {:13} {} [{}]\n", it.name, it.about, it.scale));
    let start = "  start         from the start of a process to the end of the first step of `tiny`\n";
    format!("What can be measured [default scale]:\n{}{start}", lines.collect::<String>())
}

/// Measures a network.
pub fn run(args: &Args) -> Result<()> {
    if args.name == "start" {
        return start::run(args);
    }
    let workload = Workload::find(&args.name)?;
    let scale = args.scale.unwrap_or(workload.scale);
    let mut experiment = workload.experiment(scale, args.indegree)?;
    if let Some(seed) = args.seed {
        experiment.network.set_seed(seed);
    }
    if args.procedural {
        experiment.network.make_procedural()?;
    }
    let warmup = experiment.steps_of("--warmup", &args.warmup)?;
    if let Some(duration) = &args.duration {
        experiment.set_duration(duration)?;
    }
    let device = args.place.open()?;
    if args.dry_run {
        return dry_run(&experiment, &device);
    }
    if workload.name == "batch" {
        return batch::run(experiment, &device);
    }
    let warmup = if workload.is_construction() { None } else { Some(warmup) };
    let mut measured = measure(&experiment, &device, warmup)?;
    report(workload, scale, &experiment, &device, &measured)?;
    if args.profile {
        eprint!("{}", profile(&mut measured.rollout, experiment.steps()?)?);
    }
    Ok(())
}

/// A table of kernels or phases, the dearest first.
fn profile(rollout: &mut Rollout, steps: u64) -> Result<String> {
    let mut timings = rollout.profile(steps)?;
    timings.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    let total: f64 = timings.iter().map(|it| it.seconds).sum();
    let line = |it: &Timing| {
        let (share, each) = (it.seconds / total.max(1e-12), it.seconds / it.calls.max(1) as f64);
        format!(
            "  {:4.1} % {:9.4} s, {:10.3} µs each of {:>9}: {}\n",
            100.0 * share,
            it.seconds,
            1e6 * each,
            it.calls,
            it.name
        )
    };
    Ok(timings.iter().map(line).collect())
}

/// A network that has run, and what it took.
struct Measured {
    rollout: Rollout,
    construct_s: f64,
    warmup_s: f64,
    run_s: f64,
    /// Spikes of neurons in the measured part.
    spikes: u64,
}

/// Builds a network; then runs it, where it has a time to warm up.
fn measure(experiment: &Experiment, device: &Device, warmup: Option<u64>) -> Result<Measured> {
    let begin = Instant::now();
    let rollout = Report::new().wait(|building| Rollout::build(&experiment.network, device, building))?;
    let construct_s = begin.elapsed().as_secs_f64();
    let mut measured = Measured { rollout, construct_s, warmup_s: 0.0, run_s: 0.0, spikes: 0 };
    let Some(warmup) = warmup else { return Ok(measured) };
    let rollout = &mut measured.rollout;
    let begin = Instant::now();
    rollout.advance_steps(warmup, &mut |_| {})?;
    measured.warmup_s = begin.elapsed().as_secs_f64();
    let before = spikes(rollout);
    let begin = Instant::now();
    rollout.advance_steps(experiment.steps()?, &mut |_| {})?;
    measured.run_s = begin.elapsed().as_secs_f64();
    measured.spikes = spikes(rollout) - before;
    Ok(measured)
}

fn spikes(rollout: &Rollout) -> u64 {
    rollout.recording().populations.iter().filter(|one| one.neurons).map(Activity::spikes).sum()
}

fn report(
    workload: &Workload,
    scale: f64,
    experiment: &Experiment,
    device: &Device,
    measured: &Measured,
) -> Result<()> {
    let program = measured.rollout.program();
    let neurons = measured.rollout.recording().populations.iter().filter(|one| one.neurons);
    let n_neurons: u64 = neurons.map(|one| u64::from(one.size)).sum();
    let sim_ms = if workload.is_construction() { 0.0 } else { experiment.duration_ms };
    let seconds = sim_ms / 1000.0;
    let per_second = |amount: f64| if seconds > 0.0 { amount / seconds } else { 0.0 };
    let rate = per_second(measured.spikes as f64 / n_neurons.max(1) as f64);
    let line = Line {
        peer: "synfire",
        benchmark: workload.name,
        scale,
        n_neurons,
        n_synapses: program.synapses,
        synapse_bytes: program.synapse_bytes(),
        dt_ms: experiment.network.dt_ms(),
        sim_ms,
        build_s: rounded(measured.construct_s + measured.warmup_s, 3),
        construct_s: rounded(measured.construct_s, 3),
        run_s: rounded(measured.run_s, 4),
        rtf: rounded(per_second(measured.run_s), 4),
        mean_rate_hz: rounded(rate, 3),
        peak_rss_mb: peak_rss_mb(),
        threads: program.partitions.len() as u32,
        device: device.kind(),
        adapter: &device.name(),
        version: env!("CARGO_PKG_VERSION"),
    };
    eprintln!(
        "{}: {n_neurons} neurons, {} synapses, built in {:.2} s, {rate:.2} Hz, real-time factor {:.4}",
        workload.name, program.synapses, measured.construct_s, line.rtf
    );
    print_line(&line)
}
