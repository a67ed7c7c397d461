//! The committed traces of NEST 3.10 and brainpy.state 0.1.0: spikes to the step, potentials to 1e-3 mV.
//!
//! Where an experiment's first line says "outside spikes", a spike multiplies the rounding errors that it grows from: it may
//! be off by a step, and potentials hold to 5e-3 mV and to what they change by in a hundredth of a step, around a spike in
//! a tenth. In the step before and after a spike they are not compared.

use crate::npz;
use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use std::path::{Path, PathBuf};
use synfire::experiment::Experiment;
use synfire::network::detector::Measure;
use synfire::{Device, Recording, Rollout};

/// How far a value may be off: potentials in mV, anything else relative to its largest value.
const TOLERANCE: f64 = 1e-3;

/// The same outside spikes.
const OUTSIDE: f64 = 5e-3;

/// The part of a step's change that is allowed besides, and that within `AROUND_MS` of a spike.
const PART_OF_STEP: f64 = 0.01;
const PART_AROUND: f64 = 0.1;
const AROUND_MS: f64 = 2.0;

pub fn all() -> Vec<Trial> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the references are committed")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    cases.sort();
    let trial = |path: PathBuf| {
        let name = format!("parity::{}", path.file_stem().expect("a file").to_string_lossy());
        let check: Check = Box::new(move |device| equals_reference(&path, device));
        trials(&name, check)
    };
    cases.into_iter().flat_map(trial).collect()
}

fn equals_reference(path: &Path, device: &Device) -> Result<(), Failed> {
    let experiment = Experiment::load(path)?;
    let dt = experiment.network.dt_ms();
    let mut rollout = Rollout::new(&experiment.network, device)?;
    rollout.advance_steps((experiment.duration_ms / dt).round() as u64, &mut |_| {})?;
    let file = path.with_extension("npz");
    let array = |name: &str| npz::array(&file, name);
    let recording = rollout.recording();
    let text = std::fs::read_to_string(path)?;
    let outside = text.lines().next().is_some_and(|line| line.contains("outside spikes"));
    let late = i64::from(outside);
    let mut seen = vec![];
    for record in &recording.spikes {
        let (times, senders) =
            (array(&format!("{}.times", record.name)), array(&format!("{}.senders", record.name)));
        let (Some(times), Some(senders)) = (times, senders) else {
            return Err(format!("no reference for `{}`", record.name).into());
        };
        let expected = steps(&times, &senders, dt);
        let senders: Vec<f64> = record.senders.iter().map(|sender| f64::from(*sender)).collect();
        let found = steps(&record.times, &senders, dt);
        if let Some((have, want)) = first_difference(&found, &expected, late) {
            return Err(format!(
                "`{}`: spike (step, sender) {have:?} where the reference has {want:?}",
                record.name
            )
            .into());
        }
        if outside && record.name == "spikes" {
            seen.extend(found.into_iter().chain(expected));
        }
    }
    compare_detectors(recording, &array)?;
    compare_traces(recording, &array, &Allowed { dt, spikes: outside.then_some(seen) })
}

/// What traces may be off by.
struct Allowed {
    dt: f64,
    /// Where only what is outside of spikes counts: the spikes (step, sender) of the elements whose traces are recorded.
    spikes: Option<Vec<(i64, i64)>>,
}

impl Allowed {
    fn tolerance(&self) -> f64 {
        if self.spikes.is_some() { OUTSIDE } else { TOLERANCE }
    }

    /// What a value of an element may be off besides, where it changes by `change` in a step.
    fn besides(&self, time: f64, element: usize, change: f64) -> f64 {
        let Some(spikes) = &self.spikes else { return 0.0 };
        let step = (time / self.dt).round() as i64;
        let own = spikes.iter().filter(|(_, sender)| *sender == element as i64);
        match own.map(|(spike, _)| (spike - step).abs()).min() {
            Some(0..=1) => f64::INFINITY,
            Some(away) if away as f64 * self.dt <= AROUND_MS => PART_AROUND * change,
            _ => PART_OF_STEP * change,
        }
    }
}

/// Spikes as steps and senders; they must come by time, then sender.
fn steps(times: &[f64], senders: &[f64], dt: f64) -> Vec<(i64, i64)> {
    times.iter().zip(senders).map(|(time, sender)| ((time / dt).round() as i64, *sender as i64)).collect()
}

type Spike = Option<(i64, i64)>;

/// The first spike without a like one in the reference: in its place, or at most `late` steps away in its train.
fn first_difference(found: &[(i64, i64)], expected: &[(i64, i64)], late: i64) -> Option<(Spike, Spike)> {
    let ordered = |spikes: &[(i64, i64)]| {
        let mut spikes = spikes.to_vec();
        if late > 0 {
            spikes.sort_by_key(|(step, sender)| (*sender, *step));
        }
        spikes
    };
    let (found, expected) = (ordered(found), ordered(expected));
    let alike = |have: Spike, want: Spike| match (have, want) {
        (Some(have), Some(want)) => have.1 == want.1 && (have.0 - want.0).abs() <= late,
        _ => false,
    };
    let pairs =
        (0..found.len().max(expected.len())).map(|k| (found.get(k).copied(), expected.get(k).copied()));
    pairs.into_iter().find(|(have, want)| !alike(*have, *want))
}

/// Histograms and binary states hold exactly.
fn compare_detectors(recording: &Recording, array: &impl Fn(&str) -> Option<Vec<f64>>) -> Result<(), Failed> {
    let whole = |values: &[u64]| values.iter().map(|value| *value as f64).collect::<Vec<f64>>();
    let equal = |key: String, found: Vec<f64>| match array(&key) {
        Some(expected) if expected == found => Ok(()),
        Some(expected) => Err(Failed::from(format!("`{key}` is {found:?}, in the reference {expected:?}"))),
        None => Err(format!("no reference for `{key}`").into()),
    };
    for detected in &recording.detectors {
        let (name, found) = (&detected.name, &detected.trials[0]);
        let [weighted, counts] = match detected.measure {
            Measure::Correlation => ["histogram", "count_histogram"],
            Measure::Matrix | Measure::Spins => ["covariance", "count_covariance"],
        };
        equal(format!("{name}.{counts}"), whole(&found.counts))?;
        if detected.measure != Measure::Spins {
            equal(format!("{name}.{weighted}"), found.weighted.clone())?;
            equal(format!("{name}.n_events"), whole(&found.n_events))?;
        }
    }
    for train in &recording.spins {
        let (name, times) = (&train.name, array(&format!("{}.times", train.name)).unwrap_or_default());
        if train.times.len() != times.len()
            || train.times.iter().zip(&times).any(|(a, b)| (a - b).abs() > 1e-6)
        {
            return Err(format!("the times of `{name}` are not those of the reference").into());
        }
        equal(format!("{name}.senders"), train.senders.iter().copied().map(f64::from).collect())?;
        equal(format!("{name}.state"), train.states.iter().copied().map(f64::from).collect())?;
    }
    Ok(())
}

/// The larger of the changes to the row before and to the row after.
fn change(values: &[f64], width: usize, at: usize) -> f64 {
    let to = |other: Option<usize>| {
        other.and_then(|other| values.get(other)).map_or(0.0, |value| (values[at] - value).abs())
    };
    to(at.checked_sub(width)).max(to(Some(at + width)))
}

fn compare_traces(
    recording: &Recording,
    array: &impl Fn(&str) -> Option<Vec<f64>>,
    allowed: &Allowed,
) -> Result<(), Failed> {
    for table in &recording.traces {
        let width = table.width as usize;
        let every = table.times.get(1).map_or(allowed.dt, |second| second - table.times[0]);
        for (name, rows) in &table.variables {
            let key = format!("{}.{name}", table.name);
            let expected = array(&key).ok_or_else(|| format!("no reference for `{key}`"))?;
            if expected.len() != rows.len() {
                return Err(
                    format!("`{key}` has {} values, the reference {}", rows.len(), expected.len()).into()
                );
            }
            let largest = expected.iter().fold(0.0f64, |most, value| most.max(value.abs()));
            // a variable that stays 0 has no largest value to compare with
            let unit = if name.starts_with('V') || largest == 0.0 { 1.0 } else { largest };
            let errors = rows.iter().zip(&expected).enumerate().map(|(at, (have, want))| {
                let in_a_step = change(&expected, width, at) * allowed.dt / every;
                let besides = allowed.besides(table.times[at / width], at % width, in_a_step);
                ((f64::from(*have) - want).abs() - besides) / unit
            });
            let (at, worst) =
                errors.enumerate().fold((0, 0.0), |best, next| if next.1 > best.1 { next } else { best });
            if worst > allowed.tolerance() || rows.iter().any(|value| !value.is_finite()) {
                let (row, column) = (at / width, at % width);
                let text = format!(
                    "`{key}` is off by {worst:.3e} at {} ms, element {column}: {} where the reference has {}",
                    table.times[row], rows[at], expected[at]
                );
                return Err(text.into());
            }
        }
    }
    Ok(())
}
