//! Models with any number of ports, ports that take what a neuron releases, and binary neurons.

use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use synfire::models::{iaf_psc_exp, iaf_psc_exp_multisynapse, mcculloch_pitts_neuron, spike_generator};
use synfire::network::View;
use synfire::network::rule::{all_to_all, one_to_one};
use synfire::unit::{mV, ms, pA};
use synfire::{Device, Instance, Model, Network, Recording, Rollout};

fn run(network: &Network, duration: f64, device: &Device) -> Result<Recording, Failed> {
    let mut rollout = Rollout::new(network, device)?;
    rollout.advance(duration * ms)?;
    Ok(rollout.take_recording())
}

/// A neuron with an excitatory and an inhibitory port of a list does what the one with two named ports does, also beside
/// a population with another number of ports.
fn two_of_a_list(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let times = (1..40).map(|k| f64::from(k * k % 97) + 1.0).map(|time| time * ms);
    let mut times: Vec<_> = times.collect();
    times.sort_by(|a, b| a.value_in(ms).total_cmp(&b.value_in(ms)));
    let source = network.population("source", 1, spike_generator().spike_times(times))?;
    let named = iaf_psc_exp().tau_syn_ex(2.0 * ms).tau_syn_in(7.0 * ms);
    let named = network.population("named", 1, named)?;
    let listed = iaf_psc_exp_multisynapse().tau_syn(vec![2.0 * ms, 7.0 * ms]);
    let listed = network.population("listed", 1, listed)?;
    let more = iaf_psc_exp_multisynapse().tau_syn(vec![1.0 * ms, 7.0 * ms, 2.0 * ms]);
    let more = network.population("more", 1, more)?;
    let mut connect = |target: &View, ports: [&str; 2]| {
        for (port, weight) in ports.into_iter().zip([2500.0 * pA, -500.0 * pA]) {
            network.project(&source, target, all_to_all()).weight(weight).port(port).build()?;
        }
        network.record_trace(ports[0], target, &["V_m"], 0.1 * ms)
    };
    connect(&named, ["ex", "inh"])?;
    connect(&listed, ["1", "2"])?;
    connect(&more, ["3", "2"])?;
    let recording = run(&network, 120.0, device)?;
    let trace = |k: usize| &recording.traces[k].variables[0].1;
    for other in [1, 2] {
        // the sums are taken in another order
        let off = trace(0).iter().zip(trace(other)).map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max);
        if off > 1e-3 {
            return Err(format!("potentials differ by {off} mV").into());
        }
    }
    let spikes = recording.populations.iter().find(|it| it.name == "more").map_or(0, |it| it.spikes());
    if spikes == 0 { Err("no spikes: nothing was compared".into()) } else { Ok(()) }
}

/// The input of a binary neuron is the sum of the weights of its active inputs, however long these stay active, and
/// nothing is left of those that are no longer.
fn sums_active_inputs(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let up = network.population("up", 1, mcculloch_pitts_neuron().theta(-1.0 * mV))?;
    let cells = network.population("cells", 40, mcculloch_pitts_neuron().theta(0.5 * mV))?;
    // a pair that inhibits each other's successor never rests
    let ring = network.population("ring", 2, mcculloch_pitts_neuron().theta(-0.05 * mV).tau_m(2.0 * ms))?;
    let sums = network.population("sums", 2, mcculloch_pitts_neuron())?;
    network.project(&up, &cells, all_to_all()).weight(1.0 * mV).delay(1.0 * ms).build()?;
    network.project(&ring, &ring, one_to_one()).weight(-0.1 * mV).delay(1.0 * ms).build()?;
    network.project(&ring, &sums, one_to_one()).weight(0.1 * mV).delay(0.1 * ms).build()?;
    network.record_trace("cells", &cells, &["S", "h"], 0.1 * ms)?;
    network.record_trace("ring", &ring, &["S"], 0.1 * ms)?;
    network.record_trace("sums", &sums, &["h"], 0.1 * ms)?;
    network.record_spikes("transitions", &ring)?;
    let recording = run(&network, 500.0, device)?;
    let table = |record: usize, variable: usize| &recording.traces[record].variables[variable].1;
    let last = |values: &[f32]| values[values.len() - 40..].to_vec();
    if last(table(0, 0)) != [1.0; 40] || last(table(0, 1)) != [1.0; 40] {
        return Err(format!("h is {:?} with one active input of weight 1", last(table(0, 1))).into());
    }
    // a transition acts in the step after it
    let (states, sums) = (table(1, 0), table(2, 0));
    let off = states.iter().zip(&sums[2..]).find(|(state, sum)| (**state * 0.1 - **sum).abs() > 1e-6);
    if let Some((state, sum)) = off {
        return Err(format!("h is {sum} where the input is in state {state} with weight 0.1").into());
    }
    let record = recording.spikes("transitions").ok_or("it is recorded")?;
    let changes = states.iter().zip(&states[2..]).filter(|(before, after)| before != after).count();
    let first = states[..2].iter().filter(|state| **state != 0.0).count();
    if record.times.len() != changes + first || changes < 100 {
        return Err(format!("{} events for {} transitions", record.times.len(), changes + first).into());
    }
    Ok(())
}

/// Spikes every ten steps and releases one more of `unit` each time; sums what arrives.
const RELEASES: &str = "//! Counts.
struct Params {
    /// What the first spike releases [1] = 1, > 0
    unit: f32,
}
struct State {
    /// Steps since the last spike [1] = 0
    since: u32,
    /// Spikes [1] = 0
    n: u32,
    /// What arrived [1] = 0
    sum: f32,
}
struct Input {
    /// Spikes, summed weight [1]
    plain: f32,
    /// Spikes, summed weight times what each released [1], released
    graded: f32,
}
fn update(s: State, x: Input) -> State {
    return State(s.since + 1u, s.n, s.sum + x.plain + 1000.0 * x.graded);
}
fn threshold(s: State) -> f32 {
    return select(-1.0, 1.0, s.since == 10u);
}
fn reset(s: State) -> State {
    return State(0u, s.n + 1u, s.sum);
}
fn release(p: Params, s: State) -> f32 {
    return p.unit * f32(s.n);
}
fn bound(p: Params) -> f32 {
    return 4.0 * p.unit;
}";

/// A spike carries what the neuron releases to the ports that ask for it and 1 to the others, within the model's bound;
/// trials may release differently.
fn released(device: &Device) -> Result<(), Failed> {
    let model = Model::from_wgsl("releases", RELEASES)?;
    let cell = |unit: f64| Instance::new(model.clone()).set("unit", unit);
    let mut network = Network::new(0.1 * ms)?;
    let source = network.population("source", 1, cell(1.0))?;
    let target = network.population("target", 1, cell(1.0))?;
    network.project(&source, &target, all_to_all()).weight(2.0).build()?;
    network.project(&source, &target, all_to_all()).weight(0.5).port("graded").delay(0.3 * ms).build()?;
    network.record_trace("sum", &target, &["sum"], 1.0 * ms)?;
    network.set_trials(0..2)?;
    network.set_each_trial(&source, [cell(1.0), cell(6.0)])?;
    let recording = run(&network, 6.0, device)?;
    for (trial, unit) in [(0, 1.0), (1, 6.0)] {
        let recording = recording.trial(trial).ok_or("there are two trials")?;
        let found = &recording.traces[0].variables[0].1;
        // spikes at 1, 2 … 5 ms arrive 0.1 and 0.3 ms later; the fifth exceeds the bound
        let released = [1.0, 2.0, 3.0, 4.0, 4.0].map(|n| 500.0 * unit * n);
        let expected: Vec<f32> = (0..6).map(|k| 2.0 * k as f32 + released[..k].iter().sum::<f32>()).collect();
        if *found != expected {
            return Err(format!("trial {trial}: {found:?} where {expected:?} is released").into());
        }
    }
    let other = network.population("other", 1, iaf_psc_exp())?;
    let wrong = network.project(&other, &target, all_to_all()).port("graded").build();
    let message = wrong.expect_err("it releases nothing").to_string();
    if !message.contains("takes spikes of the same model only; population `other` is of `iaf_psc_exp`") {
        return Err(message.into());
    }
    let without = Model::from_wgsl("own", &RELEASES.replace("fn release", "fn gives"));
    let message = without.expect_err("it has no `release`").to_string();
    if message.contains("add a function `release`") { Ok(()) } else { Err(message.into()) }
}

pub fn all() -> Vec<Trial> {
    let all: [(&str, Check); 3] = [
        ("two_of_a_list", Box::new(two_of_a_list)),
        ("released", Box::new(released)),
        ("sums_active_inputs", Box::new(sums_active_inputs)),
    ];
    all.into_iter().flat_map(|(name, check)| trials(&format!("ports::{name}"), check)).collect()
}
