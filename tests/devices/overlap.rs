//! Rounds that deliver the window before their own give the same bytes as those that deliver their own, and as the CPU.

use crate::gpu_is_missing;
use libtest_mimic::{Failed, Trial};
use std::sync::Arc;
use synfire::device::gpu::{Adapter, Overlap, Software};
use synfire::model::Given;
use synfire::model::value::uniform;
use synfire::models::{iaf_psc_exp, poisson_generator};
use synfire::network::rule::{fixed_outdegree, pairwise_bernoulli};
use synfire::unit::{Hz, mV, ms, pA};
use synfire::{Device, Network, Recording, Rollout};

/// Noise and a current let neurons fire; half of the projections store no rows.
fn network(delay: &Given) -> Result<Network, Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let neuron = iaf_psc_exp().I_e(500.0 * pA).init_V_m(uniform(-70.0 * mV, -55.0 * mV));
    let exc = network.population("exc", 190, neuron.clone())?;
    let inh = network.population("inh", 110, neuron.tau_m(15.0 * ms))?;
    let noise = network.population("noise", 1, poisson_generator().rate(8000.0 * Hz))?;
    let all = &exc + &inh;
    network.project(&noise, &all, pairwise_bernoulli(1.0)).weight(20.0 * pA).delay(3.6 * ms).build()?;
    let weight = uniform(0.0 * pA, 60.0 * pA);
    network.project(&exc, &all, fixed_outdegree(30)).weight(weight).delay(delay.clone()).build()?;
    let inhibition = network.project(&inh, &all, pairwise_bernoulli(0.1)).weight(-100.0 * pA);
    inhibition.delay(delay.clone()).procedural().build()?;
    network.record_spikes("spikes", &all)?;
    network.record_trace("trace", &all, &["V_m"], 0.5 * ms)?;
    Ok(network)
}

/// A run that is changed in the middle, and goes back to where it was.
fn run(network: &Network, device: &Device) -> Result<Recording, Failed> {
    let mut rollout = Rollout::new(network, device)?;
    rollout.advance(20.3 * ms)?;
    rollout.set(&network.view("exc")?, "I_e", 520.0 * pA)?;
    let checkpoint = rollout.checkpoint()?;
    rollout.advance(10.0 * ms)?;
    rollout.restore(&checkpoint)?;
    rollout.advance(30.0 * ms)?;
    Ok(rollout.take_recording())
}

fn same_as_separate_rounds() -> Result<(), Failed> {
    let open = |overlap| -> Result<Device, Failed> {
        Ok(Device::Gpu(Arc::new(Adapter::open(Software::Accept)?.with_overlap(overlap))))
    };
    let (always, never) = (open(Overlap::Always)?, open(Overlap::Never)?);
    let delays: [Given; 4] =
        [(0.2 * ms).into(), (1.5 * ms).into(), (3.5 * ms).into(), uniform(0.7 * ms, 3.0 * ms).into()];
    for (k, delay) in delays.iter().enumerate() {
        let network = network(delay)?;
        let expected = run(&network, &never)?;
        if expected.spikes[0].times.len() < 300 {
            return Err(format!("delays {k}: too few spikes to tell anything").into());
        }
        for device in [&always, &Device::cpu()] {
            if run(&network, device)? != expected {
                return Err(format!("delays {k}: {} differs", device.name()).into());
            }
        }
    }
    Ok(())
}

pub fn all() -> Vec<Trial> {
    let trial = Trial::test("overlap::same_as_separate_rounds [gpu]", same_as_separate_rounds);
    vec![trial.with_ignored_flag(gpu_is_missing())]
}
