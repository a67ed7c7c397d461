//! The examples at reduced size: each shows what its paper says, and its experiment file is the same network.

use crate::statistics::within;
use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use synfire::experiment::Experiment;
use synfire::unit::ms;
use synfire::{Device, Network, Recording, Rollout};

#[allow(dead_code, reason = "an example's `main` is for `cargo run`")]
#[path = "../../examples/coba_2005.rs"]
mod coba_2005;
#[allow(dead_code, reason = "an example's `main` is for `cargo run`")]
#[path = "../../examples/cuba_2005.rs"]
mod cuba_2005;

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
    same_as_file("cuba_2005", cuba_2005::network(4000))
}

pub fn all() -> Vec<Trial> {
    let coba: Check = Box::new(|device| {
        // 4,000 neurons: 19.8 to 23.2 Hz by the connections drawn
        let recording = run(&coba_2005::network(1000)?, device, 500.0)?;
        within("the excitatory rate", rate(&recording, "exc"), 18.0, 26.0)
    });
    let cuba: Check = Box::new(|device| {
        // 4,000 neurons: 5.3 to 5.8 Hz by the connections drawn
        let recording = run(&cuba_2005::network(1000)?, device, 500.0)?;
        within("the excitatory rate", rate(&recording, "exc"), 4.5, 6.5)
    });
    let all = [("coba_2005", coba), ("cuba_2005", cuba)];
    let mut trials: Vec<Trial> =
        all.into_iter().flat_map(|(name, check)| trials(&format!("examples::{name}"), check)).collect();
    trials.push(Trial::test("examples::files", files));
    trials
}
