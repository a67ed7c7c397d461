//! A run in one call equals a rollout, on every device.

use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use synfire::model::value::uniform;
use synfire::models::iaf_psc_exp;
use synfire::monitor::monitor;
use synfire::network::rule::fixed_outdegree;
use synfire::unit::{mV, ms, pA};
use synfire::{Device, Network, Rollout};

fn network() -> Result<Network, Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let neuron = iaf_psc_exp().I_e(600.0 * pA).init_V_m(uniform(-70.0 * mV, -55.0 * mV));
    let exc = network.population("exc", 50, neuron)?;
    network.project(&exc, &exc, fixed_outdegree(5)).weight(20.0 * pA).delay(1.5 * ms).build()?;
    Ok(network)
}

fn simulate(device: &Device) -> Result<(), Failed> {
    let network = network()?;
    let monitors = [monitor("exc.spikes"), monitor("exc[10..20].V_m").every(0.5 * ms)];
    let found = network.simulate_on(device, 50.0 * ms, &monitors)?;
    if found != network.simulate_on(device, 50.0 * ms, &monitors)? {
        return Err("a second call differs from the first".into());
    }
    let mut described = network.clone();
    let exc = described.find("exc")?;
    described.record_spikes("exc.spikes", &exc)?;
    described.record_trace("exc[10..20].V_m", &exc.slice(10..20)?, &["V_m"], 0.5 * ms)?;
    let mut rollout = Rollout::new(&described, device)?;
    rollout.advance(50.0 * ms)?;
    let expected = rollout.take_recording();
    let spikes = found.spikes("exc.spikes").map_or(0, |train| train.times.len());
    if spikes < 100 || expected != found || !network.records().is_empty() {
        return Err("the recordings differ".into());
    }
    match found.trace("exc[10..20].V_m") {
        Some(table) if (table.times.len(), table.units.as_slice()) == (100, &["mV".to_string()]) => Ok(()),
        _ => Err("the trace is not as it was asked for".into()),
    }
}

pub fn all() -> Vec<Trial> {
    let check: Check = Box::new(simulate);
    trials("monitors::simulate_is_a_rollout", check)
}
