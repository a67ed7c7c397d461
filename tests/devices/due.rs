//! On the CPU, rows in order of delays are added when they are due: nobody can tell, whatever comes between.

use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use std::sync::Arc;
use synfire::compile::connect::Order;
use synfire::compile::{Target, compile};
use synfire::device::Snapshot;
use synfire::device::cpu::Cpu;
use synfire::model::value::{normal, uniform};
use synfire::models::{iaf_psc_exp, spike_generator};
use synfire::network::rule::{fixed_outdegree, pairwise_bernoulli};
use synfire::unit::{mV, ms, pA};
use synfire::{Device, Network, Recording, Rollout};

/// Two populations that a current lets fire; rows of either go to both, with many delays from `shortest` ms on, and weights
/// of their own, of one value, or of none that is stored.
fn network(shortest: f64) -> Result<Network, Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let neuron = iaf_psc_exp().I_e(900.0 * pA).init_V_m(uniform(-70.0 * mV, -55.0 * mV));
    let exc = network.population("exc", 400, neuron.clone())?;
    let inh = network.population("inh", 200, neuron.tau_m(15.0 * ms))?;
    let all = &exc + &inh;
    let delay = || uniform(shortest * ms, (shortest + 0.9) * ms);
    for (target, std) in [(&exc, 10.0), (&inh, 20.0)] {
        let weight = normal(20.0 * pA, std * pA);
        network.project(&exc, target, pairwise_bernoulli(0.8)).weight(weight).delay(delay()).build()?;
        let constant = network.project(&inh, target, pairwise_bernoulli(0.8)).weight(-15.0 * pA);
        constant.delay(delay()).build()?;
    }
    let drawn = network.project(&exc, &all, fixed_outdegree(20)).weight(5.0 * pA).delay(delay());
    drawn.procedural().build()?;
    // spikes that carry several at once
    let input = spike_generator().spike_times(vec![2.0 * ms, 4.5 * ms, 9.0 * ms]).spike_weights(vec![
        1.0.into(),
        3.0.into(),
        2.0.into(),
    ]);
    let input = network.population("input", 1, input)?;
    network.project(&input, &all, pairwise_bernoulli(0.9)).weight(30.0 * pA).delay(delay()).build()?;
    network.record_spikes("spikes", &all)?;
    network.record_trace("trace", &all, &["V_m"], 1.0 * ms)?;
    Ok(network)
}

/// How a network is run.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// Bytes of cache: none where all is added at once.
    cache: Option<u64>,
    partitions: u32,
    window: u32,
    /// Steps in one go.
    chunk: u64,
}

const AT_ONCE: Way = Way { cache: None, partitions: 1, window: 16, chunk: 1000 };

impl Way {
    fn rollout(self, network: &Network) -> Result<Rollout, Failed> {
        let Way { cache, partitions, window, .. } = self;
        let target = Target { partitions, max_window: window, cache, ..Target::default() };
        let program = Arc::new(compile(network, target)?);
        let sorted = program.blocks.iter().filter(|block| block.order == Order::Delay).count();
        if (sorted > 0) != cache.is_some() {
            return Err(format!("{self:?}: {sorted} sorted blocks").into());
        }
        let cpu = Cpu::with_threads(partitions as usize).with_cache(cache.unwrap_or(0));
        Ok(Rollout::from_program(network, program, &Device::Cpu(cpu))?)
    }

    fn advance(self, rollout: &mut Rollout, steps: u64) -> Result<(), Failed> {
        for first in (0..steps).step_by(self.chunk as usize) {
            rollout.advance_steps(self.chunk.min(steps - first), &mut |_| {})?;
        }
        Ok(())
    }
}

/// Ways that add when due: with room for one row of the ring, for some, for all.
fn ways() -> Vec<Way> {
    let way = |cache, partitions, window, chunk| Way { cache: Some(cache), partitions, window, chunk };
    vec![
        way(1, 1, 16, 1000),
        way(8000, 1, 16, 1000),
        way(16_000, 2, 16, 7),
        way(1, 3, 1, 1),
        way(8000, 2, 2, 16),
    ]
}

/// Runs, with changes of weights, delays, parameters, state and currents in between; what comes of it, and all state before
/// each change.
fn session(network: &Network, way: Way) -> Result<(Recording, Vec<Snapshot>), Failed> {
    let mut rollout = way.rollout(network)?;
    let (exc, inh) = (network.view("exc")?, network.view("inh")?);
    let mut states = vec![];
    let mut go = |rollout: &mut Rollout, steps: u64| -> Result<(), Failed> {
        way.advance(rollout, steps)?;
        states.push(rollout.checkpoint()?);
        Ok(())
    };
    go(&mut rollout, 263)?;
    let some = rollout.connections(&exc, &inh).filter(|it| it.target.index % 3 == 0 && it.weight > 0.0);
    rollout.set_weights(&some, 35.0 * pA)?;
    go(&mut rollout, 41)?;
    let some = rollout.connections(&inh, &exc).filter(|it| it.source.index % 2 == 0);
    rollout.set_delays(&some, 1.0 * ms)?;
    rollout.set(&exc, "V_reset", -68.0 * mV)?;
    go(&mut rollout, 140)?;
    let again = rollout.connections(&inh, &exc).filter(|it| it.source.index % 2 == 0);
    if again.len() != some.len() || again.iter().any(|it| it.delay_ms != 1.0) {
        return Err(format!("{way:?}: the delays that were set are not found").into());
    }
    rollout.set(&inh, "I_e", 950.0 * pA)?;
    go(&mut rollout, 300)?;
    Ok((rollout.take_recording(), states))
}

fn changes(device: &Device) -> Result<(), Failed> {
    if device.kind() != "cpu" {
        return Ok(());
    }
    // rings of 16 and of 32 rows, whatever the window
    for (shortest, trials) in [(0.1, 0..1), (0.8, 0..1), (0.1, 0..3)] {
        let mut network = network(shortest)?;
        network.set_trials(trials)?;
        let (recording, states) = session(&network, AT_ONCE)?;
        if recording.spikes[0].times.len() < 1000 {
            return Err(format!("{} spikes tell little", recording.spikes[0].times.len()).into());
        }
        for way in ways() {
            let (other, other_states) = session(&network, way)?;
            if other != recording {
                return Err(format!("from {shortest} ms, {way:?}: the recordings differ").into());
            }
            if let Some(k) = (0..states.len()).find(|k| states[*k] != other_states[*k]) {
                return Err(format!("from {shortest} ms, {way:?}: state {k} differs").into());
            }
        }
    }
    Ok(())
}

/// A checkpoint of either way continues either way.
fn checkpoints(device: &Device) -> Result<(), Failed> {
    let network = network(0.2)?;
    let mut whole = Rollout::new(&network, device)?;
    whole.advance_steps(277, &mut |_| {})?;
    whole.take_recording();
    whole.advance_steps(100, &mut |_| {})?;
    let expected = whole.take_recording();
    let mut all = ways();
    all.push(AT_ONCE);
    for pair in all.windows(2) {
        let (mut first, mut second) = (pair[0].rollout(&network)?, pair[1].rollout(&network)?);
        pair[0].advance(&mut first, 277)?;
        // what waits there is of no meaning after restoring
        pair[1].advance(&mut second, 33)?;
        second.restore(&first.checkpoint()?)?;
        second.take_recording();
        pair[1].advance(&mut second, 100)?;
        let found = second.take_recording();
        if found.spikes[0] != expected.spikes[0] {
            return Err(format!("{pair:?}: the spikes differ from those of the {}", device.kind()).into());
        }
    }
    Ok(())
}

/// Connections are found in order of sources and targets, with what they have where rows are in order of targets.
fn lists(device: &Device) -> Result<(), Failed> {
    if device.kind() != "cpu" {
        return Ok(());
    }
    let network = network(0.1)?;
    let (exc, inh) = (network.view("exc")?, network.view("inh")?);
    let list = |way: Way| -> Result<Vec<_>, Failed> {
        let found = way.rollout(&network)?.connections(&(&exc + &inh), &(&exc + &inh));
        let what = found
            .iter()
            .map(|it| (it.projection, it.source, it.target, it.port.clone(), it.weight, it.delay_ms));
        Ok(what.collect())
    };
    let mut expected = list(AT_ONCE)?;
    let sorted = Way { cache: Some(1), ..AT_ONCE };
    if list(sorted)? != expected {
        return Err("connections differ".into());
    }
    let mut parted = list(Way { partitions: 2, ..sorted })?;
    let key = |it: &(usize, _, _, _, _, _)| (it.0, it.1, it.2);
    expected.sort_by_key(key);
    parted.sort_by_key(key);
    if parted == expected { Ok(()) } else { Err("connections of two partitions differ".into()) }
}

pub fn all() -> Vec<Trial> {
    let all: [(&str, Check); 3] = [
        ("changes_in_between", Box::new(changes)),
        ("checkpoints_of_either_way", Box::new(checkpoints)),
        ("connections_are_found", Box::new(lists)),
    ];
    all.into_iter().flat_map(|(name, check)| trials(&format!("due::{name}"), check)).collect()
}
