//! One neuron, a current step and its potential: the smallest network.
//!
//! `cargo run --release --example lif` prints the spike times and the potential every millisecond.

use synfire::models::{dc_generator, iaf_psc_exp};
use synfire::network::rule::all_to_all;
use synfire::unit::{ms, pA};
use synfire::{Device, Network, Result, Rollout};

fn main() -> Result<()> {
    let mut network = Network::new(0.1 * ms)?;
    let neuron = network.population("neuron", 1, iaf_psc_exp().tau_m(15.0 * ms))?;
    let step = dc_generator().amplitude(450.0 * pA).start(10.0 * ms).stop(90.0 * ms);
    let current = network.population("current", 1, step)?;
    network.project(&current, &neuron, all_to_all()).delay(1.0 * ms).build()?;
    network.record_spikes("spikes", &neuron)?;
    network.record_trace("trace", &neuron, &["V_m"], 1.0 * ms)?;

    let mut rollout = Rollout::new(&network, &Device::open(Default::default())?)?;
    rollout.advance(100.0 * ms)?;

    let recording = rollout.recording();
    let trace = recording.trace("trace").expect("it is recorded");
    for (time, potential) in trace.times.iter().zip(trace.variable("V_m").unwrap_or_default()) {
        println!("{time:6.1} ms {potential:8.3} mV");
    }
    println!(
        "spikes at {:?} ms",
        recording.spikes("spikes").map(|train| train.times.clone()).unwrap_or_default()
    );
    Ok(())
}
