//! Models of a user's own, and what every shipped model must do.

use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use synfire::models::{
    dc_generator, iaf_psc_delta, iaf_psc_exp, parrot_neuron, poisson_generator, sinusoidal_poisson_generator,
    spike_generator,
};
use synfire::network::rule::{all_to_all, fixed_indegree, one_to_one, symmetric_pairwise_bernoulli};
use synfire::unit::{Hz, mV, ms, pA};
use synfire::{Device, Instance, Model, Network, Rollout};

/// The neuron of the README.
const OWN: &str = include_str!("../../assets/quadratic.wgsl");

fn own_model(device: &Device) -> Result<(), Failed> {
    let model = Model::from_wgsl("quadratic", OWN)?;
    let mut network = Network::new(0.1 * ms)?;
    let cell = Instance::new(model).input("I", 0.5 * synfire::unit::nA);
    let cells = network.population("cells", 3, cell)?;
    network.record_spikes("spikes", &cells)?;
    network.record_trace("trace", &cells, &["V"], 0.1 * ms)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(200.0 * ms)?;
    let spikes = rollout.recording().spikes("spikes").expect("it is recorded");
    if spikes.times.len() < 6 {
        return Err(format!("only {} spikes", spikes.times.len()).into());
    }
    Ok(())
}

/// An independent train for every target, at the asked rate, also where the engine makes sources.
fn poisson(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let noise = network.population("noise", 8, poisson_generator().rate(200.0 * Hz))?;
    let direct = network.population("direct", 500, parrot_neuron())?;
    let sources = network.population("sources", 500, parrot_neuron())?;
    network.project(&noise.slice(0..1)?, &direct, all_to_all()).build()?;
    network.project(&noise, &sources, fixed_indegree(6)).delay(0.5 * ms).build()?;
    network.record_spikes("direct", &direct)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(1000.0 * ms)?;
    let recording = rollout.recording();
    for (name, expected) in [("direct", 200.0), ("sources", 1200.0)] {
        let rate = recording.rate_hz(name).unwrap_or(0.0);
        // five standard errors of the mean of 500 trains of one second
        let margin = 5.0 * (expected / 500.0f64).sqrt();
        if (rate - expected).abs() > margin {
            return Err(format!("`{name}` fires at {rate:.1} Hz, expected {expected} ± {margin:.1}").into());
        }
    }
    let record = recording.spikes("direct").expect("it is recorded");
    let mut counts = vec![0.0f64; 500];
    record.senders.iter().for_each(|sender| counts[*sender as usize] += 1.0);
    let mean = counts.iter().sum::<f64>() / 500.0;
    let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 499.0;
    // a Poisson count's variance is its mean; 500 trains know it to 6 %
    if !(0.75..1.25).contains(&(variance / mean)) {
        return Err(format!("variance / mean of the counts is {:.3}", variance / mean).into());
    }
    Ok(())
}

/// Trains whose rate follows a sine: how many spikes, and at which phase, also where a step has several.
fn sinusoidal_poisson(device: &Device) -> Result<(), Failed> {
    for (rate, amplitude, n) in [(40.0, 50.0, 500), (60_000.0, 50_000.0, 2)] {
        let mut network = Network::new(0.1 * ms)?;
        let noise = sinusoidal_poisson_generator().rate(rate * Hz).amplitude(amplitude * Hz);
        let noise = network.population("noise", 1, noise.frequency(250.0 * Hz).phase(60.0))?;
        let targets = network.population("targets", n, parrot_neuron())?;
        network.project(&noise, &targets, all_to_all()).delay(0.1 * ms).build()?;
        network.record_spikes("targets", &targets)?;
        let mut rollout = Rollout::new(&network, device)?;
        rollout.advance(1000.0 * ms)?;
        let record = rollout.recording().spikes("targets").expect("it is recorded");

        // 40 steps are a turn; a parrot repeats in the step after
        let turns = |step: f64| step / 40.0 * std::f64::consts::TAU;
        let per_step =
            (0..40).map(|k| (rate + amplitude * (turns(f64::from(k)) + 60f64.to_radians()).sin()).max(0.0));
        let expected = per_step.sum::<f64>() / 40.0 * f64::from(n);
        let count = record.times.len() as f64;
        if (count - expected).abs() > 5.0 * expected.sqrt() + 0.002 * expected {
            return Err(format!("{count} spikes, expected {expected:.0}").into());
        }
        let angles = || record.times.iter().map(|time| turns((time / 0.1).round()));
        let (sine, cosine) = (angles().map(f64::sin).sum::<f64>(), angles().map(f64::cos).sum::<f64>());
        let phase = sine.atan2(cosine).to_degrees();
        if (phase - 39.0).abs() > 3.0 {
            return Err(format!("phase {phase:.1} degrees, expected 39: a step is 9").into());
        }
    }
    Ok(())
}

/// A current generator of its own for every target.
fn currents(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let amplitudes = vec![300.0 * pA, 400.0 * pA, 500.0 * pA, 600.0 * pA];
    let drive = network.population("drive", 4, dc_generator().amplitude(amplitudes))?;
    let cells = network.population("cells", 4, iaf_psc_exp())?;
    network.project(&drive, &cells, one_to_one()).build()?;
    network.record_spikes("spikes", &cells)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(500.0 * ms)?;
    let record = rollout.recording().spikes("spikes").expect("it is recorded");
    let count = |cell: u32| record.senders.iter().filter(|sender| **sender == cell).count();
    let counts: Vec<usize> = (0..4).map(count).collect();
    // 300 pA · 40 MΩ = 12 mV stays below the threshold 15 mV above rest
    if counts[0] != 0 || !counts.windows(2).all(|pair| pair[0] < pair[1]) {
        return Err(format!("spike counts {counts:?} do not follow the currents").into());
    }
    Ok(())
}

/// A symmetric rule connects both ways: a volley goes there, and comes back after the refractory time.
fn symmetric(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let kick = network.population("kick", 1, spike_generator().spike_times(vec![5.0 * ms]))?;
    let left = network.population("left", 30, iaf_psc_delta())?;
    let right = network.population("right", 30, iaf_psc_delta())?;
    network.project(&kick, &left, all_to_all()).weight(100.0 * mV).build()?;
    let rule = symmetric_pairwise_bernoulli(0.5).without_autapses();
    network.project(&left, &right, rule).weight(100.0 * mV).delay(1.5 * ms).build()?;
    let mut rollout = Rollout::new(&network, device)?;
    let mut counts = vec![];
    for time in [6.0, 1.5, 1.5] {
        rollout.advance(time * ms)?;
        counts.push(["left", "right"].map(|name| {
            let populations = &rollout.recording().populations;
            populations.iter().find(|population| population.name == name).map_or(0, |found| found.spikes())
        }));
    }
    let edges = rollout.program().synapses - 30;
    if counts != [[30, 0], [30, 30], [60, 30]] || edges % 2 != 0 || !(800..1000).contains(&edges) {
        return Err(format!("spikes {counts:?} over {edges} edges").into());
    }
    Ok(())
}

/// What cannot fit is refused before it is built.
fn too_large(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let cells = network.population("cells", 50_000_000, iaf_psc_delta())?;
    network.project(&cells, &cells, all_to_all()).weight(1.0 * mV).build()?;
    match Rollout::new(&network, device) {
        Err(synfire::Error::Memory { .. }) => Ok(()),
        Err(other) => Err(format!("another error: {other}").into()),
        Ok(_) => Err("a network of 2.5e15 synapses was built".into()),
    }
}

pub fn all() -> Vec<Trial> {
    let all: [(&str, Check); 6] = [
        ("own_model", Box::new(own_model)),
        ("poisson", Box::new(poisson)),
        ("sinusoidal_poisson", Box::new(sinusoidal_poisson)),
        ("currents", Box::new(currents)),
        ("symmetric", Box::new(symmetric)),
        ("too_large", Box::new(too_large)),
    ];
    all.into_iter().flat_map(|(name, check)| trials(&format!("models::{name}"), check)).collect()
}
