//! The examples at reduced size: each shows what its paper says, and its experiment file is the same network.

use crate::statistics::within;
use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use synfire::experiment::Experiment;
use synfire::unit::{Hz, ms};
use synfire::{Device, Network, Recording, Rollout};

#[allow(dead_code, reason = "an example's `main` is for `cargo run`")]
#[path = "../../examples/coba_2005.rs"]
mod coba_2005;
#[allow(dead_code, reason = "an example's `main` is for `cargo run`")]
#[path = "../../examples/coba_hh_2007.rs"]
mod coba_hh_2007;
#[allow(dead_code, reason = "an example's `main` is for `cargo run`")]
#[path = "../../examples/cuba_2005.rs"]
mod cuba_2005;
#[allow(dead_code, reason = "an example's `main` is for `cargo run`")]
#[path = "../../examples/ei_balance_1996.rs"]
mod ei_balance_1996;
#[allow(dead_code, reason = "an example's `main` is for `cargo run`")]
#[path = "../../examples/fast_oscillation.rs"]
mod fast_oscillation;
#[allow(dead_code, reason = "an example's `main` is for `cargo run`")]
#[path = "../../examples/gamma_1996.rs"]
mod gamma_1996;
#[allow(dead_code, reason = "an example's `main` is for `cargo run`")]
#[path = "../../examples/joglekar_2018.rs"]
mod joglekar_2018;
#[allow(dead_code, reason = "an example's `main` is for `cargo run`")]
#[path = "../../examples/susin_destexhe_ai.rs"]
mod susin_destexhe_ai;
#[allow(dead_code, reason = "an example's `main` is for `cargo run`")]
#[path = "../../examples/susin_destexhe_ping.rs"]
mod susin_destexhe_ping;
#[allow(dead_code, reason = "an example's `main` is for `cargo run`")]
#[path = "../../examples/synfire_chain.rs"]
mod synfire_chain;

/// What an example shows on a device.
type Example = fn(&Device) -> Result<(), Failed>;

/// Runs a network for `duration_ms`.
fn run(network: &Network, device: &Device, duration_ms: f64) -> Result<Recording, Failed> {
    let mut rollout = Rollout::new(network, device)?;
    rollout.advance(duration_ms * ms)?;
    Ok(rollout.take_recording())
}

/// Rate in Hz of a record after the first 100 ms.
fn rate(recording: &Recording, name: &str) -> f64 {
    recording.spikes(name).expect("the example records it").rate_hz(100.0..recording.duration_ms)
}

/// Examples that are experiment files too.
fn same_as_file(name: &str, network: synfire::Result<Network>) -> Result<(), Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(format!("{name}.toml"));
    let (ours, file) = (format!("{:?}", network?), format!("{:?}", Experiment::load(&path)?.network));
    match ours == file {
        true => Ok(()),
        false => Err(format!("examples/{name}.rs and assets/{name}.toml differ:\n{ours}\n{file}").into()),
    }
}

fn files() -> Result<(), Failed> {
    same_as_file("coba_2005", coba_2005::network(4000))?;
    same_as_file("coba_hh_2007", coba_hh_2007::network(4000))?;
    same_as_file("cuba_2005", cuba_2005::network(4000))?;
    same_as_file("ei_balance_1996", ei_balance_1996::network(2000, 400, 10.0 * Hz))?;
    same_as_file("fast_oscillation", fast_oscillation::network(4.0))?;
    same_as_file("gamma_1996", gamma_1996::network(10.0))?;
    same_as_file("susin_destexhe_ai", susin_destexhe_ai::network(25_000))?;
    same_as_file("susin_destexhe_ping", susin_destexhe_ping::network(25_000))?;
    same_as_file("synfire_chain", synfire_chain::network(100, 1.0))
}

/// A software renderer runs these networks for a shorter time, to stay quick.
fn duration(device: &Device, cpu_ms: f64, gpu_ms: f64) -> f64 {
    if device.kind() == "cpu" { cpu_ms } else { gpu_ms }
}

/// How irregularly the neurons of a record fire, on average.
fn irregularity(recording: &Recording, name: &str) -> f64 {
    let cv = recording.spikes(name).expect("the example records it").interval_cv(4);
    cv.iter().sum::<f64>() / cv.len().max(1) as f64
}

fn coba(device: &Device) -> Result<(), Failed> {
    // 14.3 to 25.8 Hz over twelve draws of connections; 4,000 neurons spread by half as much
    let recording = run(&coba_2005::network(1000)?, device, 500.0)?;
    within("the excitatory rate", rate(&recording, "exc"), 12.0, 30.0)
}

fn cuba(device: &Device) -> Result<(), Failed> {
    // 4.6 to 6.2 Hz over twelve draws of connections; 4,000 neurons spread by half as much
    let recording = run(&cuba_2005::network(1000)?, device, 500.0)?;
    within("the excitatory rate", rate(&recording, "exc"), 4.0, 7.0)
}

fn coba_hh(device: &Device) -> Result<(), Failed> {
    // 34 to 47 Hz over six draws of connections; without the stimulus of the first 50 ms there would be none
    let recording = run(&coba_hh_2007::network(1000)?, device, duration(device, 500.0, 200.0))?;
    within("the excitatory rate", rate(&recording, "exc"), 28.0, 54.0)
}

fn ei_balance(device: &Device) -> Result<(), Failed> {
    let duration = duration(device, 1000.0, 400.0);
    let mut rates = vec![];
    for external in [10.0, 20.0] {
        let recording = run(&ei_balance_1996::network(1000, 200, external * Hz)?, device, duration)?;
        within("the excitatory rate", rate(&recording, "exc"), external, 1.4 * external)?;
        within("the inhibitory rate", rate(&recording, "inh"), external, 1.3 * external)?;
        within("the variation of intervals", irregularity(&recording, "exc"), 0.6, 1.1)?;
        rates.push(rate(&recording, "exc"));
    }
    within("the rate at twice the drive", rates[1] / rates[0], 1.8, 2.1)
}

fn fast_oscillation(device: &Device) -> Result<(), Failed> {
    let recording = run(&fast_oscillation::network(4.0)?, device, duration(device, 1000.0, 200.0))?;
    // linear theory: 5.22 Hz; the oscillation at 178 Hz needs more than 100 ms to be seen
    within("the rate", rate(&recording, "inh"), 5.0, 5.5)?;
    if device.kind() != "cpu" {
        return Ok(());
    }
    let peak = fast_oscillation::spectrum(&recording).peak_hz(50.0..400.0).unwrap_or(0.0);
    // a second resolves the broad peak coarsely: 152 to 187 Hz over sixteen seeds, 167 on average
    within("the frequency", peak, 140.0, 200.0)
}

fn joglekar(device: &Device) -> Result<(), Failed> {
    let mut last = vec![];
    for regime in &joglekar_2018::REGIMES[..2] {
        let recording = run(&joglekar_2018::network(regime)?, device, 600.0)?;
        let answers = joglekar_2018::answers(&recording);
        within("the first area's answer", answers[0], 20.0, 30.0)?;
        last.push(answers[joglekar_2018::AREAS as usize - 1]);
    }
    within("the last area's answer to weak coupling", last[0], -0.2, 0.5)?;
    within("the last area's answer to strong coupling", last[1], 1.0, 4.0)
}

fn asynchronous(device: &Device) -> Result<(), Failed> {
    let recording = run(&susin_destexhe_ai::network(5000)?, device, duration(device, 1000.0, 200.0))?;
    // 1.2 and 4.9 Hz; a little more in the second 100 ms, all that a software renderer gets to
    within("the excitatory rate", rate(&recording, "rs"), 0.5, 3.0)?;
    within("the inhibitory rate", rate(&recording, "fs"), 3.5, 9.0)
}

fn gamma(device: &Device) -> Result<(), Failed> {
    let recording = run(&susin_destexhe_ping::network(5000)?, device, duration(device, 1000.0, 200.0))?;
    if device.kind() != "cpu" {
        // a software renderer gets through 100 ms after the first: a few cycles, the first of them strong
        within("the excitatory rate", rate(&recording, "rs"), 0.5, 6.0)?;
        return within("the inhibitory rate", rate(&recording, "fs"), 3.0, 16.0);
    }
    within("the excitatory rate", rate(&recording, "rs"), 0.5, 3.0)?;
    within("the inhibitory rate", rate(&recording, "fs"), 4.0, 9.0)?;
    let spectrum = susin_destexhe_ping::cortex::spectrum(&recording);
    within("the frequency", spectrum.peak_hz(15.0..100.0).unwrap_or(0.0), 30.0, 50.0)
}

fn interneurons(device: &Device) -> Result<(), Failed> {
    let recording = run(&gamma_1996::network(10.0)?, device, duration(device, 1000.0, 60.0))?;
    if device.kind() != "cpu" {
        let spikes = recording.spikes("cells").expect("the example records it").times.len();
        return within("the number of spikes", spikes as f64, 100.0, 500.0);
    }
    // the authors' program: 39 Hz
    let rate = recording.spikes("cells").expect("the example records it").rate_hz(400.0..1000.0);
    within("the rate", rate, 38.0, 40.0)?;
    // coherent: the population oscillates at the rate of its neurons
    let peak = gamma_1996::spectrum(&recording).peak_hz(15.0..100.0).unwrap_or(0.0);
    within("the frequency", peak, rate - 4.0, rate + 4.0)
}

fn synfire_chain(device: &Device) -> Result<(), Failed> {
    let last = |spikes, spread| -> Result<(usize, f64), Failed> {
        let recording = run(&synfire_chain::network(spikes, spread)?, device, 100.0)?;
        let journey = synfire_chain::journey(recording.spikes("chain").expect("it is recorded"));
        Ok(journey[synfire_chain::GROUPS as usize - 1])
    };
    let (spikes, spread) = last(100, 1.0)?;
    within("the spikes of a packet that lives", spikes as f64, 90.0, 110.0)?;
    within("its spread", spread, 0.1, 0.7)?;
    // a group fires at 2 Hz without a packet: 1.6 spikes within the 8 ms
    within("the spikes of a packet that dies", last(40, 1.0)?.0 as f64, 0.0, 8.0)
}

pub fn all() -> Vec<Trial> {
    let everywhere: [(&str, Example); 9] = [
        ("coba_2005", coba),
        ("coba_hh_2007", coba_hh),
        ("cuba_2005", cuba),
        ("ei_balance_1996", ei_balance),
        ("fast_oscillation", fast_oscillation),
        ("gamma_1996", interneurons),
        ("susin_destexhe_ai", asynchronous),
        ("susin_destexhe_ping", gamma),
        ("synfire_chain", synfire_chain),
    ];
    let mut all = vec![
        Trial::test("examples::files", files),
        // 12,000 neurons for as long as signals travel: too many for a software renderer
        Trial::test("examples::joglekar_2018 [cpu]", || joglekar(&Device::cpu())),
    ];
    for (name, check) in everywhere {
        all.extend(trials(&format!("examples::{name}"), Box::new(check) as Check));
    }
    all
}
