//! The same seed gives the same bytes, however the work is cut.

use crate::statistics::run;
use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use std::sync::Arc;
use synfire::compile::{Target, compile};
use synfire::device::cpu::Cpu;
use synfire::experiment::Experiment;
use synfire::{Device, Recording, Rollout};

/// Long enough for recurrent spikes to meet noise and delays.
const DURATION_MS: f64 = 100.0;

fn same(name: &str, a: &Recording, b: &Recording) -> Result<(), Failed> {
    if a.spikes.iter().map(|record| record.times.len()).sum::<usize>() < 100 {
        return Err(format!("{name}: too few spikes to tell anything").into());
    }
    if a == b { Ok(()) } else { Err(format!("{name}: the recordings differ").into()) }
}

fn load(file: &str) -> Result<Experiment, Failed> {
    Ok(Experiment::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(file))?)
}

fn chunks(device: &Device) -> Result<(), Failed> {
    for file in ["brunel.toml", "balanced.toml"] {
        let whole = run(file, 3, DURATION_MS, device)?;
        let experiment = {
            let mut experiment = load(file)?;
            experiment.network.set_seed(3);
            experiment
        };
        let mut rollout = Rollout::new(&experiment.network, device)?;
        let steps = (DURATION_MS / experiment.network.dt_ms()).round() as u64;
        let mut done = 0;
        for size in [1, 2, 7, 16, 100, 33].iter().cycle() {
            let size = (*size).min(steps - done);
            rollout.advance_steps(size, &mut |_| {})?;
            done += size;
            if done == steps {
                break;
            }
        }
        same(file, &whole, rollout.recording())?;
    }
    Ok(())
}

fn partitions(device: &Device) -> Result<(), Failed> {
    if device.kind() != "cpu" {
        return Ok(());
    }
    let experiment = load("brunel.toml")?;
    let run = |partitions: u32, window: u32| -> Result<Recording, Failed> {
        let target = Target { partitions, max_window: window, ..Target::default() };
        let program = Arc::new(compile(&experiment.network, target)?);
        let mut rollout = Rollout::from_program(&experiment.network, program, device)?;
        rollout.advance_steps(1000, &mut |_| {})?;
        Ok(rollout.take_recording())
    };
    let one = run(1, 16)?;
    for (partitions, window) in [(2, 16), (3, 16), (1, 1), (2, 4)] {
        same(&format!("{partitions} partitions, window {window}"), &one, &run(partitions, window)?)?;
    }
    Ok(())
}

/// One thread, two and three: on the CPU a thread owns a share of the targets.
fn threads(device: &Device) -> Result<(), Failed> {
    if device.kind() != "cpu" {
        return Ok(());
    }
    let experiment = load("brunel.toml")?;
    let run = |threads: usize| -> Result<(Recording, usize), Failed> {
        let mut rollout = Rollout::new(&experiment.network, &Device::Cpu(Cpu::with_threads(threads)))?;
        rollout.advance_steps(1000, &mut |_| {})?;
        Ok((rollout.take_recording(), rollout.program().partitions.len()))
    };
    let (one, _) = run(1)?;
    for threads in [2, 3] {
        let (other, shares) = run(threads)?;
        if shares != threads {
            return Err(format!("{threads} threads made {shares} shares").into());
        }
        same(&format!("{threads} threads"), &one, &other)?;
    }
    Ok(())
}

fn checkpoint(device: &Device) -> Result<(), Failed> {
    let experiment = load("brunel.toml")?;
    let mut rollout = Rollout::new(&experiment.network, device)?;
    rollout.advance_steps(513, &mut |_| {})?;
    let checkpoint = rollout.checkpoint()?;
    rollout.take_recording();
    rollout.advance_steps(487, &mut |_| {})?;
    let first = rollout.take_recording();
    let mut other = Rollout::new(&experiment.network, device)?;
    other.restore(&checkpoint)?;
    other.advance_steps(487, &mut |_| {})?;
    let second = other.take_recording();
    for (a, b) in first.spikes.iter().zip(&second.spikes) {
        if a != b || a.times.is_empty() {
            return Err("a restored run differs from the one that went on".into());
        }
    }
    Ok(())
}

pub fn all() -> Vec<Trial> {
    let all: [(&str, Check); 4] = [
        ("any_chunking", Box::new(chunks)),
        ("any_thread_count", Box::new(threads)),
        ("any_partition_and_window", Box::new(partitions)),
        ("restore_is_continue", Box::new(checkpoint)),
    ];
    all.into_iter().flat_map(|(name, check)| trials(&format!("determinism::{name}"), check)).collect()
}
