//! `synfire run`, and what `synfire` does without a command.

use super::progress::Report;
use super::simulate::{Where, dry_run, simulate};
use super::{plot::RASTER, print, terminal};
use crate::error::Result;
use crate::experiment::Experiment;
use crate::plot;
use crate::record::{self, Recording, Stage, Summary};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Where the demonstration writes.
const OUT: &str = "synfire-out";

#[derive(clap::Args)]
pub struct Args {
    /// The experiment
    file: PathBuf,
    #[command(flatten)]
    place: Where,
    /// Folder for summary.json and a file of arrays for each record
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seed in place of the file's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many trials to run, from trial 0 on, in place of the file's
    #[arg(long, value_name = "N")]
    trials: Option<u32>,
    /// Duration in place of the file's: "500 ms"
    #[arg(long, value_name = "T")]
    duration: Option<String>,
    /// Tell what memory it takes, by what it is for, and whether that fits; build and run nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs an experiment file.
pub fn run(args: &Args) -> Result<()> {
    let mut experiment = Experiment::load(&args.file)?;
    if let Some(seed) = args.seed {
        experiment.network.set_seed(seed);
    }
    if let Some(trials) = args.trials {
        experiment.network.set_trials(0..trials)?;
    }
    if let Some(duration) = &args.duration {
        experiment.set_duration(duration)?;
    }
    if args.dry_run {
        return dry_run(&experiment, &args.place.open()?);
    }
    if let Some(out) = &args.out {
        record::prepare(out)?;
    }
    let finished = simulate(&experiment, &args.place.open()?, Report::new())?;
    let mut text = outcome(&finished.summary, finished.rollout.recording());
    if let Some(out) = &args.out {
        record::save(finished.rollout.recording(), out, &finished.summary)?;
        let _ = writeln!(text, "written to {}", out.display());
    }
    print(&text)
}

/// Runs the balanced network, shows it and writes it to [`OUT`].
pub fn demonstrate() -> Result<()> {
    let experiment = Experiment::scaled(include_str!("../../assets/balanced.toml"), "balanced", 1.0)?;
    let out = Path::new(OUT);
    record::prepare(out)?;
    let finished = simulate(&experiment, &Where::default().open()?, Report::new())?;
    let recording = finished.rollout.recording();
    record::save(recording, out, &finished.summary)?;
    let mut stage = Stage::open(out)?;
    let path = stage.path(RASTER);
    plot::raster(&finished.summary.title(), &recording.spikes, 0.0..recording.duration_ms, &path)?;
    stage.commit()?;
    let mut text = terminal::raster(&recording.spikes, recording.duration_ms);
    text += &outcome(&finished.summary, recording);
    let _ = writeln!(text, "written to {OUT}: {}, {} and the spikes", RASTER, record::SUMMARY);
    print(&text)
}

/// Size, rates and speed in readable lines.
fn outcome(summary: &Summary, recording: &Recording) -> String {
    let mut text = format!(
        "{}: {} neurons, {} synapses, {} ms in steps of {} ms, seed {}\n",
        summary.name, summary.neurons, summary.synapses, summary.duration_ms, summary.dt_ms, summary.seed
    );
    if let Some(trials) = &summary.trials {
        let _ = writeln!(
            text,
            "trials {}..{}: mean rates, all spikes",
            trials.first,
            trials.first + trials.count
        );
    }
    let neurons = || recording.populations.iter().filter(|population| population.neurons);
    let width = neurons().map(|population| population.name.chars().count()).max().unwrap_or(0);
    for population in neurons() {
        let (name, rate) = (&population.name, population.rate_hz(recording.duration_ms));
        let _ = writeln!(text, "  {name:width$} {rate:8.2} Hz {:>10} spikes", population.spikes());
    }
    let (build, run, rtf) = (summary.build_s, summary.run_s, summary.rtf);
    let _ = writeln!(text, "built in {build:.2} s, ran in {run:.2} s: real-time factor {rtf:.3}");
    text
}
