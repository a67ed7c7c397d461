//! Hodgkin-Huxley neurons with conductance-based synapses: benchmark 3 of Brette et al. (2007),
//! doi:10.1007/s10827-007-0038-6.
//!
//! 4,000 neurons with the currents of Traub and Miles, a model of this example's own: assets/traub_miles.wgsl. Random
//! spikes of the first 50 ms start an activity that keeps itself up at 37 to 40 Hz, by the connections drawn; Brian2 2.9
//! finds 38.8 and 39.9 Hz for two seeds with its own start.
//!
//! `cargo run --release --example coba_hh_2007` draws synfire-out/coba_hh_2007.png.

use std::path::Path;
use synfire::model::value::normal;
use synfire::models::{coba, expon, poisson_generator};
use synfire::network::rule::{all_to_all, pairwise_bernoulli};
use synfire::unit::{Hz, mV, ms, nS};
use synfire::{Device, Instance, Model, Network, Result, Rollout, plot};

/// `size` neurons, each with 80 sources on average.
pub fn network(size: u32) -> Result<Network> {
    let mut network = Network::new(0.05 * ms)?;
    let model = Model::from_wgsl("traub_miles", include_str!("../assets/traub_miles.wgsl"))?;
    let neuron = Instance::new(model).init("V", normal(-65.0 * mV, 5.0 * mV));
    let exc = network.population("exc", size * 4 / 5, neuron.clone())?;
    let inh = network.population("inh", size / 5, neuron)?;
    let start = network.population("start", 1, poisson_generator().rate(300.0 * Hz).stop(50.0 * ms))?;
    let (all, rule) = (&exc + &inh, pairwise_bernoulli(80.0 / f64::from(size)));
    let (fast, slow) = (expon().tau(5.0 * ms), expon().tau(10.0 * ms));
    let (to_zero, to_potassium) = (coba().E(0.0 * mV), coba().E(-80.0 * mV));
    let stimulate = network.project(&start, &exc, all_to_all()).weight(6.0 * nS);
    stimulate.synapse(fast.clone()).output(to_zero.clone()).build()?;
    let excite = network.project(&exc, &all, rule.clone()).weight(6.0 * nS);
    excite.synapse(fast).output(to_zero).build()?;
    let inhibit = network.project(&inh, &all, rule).weight(67.0 * nS);
    inhibit.synapse(slow).output(to_potassium).build()?;
    network.record_spikes("exc", &exc)?;
    network.record_spikes("inh", &inh)?;
    Ok(network)
}

fn main() -> Result<()> {
    let mut rollout = Rollout::new(&network(4000)?, &Device::open(Default::default())?)?;
    rollout.advance(1000.0 * ms)?;
    let recording = rollout.recording();
    for train in &recording.spikes {
        println!("{}: {:.2} Hz after 200 ms", train.name, train.rate_hz(200.0..recording.duration_ms));
    }
    let path = Path::new("synfire-out/coba_hh_2007.png");
    plot::raster("Brette et al. (2007), benchmark 3", &recording.spikes, 0.0..recording.duration_ms, path)
}
