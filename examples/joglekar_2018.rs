//! Signals travel over areas where long excitation and local inhibition grow together: Joglekar, Mejias, Yang & Wang
//! (2018), doi:10.1016/j.neuron.2018.02.031, the asynchronous regime of its spiking network.
//!
//! The paper's 29 areas of the macaque need measured connections that do not come with this example. Here six areas lie in a
//! row, 6 mm apart; connections fall off as exp(-0.188 d / mm), the rule that fits those measurements (Ercsey-Ravasz
//! et al., 2013, doi:10.1016/j.neuron.2013.07.036), and 0.55 of an area's long inputs come from the row. Areas have the
//! paper's neurons, local weights, gradient of excitation along the hierarchy and input to the first area. With weak
//! coupling the answer fades on its way; with strong long excitation and strong local inhibition the last area answers
//! twenty times more strongly; with strong excitation alone the network runs away.
//!
//! `cargo run --release --example joglekar_2018` draws synfire-out/joglekar_2018_REGIME.png.

use std::ops::Range;
use std::path::Path;
use synfire::model::value::uniform;
use synfire::models::{dc_generator, iaf_psc_delta, poisson_generator};
use synfire::network::View;
use synfire::network::rule::{all_to_all, pairwise_bernoulli};
use synfire::record::{Recording, SpikeTrain};
use synfire::unit::{kHz, mV, ms, pA, pF};
use synfire::{Device, Instance, Network, Result, Rollout, plot};

/// Number of areas.
pub const AREAS: u32 = 6;
/// Excitatory and inhibitory neurons of an area.
const EXC: u32 = 1600;
const INH: u32 = 400;
/// Distance of neighbours in mm, fall of connections per mm, speed of spikes in mm/ms, share of inputs from the row.
const STEP: f64 = 6.0;
const FALL: f64 = 0.188;
const SPEED: f64 = 3.5;
const SHARE: f64 = 0.55;
/// How much stronger excitation is at the top of the hierarchy.
const GRADIENT: f64 = 4.0;
/// When the first area gets its input, in ms.
const INPUT: Range<f64> = 400.0..550.0;

/// What tells the regimes apart: weights in mV.
pub struct Regime {
    /// Its name.
    pub name: &'static str,
    /// From excitatory neurons of other areas to excitatory ones.
    pub long: f64,
    /// From inhibitory neurons to excitatory ones.
    pub inhibition: f64,
}

/// Weak and strong balanced amplification, and amplification without balance.
pub const REGIMES: [Regime; 3] = [
    Regime { name: "weak", long: 0.025, inhibition: 0.0375 },
    Regime { name: "strong", long: 0.05, inhibition: 0.05 },
    Regime { name: "unbalanced", long: 0.05, inhibition: 0.0375 },
];

/// A neuron of 50 Mohm with its constant input [mV].
fn neuron(tau: f64, input: f64) -> Instance {
    let model = iaf_psc_delta()
        .C_m(tau / 50.0 * 1000.0 * pF)
        .tau_m(tau * ms)
        .t_ref(2.0 * ms)
        .E_L(-70.0 * mV)
        .V_reset(-60.0 * mV)
        .V_th(-50.0 * mV)
        .I_e(input / 50.0 * 1000.0 * pA);
    model.init_V_m(uniform(-70.0 * mV, -50.0 * mV)).into()
}

/// The areas in one regime.
pub fn network(regime: &Regime) -> Result<Network> {
    let mut network = Network::new(0.1 * ms)?;
    let exc = network.population("exc", AREAS * EXC, neuron(20.0, 14.2))?;
    let inh = network.population("inh", AREAS * INH, neuron(10.0, 14.7))?;
    // white noise of 3 mV: as much variance from spikes of 0.2 and -0.2 mV
    for (to, name, tau) in [(&exc, "exc", 20.0), (&inh, "inh", 10.0)] {
        let rate = 9.0 / tau / (2.0 * 0.2 * 0.2);
        for sign in [1.0, -1.0] {
            let noise = poisson_generator().rate(rate * kHz);
            let noise = network.population(&format!("noise {name} {sign}"), 1, noise)?;
            network.project(&noise, to, all_to_all()).weight(0.2 * sign * mV).build()?;
        }
    }
    let step = dc_generator().amplitude(126.0 * pA).start(INPUT.start * ms).stop(INPUT.end * ms);
    let step = network.population("step", 1, step)?;
    network.project(&step, &exc.slice(..EXC)?, all_to_all()).build()?;
    for to in 0..AREAS {
        connect(&mut network, &exc, &inh, to, regime)?;
    }
    network.record_spikes("exc", &exc)?;
    Ok(network)
}

/// All connections that end in one area.
fn connect(network: &mut Network, exc: &View, inh: &View, to: u32, regime: &Regime) -> Result<()> {
    let sources = |area: u32| exc.slice(area * EXC..(area + 1) * EXC);
    let (e, i) = (sources(to)?, inh.slice(to * INH..(to + 1) * INH)?);
    let gain = 1.0 + GRADIENT * f64::from(to + 1) / f64::from(AREAS);
    let mut join = |from: &View, to: &View, weight: f64, delay: f64| {
        network.project(from, to, pairwise_bernoulli(0.1)).weight(weight * mV).delay(delay * ms).build()
    };
    join(&e, &e, 0.01 * gain, 2.0)?;
    join(&e, &i, 0.075 * gain, 2.0)?;
    join(&i, &e, -regime.inhibition, 2.0)?;
    join(&i, &i, -0.075, 2.0)?;
    let fall = |from: u32| (-FALL * STEP * f64::from(from.abs_diff(to))).exp();
    let others = || (0..AREAS).filter(|from| *from != to);
    let total: f64 = others().map(fall).sum();
    for from in others() {
        let share = SHARE * fall(from) / total;
        let delay = STEP * f64::from(from.abs_diff(to)) / SPEED;
        join(&sources(from)?, &e, regime.long * gain * share, delay)?;
        join(&sources(from)?, &i, 0.0475 * gain * share, delay)?;
    }
    Ok(())
}

/// Rate of every area during the input, above its rate before it, in Hz.
pub fn answers(recording: &Recording) -> Vec<f64> {
    let spikes = recording.spikes("exc").expect("they are recorded");
    let area = |k: u32| spikes.of(k * EXC..(k + 1) * EXC);
    let answer = |train: SpikeTrain| train.rate_hz(INPUT) - train.rate_hz(200.0..INPUT.start);
    (0..AREAS).map(|k| answer(area(k))).collect()
}

fn main() -> Result<()> {
    let device = Device::open(Default::default())?;
    println!("rate of the areas above their rate before the input (Hz)");
    for regime in &REGIMES {
        let mut rollout = Rollout::new(&network(regime)?, &device)?;
        rollout.advance(800.0 * ms)?;
        let recording = rollout.recording();
        let answers: Vec<String> = answers(recording).iter().map(|hz| format!("{hz:7.2}")).collect();
        println!("{:10} {}", regime.name, answers.join(" "));
        let spikes = recording.spikes("exc").expect("they are recorded");
        let areas: Vec<SpikeTrain> = (0..AREAS)
            .map(|k| SpikeTrain { name: format!("area {}", k + 1), ..spikes.of(k * EXC..(k + 1) * EXC) })
            .collect();
        let path = format!("synfire-out/joglekar_2018_{}.png", regime.name);
        let title = format!("Joglekar et al. (2018), {}", regime.name);
        plot::raster(&title, &areas, 0.0..recording.duration_ms, Path::new(&path))?;
    }
    Ok(())
}
