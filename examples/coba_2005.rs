//! Balanced network with conductance-based synapses: Vogels & Abbott (2005), doi:10.1523/JNEUROSCI.3508-05.2005.
//!
//! 4,000 leaky neurons, four of five of them excitatory; any two are connected with probability 0.02. A constant current
//! stands for the background, as in brainpy.state's example. The network fires at about 22 Hz; how often depends on
//! the connections drawn (±7 %), and for the same connections Brian2 agrees: tests/reference/brian_rates.json.
//!
//! `cargo run --release --example coba_2005` draws synfire-out/coba_2005.png.

use std::path::Path;
use synfire::model::value::normal;
use synfire::models::{coba, expon, lif_ref};
use synfire::network::rule::pairwise_bernoulli;
use synfire::unit::{Mohm, mV, ms, nA, nS};
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
        .V_rest(-60.0 * mV)
        .input_I(0.2 * nA)
        .init_V(normal(-55.0 * mV, 2.0 * mV));
    let exc = network.population("exc", size * 4 / 5, neuron.clone())?;
    let inh = network.population("inh", size / 5, neuron)?;
    let (all, rule) = (&exc + &inh, pairwise_bernoulli(80.0 / f64::from(size)));
    let (fast, slow) = (expon().tau(5.0 * ms), expon().tau(10.0 * ms));
    let excite = network.project(&exc, &all, rule.clone()).weight(6.0 * nS);
    excite.synapse(fast).output(coba().E(0.0 * mV)).build()?;
    let inhibit = network.project(&inh, &all, rule).weight(67.0 * nS);
    inhibit.synapse(slow).output(coba().E(-80.0 * mV)).build()?;
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
    let path = Path::new("synfire-out/coba_2005.png");
    plot::raster("Vogels & Abbott (2005), conductances", &recording.spikes, 0.0..recording.duration_ms, path)
}
