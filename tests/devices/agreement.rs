//! Both devices find the same spikes: all of the first 20 ms, and the same rates later.

use crate::statistics::run;
use libtest_mimic::{Failed, Trial};
use synfire::model::value::uniform;
use synfire::models::{dc_generator, iaf_psc_delta};
use synfire::network::rule::{all_to_all, fixed_indegree};
use synfire::unit::{mV, ms, pA};
use synfire::{Device, Network, Recording, Rollout};

fn early(recording: &Recording) -> Vec<(u64, u32)> {
    let spikes = recording.spikes.iter().flat_map(|record| record.times.iter().zip(&record.senders));
    spikes
        .filter(|(time, _)| **time <= 20.0)
        .map(|(time, sender)| ((time * 10.0).round() as u64, *sender))
        .collect()
}

fn networks() -> Result<(), Failed> {
    let gpu = crate::gpu()?;
    for (file, duration) in [("brunel.toml", 300.0), ("balanced.toml", 300.0), ("cuba_tutorial.toml", 200.0)]
    {
        let (a, b) = (run(file, 2, duration, &Device::cpu())?, run(file, 2, duration, &gpu)?);
        if early(&a).is_empty() || early(&a) != early(&b) {
            let (one, other) = (early(&a).len(), early(&b).len());
            return Err(format!("{file}: {one} and {other} spikes in the first 20 ms differ").into());
        }
        // Mesa's software Vulkan divides and rounds as the CPU does: nothing ever differs
        if gpu.name().contains("llvmpipe") && a != b {
            return Err(format!("{file}: the devices differ after the first 20 ms").into());
        }
        for (one, other) in a.populations.iter().zip(&b.populations).filter(|(one, _)| one.neurons) {
            let (one_rate, other_rate) = (one.rate_hz(duration), other.rate_hz(duration));
            if (one_rate - other_rate).abs() > 0.01 * one_rate {
                return Err(
                    format!("{file}: `{}` fires at {one_rate:.2} and {other_rate:.2} Hz", one.name).into()
                );
            }
        }
    }
    Ok(())
}

/// Weights that are binary fractions are exact in fixed point, so nothing ever differs.
fn dyadic() -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let neuron = iaf_psc_delta().init_V_m(uniform(-70.0 * mV, -55.0 * mV)).tau_m(20.0 * ms);
    let exc = network.population("exc", 400, neuron.clone())?;
    let inh = network.population("inh", 100, neuron)?;
    let drive = network.population("drive", 1, dc_generator().amplitude(250.0 * pA))?;
    let all = &exc + &inh;
    network.project(&drive, &all, all_to_all()).delay(0.1 * ms).build()?;
    network.project(&exc, &all, fixed_indegree(40)).weight(0.125 * mV).delay(1.5 * ms).build()?;
    network.project(&inh, &all, fixed_indegree(10)).weight(-0.625 * mV).delay(0.8 * ms).build()?;
    network.record_spikes("all", &all)?;
    let run = |device: &Device| -> Result<Recording, Failed> {
        let mut rollout = Rollout::new(&network, device)?;
        rollout.advance(500.0 * ms)?;
        Ok(rollout.take_recording())
    };
    let (a, b) = (run(&Device::cpu())?, run(&crate::gpu()?)?);
    if a.spikes[0].times.len() < 1000 {
        return Err(format!("only {} spikes: the test tells nothing", a.spikes[0].times.len()).into());
    }
    if a == b { Ok(()) } else { Err("the devices differ".into()) }
}

pub fn all() -> Vec<Trial> {
    [("networks", networks as fn() -> Result<(), Failed>), ("dyadic_weights", dyadic)]
        .map(|(name, check)| {
            Trial::test(format!("agreement::{name} [cpu = gpu]"), check)
                .with_ignored_flag(crate::gpu_is_missing())
        })
        .into()
}
