//! Trials that run together give exactly what each gives alone.

use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use std::sync::Arc;
use synfire::compile::{Target, compile};
use synfire::experiment::Experiment;
use synfire::models::{dc_generator, iaf_psc_exp, parrot_neuron, poisson_generator, spike_generator};
use synfire::network::rule::{all_to_all, one_to_one};
use synfire::unit::{Hz, mV, ms, pA, pF};
use synfire::{Device, Error, Network, Recording, Rollout};

/// Long enough for recurrent spikes to meet noise and delays.
const STEPS: u64 = 1000;

/// A small noisy network of excitation and inhibition in 64 trials, with initial values and Poisson drive of their own.
fn noisy() -> Result<Network, Failed> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/trials.toml");
    let mut network = Experiment::load(file)?.network;
    let all = &network.find("inh")? + &network.find("exc")?;
    network.record_spikes("all", &all)?;
    network.record_trace("trace", &all.slice(98..105)?, &["V_m", "I_syn_ex"], 0.7 * ms)?;
    Ok(network)
}

fn run(network: &Network, device: &Device) -> Result<Recording, Failed> {
    let mut rollout = Rollout::new(network, device)?;
    rollout.advance_steps(STEPS, &mut |_| {})?;
    Ok(rollout.take_recording())
}

/// Each of these trials alone gives what it gives in the batch.
fn check_alone(mut network: Network, alone: &[u32], device: &Device) -> Result<Recording, Failed> {
    let batch = run(&network, device)?;
    for trial in alone {
        network.set_trials(*trial..trial + 1)?;
        let one = run(&network, device)?;
        if one.spikes.iter().map(|record| record.times.len()).sum::<usize>() < 20 {
            return Err(format!("trial {trial}: too few spikes to tell anything").into());
        }
        if batch.trial(*trial).as_ref() != Some(&one) {
            return Err(format!("trial {trial} alone differs from the same trial in a batch").into());
        }
    }
    Ok(batch)
}

fn single_runs(device: &Device) -> Result<(), Failed> {
    let batch = check_alone(noisy()?, &[0, 1, 31, 63], device)?;
    let trial = |trial| batch.trial(trial).map(|one| one.spikes);
    if trial(0) == trial(1) || trial(1) == trial(2) {
        return Err("two trials have the same noise".into());
    }
    let record = batch.spikes("all").ok_or("it is recorded")?;
    let mut order = record.times.iter().zip(&record.trials).zip(&record.senders);
    if !order.clone().is_sorted_by(|a, b| a <= b) || order.next().is_none() {
        return Err("spikes are not in order of time, trial and sender".into());
    }
    let mean = batch.rates_hz("exc").ok_or("there are such cells")?.iter().sum::<f64>() / 64.0;
    match batch.rate_hz("exc") {
        Some(rate) if (rate - mean).abs() < 1e-9 && rate > 5.0 => Ok(()),
        rate => Err(format!("the rate is {rate:?}, the mean of all trials {mean}").into()),
    }
}

/// Trial 0 is what a network without trials does.
fn no_trials(device: &Device) -> Result<(), Failed> {
    let mut network = noisy()?;
    network.set_trials(0..3)?;
    let batch = run(&network, device)?;
    network.set_trials(0..1)?;
    if batch.trial(0) == Some(run(&network, device)?) { Ok(()) } else { Err("trial 0 differs".into()) }
}

/// A sweep gives the curve that single networks with these values give.
fn sweep(device: &Device) -> Result<(), Failed> {
    let currents = [300.0, 380.0, 400.0, 450.0, 600.0];
    let cell = |current: f64| iaf_psc_exp().I_e(current * pA).init_V_m(-60.0 * mV);
    let mut network = Network::new(0.1 * ms)?;
    let cells = network.population("cells", 3, cell(0.0))?;
    network.set_trials(0..5)?;
    network.set_each_trial(&cells, currents.map(cell))?;
    network.record_spikes("spikes", &cells)?;
    let swept = run(&network, device)?;
    for (trial, current) in (0..).zip(currents) {
        let mut network = Network::new(0.1 * ms)?;
        let cells = network.population("cells", 3, cell(current))?;
        network.record_spikes("spikes", &cells)?;
        if swept.trial(trial).map(|one| one.spikes) != Some(run(&network, device)?.spikes) {
            return Err(format!("{current} pA in a sweep differs from a network with this current").into());
        }
    }
    let rates = swept.rates_hz("cells").ok_or("there are such cells")?;
    if rates.is_sorted() && rates[0] == 0.0 && rates[4] > 50.0 {
        Ok(())
    } else {
        Err(format!("{rates:?}").into())
    }
}

/// Every trial may have its own inputs: rates, currents, spike times, values of each element.
fn own_inputs(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let cells = network.population("cells", 70, iaf_psc_exp())?;
    let parrots = network.population("parrots", 2, parrot_neuron())?;
    let drive = network.population("drive", 1, poisson_generator())?;
    let current = network.population("current", 1, dc_generator())?;
    let pulses = network.population("pulses", 2, spike_generator())?;
    network.project(&drive, &cells, all_to_all()).weight(30.0 * pA).delay(1.0 * ms).build()?;
    network.project(&current, &cells, all_to_all()).delay(1.0 * ms).build()?;
    network.project(&pulses, &parrots, one_to_one()).delay(1.0 * ms).build()?;
    network.project(&parrots, &cells, all_to_all()).weight(333.3 * pA).delay(1.0 * ms).build()?;
    network.project(&pulses, &cells, all_to_all()).weight(77.7 * pA).delay(2.5 * ms).build()?;
    network.set_trials(0..6)?;
    let trials = || (0..6).map(f64::from);
    network.set_each_trial(&drive, trials().map(|k| poisson_generator().rate(k * 3000.0 * Hz)))?;
    network.set_each_trial(&current, trials().map(|k| dc_generator().amplitude((360.0 - 40.0 * k) * pA)))?;
    let times = |k: f64| (1..20).map(|n| (f64::from(n) * (4.0 - k / 2.0)).round() * ms).collect::<Vec<_>>();
    // in the last trial a factor turns the weights' sign, and with it the port
    let factor = |k: f64| if k == 5.0 { -1.5 } else { 1.0 + k };
    let weights = |k: f64| vec![factor(k).into(); 19];
    let pulse = |k: f64| spike_generator().spike_times(times(k)).spike_weights(weights(k));
    network.set_each_trial(&pulses, trials().map(pulse))?;
    // the same for all elements, one for each, or drawn
    let cell = |k: f64| match k as u32 {
        0 => iaf_psc_exp().I_e(20.0 * pA),
        1 => iaf_psc_exp().I_e((0..70).map(|i| f64::from(i) * pA).collect::<Vec<_>>()),
        _ => iaf_psc_exp().I_e(synfire::model::value::uniform(0.0 * pA, 10.0 * k * pA)),
    };
    network.set_each_trial(&cells, trials().map(cell))?;
    network.record_spikes("cells", &cells)?;
    network.record_spikes("pulses", &(&pulses + &parrots))?;
    network.record_trace("trace", &cells.slice(..3)?, &["V_m"], 0.1 * ms)?;
    let batch = check_alone(network, &[0, 1, 2, 5], device)?;
    let spikes = batch.rates_hz("pulses").ok_or("it is recorded")?;
    if spikes.iter().all(|rate| *rate > 0.0) { Ok(()) } else { Err(format!("{spikes:?}").into()) }
}

/// What is kept at the source, currents of known times and generators with state are copied too.
fn senders(device: &Device) -> Result<(), Failed> {
    let files = [
        "align_pre",
        "stp",
        "ampa",
        "gap_junction",
        "delays",
        "step_current_generator",
        "inputs",
        "mg_block",
    ];
    for file in files {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(file).with_extension("toml");
        let mut network = Experiment::load(path)?.network;
        let whole = run(&network, device)?;
        network.set_trials(0..3)?;
        let batch = run(&network, device)?;
        network.set_trials(2..3)?;
        if batch.trial(0) != Some(whole) || batch.trial(2) != Some(run(&network, device)?) {
            return Err(format!("`{file}` in a batch differs from one run").into());
        }
    }
    Ok(())
}

fn checkpoint(device: &Device) -> Result<(), Failed> {
    let mut network = noisy()?;
    network.set_trials(3..9)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance_steps(313, &mut |_| {})?;
    let checkpoint = rollout.checkpoint()?;
    rollout.take_recording();
    rollout.advance_steps(500, &mut |_| {})?;
    let mut other = Rollout::new(&network, device)?;
    other.restore(&checkpoint)?;
    other.advance_steps(500, &mut |_| {})?;
    let (a, b) = (rollout.take_recording(), other.take_recording());
    if a.spikes == b.spikes && a.spikes[0].times.len() > 100 {
        Ok(())
    } else {
        Err("a restored run differs".into())
    }
}

/// Shares of a copy, and windows, change nothing.
fn partitions(device: &Device) -> Result<(), Failed> {
    if device.kind() != "cpu" {
        return Ok(());
    }
    let mut network = noisy()?;
    network.set_trials(0..5)?;
    let run = |partitions: u32, max_window: u32| -> Result<Recording, Failed> {
        let target = Target { partitions, max_window, ..Target::default() };
        let program = Arc::new(compile(&network, target)?);
        let mut rollout = Rollout::from_program(&network, program, device)?;
        rollout.advance_steps(STEPS, &mut |_| {})?;
        Ok(rollout.take_recording())
    };
    let one = run(1, 16)?;
    for (partitions, window) in [(2, 16), (3, 7), (1, 1)] {
        if run(partitions, window)? != one {
            return Err(format!("{partitions} partitions, window {window} differ").into());
        }
    }
    Ok(())
}

/// A state that is not finite names its trial.
fn fault(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let cells = network.population("cells", 3, iaf_psc_exp())?;
    network.set_trials(2..6)?;
    let current = |trial: usize| if trial == 4 { -3e38 } else { 0.0 };
    network
        .set_each_trial(&cells, (0..6).map(|trial| iaf_psc_exp().I_e(current(trial) * pA).C_m(0.001 * pF)))?;
    let mut rollout = Rollout::new(&network, device)?;
    match rollout.advance_steps(STEPS, &mut |_| {}) {
        Err(Error::NotFinite { trial: Some(4), element: 0, .. }) => Ok(()),
        other => Err(format!("expected trial 4 to fail, got {other:?}").into()),
    }
}

/// Both devices find the same spikes, whatever runs together.
fn devices() -> Result<(), Failed> {
    let (cpu, gpu) = (run(&noisy()?, &Device::cpu())?, run(&noisy()?, &crate::gpu()?)?);
    let early = |recording: &Recording| {
        let train = &recording.spikes[2];
        let end = train.times.partition_point(|time| *time <= 20.0);
        (train.times[..end].to_vec(), train.trials[..end].to_vec(), train.senders[..end].to_vec())
    };
    if early(&cpu).0.len() < 1000 || early(&cpu) != early(&gpu) {
        return Err("the devices differ in the first 20 ms".into());
    }
    // Mesa's software Vulkan divides and rounds as the CPU does: nothing ever differs
    if crate::gpu()?.name().contains("llvmpipe") && cpu != gpu {
        Err("the devices differ".into())
    } else {
        Ok(())
    }
}

/// What cannot be is told in one sentence.
fn refused(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let cells = network.population("cells", 100, iaf_psc_exp())?;
    let told = |result: synfire::Result<()>, part: &str| match result {
        Err(error) if error.to_string().contains(part) => Ok(()),
        other => Err(Failed::from(format!("expected `{part}`, got {other:?}"))),
    };
    told(network.set_trials(3..3), "trials must be a range of at least one")?;
    let half = cells.slice(..50)?;
    told(network.set_each_trial(&half, [iaf_psc_exp()]), "all of population `cells`, not on a slice")?;
    told(
        network.set_each_trial(&cells, [parrot_neuron()]),
        "in trial 0 stays a population of `iaf_psc_exp`",
    )?;
    let wrong = [iaf_psc_exp(), iaf_psc_exp().tau_m(-1.0 * ms)];
    told(network.set_each_trial(&cells, wrong), "`tau_m` of population `cells` in trial 1 must be > 0 ms")?;
    network.set_each_trial(&cells, [iaf_psc_exp(), iaf_psc_exp()])?;
    network.set_trials(0..3)?;
    told(Rollout::new(&network, device).map(|_| ()), "`cells` has values for 2 trials; trial 2 runs")?;
    let mut network = Network::new(0.1 * ms)?;
    network.population("cells", 100, iaf_psc_exp())?;
    network.set_trials(0..1 << 22)?;
    told(Rollout::new(&network, device).map(|_| ()), "536870912 elements in 4194304 trials with padding")
}

pub fn all() -> Vec<Trial> {
    let all: [(&str, Check); 9] = [
        ("equals_single_runs", Box::new(single_runs)),
        ("trial_0_is_a_network_without_trials", Box::new(no_trials)),
        ("a_sweep_equals_single_networks", Box::new(sweep)),
        ("every_trial_has_its_own_inputs", Box::new(own_inputs)),
        ("what_is_sent_beside_spikes_is_copied", Box::new(senders)),
        ("restore_is_continue", Box::new(checkpoint)),
        ("any_partition_and_window", Box::new(partitions)),
        ("a_fault_names_its_trial", Box::new(fault)),
        ("mistakes_are_told", Box::new(refused)),
    ];
    let both = Trial::test("batch::both_devices_agree [cpu = gpu]", devices)
        .with_ignored_flag(crate::gpu_is_missing());
    all.into_iter().flat_map(|(name, check)| trials(&format!("batch::{name}"), check)).chain([both]).collect()
}
