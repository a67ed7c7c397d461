//! Opening a device and running an experiment on it.

use super::print;
use super::progress::Report;
use crate::device::{Choice, Device, cpu::Cpu};
use crate::error::{Error, Result};
use crate::experiment::Experiment;
use crate::record::{Seconds, Summary};
use crate::rollout::Rollout;
use clap::ValueEnum;
use std::num::NonZeroUsize;
use std::time::Instant;

/// Where to run.
#[derive(clap::Args)]
pub struct Where {
    /// Device to run on
    #[arg(long, value_enum, default_value = "auto")]
    device: Name,
    /// Threads of the CPU [default: one a core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    /// A hardware GPU where there is one, otherwise the CPU
    Auto,
    /// A GPU; software renderers count
    Gpu,
    /// The CPU
    Cpu,
}

impl Default for Where {
    fn default() -> Self {
        Where { device: Name::Auto, threads: None }
    }
}

impl Where {
    /// Opens the device and says on stderr which it is.
    ///
    /// # Errors
    /// No GPU where one was asked for, or threads for a GPU.
    pub fn open(&self) -> Result<Device> {
        let choice = match self.device {
            Name::Auto => Choice::Auto,
            Name::Gpu => Choice::Gpu,
            Name::Cpu => Choice::Cpu,
        };
        if choice == Choice::Gpu && self.threads.is_some() {
            return Err(Error::network("--threads is for the CPU, not for --device gpu"));
        }
        let device = match (Device::open(choice)?, self.threads) {
            (Device::Cpu(_), Some(threads)) => Device::Cpu(Cpu::with_threads(threads.get())),
            (device, _) => device,
        };
        let name = device.name();
        match (choice, &device) {
            (Choice::Auto, Device::Cpu(_)) => {
                let (kind, rest) = name.split_once(", ").unwrap_or((&name, "no more is known"));
                eprintln!("no GPU found: running on the {kind} ({rest})");
            }
            _ => eprintln!("running on {name}"),
        }
        Ok(device)
    }
}

/// Tells what an experiment takes on a device, before anything is allocated.
///
/// # Errors
/// What does not compile, and what does not fit, once the table is printed.
pub fn dry_run(experiment: &Experiment, device: &Device) -> Result<()> {
    let estimate = device.estimate(&experiment.network)?;
    let mut text = format!(
        "{}: {} elements, {:.4e} synapses on {}\n{estimate}",
        experiment.name,
        estimate.elements,
        estimate.synapses,
        device.name()
    );
    let verdict = estimate.check();
    if verdict.is_ok() {
        text += "it fits\n";
    }
    print(&text)?;
    verdict
}

/// A run that is over.
pub struct Finished {
    /// The rollout, with its recording.
    pub rollout: Rollout,
    /// What it was and how it went.
    pub summary: Summary,
}

/// Runs an experiment from start to end.
///
/// # Errors
/// What does not compile, does not fit, or stops being a number.
pub fn simulate(experiment: &Experiment, device: &Device, mut report: Report) -> Result<Finished> {
    let steps = experiment.steps()?;
    let begin = Instant::now();
    let mut rollout = report.wait(|building| Rollout::build(&experiment.network, device, building))?;
    let build = begin.elapsed().as_secs_f64();
    let begin = Instant::now();
    rollout.advance_steps(steps, &mut |progress| report.show(progress))?;
    let run = begin.elapsed().as_secs_f64();
    report.finish();
    let summary = Summary {
        name: experiment.name.clone(),
        device: device.kind().into(),
        adapter: device.name(),
        synapses: rollout.program().synapses,
        ..Summary::new(&experiment.network, rollout.recording(), Seconds { build, run })
    };
    Ok(Finished { rollout, summary })
}
