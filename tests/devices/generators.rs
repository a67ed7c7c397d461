//! NEST's stimulation devices: what targets have in common, edges in time, and what is refused.

use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use synfire::model::Instance;
use synfire::models::{
    gamma_sup_generator, inhomogeneous_poisson_generator, mip_generator, noise_generator, parrot_neuron,
    poisson_generator, ppd_sup_generator, pulsepacket_generator, sinusoidal_gamma_generator,
    sinusoidal_poisson_generator, spike_dilutor, spike_generator, step_current_generator,
    step_rate_generator,
};
use synfire::network::rule::{all_to_all, one_to_one};
use synfire::unit::{Hz, kHz, ms, pA};
use synfire::{Device, Model, Network, Recording, Rollout};

/// A neuron that shows the rate that it receives.
const METER: &str = "//! Shows its input.
struct State {
    /// The rate [Hz] = 0
    seen: f32,
}
struct Input {
    /// Rate [Hz], continuous
    rate: f32,
}
fn update(x: Input) -> State {
    return State(x.rate);
}
";

fn require(fact: bool, what: &str) -> Result<(), Failed> {
    if fact { Ok(()) } else { Err(what.into()) }
}

/// The times of one sender of a record, in steps of 0.1 ms.
fn train(recording: &Recording, name: &str, sender: u32) -> Vec<u64> {
    let record = recording.spikes(name).expect("it is recorded");
    let own = record.times.iter().zip(&record.senders).filter(|(_, other)| **other == sender);
    own.map(|(time, _)| (time * 10.0).round() as u64).collect()
}

/// The trains at two targets of the first element and one of the second, and the first element's own record.
fn three_targets(model: Instance, delays: [f64; 2], device: &Device) -> Result<[Vec<u64>; 4], Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let source = network.population("source", 2, model)?;
    let targets = network.population("targets", 3, parrot_neuron())?;
    let first = source.slice(..1)?;
    for (k, delay) in (0..2).zip(delays) {
        network.project(&first, &targets.slice(k..k + 1)?, one_to_one()).delay(delay * ms).build()?;
    }
    network.project(&source.slice(1..)?, &targets.slice(2..)?, one_to_one()).delay(delays[0] * ms).build()?;
    network.record_spikes("targets", &targets)?;
    network.record_spikes("source", &source)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(150.0 * ms)?;
    let recording = rollout.recording();
    let later = (delays[1] - delays[0]) * 10.0;
    let mut second = train(recording, "targets", 1);
    second.iter_mut().for_each(|step| *step -= later.round() as u64);
    // what is on its way at the end is left out
    let end = 1500 - (delays[1] * 10.0) as u64;
    let cut = |train: Vec<u64>| train.into_iter().filter(|step| *step < end).collect::<Vec<_>>();
    let mut own = train(recording, "source", 0);
    own.iter_mut().for_each(|step| *step += (delays[0] * 10.0).round() as u64);
    Ok([cut(train(recording, "targets", 0)), cut(second), cut(train(recording, "targets", 2)), cut(own)])
}

/// What all targets of an element have in common they have at any delay, and in a record.
fn joint_trains(device: &Device) -> Result<(), Failed> {
    let gamma = sinusoidal_gamma_generator().rate(200.0 * Hz).order(2.5);
    let poisson = sinusoidal_poisson_generator().rate(200.0 * Hz).amplitude(150.0 * Hz).frequency(30.0 * Hz);
    let packets =
        pulsepacket_generator().pulse_times(vec![50.0 * ms, 100.0 * ms]).activity(20.0).sdev(5.0 * ms);
    let equal: [(&str, Instance); 4] = [
        ("mip_generator", mip_generator().rate(400.0 * Hz).into()),
        ("pulsepacket_generator", packets.into()),
        ("sinusoidal_gamma_generator", gamma.clone().individual_spike_trains("false").into()),
        ("sinusoidal_poisson_generator", poisson.clone().individual_spike_trains("false").into()),
    ];
    for (name, model) in equal {
        let [one, two, other, own] = three_targets(model, [1.0, 3.7], device)?;
        require(one.len() > 15 && one == two, &format!("two targets of a {name} see different spikes"))?;
        require(one == own, &format!("a record of a {name} is not what targets see"))?;
        require(one != other, &format!("two elements of a {name} send the same"))?;
    }
    let own: [(&str, Instance); 7] = [
        ("poisson_generator", poisson_generator().rate(300.0 * Hz).into()),
        ("sinusoidal_gamma_generator", gamma.into()),
        ("sinusoidal_poisson_generator", poisson.into()),
        ("mip_generator", mip_generator().rate(400.0 * Hz).p_copy(0.5).into()),
        ("gamma_sup_generator", gamma_sup_generator().rate(50.0 * Hz).gamma_shape(3.0).n_proc(5.0).into()),
        ("ppd_sup_generator", ppd_sup_generator().rate(50.0 * Hz).dead_time(3.0 * ms).n_proc(5.0).into()),
        (
            "inhomogeneous_poisson_generator",
            inhomogeneous_poisson_generator().rate_times(vec![1.0 * ms]).rate_values(vec![300.0 * Hz]).into(),
        ),
    ];
    for (name, model) in own {
        let [one, two, ..] = three_targets(model, [1.0, 1.0], device)?;
        require(one.len() > 15 && one != two, &format!("two targets of a {name} see the same spikes"))?;
    }
    Ok(())
}

/// A dilutor's targets have parts of what it received, each its own; a random train reaches it as one train.
fn diluted(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let times: Vec<_> = (1..=1000).map(|k| 0.5 * f64::from(k) * ms).collect();
    let listed = network.population("listed", 1, spike_generator().spike_times(times))?;
    let random = network.population("random", 1, poisson_generator().rate(500.0 * Hz))?;
    let dilutors = Instance::from(spike_dilutor()).set("p_copy", vec![0.4, 0.4, 1.0]);
    let dilutors = network.population("dilutors", 3, dilutors)?;
    let targets = network.population("targets", 6, parrot_neuron())?;
    network.project(&listed, &dilutors.slice(..2)?, all_to_all()).delay(1.0 * ms).build()?;
    network.project(&random, &dilutors.slice(2..)?, all_to_all()).delay(0.1 * ms).build()?;
    let edges = vec![[0, 0], [0, 1], [1, 2], [2, 3], [2, 4], [0, 5], [1, 5]];
    let edges = synfire::network::rule::edges(edges);
    network.project(&dilutors, &targets, edges).delay(0.1 * ms).build()?;
    network.record_spikes("dilutors", &dilutors)?;
    network.record_spikes("targets", &targets)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(520.0 * ms)?;
    let recording = rollout.recording();
    let one: Vec<Vec<u64>> = (0..6).map(|k| train(recording, "targets", k)).collect();
    for train in &one[..3] {
        // 400 of 1000, and five standard deviations
        require((320..=480).contains(&train.len()), &format!("{} of 1000 are passed on", train.len()))?;
        require(train.iter().all(|step| (step - 11) % 5 == 0), "a spike that was not received is passed on")?;
    }
    require(one[0] != one[1] && one[0] != one[2], "two targets of a dilutor see the same spikes")?;
    require((640..=960).contains(&one[5].len()), "a target of two dilutors has not the spikes of both")?;
    require(one[3].len() > 150 && one[3] == one[4], "a random train reaches a dilutor as several")?;
    let mut own = train(recording, "dilutors", 2);
    own.iter_mut().for_each(|step| *step += 1);
    require(own == one[3], "a record of a dilutor is not what targets see")
}

/// The first and the last spike of a train that has one in nearly every step.
fn edges_of(model: Instance, device: &Device) -> Result<[f64; 2], Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let source = network.population("source", 1, model)?;
    network.record_spikes("source", &source)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(30.0 * ms)?;
    let times = &rollout.recording().spikes("source").expect("it is recorded").times;
    let round = |time: Option<&f64>| time.map_or(0.0, |time| (time * 10.0).round() / 10.0);
    Ok([round(times.first()), round(times.last())])
}

/// When random trains begin and end, as live NEST 3.10 does it.
fn windows(device: &Device) -> Result<(), Failed> {
    let steps = |times: &[f64], rates: &[f64]| {
        let times: Vec<_> = times.iter().map(|time| *time * ms).collect();
        let rates: Vec<_> = rates.iter().map(|rate| *rate * kHz).collect();
        inhomogeneous_poisson_generator().rate_times(times).rate_values(rates)
    };
    let gamma = sinusoidal_gamma_generator().rate(10.0 * kHz).start(5.0 * ms).stop(15.0 * ms);
    let cases: [(Instance, [f64; 2]); 8] = [
        (steps(&[10.0, 20.0], &[1e3, 0.0]).into(), [10.0, 19.9]),
        (steps(&[0.1, 20.0], &[1e3, 0.0]).into(), [0.2, 19.9]),
        (steps(&[0.1, 20.0], &[1e3, 0.0]).start(5.0 * ms).stop(15.0 * ms).into(), [5.2, 15.1]),
        (
            steps(&[0.1, 20.0], &[1e3, 0.0]).start(5.0 * ms).stop(15.0 * ms).origin(2.0 * ms).into(),
            [7.2, 17.1],
        ),
        (steps(&[10.04, 15.06], &[1e3, 0.0]).allow_offgrid_times("true").into(), [10.1, 15.0]),
        (mip_generator().rate(1e3 * kHz).start(5.0 * ms).stop(15.0 * ms).into(), [5.2, 15.1]),
        (gamma.into(), [5.2, 15.1]),
        (steps(&[5.0], &[-1.0]).into(), [0.0, 0.0]),
    ];
    for (k, (model, expected)) in cases.into_iter().enumerate() {
        let found = edges_of(model, device)?;
        require(found == expected, &format!("train {k} lasts {found:?} ms, expected {expected:?}"))?;
    }
    Ok(())
}

/// Rates reach a port of rates at their times, within start and stop, in the unit that they were given in.
fn rates(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let meter = Instance::new(Model::from_wgsl("meter", METER)?);
    let cells = network.population("cells", 2, meter)?;
    let values = || vec![0.4 * kHz, -0.2 * kHz];
    let all = step_rate_generator().amplitude_times(vec![10.0 * ms, 20.0 * ms]).amplitude_values(values());
    let window = step_rate_generator().amplitude_times(vec![4.96 * ms, 20.0 * ms]).amplitude_values(values());
    let window = window.allow_offgrid_times("true").start(3.0 * ms).stop(25.0 * ms);
    for (k, (name, model)) in (0..).zip([("all", all), ("window", window)]) {
        let source = network.population(name, 1, model)?;
        network.project(&source, &cells.slice(k..k + 1)?, one_to_one()).delay(1.0 * ms).build()?;
    }
    network.record_trace("cells", &cells, &["seen"], 0.1 * ms)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(40.0 * ms)?;
    let trace = &rollout.recording().traces[0];
    for (row, time) in trace.times.iter().enumerate() {
        // a rate of time t acts in the step that ends a delay later
        let begin = ((time - 1.0) * 10.0).round() / 10.0;
        let level = |from: f64, to: f64, end: f64| match begin {
            t if t < from || t >= end => 0.0,
            t if t < to => 400.0,
            _ => -200.0,
        };
        for (k, expected) in [level(10.0, 20.0, 99.0), level(5.0, 20.0, 25.0)].into_iter().enumerate() {
            let found = f64::from(trace.variables[0].1[2 * row + k]);
            require(
                (found - expected).abs() < 1e-3,
                &format!("{found} Hz at {time} ms, expected {expected}"),
            )?;
        }
    }
    Ok(())
}

/// Packets of a trial are those that the trial has alone, and other than another trial's.
fn packets(device: &Device) -> Result<(), Failed> {
    let run = |trials: std::ops::Range<u32>| -> Result<Vec<u64>, Failed> {
        let mut network = Network::new(0.1 * ms)?;
        let packets = pulsepacket_generator().pulse_times(vec![20.0 * ms]).activity(30.0).sdev(3.0 * ms);
        let source = network.population("source", 2, packets)?;
        let targets = network.population("targets", 2, parrot_neuron())?;
        network.project(&source, &targets, one_to_one()).delay(1.0 * ms).build()?;
        network.record_spikes("targets", &targets)?;
        network.set_trials(trials.clone())?;
        let mut rollout = Rollout::new(&network, device)?;
        rollout.advance(60.0 * ms)?;
        let last = rollout.recording().trial(trials.end - 1).ok_or("it has run")?;
        Ok([train(&last, "targets", 0), train(&last, "targets", 1)].concat())
    };
    let (together, alone, first) = (run(0..4)?, run(3..4)?, run(0..1)?);
    require(alone.len() == 60, "a packet lacks spikes")?;
    require(alone == together, "a trial has other packets alone than among others")?;
    require(alone != first, "two trials have the same packets")
}

fn refusal(build: impl Fn(&mut Network) -> synfire::Result<()>) -> String {
    let mut network = Network::new(0.1 * ms).expect("a time step");
    let described = build(&mut network);
    let refused = described.and_then(|()| Rollout::new(&network, &Device::cpu()).map(|_| ()));
    refused.expect_err("it is refused").to_string()
}

/// What cannot be is said in a sentence.
fn refusals(_: &Device) -> Result<(), Failed> {
    let cases = [
        (
            refusal(|network| {
                network.population("dead", 2, ppd_sup_generator().dead_time(60.0 * ms)).map(|_| ())
            }),
            "`dead_time` of population `dead` asks for 600 numbers each; at most 512 are kept",
        ),
        (
            refusal(|network| {
                let steps = inhomogeneous_poisson_generator();
                let steps = steps.rate_times(vec![10.04 * ms]).rate_values(vec![1.0 * Hz]);
                let steps = network.population("steps", 1, steps)?;
                network.record_spikes("steps", &steps)
            }),
            "`rate_times` of population `steps` must be a multiple of dt",
        ),
        (
            refusal(|network| {
                let steps = network.population("steps", 1, inhomogeneous_poisson_generator())?;
                let cells = network.population("cells", 1, parrot_neuron())?;
                network.project(&cells, &steps, one_to_one()).build()
            }),
            "ends on population `steps`: this generator receives nothing",
        ),
        (
            refusal(|network| {
                let dilutor = network.population("dilutor", 1, spike_dilutor())?;
                let cells = network.population("cells", 1, parrot_neuron())?;
                network.project(&cells, &(&cells + &dilutor), all_to_all()).build()
            }),
            "ends on neurons and on generators; make two projections",
        ),
        (
            refusal(|network| {
                let current = step_current_generator();
                let current = current.amplitude_times(vec![1.0 * ms]).amplitude_values(vec![1.0 * pA]);
                let current = network.population("current", 1, current)?;
                let dilutor = network.population("dilutor", 1, spike_dilutor())?;
                network.project(&current, &dilutor, one_to_one()).build()
            }),
            "`spike_dilutor` has no current port",
        ),
        (
            refusal(|network| {
                let source = network.population("source", 1, gamma_sup_generator().gamma_shape(3.0))?;
                let cells = network.population("cells", 1, parrot_neuron())?;
                network.project(&source, &cells, one_to_one()).build()?;
                Rollout::new(network, &Device::cpu())?.set(&source, "gamma_shape", 4.0)
            }),
            "`gamma_shape` of population `source` says how much is kept",
        ),
    ];
    for (message, part) in cases {
        require(message.contains(part), &message)?;
    }
    Ok(())
}

/// A noise current is drawn anew at `start` and an interval, two, ... later, whatever steps these are.
fn noise_intervals(device: &Device) -> Result<(), Failed> {
    let meter = METER.replace("[Hz]", "[pA]").replace("Rate", "Current");
    let mut network = Network::new(0.1 * ms)?;
    let cells = network.population("cells", 1, Instance::new(Model::from_wgsl("meter", &meter)?))?;
    let noise = noise_generator().mean(100.0 * pA).std(50.0 * pA).dt(0.7 * ms);
    let noise = noise.origin(2.0 * ms).start(0.3 * ms).stop(3.0 * ms);
    let noise = network.population("noise", 1, noise)?;
    network.project(&noise, &cells, one_to_one()).delay(0.1 * ms).build()?;
    network.record_trace("cells", &cells, &["seen"], 0.1 * ms)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(8.0 * ms)?;
    let seen = &rollout.recording().trace("cells").expect("it is recorded").variables[0].1;
    let changes: Vec<usize> = (1..seen.len()).filter(|k| seen[*k] != seen[*k - 1]).collect();
    // on at 2.3 ms, four intervals of 7 steps, the last cut off by the end
    let expected: Vec<usize> = [0, 7, 14, 21, 27].map(|step| changes[0] + step).into();
    require(changes == expected, &format!("the current changes at {changes:?}, expected {expected:?}"))?;
    require(changes[0] == 23, &format!("it is on from row {}", changes[0]))
}

pub fn all() -> Vec<Trial> {
    let all: [(&str, Check); 7] = [
        ("joint_trains", Box::new(joint_trains)),
        ("diluted", Box::new(diluted)),
        ("windows", Box::new(windows)),
        ("rates", Box::new(rates)),
        ("packets", Box::new(packets)),
        ("noise_intervals", Box::new(noise_intervals)),
        ("refusals", Box::new(refusals)),
    ];
    all.into_iter().flat_map(|(name, check)| trials(&format!("generators::{name}"), check)).collect()
}
