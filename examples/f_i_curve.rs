//! A sweep: how fast a neuron fires under a current and noise, for 31 currents at once.
//!
//! `cargo run --release --example f_i_curve` prints the curve and draws it to f_i_curve.png. Each current is a trial of one
//! network: all trials share what is connected, each has its own current, its own initial values and its own noise.

use plotters::prelude::*;
use plotters::style::register_font;
use std::error::Error;
use std::path::Path;
use synfire::model::value::uniform;
use synfire::models::{iaf_psc_exp, poisson_generator};
use synfire::network::rule::all_to_all;
use synfire::unit::{kHz, mV, ms, pA};
use synfire::{Device, Network, Result, Rollout};

/// Currents in pA.
fn currents() -> impl Iterator<Item = f64> {
    (0..=30).map(|k| 20.0 * f64::from(k))
}

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let curve = measure(&Device::open(Default::default())?)?;
    for (current, rate) in &curve {
        println!("{current:5.0} pA {rate:7.2} Hz");
    }
    draw(&curve, Path::new("f_i_curve.png"))
}

/// Current in pA and rate in Hz, of 50 neurons in one second.
pub fn measure(device: &Device) -> Result<Vec<(f64, f64)>> {
    let mut network = Network::new(0.1 * ms)?;
    let neuron = || iaf_psc_exp().init_V_m(uniform(-70.0 * mV, -55.0 * mV));
    let cells = network.population("cells", 50, neuron())?;
    let noise = network.population("noise", 1, poisson_generator().rate(1.0 * kHz))?;
    // as much excitation as inhibition: noise without a mean
    for weight in [50.0, -50.0] {
        network.project(&noise, &cells, all_to_all()).weight(weight * pA).delay(1.0 * ms).build()?;
    }
    network.set_trials(0..currents().count() as u32)?;
    network.set_each_trial(&cells, currents().map(|current| neuron().I_e(current * pA)))?;

    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(1000.0 * ms)?;
    let rates = rollout.recording().rates_hz("cells").expect("there are such cells");
    Ok(currents().zip(rates).collect())
}

/// Draws the curve.
pub fn draw(curve: &[(f64, f64)], path: &Path) -> std::result::Result<(), Box<dyn Error>> {
    register_font("sans-serif", FontStyle::Normal, include_bytes!("../assets/NotoSans.ttf"))
        .map_err(|_| "the font cannot be read")?;
    let highest = curve.iter().map(|(_, rate)| *rate).fold(1.0, f64::max);
    let area = BitMapBackend::new(path, (900, 600)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("iaf_psc_exp under noise", ("sans-serif", 28))
        .margin(20)
        .x_label_area_size(50)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..600.0, 0.0..1.05 * highest)?;
    chart
        .configure_mesh()
        .x_desc("current (pA)")
        .y_desc("rate (Hz)")
        .label_style(("sans-serif", 18))
        .draw()?;
    let colour = RGBColor(0, 114, 178);
    chart.draw_series([PathElement::new(curve, colour.stroke_width(2))])?;
    chart.draw_series(curve.iter().map(|point| Circle::new(*point, 4, colour.filled())))?;
    area.present()?;
    Ok(())
}
