//! A packet of spikes travels along a chain of groups, or dies: Diesmann, Gewaltig & Aertsen (1999),
//! doi:10.1038/990101.
//!
//! Ten groups of 100 neurons, each neuron connected to the whole next group. The background of 20,000 synapses is
//! Poisson spikes of 35.2 and 30 kHz with potentials of 0.14 mV; a neuron then fires at 2 Hz, as in the paper. A packet of
//! `spikes` at times of standard deviation `spread` sharpens to about 100 spikes within 0.5 ms, or fades within a few
//! groups: which of the two depends on both numbers, with the border near 55 spikes for a spread of 1 ms.
//!
//! `cargo run --release --example synfire_chain` draws synfire-out/synfire_chain_NUMBER.png.

use std::ops::Range;
use std::path::Path;
use synfire::model::value::uniform;
use synfire::models::{iaf_psc_alpha, poisson_generator, spike_generator};
use synfire::network::rule::all_to_all;
use synfire::random::{Stream, normal_pair, uniform_pair};
use synfire::record::SpikeTrain;
use synfire::unit::{kHz, mV, ms, pA, pF};
use synfire::{Device, Network, Result, Rollout, plot};

/// Groups of the chain.
pub const GROUPS: u32 = 10;
/// Neurons of a group.
pub const WIDTH: u32 = 100;
/// When the packet is sent, in ms.
const SENT: f64 = 20.0;
/// From group to group in ms.
const DELAY: f64 = 5.0;
/// Raises the potential by 0.14 mV at its peak, in pA.
const WEIGHT: f64 = 44.7;

/// The chain and a packet of `spikes` with a spread in ms.
pub fn network(spikes: usize, spread: f64) -> Result<Network> {
    let mut network = Network::new(0.1 * ms)?;
    let neuron = iaf_psc_alpha()
        .C_m(250.0 * pF)
        .tau_m(10.0 * ms)
        .t_ref(1.0 * ms)
        .E_L(-70.0 * mV)
        .V_reset(-70.0 * mV)
        .V_th(-55.0 * mV)
        .tau_syn_ex(0.325 * ms)
        .tau_syn_in(0.325 * ms)
        .init_V_m(uniform(-70.0 * mV, -55.0 * mV));
    let chain = network.population("chain", GROUPS * WIDTH, neuron)?;
    let excitation = network.population("excitation", 1, poisson_generator().rate(35.2 * kHz))?;
    let inhibition = network.population("inhibition", 1, poisson_generator().rate(30.0 * kHz))?;
    let packet = spike_generator().spike_times(packet(spikes, spread));
    let packet = network.population("packet", 1, packet)?;
    network.project(&excitation, &chain, all_to_all()).weight(WEIGHT * pA).build()?;
    network.project(&inhibition, &chain, all_to_all()).weight(-WEIGHT * pA).build()?;
    let mut from = packet;
    for group in 0..GROUPS {
        let to = chain.slice(neurons(group))?;
        let link = network.project(&from, &to, all_to_all()).weight(WEIGHT * pA).delay(DELAY * ms);
        link.name(&format!("link_{group}")).build()?;
        from = to;
    }
    network.record_spikes("chain", &chain)?;
    Ok(network)
}

fn neurons(group: u32) -> Range<u32> {
    group * WIDTH..(group + 1) * WIDTH
}

/// Times of the packet: normal numbers, rounded to steps.
fn packet(spikes: usize, spread: f64) -> Vec<synfire::unit::Quantity<synfire::unit::Time>> {
    let stream = Stream::new(1, 0);
    let draws = (0..).flat_map(|k| normal_pair(uniform_pair(stream.words(0, k))));
    let mut times: Vec<f64> = draws.take(spikes).map(|z| SENT + spread * z).collect();
    times.sort_by(f64::total_cmp);
    times.iter().map(|time| (time * 10.0).round() / 10.0 * ms).collect()
}

/// Number and spread [ms] of the packet's spikes in every group.
pub fn journey(spikes: &SpikeTrain) -> Vec<(usize, f64)> {
    let mut due = SENT + DELAY;
    let mut journey = vec![];
    for group in 0..GROUPS {
        let times = spikes.of(neurons(group)).times;
        // 4 ms: wider than any packet that survives, narrower than the time to the next group
        let of_packet: Vec<f64> = times.into_iter().filter(|time| (time - due).abs() < 4.0).collect();
        let n = of_packet.len().max(1) as f64;
        let mean = of_packet.iter().sum::<f64>() / n;
        let variance = of_packet.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / n;
        journey.push((of_packet.len(), variance.sqrt()));
        // a packet that has died goes on at the mean pace of one that lives
        due = if of_packet.len() > 20 { mean + DELAY } else { due + DELAY + 0.5 };
    }
    journey
}

fn main() -> Result<()> {
    let device = Device::open(Default::default())?;
    println!("spikes / spread (ms) of the packet in every group");
    for (spikes, spread) in [(100, 1.0), (60, 1.0), (50, 1.0), (100, 5.0), (40, 0.0)] {
        let mut rollout = Rollout::new(&network(spikes, spread)?, &device)?;
        rollout.advance(100.0 * ms)?;
        let recording = rollout.recording();
        let journey = journey(recording.spikes("chain").expect("it is recorded"));
        let groups: Vec<String> = journey.iter().map(|(n, spread)| format!("{n}/{spread:.1}")).collect();
        println!("{spikes:3}/{spread}: {}", groups.join(" "));
        let path = format!("synfire-out/synfire_chain_{spikes}_{spread}ms.png");
        let title = format!("Diesmann et al. (1999): {spikes} spikes within {spread} ms");
        plot::raster(&title, &recording.spikes, 0.0..recording.duration_ms, Path::new(&path))?;
    }
    Ok(())
}
