//! Balanced network with current-based synapses: Vogels & Abbott (2005), doi:10.1523/JNEUROSCI.3508-05.2005, benchmark 2
//! of Brette et al. (2007), doi:10.1007/s10827-007-0038-6.
//!
//! 4,000 leaky neurons, four of five of them excitatory; any two are connected with probability 0.02. A resting potential
//! of 1 mV above the threshold keeps the network active at about 5.7 Hz; for the same connections Brian2 agrees:
//! tests/reference/brian_rates.json.
//!
//! `cargo run --release --example cuba_2005` draws synfire-out/cuba_2005.png.

use std::path::Path;
use synfire::model::value::uniform;
use synfire::models::{cuba, expon, lif_ref};
use synfire::network::rule::pairwise_bernoulli;
use synfire::unit::{Mohm, mV, ms, pA};
use synfire::{Device, Network, Result, Rollout, plot};

/// `size` neurons, each with 80 sources on average.
pub fn network(size: u32) -> Result<Network> {
    let mut network = Network::new(0.1 * ms)?;
    let neuron = lif_ref()
        .R(100.0 * Mohm)
        .tau(20.0 * ms)
        .tau_ref(5.0 * ms)
        .V_th(-50.0 * mV)
        .V_reset(-60.0 * mV)
        .V_rest(-49.0 * mV)
        .init_V(uniform(-60.0 * mV, -50.0 * mV));
    let exc = network.population("exc", size * 4 / 5, neuron.clone())?;
    let inh = network.population("inh", size / 5, neuron)?;
    let (all, rule) = (&exc + &inh, pairwise_bernoulli(80.0 / f64::from(size)));
    // over 100 Mohm: 1.62 and -9 mV
    let excite = network.project(&exc, &all, rule.clone()).weight(16.2 * pA);
    excite.synapse(expon().tau(5.0 * ms)).output(cuba()).build()?;
    let inhibit = network.project(&inh, &all, rule).weight(-90.0 * pA);
    inhibit.synapse(expon().tau(10.0 * ms)).output(cuba()).build()?;
    network.record_spikes("exc", &exc)?;
    network.record_spikes("inh", &inh)?;
    Ok(network)
}

fn main() -> Result<()> {
    let mut rollout = Rollout::new(&network(4000)?, &Device::open(Default::default())?)?;
    rollout.advance(1000.0 * ms)?;
    let recording = rollout.recording();
    for train in &recording.spikes {
        println!("{}: {:.2} Hz", train.name, train.rate_hz(0.0..recording.duration_ms));
    }
    let path = Path::new("synfire-out/cuba_2005.png");
    plot::raster("Vogels & Abbott (2005), currents", &recording.spikes, 0.0..recording.duration_ms, path)
}
