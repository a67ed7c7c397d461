//! Gamma rhythm of excitatory and inhibitory neurons in turn (PING): Susin & Destexhe (2021),
//! doi:10.1371/journal.pcbi.1009416.
//!
//! The network of `susin_destexhe_ai` with faster and stronger excitation and slower inhibition, external neurons at 3 Hz.
//! Inhibitory neurons fire at 6.3 Hz and irregularly, excitatory ones at 1.3 Hz, while the rates of both oscillate in the
//! gamma band, at 40 Hz: each volley of excitation is cut off by inhibition. The authors' own program (ModelDB 267039,
//! RS-FS network, with these values) takes the gamma of this network as 30 to 50 Hz.
//!
//! `cargo run --release --example susin_destexhe_ping` draws synfire-out/susin_destexhe_ping.png and the spectrum.

#[allow(clippy::duplicate_mod, reason = "the tests include both examples of this network")]
#[path = "susin_destexhe/cortex.rs"]
pub mod cortex;

use cortex::State;
use std::path::Path;
use synfire::plot::{self, Curve, Panel};
use synfire::unit::{Hz, ms, nS};
use synfire::{Device, Network, Result, Rollout};

/// `size` neurons in the state of this example.
pub fn network(size: u32) -> Result<Network> {
    let state = State {
        tau_ex: 1.0 * ms,
        tau_in: 7.5 * ms,
        excitation: 5.0 * nS,
        inhibition: 3.34 * nS,
        external: 4.0 * nS,
        rate: 3.0 * Hz,
    };
    cortex::network(size, &state)
}

fn main() -> Result<()> {
    let mut rollout = Rollout::new(&network(25_000)?, &Device::open(Default::default())?)?;
    rollout.advance(2000.0 * ms)?;
    let recording = rollout.recording();
    cortex::report(recording);
    let title = "Susin & Destexhe (2021): gamma rhythm (PING)";
    let path = Path::new("synfire-out/susin_destexhe_ping.png");
    plot::raster(title, &recording.spikes, 1500.0..2000.0, path)?;
    let points = cortex::spectrum(recording).points();
    let panel =
        Panel::new("frequency (Hz)", "power (Hz² / Hz)").range(0.0, 200.0).with(Curve::new("fs", points));
    plot::curves(title, &[panel], Path::new("synfire-out/susin_destexhe_ping_spectrum.png"))
}
