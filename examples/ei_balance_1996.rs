//! Excitation and inhibition in balance: van Vreeswijk & Sompolinsky (1996), doi:10.1126/science.274.5293.1724.
//!
//! Leaky neurons with the couplings of the paper: each has K excitatory and K inhibitory sources on average, and a spike
//! moves a potential by a share of 1 / sqrt(K) of the distance to the threshold. Then the large inputs must cancel, in
//! the limit of large K whatever the neurons are:
//!
//!     0 = E m + J_EE r_E + J_EI r_I  and  0 = I m + J_IE r_E + J_II r_I
//!
//! whose solution with E = 1, I = 0.8, J_EE = J_IE = 1, J_EI = -2, J_II = -1.8 is r_E = r_I = m, the rate of the external
//! neurons: activity is linear in the drive. What does not cancel is noise, and neurons fire irregularly: the
//! coefficient of variation of their intervals is near 0.8. At K = 400 the rates are 0.3 to 1.6 Hz above m.
//!
//! `cargo run --release --example ei_balance_1996` draws synfire-out/ei_balance_1996.png.

use std::path::Path;
use synfire::model::value::uniform;
use synfire::models::lif;
use synfire::network::rule::pairwise_bernoulli;
use synfire::unit::{Frequency, Hz, Quantity, kHz, mA, mV, ms};
use synfire::{Device, Network, Result, Rollout, plot};

/// Distance of threshold and rest in mV.
const THETA: f64 = 10.0;
/// Membrane time constant in ms.
const TAU: f64 = 20.0;

/// `size` excitatory and as many inhibitory neurons, `k` sources of each kind for a neuron, external neurons at `rate`.
pub fn network(size: u32, k: u32, rate: Quantity<Frequency>) -> Result<Network> {
    let mut network = Network::new(0.1 * ms)?;
    let root = f64::from(k).sqrt();
    let (jump, connected) = (THETA / root, pairwise_bernoulli(f64::from(k) / f64::from(size)));
    // over 1 ohm: what k external neurons add up to
    let drive = root * THETA * TAU * rate.value_in(kHz);
    let neuron = lif()
        .tau(TAU * ms)
        .V_th(-50.0 * mV)
        .V_reset(-60.0 * mV)
        .V_rest(-60.0 * mV)
        .spk_reset("hard")
        .init_V(uniform(-60.0 * mV, -50.0 * mV));
    let exc = network.population("exc", size, neuron.clone().input_I(drive * mA))?;
    let inh = network.population("inh", size, neuron.input_I(0.8 * drive * mA))?;
    for (from, to, coupling) in [(&exc, &exc, 1.0), (&exc, &inh, 1.0), (&inh, &exc, -2.0), (&inh, &inh, -1.8)]
    {
        network.project(from, to, connected.clone()).weight(coupling * jump * mV).build()?;
    }
    network.record_spikes("exc", &exc)?;
    network.record_spikes("inh", &inh)?;
    Ok(network)
}

fn main() -> Result<()> {
    let device = Device::open(Default::default())?;
    for rate in [5.0, 10.0, 15.0, 20.0] {
        let mut rollout = Rollout::new(&network(2000, 400, rate * Hz)?, &device)?;
        rollout.advance(2000.0 * ms)?;
        let recording = rollout.recording();
        print!("external {rate:4} Hz:");
        for train in &recording.spikes {
            let cv = train.interval_cv(5);
            let mean = cv.iter().sum::<f64>() / cv.len().max(1) as f64;
            print!("  {} {:5.2} Hz, CV {mean:.2}", train.name, train.rate_hz(200.0..recording.duration_ms));
        }
        println!();
        let path = Path::new("synfire-out/ei_balance_1996.png");
        plot::raster(
            "van Vreeswijk & Sompolinsky (1996)",
            &recording.spikes,
            0.0..recording.duration_ms,
            path,
        )?;
    }
    Ok(())
}
