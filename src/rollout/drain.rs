//! Sorting what a chunk brought into the recording.

use super::detect::Detection;
use crate::compile::recipe::Set;
use crate::device::Chunk;
use crate::model::Role;
use crate::network::Network;
use crate::network::detector::Measure;
use crate::network::record::{Steps, What};
use crate::program::{Event, Program};
use crate::record::{Activity, Detected, Recording, SpikeTrain, SpinTrain, TraceTable};
use std::ops::Range;

/// Where the spikes of every element go.
#[derive(Debug)]
pub(super) struct Drain {
    /// Detectors of all trials, by record, then trial.
    detectors: Vec<Vec<Detection>>,
    /// Elements of every population that can be seen spiking, by first element.
    ranges: Vec<Watched>,
}

/// Consecutive elements whose spikes are counted.
#[derive(Debug)]
struct Watched {
    first: u32,
    len: u32,
    population: usize,
    /// Position of the trial among those that run.
    copy: u32,
    /// Whether a spike's value is a number of spikes.
    counts: bool,
    /// Whether a number of spikes stands for a state: 2 for 1, 1 for 0.
    numbers: bool,
    records: Vec<Part>,
}

/// What a record takes of a population.
#[derive(Clone, Debug)]
struct Part {
    kind: Kind,
    /// Position among the records of the kind.
    record: usize,
    /// First element in the population.
    first: u32,
    len: u32,
    /// Index of the first in the record.
    column: u32,
    window: Steps,
}

/// What takes spikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Spikes,
    Spins,
    Detector { of_spins: bool },
}

impl Kind {
    fn of(what: &What) -> Option<Kind> {
        match what {
            What::Spikes => Some(Kind::Spikes),
            What::Spins => Some(Kind::Spins),
            What::Detector(detecting) => {
                Some(Kind::Detector { of_spins: detecting.measure == Measure::Spins })
            }
            What::Trace { .. } => None,
        }
    }
}

impl Drain {
    pub fn new(network: &Network, program: &Program) -> Drain {
        let mut ranges = vec![];
        for (k, located) in program.populations.iter().enumerate() {
            let Some(first) = located.first else { continue };
            let model = &network.populations()[k].settings.model;
            // one set of a schedule's elements carries the numbers of spikes
            let first = if model.is_scheduled() { first + Set::Counts.offset(located.size) } else { first };
            let counts = model.is_scheduled() || model.function("spikes").is_some();
            let records = records(network, k);
            ranges.extend((0..program.copies()).map(|copy| Watched {
                first: first + copy * located.stride,
                len: located.size,
                population: k,
                copy,
                counts,
                numbers: model.is_scheduled(),
                records: records.clone(),
            }));
        }
        ranges.sort_unstable_by_key(|range| range.first);
        let detectors = network.records().iter().filter_map(|record| match &record.what {
            What::Detector(detecting) => {
                Some((0..program.copies()).map(|_| Detection::new(detecting)).collect())
            }
            _ => None,
        });
        Drain { detectors: detectors.collect(), ranges }
    }

    /// An empty recording in the shape of the network's records.
    pub fn empty_recording(&self, network: &Network) -> Recording {
        let mut recording = Recording { trials: network.trials(), ..Recording::default() };
        for record in network.records() {
            let (name, width) = (record.name.clone(), record.from.len());
            match &record.what {
                What::Spikes => recording.spikes.push(SpikeTrain { name, width, ..SpikeTrain::default() }),
                What::Spins => recording.spins.push(SpinTrain { name, width, ..SpinTrain::default() }),
                What::Detector(detecting) => {
                    let found =
                        Detected::new(&name, width, detecting, (network.dt_ms(), network.trials().len()));
                    recording.detectors.push(found);
                }
                What::Trace { variables, .. } => {
                    let units = variables.iter().map(|variable| record.unit(network, variable)).collect();
                    let variables = variables.iter().map(|variable| (variable.clone(), vec![])).collect();
                    let n_trials = network.trials().len() as u32;
                    let table = TraceTable { name, width, n_trials, variables, units, times: vec![] };
                    recording.traces.push(table);
                }
            }
        }
        recording.populations = (network.populations().iter())
            .map(|population| Activity {
                name: population.name.clone(),
                size: population.size,
                of_trials: vec![0; network.trials().len()],
                neurons: population.settings.model.role() == Role::Neuron,
            })
            .collect();
        recording
    }

    /// Adds a chunk that began at step `first`, and the events that were `known` of it.
    pub fn take(
        &mut self,
        network: &Network,
        program: &Program,
        known: &[Event],
        first: u64,
        chunk: Chunk,
        recording: &mut Recording,
    ) {
        let end = first + u64::from(chunk.steps);
        let begins: Vec<usize> = recording.spikes.iter().map(|record| record.times.len()).collect();
        let spins: Vec<usize> = recording.spins.iter().map(|record| record.times.len()).collect();
        // both lists are sorted by step: merge them, so that records stay in order of time
        let (mut a, mut b) = (chunk.spikes.iter().peekable(), known.iter().peekable());
        loop {
            let from_device = match (a.peek(), b.peek()) {
                (Some(spike), Some(event)) => (spike.step, spike.element) <= (event.step, event.element),
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => break,
            };
            let next = if from_device { a.next() } else { b.next() };
            self.count(next.expect("it was peeked"), program.dt_ms, recording);
        }
        for (record, begin) in recording.spikes.iter_mut().zip(begins) {
            sort_senders(record, begin);
        }
        recording.spins.iter_mut().zip(spins).for_each(|(record, begin)| record.sort(begin));
        for (detections, detected) in self.detectors.iter_mut().zip(&mut recording.detectors) {
            let trials = detections.iter_mut().zip(&mut detected.trials);
            // nothing more comes of the last step
            trials.for_each(|(detection, found)| detection.reach(end + 1, found));
        }
        for (trace, rows) in program.traces.iter().zip(chunk.traces) {
            let table = recording
                .traces
                .iter_mut()
                .find(|table| table.name == trace.record)
                .expect("records have tables");
            let every = u64::from(trace.every);
            let record = network.records().iter().find(|record| record.name == trace.record);
            let window = record.map_or(Steps::ALL, |record| record.window);
            // rows that came, and those of them that are kept
            let (came, last) = (first / every + 1, end / every);
            let (from, to) = (came.max(window.after / every + 1), last.min(window.until / every));
            let position = table
                .variables
                .iter()
                .position(|(name, _)| *name == trace.variable)
                .expect("traces have columns");
            if position == 0 {
                table.times.extend((from..=to).map(|row| (row * every) as f64 * program.dt_ms));
            }
            let width = trace.width as usize;
            let kept = (from - came) as usize * width..((to + 1).saturating_sub(came)) as usize * width;
            table.variables[position].1.extend(rows.get(kept).unwrap_or_default());
        }
    }

    fn count(&mut self, spike: &Event, dt_ms: f64, recording: &mut Recording) {
        let position = self.ranges.partition_point(|range| range.first <= spike.element);
        let Some(range) = position.checked_sub(1).map(|k| &self.ranges[k]) else { return };
        let element = spike.element - range.first;
        if element >= range.len {
            return;
        }
        // below 0 it is a transition back, one event too
        let times = if range.counts { spike.value.round().abs() as u64 } else { 1 };
        recording.populations[range.population].of_trials[range.copy as usize] += times;
        let trial = recording.trials.start + range.copy;
        let several = recording.trials.len() > 1;
        let stamp = spike.step + 1;
        let up = if range.numbers { times > 1 } else { spike.value > 0.0 };
        for part in &range.records {
            if !(part.first..part.first + part.len).contains(&element) || !part.window.contains(stamp) {
                continue;
            }
            let column = part.column + element - part.first;
            match part.kind {
                Kind::Spikes => {
                    let record = &mut recording.spikes[part.record];
                    for _ in 0..times {
                        record.times.push(stamp as f64 * dt_ms);
                        record.senders.push(column);
                        record.trials.extend(several.then_some(trial));
                    }
                }
                Kind::Spins => {
                    let record = &mut recording.spins[part.record];
                    record.times.push(stamp as f64 * dt_ms);
                    record.senders.push(column);
                    record.states.push(u8::from(up));
                    record.trials.extend(several.then_some(trial));
                }
                Kind::Detector { of_spins } => {
                    let detection = &mut self.detectors[part.record][range.copy as usize];
                    let found = &mut recording.detectors[part.record].trials[range.copy as usize];
                    if of_spins {
                        detection.change(stamp, column, up, found);
                    } else {
                        detection.spike(stamp, column, times, found);
                    }
                }
            }
        }
    }
}

/// The events of these steps, from a list by step.
pub(super) fn within<'e>(events: &'e [Event], steps: &Range<u64>) -> &'e [Event] {
    let before = |step: u64| events.partition_point(|event| event.step < step);
    &events[before(steps.start)..before(steps.end)]
}

/// Puts the spikes from `begin` on, which are in order of time, in order of trial and sender within each time.
///
/// They come in the order of elements, and the populations of a record may lie in another order.
fn sort_senders(record: &mut SpikeTrain, begin: usize) {
    let mut first = begin;
    for together in record.times[begin..].chunk_by(|a, b| a == b) {
        let now = first..first + together.len();
        first = now.end;
        let senders = &mut record.senders[now.clone()];
        if record.trials.is_empty() {
            senders.sort_unstable();
            continue;
        }
        let trials = &mut record.trials[now];
        let mut pairs: Vec<(u32, u32)> = trials.iter().copied().zip(senders.iter().copied()).collect();
        pairs.sort_unstable();
        for (k, (trial, sender)) in pairs.into_iter().enumerate() {
            (trials[k], senders[k]) = (trial, sender);
        }
    }
}

/// What takes the spikes of a population.
fn records(network: &Network, population: usize) -> Vec<Part> {
    let mut out = vec![];
    let mut numbers = [0; 3];
    for record in network.records() {
        let Some(kind) = Kind::of(&record.what) else { continue };
        let number = &mut numbers[match kind {
            Kind::Spikes => 0,
            Kind::Spins => 1,
            Kind::Detector { .. } => 2,
        }];
        let mut column = 0;
        for slice in record.from.slices() {
            if slice.population.0 as usize == population {
                let (record, window) = (*number, record.window);
                out.push(Part { kind, record, first: slice.first, len: slice.len, column, window });
            }
            column += slice.len;
        }
        *number += 1;
    }
    out
}
