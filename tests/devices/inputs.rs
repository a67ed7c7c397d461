//! Stimuli and readouts of the BrainPy family against their distributions and closed forms.

use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use synfire::models::{
    cuba, leaky_rate_readout, leaky_spike_readout, lif, noise_generator, ou_process_input, parrot_neuron,
    poisson_encoder, poisson_input, poisson_spike, spike_generator, step_input, wiener_process_input,
};
use synfire::network::rule::{all_to_all, one_to_one};
use synfire::unit::{Hz, kHz, mA, mV, ms, pA};
use synfire::{Device, Instance, Model, Network, Rollout};

/// A neuron that shows the current that it receives.
const METER: &str = "//! Shows its input.
struct State {
    /// The current [mA] = 0
    seen: f32,
}
struct Input {
    /// Injected current [mA], continuous
    I: f32,
}
fn update(x: Input) -> State {
    return State(x.I);
}
";

fn close(what: &str, value: f64, expected: f64, margin: f64) -> Result<(), Failed> {
    if (value - expected).abs() <= margin {
        return Ok(());
    }
    Err(format!("{what} is {value:.4}, expected {expected:.4} ± {margin:.4}").into())
}

/// Mean and variance.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0))
}

/// One train for all targets of an element; encoders take one rate for each element.
fn trains(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(1.0 * ms)?;
    let spikes = network.population("spikes", 200, poisson_spike().freqs(50.0 * Hz))?;
    let rates: Vec<_> = (0..200).map(|k| if k < 100 { 20.0 * Hz } else { 400.0 * Hz }).collect();
    let encoder = network.population("encoder", 200, poisson_encoder().input_freqs(rates))?;
    let twins = network.population("twins", 2, parrot_neuron())?;
    network.project(&spikes.slice(0..1)?, &twins, all_to_all()).delay(1.0 * ms).build()?;
    network.record_spikes("slow", &encoder.slice(0..100)?)?;
    network.record_spikes("fast", &encoder.slice(100..)?)?;
    network.record_spikes("twins", &twins)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(2000.0 * ms)?;
    let recording = rollout.recording();
    // the chance of a spike in 1 ms, and five standard errors
    let per_second = |rate: f64| 1000.0 * (1.0 - (-rate / 1000.0).exp());
    let margin = |rate: f64, n: f64| 5.0 * (per_second(rate) / (2.0 * n)).sqrt();
    let found = recording.rate_hz("spikes").unwrap_or(0.0);
    close("the rate of poisson_spike", found, per_second(50.0), margin(50.0, 200.0))?;
    for (name, rate) in [("slow", 20.0), ("fast", 400.0)] {
        let count = recording.spikes(name).map_or(0, |record| record.times.len());
        close(name, count as f64 / 200.0, per_second(rate), margin(rate, 100.0))?;
    }
    let twins = recording.spikes("twins").expect("it is recorded");
    let pairs = twins.times.chunks(2).zip(twins.senders.chunks(2));
    if twins.times.is_empty()
        || pairs.clone().any(|(times, senders)| times[0] != times[1] || senders != [0, 1])
    {
        return Err("two targets of one element see different spikes".into());
    }
    Ok(())
}

/// Mean and variance of the binomial number, drawn from tables for few and for nearly all, and as a normal one.
fn binomial(device: &Device) -> Result<(), Failed> {
    for (n, p) in [(40u32, 0.05f64), (400, 0.2), (20, 0.95)] {
        let rate = -(1.0 - p).ln() * 1000.0;
        let mut network = Network::new(1.0 * ms)?;
        let input =
            network.population("input", 1, poisson_input().num_input(f64::from(n)).freq(rate * Hz))?;
        let cells = network.population("cells", 50, parrot_neuron())?;
        network.project(&input, &cells, all_to_all()).build()?;
        network.record_spikes("cells", &cells)?;
        let mut rollout = Rollout::new(&network, device)?;
        rollout.advance(400.0 * ms)?;
        let record = rollout.recording().spikes("cells").expect("it is recorded");
        // the first step has no input: it takes a step to arrive
        let mut counts = vec![0.0f64; 399 * 50];
        for (time, sender) in record.times.iter().zip(&record.senders) {
            counts[(time.round() as usize - 2) * 50 + *sender as usize] += 1.0;
        }
        let (mean, variance) = moments(&counts);
        let (n, draws) = (f64::from(n), counts.len() as f64);
        let expected = n * p * (1.0 - p);
        close("the mean", mean, n * p, 5.0 * (expected / draws).sqrt())?;
        // rounding a normal number adds 1/12 to its variance
        let rounding = if n * p > 5.0 && n * (1.0 - p) > 5.0 { 1.0 / 12.0 } else { 0.0 };
        close("the variance", variance, expected + rounding, expected * 5.0 * (2.0 / draws).sqrt() + 0.01)?;
    }
    Ok(())
}

/// White noise has the variance of its increments, the Ornstein-Uhlenbeck process its stationary moments and memory.
fn noise(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.5 * ms)?;
    let meter = Instance::new(Model::from_wgsl("meter", METER)?);
    let cells = network.population("cells", 400, meter)?;
    let white = network.population("white", 1, wiener_process_input().sigma(2.0 * mA))?;
    let ou = ou_process_input().mean(3.0 * mA).sigma(0.5 * mA).tau(4.0 * ms);
    let coloured = network.population("coloured", 1, ou)?;
    network.project(&white, &cells.slice(..200)?, all_to_all()).build()?;
    network.project(&coloured, &cells.slice(200..)?, all_to_all()).build()?;
    network.record_trace("seen", &cells, &["seen"], 0.5 * ms)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(100.0 * ms)?;
    let rows = &rollout.recording().traces[0].variables[0].1;
    let value = |row: usize, cell: usize| f64::from(rows[row * 400 + cell]);
    let late = 40..200;
    let of = |cells: std::ops::Range<usize>| -> Vec<f64> {
        late.clone().flat_map(|row| cells.clone().map(move |cell| value(row, cell))).collect()
    };
    let (mean, variance) = moments(&of(0..200));
    close("the mean of white noise", mean, 0.0, 0.04)?;
    close("the variance of white noise", variance, 4.0 * 0.5, 0.08)?;
    // Euler-Maruyama with h = dt / tau: variance sigma² dt / (1 - (1 - h)²), correlation 1 - h from step to step
    let h = 0.5 / 4.0;
    let stationary = 0.25 * 0.5 / (1.0 - (1.0 - h) * (1.0 - h));
    let (mean, variance) = moments(&of(200..400));
    close("the mean of the process", mean, 3.0, 0.04)?;
    close("the variance of the process", variance, stationary, 0.05 * stationary)?;
    let products: Vec<f64> = (40..199)
        .flat_map(|row| (200..400).map(move |cell| (row, cell)))
        .map(|(row, cell)| (value(row, cell) - 3.0) * (value(row + 1, cell) - 3.0))
        .collect();
    close("the correlation", moments(&products).0 / variance, 1.0 - h, 0.02)
}

/// White noise of NEST's device: drawn once an interval, its own for every target, modulated where it is to be.
fn nest_noise(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let meter = Instance::new(Model::from_wgsl("meter", &METER.replace("[mA]", "[pA]"))?);
    let cells = network.population("cells", 300, meter)?;
    let noise = noise_generator().mean(50.0 * pA).std(20.0 * pA).dt(0.5 * ms).stop(80.0 * ms);
    // at 1 kHz and intervals of 0.5 ms the sine is 0; at a phase of 90 degrees it is 1 and -1 in turn
    let modulated = noise.clone().std_mod(12.0 * pA).frequency(1000.0 * Hz).phase(90.0);
    for (k, model) in [noise, modulated].into_iter().enumerate() {
        let name = format!("noise_{k}");
        let source = network.population(&name, 1, model)?;
        let half = k as u32 * 150;
        network.project(&source, &cells.slice(half..half + 150)?, all_to_all()).delay(0.1 * ms).build()?;
    }
    network.record_trace("seen", &cells, &["seen"], 0.1 * ms)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(100.0 * ms)?;
    let rows = &rollout.recording().traces[0].variables[0].1;
    // the trace at t shows the current that acts in the step that ends then
    let value = |step: usize, cell: usize| f64::from(rows[(step - 1) * 300 + cell]);
    let held = |step: usize| (0..300).all(|cell| value(step, cell) == value(step + 1, cell));
    let changes = (1..700).filter(|step| !held(*step)).collect::<Vec<usize>>();
    if changes.windows(2).any(|pair| pair[1] - pair[0] != 5) {
        return Err(format!("the current changes after steps {:?}", &changes[..4]).into());
    }
    let of = |cells: std::ops::Range<usize>, first: usize| -> Vec<f64> {
        let steps = (changes[2] + first..700).step_by(10);
        steps.flat_map(|step| cells.clone().map(move |cell| value(step + 1, cell))).collect()
    };
    let (mean, variance) = moments(&of(0..150, 0));
    close("the mean", mean, 50.0, 1.0)?;
    close("the variance", variance, 400.0, 25.0)?;
    let mut variances = [moments(&of(150..300, 0)).1, moments(&of(150..300, 5)).1];
    variances.sort_by(f64::total_cmp);
    close("the lower variance", variances[0], 400.0 - 144.0, 17.0)?;
    close("the higher variance", variances[1], 400.0 + 144.0, 34.0)?;
    match (820..1000).all(|step| value(step, 0) == 0.0) {
        true => Ok(()),
        false => Err("there is a current after stop".into()),
    }
}

/// Both readouts follow their closed forms.
fn readouts(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.5 * ms)?;
    let times = vec![5.0 * ms, 6.0 * ms, 20.0 * ms];
    let spikes = network.population("spikes", 1, spike_generator().spike_times(times))?;
    let rate = network.population("rate", 2, leaky_rate_readout().tau(4.0 * ms))?;
    let cells = network.population("cells", 1, leaky_spike_readout().tau(5.0 * ms).V_th(1.0 * mV))?;
    network.project(&spikes, &rate, all_to_all()).weight(vec![0.5, -2.0]).delay(0.5 * ms).build()?;
    network.project(&spikes, &cells, one_to_one()).weight(12.0 * mV).delay(0.5 * ms).build()?;
    network.record_trace("rate", &rate, &["r"], 0.5 * ms)?;
    network.record_spikes("cells", &cells)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(30.0 * ms)?;
    let recording = rollout.recording();
    let decay = |since: f64| if since < 0.0 { 0.0 } else { (-since / 4.0).exp() };
    for (row, time) in recording.traces[0].times.iter().enumerate() {
        // a spike sent at t has arrived at the end of the next step
        let sum: f64 = [5.5, 6.5, 20.5].iter().map(|at| decay(time - at + 1e-9)).sum();
        for (column, weight) in [0.5, -2.0].iter().enumerate() {
            let value = f64::from(recording.traces[0].variables[0].1[row * 2 + column]);
            close("the rate", value, weight * sum, 1e-5)?;
        }
    }
    // 12 mV for one step raise V by 12 (1 - exp(-0.1)) = 1.14 mV: every spike passes the threshold at once
    let found = &recording.spikes("cells").expect("it is recorded").times;
    if *found != [5.5, 6.5, 20.5] {
        return Err(format!("the readout spikes at {found:?} ms").into());
    }
    Ok(())
}

/// Without a synapse what arrives is the conductance, or the current, of one step; rates reach encoders as a current does.
fn direct(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.5 * ms)?;
    let spikes = network.population("spikes", 1, spike_generator().spike_times(vec![5.0 * ms]))?;
    let cells = network.population("cells", 1, lif().tau(10.0 * ms).V_th(100.0 * mV))?;
    network.project(&spikes, &cells, one_to_one()).output(cuba()).weight(40.0 * mA).build()?;
    let rates = step_input().step_times(vec![0.0 * ms, 100.0 * ms]).amplitudes(vec![0.5 * kHz, 0.0 * kHz]);
    let rates = network.population("rates", 1, rates)?;
    let encoder = network.population("encoder", 100, poisson_encoder())?;
    network.project(&rates, &encoder, all_to_all()).build()?;
    network.record_trace("trace", &cells, &["V"], 0.5 * ms)?;
    network.record_spikes("encoder", &encoder)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(200.0 * ms)?;
    let trace = &rollout.recording().traces[0];
    for (time, value) in trace.times.iter().zip(&trace.variables[0].1) {
        let since = time - 5.5;
        let jump = 40.0 * (1.0 - (-0.05f64).exp());
        let expected = if since < -1e-9 { 0.0 } else { jump * (-since / 10.0).exp() };
        close("the potential", f64::from(*value), expected, 1e-5)?;
    }
    let spikes = &rollout.recording().spikes("encoder").expect("it is recorded").times;
    let expected = 200.0 * 100.0 * (1.0 - (-0.25f64).exp());
    close("the encoder's spikes", spikes.len() as f64, expected, 5.0 * expected.sqrt())?;
    match spikes.iter().all(|time| *time <= 100.0 + 1e-9) {
        true => Ok(()),
        false => Err("the encoder spikes after its rate has fallen to 0".into()),
    }
}

pub fn all() -> Vec<Trial> {
    let all: [(&str, Check); 6] = [
        ("nest_noise", Box::new(nest_noise)),
        ("direct", Box::new(direct)),
        ("trains", Box::new(trains)),
        ("binomial", Box::new(binomial)),
        ("noise", Box::new(noise)),
        ("readouts", Box::new(readouts)),
    ];
    all.into_iter().flat_map(|(name, check)| trials(&format!("inputs::{name}"), check)).collect()
}
