//! The committed traces of NEST 3.10 and brainpy.state 0.1.0: spikes to the step, potentials to 1e-3 mV.
//!
//! Where an experiment's first line says "outside spikes", potentials hold to 5e-3 mV and to what they change by in a
//! hundredth of a step: a spike multiplies the rounding errors that it grows from.

use crate::npz;
use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use std::path::{Path, PathBuf};
use synfire::experiment::Experiment;
use synfire::network::detector::Measure;
use synfire::{Device, Recording, Rollout};

/// How far a value may be off: potentials in mV, anything else relative to its largest value.
const TOLERANCE: f64 = 1e-3;

/// The same outside spikes, with the part of a step's change that is allowed besides.
const OUTSIDE: (f64, f64) = (5e-3, 0.01);

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
    for record in &recording.spikes {
        let (times, senders) =
            (array(&format!("{}.times", record.name)), array(&format!("{}.senders", record.name)));
        let (Some(times), Some(senders)) = (times, senders) else {
            return Err(format!("no reference for `{}`", record.name).into());
        };
        let expected = steps(&times, &senders, dt);
        let senders: Vec<f64> = record.senders.iter().map(|sender| f64::from(*sender)).collect();
        let found = steps(&record.times, &senders, dt);
        if let Some((have, want)) = first_difference(&found, &expected) {
            return Err(format!(
                "`{}`: spike (step, sender) {have:?} where the reference has {want:?}",
                record.name
            )
            .into());
        }
    }
    compare_detectors(recording, &array)?;
    let text = std::fs::read_to_string(path)?;
    let outside = text.lines().next().is_some_and(|line| line.contains("outside spikes"));
    compare_traces(recording, &array, if outside { OUTSIDE } else { (TOLERANCE, 0.0) })
}

/// Spikes as steps and senders; they must come by time, then sender.
fn steps(times: &[f64], senders: &[f64], dt: f64) -> Vec<(i64, i64)> {
    times.iter().zip(senders).map(|(time, sender)| ((time / dt).round() as i64, *sender as i64)).collect()
}

type Spike = Option<(i64, i64)>;

fn first_difference(found: &[(i64, i64)], expected: &[(i64, i64)]) -> Option<(Spike, Spike)> {
    let length = found.len().max(expected.len());
    (0..length).map(|k| (found.get(k).copied(), expected.get(k).copied())).find(|(have, want)| have != want)
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
    (tolerance, slack): (f64, f64),
) -> Result<(), Failed> {
    for table in &recording.traces {
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
                let allowed = slack * change(&expected, table.width as usize, at);
                ((f64::from(*have) - want).abs() - allowed) / unit
            });
            let (at, worst) =
                errors.enumerate().fold((0, 0.0), |best, next| if next.1 > best.1 { next } else { best });
            if worst > tolerance || rows.iter().any(|value| !value.is_finite()) {
                let (row, column) = (at / table.width as usize, at % table.width as usize);
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
