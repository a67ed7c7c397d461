//! Asynchronous irregular activity of cortical neurons: Susin & Destexhe (2021), doi:10.1371/journal.pcbi.1009416.
//!
//! 25,000 adaptive exponential neurons and 20,000 external ones at 2 Hz. Excitatory neurons fire at 1.2 Hz, inhibitory ones
//! at 4.9 Hz, with coefficients of variation of 0.9, and the spectrum of their rate has no rhythm that stands out.
//!
//! `cargo run --release --example susin_destexhe_ai` draws synfire-out/susin_destexhe_ai.png and the spectrum.

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
        tau_ex: 5.0 * ms,
        tau_in: 5.0 * ms,
        excitation: 1.0 * nS,
        inhibition: 5.0 * nS,
        external: 1.0 * nS,
        rate: 2.0 * Hz,
    };
    cortex::network(size, &state)
}

fn main() -> Result<()> {
    let mut rollout = Rollout::new(&network(25_000)?, &Device::open(Default::default())?)?;
    rollout.advance(2000.0 * ms)?;
    let recording = rollout.recording();
    cortex::report(recording);
    let title = "Susin & Destexhe (2021): asynchronous irregular";
    let path = Path::new("synfire-out/susin_destexhe_ai.png");
    plot::raster(title, &recording.spikes, 1500.0..2000.0, path)?;
    let points = cortex::spectrum(recording).points();
    let panel =
        Panel::new("frequency (Hz)", "power (Hz² / Hz)").range(0.0, 200.0).with(Curve::new("fs", points));
    plot::curves(title, &[panel], Path::new("synfire-out/susin_destexhe_ai_spectrum.png"))
}
