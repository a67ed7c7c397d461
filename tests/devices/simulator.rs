//! A run in NEST's words: continued, changed while it runs, driven from outside.

use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use synfire::model::value::{normal, uniform};
use synfire::models::{
    coba, expon, iaf_psc_exp, iaf_psc_exp_htum, lif_ref, parrot_neuron, poisson_generator, spike_generator,
};
use synfire::network::View;
use synfire::network::rule::{all_to_all, fixed_indegree, fixed_outdegree, one_to_one};
use synfire::simulator::{SimulationResult, Simulator, SpikeRecorder, Synapse};
use synfire::unit::{Hz, S, mV, ms, pA};
use synfire::{Device, Network, Rollout};

#[allow(dead_code, reason = "an example's `main` is for `cargo run`")]
#[path = "../../examples/closed_loop.rs"]
mod closed_loop;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), Failed> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {found:?}, expected {expected:?}").into())
}

fn refused<T>(result: synfire::Result<T>, words: &str) -> Result<(), Failed> {
    match result {
        Err(error) if error.to_string().contains(words) => Ok(()),
        Err(error) => Err(format!("expected an error with `{words}`, got `{error}`").into()),
        Ok(_) => Err(format!("expected an error with `{words}`").into()),
    }
}

/// A noisy network of excitatory and inhibitory neurons.
struct Net {
    sim: Simulator,
    exc: View,
    inh: View,
    noise: View,
    recorder: SpikeRecorder,
}

impl Net {
    fn new(device: &Device, current: f64, rate: f64) -> synfire::Result<Net> {
        let mut sim = Simulator::on(device.clone(), 0.1 * ms)?;
        let cell = || iaf_psc_exp().I_e(current * pA).init_V_m(uniform(-70.0 * mV, -56.0 * mV));
        let exc = sim.create("exc", cell(), 80)?;
        let inh = sim.create("inh", cell(), 70)?;
        let noise = sim.create_one(poisson_generator().rate(rate * Hz))?;
        let all = &exc + &inh;
        sim.connect(&noise, &all, all_to_all(), Synapse::weight(60.0 * pA).delay(1.5 * ms))?;
        sim.connect(
            &exc,
            &all,
            fixed_indegree(8),
            Synapse::weight(normal(60.0 * pA, 5.0 * pA)).delay(1.5 * ms),
        )?;
        sim.connect(&inh, &all, fixed_indegree(8), Synapse::weight(-90.0 * pA).delay(0.8 * ms))?;
        let recorder = sim.record_spikes(&all)?;
        Ok(Net { sim, exc, inh, noise, recorder })
    }

    fn spikes(&self, result: &SimulationResult) -> (Vec<f64>, Vec<u32>) {
        let train = result.spikes(&self.recorder);
        (train.times.clone(), train.senders.clone())
    }
}

fn continuing_is_one_run(device: &Device) -> Result<(), Failed> {
    let (mut whole, mut parts) = (Net::new(device, 200.0, 8000.0)?, Net::new(device, 200.0, 8000.0)?);
    let expected = whole.sim.simulate(60.0 * ms)?;
    let mut found = parts.sim.simulate(7.3 * ms)?;
    for _ in 0..31 {
        found.extend(parts.sim.simulate(1.7 * ms)?);
    }
    same("time", (parts.sim.time_ms() * 10.0).round(), 600.0)?;
    if whole.spikes(&expected).0.len() < 20 {
        return Err("the network is silent".into());
    }
    same("spikes", parts.spikes(&found), whole.spikes(&expected))?;
    let difference = found.rate_hz(&parts.exc) - expected.rate_hz(&whole.exc);
    same("rate", difference.abs() < 1e-9, true)
}

/// From the same state on, a network whose parameters were set runs as one that was built with them.
fn set_is_built_with(device: &Device) -> Result<(), Failed> {
    let (mut set, mut built) = (Net::new(device, 0.0, 4000.0)?, Net::new(device, 300.0, 9000.0)?);
    set.sim.simulate(5.0 * ms)?;
    let blocks = set.sim.rollout()?.program().blocks.as_ptr();
    let state = set.sim.rollout()?.checkpoint()?;
    let all = &set.exc + &set.inh;
    set.sim.set(&all, "I_e", 300.0 * pA)?;
    set.sim.set(&set.noise.clone(), "rate", 9000.0 * Hz)?;
    built.sim.rollout()?.restore(&state)?;
    let (found, expected) = (set.sim.simulate(40.0 * ms)?, built.sim.simulate(40.0 * ms)?);
    same("spikes", set.spikes(&found), built.spikes(&expected))?;
    if set.spikes(&found).0.is_empty() {
        return Err("the network is silent".into());
    }
    // the rows are those that were built: not even moved
    same("rows", set.sim.rollout()?.program().blocks.as_ptr(), blocks)?;
    same("I_e", set.sim.get(&set.exc.slice(3..5)?, "I_e")?, vec![300.0, 300.0])
}

/// A slice of its own values: the constant becomes one for each element, and derived ones with it.
fn set_on_a_slice(device: &Device) -> Result<(), Failed> {
    let taus: Vec<_> = (0..80).map(|k| if k < 30 { 5.0 } else { 10.0 } * ms).collect();
    let build = |by_hand: bool| -> synfire::Result<(Simulator, View, SpikeRecorder)> {
        let mut sim = Simulator::on(device.clone(), 0.1 * ms)?;
        let cell = iaf_psc_exp().I_e(500.0 * pA).init_V_m(-62.0 * mV);
        let cell = if by_hand { cell.tau_m(taus.clone()) } else { cell };
        let cells = sim.create("cells", cell, 80)?;
        sim.connect(&cells, &cells, fixed_outdegree(10), Synapse::weight(40.0 * pA))?;
        let recorder = sim.record_spikes(&cells)?;
        Ok((sim, cells, recorder))
    };
    let (mut built, _, _) = build(true)?;
    let (mut set, cells, recorder) = build(false)?;
    set.rollout()?;
    set.set(&cells.slice(..30)?, "tau_m", 5.0 * ms)?;
    let (found, expected) = (set.simulate(60.0 * ms)?, built.simulate(60.0 * ms)?);
    same("spikes", found.spikes(&recorder), expected.spikes(&recorder))?;
    same("tau_m", set.get(&cells.slice(29..31)?, "tau_m")?, vec![5.0, 10.0])?;
    // back to one value, and set before the network is built
    set.set(&cells, "tau_m", 10.0 * ms)?;
    set.set(&cells, "V_m", uniform(-70.0 * mV, -60.0 * mV))?;
    let (mut early, cells, _) = build(false)?;
    early.set(&cells.slice(..30)?, "tau_m", 5.0 * ms)?;
    same("before building", early.simulate(60.0 * ms)?.spikes(&recorder), expected.spikes(&recorder))
}

/// Potentials that a model counts from a parameter stay where they are when it moves.
fn state_is_set_and_kept(device: &Device) -> Result<(), Failed> {
    let mut sim = Simulator::on(device.clone(), 0.1 * ms)?;
    let cells = sim.create("cells", iaf_psc_exp(), 70)?;
    sim.simulate(1.0 * ms)?;
    let potentials: Vec<_> = (0..5).map(|k| (-70.0 + f64::from(k)) * mV).collect();
    sim.set(&cells.slice(60..65)?, "V_m", potentials)?;
    sim.set(&cells, "E_L", -65.0 * mV)?;
    let found = sim.get(&cells.slice(59..65)?, "V_m")?;
    for (found, expected) in found.iter().zip([-70.0, -70.0, -69.0, -68.0, -67.0, -66.0]) {
        if (found - expected).abs() > 1e-5 {
            return Err(format!("V_m is {found}, expected {expected}").into());
        }
    }
    same("V_th", sim.get(&cells.slice(..1)?, "V_th")?, vec![-55.0])?;
    refused(sim.set(&cells, "V_n", 1.0 * mV), "did you mean `V_m`?")?;
    refused(sim.set(&cells, "tau_m", 1.0 * mV), "time [ms]")?;
    refused(sim.set(&cells, "tau_m", -1.0 * ms), "must be > 0")?;
    refused(sim.create("more", iaf_psc_exp(), 1), "before the first `simulate`")?;
    let state = sim.rollout()?.checkpoint()?;
    sim.simulate(5.0 * ms)?;
    let later = sim.get(&cells, "V_m")?;
    sim.rollout()?.restore(&state)?;
    sim.simulate(5.0 * ms)?;
    same("after restore", sim.get(&cells, "V_m")?, later)
}

/// A derived whole number that was 0, which the graph had left out.
fn a_constant_that_was_off(device: &Device) -> Result<(), Failed> {
    let run = |delta: f64, later: f64| -> synfire::Result<Vec<f64>> {
        let mut sim = Simulator::on(device.clone(), 0.1 * ms)?;
        let cell = iaf_psc_exp().delta(delta * mV).I_e(400.0 * pA);
        let cells = sim.create("cells", cell, 40)?;
        let recorder = sim.record_spikes(&cells)?;
        sim.rollout()?;
        sim.set(&cells, "delta", later * mV)?;
        Ok(sim.simulate(100.0 * ms)?.spikes(&recorder).times.clone())
    };
    same("spikes", run(0.0, 2.0)?, run(2.0, 2.0)?)?;
    same("none of it", run(0.0, 2.0)? == run(0.0, 0.0)?, false)
}

fn weights_are_set(device: &Device) -> Result<(), Failed> {
    let build = |weight: f64, delay: f64| -> synfire::Result<(Simulator, [View; 2], SpikeRecorder)> {
        let mut sim = Simulator::on(device.clone(), 0.1 * ms)?;
        let world = sim.create("world", spike_generator().spike_times(vec![3.0 * ms, 40.0 * ms]), 3)?;
        let cells = sim.create("cells", iaf_psc_exp(), 70)?;
        sim.connect(&world, &cells, all_to_all(), Synapse::weight(weight * pA).delay(delay * ms))?;
        sim.connect(&cells, &cells, fixed_outdegree(5), Synapse::weight(-10.0 * pA).delay(6.0 * ms))?;
        let recorder = sim.record_spikes(&cells)?;
        Ok((sim, [world, cells], recorder))
    };
    let (mut sim, [world, cells], recorder) = build(3000.0, 1.0)?;
    let all = sim.connections(&world, &cells)?;
    same("number", all.len(), 210)?;
    let one = sim.connections(&world.slice(1..2)?, &cells.slice(64..65)?)?;
    same("one", (one.len(), one[0].source.index, one[0].target.index, &*one[0].port), (1, 1, 64, "ex"))?;
    same("delay", (one[0].delay_ms, one[0].weight), (1.0, 3000.0))?;
    same("onwards", sim.connections(&cells.slice(7..9)?, &cells)?.len(), 10)?;
    sim.simulate(30.0 * ms)?;
    let state = sim.rollout()?.checkpoint()?;
    sim.set_weights(&all, 1500.0 * pA)?;
    sim.set_delays(&all, 2.5 * ms)?;
    let found = sim.simulate(40.0 * ms)?;
    let (mut weak, _, _) = build(1500.0, 2.5)?;
    weak.rollout()?.restore(&state)?;
    let expected = weak.simulate(40.0 * ms)?;
    same("as built", found.spikes(&recorder), expected.spikes(&recorder))?;
    same("fires", found.n_events(&recorder) >= 70, true)?;
    same("later", found.spikes(&recorder).times[0] > 42.5, true)?;
    refused(sim.set_weights(&all, 1e5 * pA), "build it with the largest weights")?;
    refused(sim.set_weights(&all, -1.0 * pA), "of the sign that port `ex` takes")?;
    refused(sim.set_weights(&all, 1.0 * mV), "[pA]")?;
    refused(sim.set_delays(&all, 1e4 * ms), "for which the network was built")?;
    // one by one: the shared weight becomes one for each connection
    let inward = sim.connections(&world, &cells.slice(..35)?)?;
    sim.set_weights(&inward, vec![0.0; inward.len()])?;
    let weights = sim.connections(&world, &cells)?.weights();
    same("silenced", weights.iter().filter(|weight| **weight == 0.0).count(), 105)?;
    same("the rest", weights.iter().filter(|weight| **weight == 1500.0).count(), 105)?;
    Ok(())
}

/// What arrives through a silenced connection is nothing, and through a raised one more.
fn single_weights_count(device: &Device) -> Result<(), Failed> {
    let mut sim = Simulator::on(device.clone(), 0.1 * ms)?;
    let world = sim.create("world", spike_generator().spike_times(vec![5.0 * ms]), 1)?;
    let cells = sim.create("cells", iaf_psc_exp(), 4)?;
    sim.connect(&world, &cells, all_to_all(), Synapse::weight(200.0 * pA))?;
    sim.simulate(4.0 * ms)?;
    for (k, weight) in [0.0, 50.0, 200.0].into_iter().enumerate() {
        let one = sim.connections(&world, &cells.slice(k as u32..=k as u32)?)?;
        sim.set_weights(&one, weight * pA)?;
    }
    sim.simulate(4.0 * ms)?;
    let rise: Vec<f64> = sim.get(&cells, "V_m")?.iter().map(|potential| potential + 70.0).collect();
    let ratio = rise[2] / rise[1];
    same("rises", (rise[0], rise[2] == rise[3], (ratio - 4.0).abs() < 1e-3), (0.0, true, true))
}

fn spikes_are_injected(device: &Device) -> Result<(), Failed> {
    let run = |times: Vec<f64>, injected: bool| -> synfire::Result<_> {
        let mut sim = Simulator::on(device.clone(), 0.1 * ms)?;
        let given = if injected { vec![] } else { times.iter().map(|time| *time * ms).collect() };
        let world = sim.create("world", spike_generator().spike_times(given), 1)?;
        let cells = sim.create("cells", iaf_psc_exp(), 70)?;
        let parrots = sim.create("parrots", parrot_neuron(), 70)?;
        sim.connect(&world, &cells, all_to_all(), Synapse::weight(1500.0 * pA).delay(0.3 * ms))?;
        sim.connect(&world, &parrots, all_to_all(), Synapse::default())?;
        let recorders = [sim.record_spikes(&(&world + &cells))?, sim.record_spikes(&parrots)?];
        let mut result = sim.simulate(1.0 * ms)?;
        if injected {
            sim.inject_spikes(&world, times.iter().map(|time| (0, *time * ms)))?;
        }
        for _ in 0..10 {
            result.extend(sim.simulate(1.0 * ms)?);
        }
        Ok(recorders.map(|recorder| result.spikes(&recorder).clone()))
    };
    let times = vec![1.1, 2.0, 2.1, 7.4];
    let found = run(times.clone(), true)?;
    same("spikes", &found, &run(times, false)?)?;
    same("parrots", found[1].times.len(), 280)?;
    let mut sim = Simulator::on(device.clone(), 0.1 * ms)?;
    let world = sim.create("world", spike_generator().spike_times(vec![9.0 * ms]), 2)?;
    let cells = sim.create("cells", iaf_psc_exp(), 10)?;
    sim.connect(&world, &cells, all_to_all(), Synapse::weight(100.0 * pA).receptor("ex"))?;
    sim.simulate(5.0 * ms)?;
    refused(sim.inject_spikes(&world, [(0, 5.0 * ms)]), "after 5 ms")?;
    refused(sim.inject_spikes(&world, [(2, 6.0 * ms)]), "below 2")?;
    refused(sim.inject_spikes(&world, [(1, 9.0 * ms)]), "twice")?;
    refused(sim.inject_spikes(&cells, [(1, 9.0 * ms)]), "no schedule")?;
    refused(sim.inject(&cells, "inh", -5.0 * pA), "no projection ends")?;
    refused(sim.inject(&cells, "ex", -5.0 * pA), "sign")?;
    // into a port: a spike of that weight arrives in the next step
    sim.inject(&cells.slice(3..5)?, "ex", vec![100.0 * pA, 50.0 * pA])?;
    sim.simulate(2.0 * ms)?;
    let rise: Vec<f64> = sim.get(&cells, "V_m")?.iter().map(|potential| potential + 70.0).collect();
    same("untouched", (rise[2], rise[5]), (0.0, 0.0))?;
    same("half", (rise[3] / rise[4] - 2.0).abs() < 1e-3 && rise[4] > 0.1, true)
}

/// Both voices: parameters and connections of a network with receptors, in several trials.
fn trials_and_receptors(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let cells =
        network.population("cells", 70, lif_ref().V_th(-50.0 * mV).V_rest(-60.0 * mV).V_reset(-60.0 * mV))?;
    network
        .project(&cells, &cells, fixed_outdegree(4))
        .weight(0.6 * S)
        .synapse(expon())
        .output(coba())
        .build()?;
    network.set_trials(0..3)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(2.0 * ms)?;
    rollout.set(&cells.slice(10..)?, "I", 30.0)?;
    rollout.set(&cells, "V_rest", -55.0 * mV)?;
    same("trials", rollout.get(&cells.slice(9..11)?, "I")?, [0.0, 30.0].repeat(3))?;
    let connections = rollout.connections(&cells, &cells);
    same("connections", connections.len(), 280)?;
    rollout.set_weights(&connections.filter(|it| it.source.index < 35), 0.1 * S)?;
    rollout.advance(30.0 * ms)?;
    let counts = &rollout.recording().populations[0].of_trials;
    same("fires", counts.iter().all(|count| *count > 60 && *count == counts[0]), true)
}

/// More spikes than the ports of a parrot were built for.
fn bounds_hold(device: &Device) -> Result<(), Failed> {
    let mut sim = Simulator::on(device.clone(), 0.1 * ms)?;
    let noise = sim.create_one(poisson_generator().rate(100.0 * Hz))?;
    let parrots = sim.create("parrots", parrot_neuron(), 3)?;
    let cells = sim.create("cells", iaf_psc_exp_htum(), 3)?;
    sim.connect(&noise, &parrots, all_to_all(), Synapse::default())?;
    sim.connect(&parrots, &cells, one_to_one(), Synapse::weight(1.0 * pA))?;
    sim.simulate(1.0 * ms)?;
    refused(sim.set(&noise, "rate", 1e6 * Hz), "build it with the largest value")?;
    sim.set(&noise, "rate", 50.0 * Hz)?;
    same("rate", sim.get(&noise, "rate")?, vec![50.0])
}

/// The example's controller reaches its rate, and again after the noise has become weaker.
fn loop_closes(device: &Device) -> Result<(), Failed> {
    let seen = closed_loop::control(device, 200, 20.0, 400)?;
    let mean = |range: std::ops::Range<usize>, value: fn(&closed_loop::Slice) -> f64| {
        let len = range.len() as f64;
        seen[range].iter().map(value).sum::<f64>() / len
    };
    let rates = [mean(250..400, |slice| slice.rate_hz), mean(650..800, |slice| slice.rate_hz)];
    let currents = [mean(250..400, |slice| slice.current), mean(650..800, |slice| slice.current)];
    if rates.iter().any(|rate| (rate - 20.0).abs() > 2.0) {
        return Err(format!("rates of {rates:?} Hz, wanted 20 Hz").into());
    }
    // 2 kHz less of 30 pA for 2 ms are 120 pA less, and the noise is weaker
    same("makes up for the noise", (80.0..200.0).contains(&(currents[1] - currents[0])), true)
        .map_err(|_| format!("currents of {currents:?} pA").into())
}

/// What is shown on a device.
type Shown = fn(&Device) -> Result<(), Failed>;

pub fn all() -> Vec<Trial> {
    let checks: [(&str, Shown); 11] = [
        ("continuing is one run", continuing_is_one_run),
        ("set is built with", set_is_built_with),
        ("set on a slice", set_on_a_slice),
        ("state is set and kept", state_is_set_and_kept),
        ("a constant that was off", a_constant_that_was_off),
        ("weights are set", weights_are_set),
        ("single weights count", single_weights_count),
        ("spikes are injected", spikes_are_injected),
        ("trials and receptors", trials_and_receptors),
        ("bounds hold", bounds_hold),
        ("loop closes", loop_closes),
    ];
    let named = checks.into_iter();
    named.flat_map(|(name, check)| trials(&format!("simulator: {name}"), Box::new(check) as Check)).collect()
}
