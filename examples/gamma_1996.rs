//! Gamma oscillation of interneurons that inhibit each other: Wang & Buzsáki (1996),
//! doi:10.1523/JNEUROSCI.16-20-06402.1996.
//!
//! 100 fast-spiking interneurons, all connected to all, start at random potentials and synchronise within some cycles.
//! The synapse is a model of one's own: the potential of the presynaptic neuron opens it, so its state is kept at the
//! source. This is the network of their figure 3A, 1 uA/cm² for all and a synaptic decay of 10 ms: the authors' own
//! program (ModelDB 26997) settles at 39 Hz. Slower inhibition makes it slower.
//!
//! `cargo run --release --example gamma_1996` draws synfire-out/gamma_1996.png and its spectrum.

use std::path::Path;
use synfire::model::value::uniform;
use synfire::models::{coba, wang_buzsaki_hh};
use synfire::network::rule::all_to_all;
use synfire::plot::{self, Curve, Panel};
use synfire::record::Spectrum;
use synfire::unit::{mS, mV, ms, uA};
use synfire::{Device, Instance, Model, Network, Recording, Result, Rollout};

/// The synapse's text.
const SYNAPSE: &str = include_str!("../assets/wb_synapse.wgsl");

/// Interneurons.
const CELLS: u32 = 100;

/// The network with a synaptic decay time [ms].
pub fn network(tau_syn: f64) -> Result<Network> {
    // with steps of 0.05 ms the method slows the neurons down by 3 Hz
    let mut network = Network::new(0.01 * ms)?;
    let neuron = wang_buzsaki_hh().V_th(0.0 * mV).init_V(uniform(-70.0 * mV, -50.0 * mV)).input_I(1.0 * uA);
    let cells = network.population("cells", CELLS, neuron)?;
    let synapse = Model::with_role("wb_synapse", synfire::model::Role::Synapse, SYNAPSE)?;
    let synapse = Instance::new(synapse).set("beta", 1.0 / tau_syn);
    let inhibit = network.project(&cells, &cells, all_to_all().without_autapses());
    inhibit.weight(0.1 / f64::from(CELLS - 1) * mS).synapse(synapse).output(coba().E(-75.0 * mV)).build()?;
    network.record_spikes("cells", &cells)?;
    network.record_trace("trace", &cells.slice(..2)?, &["V"], 0.1 * ms)?;
    Ok(network)
}

/// Spectrum of the rate of all neurons after the first 200 ms.
pub fn spectrum(recording: &Recording) -> Spectrum {
    let spikes = recording.spikes("cells").expect("they are recorded");
    // 1 ms resolves 500 Hz; segments of 256 ms tell 4 Hz apart
    Spectrum::new(&spikes.rates_hz(200.0..recording.duration_ms, 1.0), 1.0, 256.0)
}

fn main() -> Result<()> {
    let device = Device::open(Default::default())?;
    let mut panel = Panel::new("frequency (Hz)", "power (Hz² / Hz)").range(0.0, 200.0);
    for tau_syn in [10.0, 20.0] {
        let mut rollout = Rollout::new(&network(tau_syn)?, &device)?;
        rollout.advance(1500.0 * ms)?;
        let recording = rollout.recording();
        let spikes = recording.spikes("cells").expect("they are recorded");
        let (rate, spectrum) = (spikes.rate_hz(200.0..1500.0), spectrum(recording));
        let peak = spectrum.peak_hz(15.0..100.0).unwrap_or(0.0);
        println!("decay of {tau_syn} ms: a neuron fires at {rate:.1} Hz, all oscillate at {peak:.0} Hz");
        let path = format!("synfire-out/gamma_1996_{tau_syn}ms.png");
        let title = format!("Wang & Buzsáki (1996), decay of {tau_syn} ms");
        plot::raster(&title, &recording.spikes, 0.0..500.0, Path::new(&path))?;
        panel = panel.with(Curve::new(&format!("decay of {tau_syn} ms"), spectrum.points()));
    }
    let path = Path::new("synfire-out/gamma_1996.png");
    plot::curves("Power spectrum of the population rate", &[panel], path)
}
