//! Fast oscillation of neurons that fire rarely and irregularly: Brunel & Hakim (1999), doi:10.1162/089976699300016179.
//!
//! 5,000 inhibitory neurons, any two connected with probability 0.2, under external noise. The linear theory of the
//! paper puts the onset of the oscillation at a noise of 3 mV and its frequency at 178 to 181 Hz there, near
//! 3 / (8 delay), while a neuron fires at 5 Hz. Far below, at 1 mV, the oscillation is large and slower, 145 Hz, and a
//! neuron fires at 3.56 Hz. Brian2 finds 3.57 Hz and 135 Hz: it tests the threshold before the spikes of a step arrive, one
//! step of delay more; with 2.1 ms it is 135 Hz here too.
//!
//! `cargo run --release --example fast_oscillation` draws synfire-out/fast_oscillation.png and its spectrum.

use std::path::Path;
use synfire::models::{iaf_psc_delta, poisson_generator};
use synfire::network::rule::{all_to_all, pairwise_bernoulli};
use synfire::plot::{self, Curve, Panel};
use synfire::record::Spectrum;
use synfire::unit::{kHz, mV, ms};
use synfire::{Device, Network, Recording, Result, Rollout};

/// Mean of the external input in mV.
const INPUT: f64 = 25.0;
/// Membrane time constant in ms.
const TAU: f64 = 20.0;

/// 5,000 neurons under external noise of this standard deviation [mV].
///
/// The Gaussian input is made of Poisson spikes of its mean and variance: J rate tau and J^2 rate tau.
pub fn network(noise: f64) -> Result<Network> {
    let mut network = Network::new(0.1 * ms)?;
    let neuron = iaf_psc_delta()
        .tau_m(TAU * ms)
        .t_ref(2.0 * ms)
        .E_L(0.0 * mV)
        .V_reset(10.0 * mV)
        .V_th(20.0 * mV)
        .init_V_m(10.0 * mV);
    let inh = network.population("inh", 5000, neuron)?;
    let jump = noise * noise / INPUT;
    let input = network.population("noise", 1, poisson_generator().rate(INPUT / TAU / jump * kHz))?;
    network.project(&input, &inh, all_to_all()).weight(jump * mV).build()?;
    let inhibit = network.project(&inh, &inh, pairwise_bernoulli(0.2)).weight(-0.1 * mV);
    inhibit.delay(2.0 * ms).build()?;
    network.record_spikes("inh", &inh)?;
    Ok(network)
}

/// Spectrum of the rate of all neurons after the first 100 ms.
pub fn spectrum(recording: &Recording) -> Spectrum {
    let spikes = recording.spikes("inh").expect("they are recorded");
    // 0.5 ms resolve 1 kHz; segments of 128 ms tell 8 Hz apart
    Spectrum::new(&spikes.rates_hz(100.0..recording.duration_ms, 0.5), 0.5, 128.0)
}

fn main() -> Result<()> {
    let device = Device::open(Default::default())?;
    let mut panel = Panel::new("frequency (Hz)", "power (Hz² / Hz)").range(0.0, 500.0);
    for noise in [4.0, 1.0] {
        let mut rollout = Rollout::new(&network(noise)?, &device)?;
        rollout.advance(1000.0 * ms)?;
        let recording = rollout.recording();
        let spikes = recording.spikes("inh").expect("they are recorded");
        let (rate, spectrum) = (spikes.rate_hz(100.0..1000.0), spectrum(recording));
        let peak = spectrum.peak_hz(50.0..400.0).unwrap_or(0.0);
        println!("noise {noise} mV: a neuron fires at {rate:.2} Hz, all oscillate at {peak:.0} Hz");
        let path = format!("synfire-out/fast_oscillation_{noise}mV.png");
        let title = format!("Brunel & Hakim (1999), noise of {noise} mV");
        plot::raster(&title, &recording.spikes, 0.0..recording.duration_ms, Path::new(&path))?;
        panel = panel.with(Curve::new(&format!("noise of {noise} mV"), spectrum.points()));
    }
    let path = Path::new("synfire-out/fast_oscillation.png");
    plot::curves("Power spectrum of the population rate", &[panel], path)
}
