//! Detectors of correlations and of binary states; those of NEST on given trains are among the parity cases.

use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use synfire::models::{iaf_psc_exp, mcculloch_pitts_neuron, poisson_generator, spike_generator};
use synfire::network::Window;
use synfire::network::detector::{correlation_detector, correlomatrix_detector, correlospinmatrix_detector};
use synfire::network::rule::{all_to_all, one_to_one};
use synfire::simulator::{Simulator, Synapse};
use synfire::unit::{Hz, mV, ms, pA};
use synfire::{Device, Network, Rollout};

/// Three binary neurons that keep changing, with their states as a trace, as changes and as covariances.
fn binary() -> Result<Network, Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let cells = network.population("cells", 3, mcculloch_pitts_neuron().tau_m(2.0 * ms).theta(-0.05 * mV))?;
    network.project(&cells, &cells, one_to_one()).weight(-0.1 * mV).build()?;
    network.record_trace("trace", &cells, &["S"], 0.1 * ms)?;
    network.record_spins("spins", &cells)?;
    let detector = correlospinmatrix_detector().delta_tau(0.3 * ms).tau_max(3.0 * ms);
    let each =
        (0..3).try_fold(detector, |all, k| Ok::<_, Failed>(all.input(&cells.slice(k..k + 1)?, k, 1.0)))?;
    network.detect("covariance", each)?;
    Ok(network)
}

fn spins(device: &Device) -> Result<(), Failed> {
    let mut rollout = Rollout::new(&binary()?, device)?;
    // calls that cut times of activity
    for steps in [333, 1, 666] {
        rollout.advance_steps(steps, &mut |_| {})?;
    }
    let recording = rollout.take_recording();
    let states = &recording.trace("trace").ok_or("a trace")?.variables[0].1;
    let active = |t: usize, cell: usize| states[t * 3 + cell] == 1.0;
    let before = |t: usize, cell: usize| t > 0 && active(t - 1, cell);
    let changes = (0..1000).flat_map(|t| (0..3).map(move |cell| (t, cell)));
    let changes: Vec<(i64, u32, u8)> = (changes.filter(|(t, cell)| before(*t, *cell) != active(*t, *cell)))
        .map(|(t, cell)| (t as i64 + 1, cell as u32, u8::from(active(t, cell))))
        .collect();
    let train = recording.spins("spins").ok_or("the changes")?;
    let found = (train.times.iter().zip(&train.senders).zip(&train.states))
        .map(|((time, sender), state)| ((time / 0.1).round() as i64, *sender, *state));
    if changes.len() < 100 || !found.eq(changes.iter().copied()) {
        return Err(format!("{} changes, {} of the trace", train.times.len(), changes.len()).into());
    }
    // what is still active at the end is not counted yet
    let over = |cell: usize| (0..1000).rposition(|t| !active(t, cell)).unwrap_or(0);
    let is_over = |t: i64, cell: usize| t >= 0 && (t as usize) < over(cell) && active(t as usize, cell);
    let detected = recording.detector("covariance").ok_or("covariances")?;
    for (i, j) in (0..3).flat_map(|i| (0..3).map(move |j| (i, j))) {
        let expected = (-10..=10i64)
            .map(|lag| (0..1000i64).filter(|t| is_over(*t, j) && is_over(t + 3 * lag, i)).count() as u64);
        let counts = detected.counts(i as u32, j as u32);
        if !expected.clone().eq(counts.iter().copied()) {
            let expected: Vec<u64> = expected.collect();
            return Err(
                format!("covariance of {i} and {j}: {counts:?} where the states give {expected:?}").into()
            );
        }
    }
    Ok(())
}

/// How a run is cut into chunks changes nothing, and each trial has histograms of its own.
fn streams(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let noise = network.population("noise", 20, poisson_generator().rate(100.0 * Hz))?;
    let (a, b) = (noise.slice(..10)?, noise.slice(10..)?);
    network.detect("cross", correlation_detector().input(&a, 0, 0.5).input(&b, 1, -2.0))?;
    network
        .detect("matrix", correlomatrix_detector().input(&a, 0, 0.5).input(&b, 1, -2.0).input(&a, 1, 1.0))?;
    let run = |network: &Network, cuts: &[u64]| -> Result<_, Failed> {
        let mut rollout = Rollout::new(network, device)?;
        for steps in cuts {
            rollout.advance_steps(*steps, &mut |_| {})?;
        }
        Ok(rollout.take_recording())
    };
    network.set_trials(0..2)?;
    let whole = run(&network, &[3000])?;
    if whole.detectors != run(&network, &[1, 49, 950, 2000])?.detectors {
        return Err("a run in parts finds other correlations".into());
    }
    network.set_trials(1..2)?;
    if whole.trial(1).ok_or("a trial")?.detectors != run(&network, &[3000])?.detectors {
        return Err("a trial alone finds other correlations than in a batch".into());
    }
    let n: u64 = whole.detector("cross").ok_or("a detector")?.trials[0].n_events.iter().sum();
    if (400..800).contains(&n) { Ok(()) } else { Err(format!("{n} spikes where 600 are expected").into()) }
}

/// NEST's recorders and detectors, with their windows, in a run of two calls.
fn in_nests_words(device: &Device) -> Result<(), Failed> {
    let mut sim = Simulator::on(device.clone(), 0.1 * ms)?;
    let source = sim.create_one(spike_generator().spike_times(vec![5.0 * ms, 25.0 * ms]))?;
    let cells = sim.create("cells", iaf_psc_exp(), 2)?;
    sim.connect(&source, &cells, all_to_all(), Synapse::weight(5000.0 * pA).delay(1.0 * ms))?;
    let all = sim.record_spikes(&cells)?;
    let some =
        sim.record_spikes_during(&cells, Window::new().start(10.0 * ms).stop(20.0 * ms).origin(10.0 * ms))?;
    let voltmeter = sim.voltmeter(&cells)?;
    let window = Window::new().start(3.0 * ms).stop(7.0 * ms);
    let rows = sim.record_during(&cells, &["V_m", "I_syn_ex"], 0.5 * ms, window)?;
    let cross = sim.detect(correlation_detector().input(&source, 0, 1.0).input(&cells, 1, 1.0))?;
    let first = sim.simulate(20.0 * ms)?;
    let second = sim.simulate(20.0 * ms)?;
    let n = |found: &synfire::simulator::SimulationResult| {
        let meter = [&voltmeter, &rows].map(|meter| found.traces(meter).times.len());
        let counts: u64 = found.detected(&cross).counts(0, 1).iter().sum();
        ([found.n_events(&all), found.n_events(&some)], meter, counts)
    };
    let expected = (([2, 0], [20, 8], 2), ([2, 2], [20, 0], 4));
    if (n(&first), n(&second)) != expected {
        return Err(format!("{:?} and {:?} where {expected:?} was recorded", n(&first), n(&second)).into());
    }
    Ok(())
}

/// What does not fit is one sentence.
fn refusals(_: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let cells = network.population("cells", 2, iaf_psc_exp())?;
    let said = |detector: synfire::network::detector::Detector| {
        network.clone().detect("found", detector).expect_err("it does not fit").to_string()
    };
    let cases = [
        (said(correlation_detector()), "detector `found` has no input"),
        (
            said(correlation_detector().input(&cells, 2, 1.0)),
            "detector `found` has the channels 0 and 1; channel 2 is none",
        ),
        (
            said(correlation_detector().input(&cells, 0, 1.0).tau_max(1.2 * ms)),
            "`tau_max` of detector `found` must be a multiple of `delta_tau` = 0.5 ms, got 1.2",
        ),
        (
            said(correlomatrix_detector().input(&cells, 0, 1.0).delta_tau(0.4 * ms)),
            "`delta_tau` of detector `found` must be an odd multiple of dt, got 0.4 ms",
        ),
        (
            said(correlomatrix_detector().input(&cells, 5000, 1.0)),
            "detector `found` has 5001 × 5001 × 11 bins; there may be 16777216",
        ),
    ];
    match cases.into_iter().find(|(message, part)| !message.contains(part)) {
        None => Ok(()),
        Some((message, part)) => Err(format!("`{message}` where `{part}` is right").into()),
    }
}

pub fn all() -> Vec<Trial> {
    let all: [(&str, Check); 4] = [
        ("spins", Box::new(spins)),
        ("streams", Box::new(streams)),
        ("in_nests_words", Box::new(in_nests_words)),
        ("refusals", Box::new(refusals)),
    ];
    all.into_iter().flat_map(|(name, check)| trials(&format!("detectors::{name}"), check)).collect()
}
