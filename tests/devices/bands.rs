//! What neurons and generators draw at random, against the spread of NEST's seeds.
//!
//! `tests/reference/make_bands.py` measures the experiments of `tests/reference/noise` in live NEST and says what is
//! measured; here the same is measured without it.

use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use synfire::experiment::Experiment;
use synfire::record::{SpikeTrain, TraceTable};
use synfire::{Device, Recording, Rollout};

const BIN_MS: f64 = 5.0;
const LAGS: std::ops::RangeInclusive<usize> = 1..=10;
const TRANSIENT_MS: f64 = 100.0;

/// Seeds, and how many standard deviations of NEST's seeds their mean may lie from NEST's.
///
/// 1.96 hold 95 % of NEST's seeds; a mean over 10 stays within five errors of the means. A software renderer runs two
/// seeds, whose mean is less certain.
fn effort(device: &Device) -> (u64, f64) {
    if device.kind() == "cpu" { (10, 1.96) } else { (2, 3.0) }
}

/// Values by the name of a measure; a list where it is one.
type Measures = BTreeMap<&'static str, Vec<f64>>;

/// Rows in time with a column for each element, relative to the mean over all.
struct Table {
    width: usize,
    off: Vec<f64>,
    variance: f64,
}

impl Table {
    fn new(width: usize, mut values: Vec<f64>) -> Table {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.iter_mut().for_each(|value| *value -= mean);
        let variance = values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64;
        Table { width, off: values, variance }
    }

    fn autocorrelation(&self) -> Vec<f64> {
        let at = |lag: usize| {
            let later = &self.off[lag * self.width..];
            let sum: f64 = self.off.iter().zip(later).map(|(one, other)| one * other).sum();
            sum / later.len() as f64 / self.variance
        };
        LAGS.map(at).collect()
    }

    /// The correlation of neighbouring columns.
    fn pairs(&self) -> f64 {
        let rows = self.off.chunks(self.width);
        let sum: f64 = rows.clone().flat_map(|row| row.windows(2).map(|pair| pair[0] * pair[1])).sum();
        sum / (rows.len() * (self.width - 1)) as f64 / self.variance
    }
}

fn of_spikes(record: &SpikeTrain, duration_ms: f64) -> Measures {
    let width = record.width as usize;
    let mut last = vec![None; width];
    let mut intervals = vec![];
    let mut counts = vec![0.0; (duration_ms / BIN_MS).round() as usize * width];
    for (time, sender) in record.times.iter().zip(&record.senders) {
        if let Some(before) = last[*sender as usize].replace(*time) {
            intervals.push(time - before);
        }
        // the end of a step belongs to it: times are stamps
        let bin = (time / BIN_MS - 1e-6).ceil() as usize - 1;
        counts[bin * width + *sender as usize] += 1.0;
    }
    let mean = intervals.iter().sum::<f64>() / intervals.len() as f64;
    let variance = intervals.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / intervals.len() as f64;
    let counts = Table::new(width, counts);
    BTreeMap::from([
        ("rate_hz", vec![record.times.len() as f64 / f64::from(record.width) / duration_ms * 1000.0]),
        ("cv", vec![variance.sqrt() / mean]),
        ("pairs", vec![counts.pairs()]),
        ("autocorrelation", counts.autocorrelation()),
    ])
}

fn of_trace(table: &TraceTable) -> Measures {
    let width = table.width as usize;
    let first = table.times.iter().take_while(|time| **time <= TRANSIENT_MS + 1e-6).count();
    let late: Vec<f64> =
        table.variables[0].1[first * width..].iter().map(|value| f64::from(*value)).collect();
    let mean = late.iter().sum::<f64>() / late.len() as f64;
    let changes = late.iter().zip(&late[width..]).map(|(before, after)| (after - before).abs());
    let change = changes.sum::<f64>() / (late.len() - width) as f64;
    let table = Table::new(width, late);
    BTreeMap::from([
        ("mean", vec![mean]),
        ("deviation", vec![table.variance.sqrt()]),
        ("change", vec![change]),
        ("autocorrelation", table.autocorrelation()),
    ])
}

fn measures(recording: &Recording, name: &str) -> Result<Measures, Failed> {
    if let Some(record) = recording.spikes(name) {
        return Ok(of_spikes(record, recording.duration_ms));
    }
    let table = recording.traces.iter().find(|table| table.name == name);
    Ok(of_trace(table.ok_or("the experiment records it")?))
}

/// One number, or a list.
fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    list.iter().filter_map(Value::as_f64).collect()
}

/// Runs an experiment over seeds: the means of all measures lie where NEST's seeds do.
fn as_random_as_nest(name: &str, device: &Device) -> Result<(), Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/noise");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json")))?;
    let reference: Value = serde_json::from_str(&text)?;
    let (seeds, margin) = effort(device);
    let mut recordings = vec![];
    for seed in 1..=seeds {
        let mut experiment = Experiment::load(folder.join(format!("{name}.toml")))?;
        experiment.network.set_seed(seed);
        let mut rollout = Rollout::new(&experiment.network, device)?;
        rollout.advance_steps(10_000, &mut |_| {})?;
        recordings.push(rollout.take_recording());
    }
    let mut outside = vec![];
    for (record, expected) in reference["found"].as_object().ok_or("a table of records")? {
        let found = recordings.iter().map(|recording| measures(recording, record));
        let found = found.collect::<Result<Vec<_>, _>>()?;
        for (what, band) in expected.as_object().ok_or("a table of measures")? {
            let (means, spreads) = (numbers(&band["mean"]), numbers(&band["sd"]));
            for (k, (mean, spread)) in means.iter().zip(&spreads).enumerate() {
                let value = found.iter().map(|one| one[what.as_str()][k]).sum::<f64>() / seeds as f64;
                // means are written with four digits
                if (value - mean).abs() > margin * spread + 1e-3 * mean.abs() {
                    outside
                        .push(format!("`{what}` {k} of `{record}` is {value:.4}, NEST's {mean} ± {spread}"));
                }
            }
        }
    }
    if outside.is_empty() { Ok(()) } else { Err(outside.join("\n").into()) }
}

pub fn all() -> Vec<Trial> {
    let names = ["escape", "escape_ports", "binary", "generators", "current"];
    let band = |name: &'static str| -> Check { Box::new(move |device| as_random_as_nest(name, device)) };
    names.into_iter().flat_map(|name| trials(&format!("bands::{name}"), band(name))).collect()
}
