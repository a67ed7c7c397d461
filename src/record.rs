//! What a run recorded: spikes, traces, and how often every population fired.
//!
//! Spikes are lists of (time, sender), never a matrix over steps. A spike that is found at the end of the step
//! that ends at t is stamped t; a trace row stamped t holds the state at t.
//!
//! Where several trials ran, every spike has its trial, a trace row has a row of elements for each trial, and
//! [`Recording::trial`] takes one of them out: it is what that trial records when it runs alone.

mod detected;
mod folder;
pub mod npz;
mod spectrum;
mod statistics;
mod summary;

use std::ops::Range;

pub use detected::{Detected, Found, SpinTrain};
pub use folder::{Stage, prepare, save};
pub use spectrum::Spectrum;
pub use summary::{FILE as SUMMARY, RecordSummary, Seconds, Summary, TrialSummary};

/// Everything recorded so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// The trials that ran; rates are means over them.
    pub trials: Range<u32>,
    /// One for every record of spikes, in the order of the network.
    pub spikes: Vec<SpikeTrain>,
    /// One for every record of state variables, in the order of the network.
    pub traces: Vec<TraceTable>,
    /// One for every record of binary states, in the order of the network.
    pub spins: Vec<SpinTrain>,
    /// One for every detector, in the order of the network: what it has found since the run began.
    pub detectors: Vec<Detected>,
    /// Size and number of spikes of every population, in the order of the network.
    pub populations: Vec<Activity>,
    /// Biological time that was simulated, in ms.
    pub duration_ms: f64,
}

/// Spikes of one record, by time, then trial, then sender.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpikeTrain {
    /// Name of the record.
    pub name: String,
    /// Times in ms; a spike of multiplicity m stands there m times.
    pub times: Vec<f64>,
    /// Index of the sender within the recorded view.
    pub senders: Vec<u32>,
    /// The trial of each spike; empty where only one trial ran.
    pub trials: Vec<u32>,
    /// Number of recorded elements of a trial.
    pub width: u32,
}

/// Rows of one record of state variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceTable {
    /// Name of the record.
    pub name: String,
    /// Times in ms, one a row.
    pub times: Vec<f64>,
    /// Number of recorded elements of a trial.
    pub width: u32,
    /// Number of trials: a row has `width` values for each of them.
    pub n_trials: u32,
    /// Variables in the order of the record: name and rows.
    pub variables: Vec<(String, Vec<f32>)>,
    /// The variables' units: `mV`; `1` where there is none.
    pub units: Vec<String>,
}

/// How often a population fired.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activity {
    /// Its name.
    pub name: String,
    /// Its size.
    pub size: u32,
    /// Spikes of every trial so far, multiplicity counted.
    pub of_trials: Vec<u64>,
    /// Whether it is a population of neurons, not of sources.
    pub neurons: bool,
}

impl Recording {
    /// The spikes recorded under `name`.
    pub fn spikes(&self, name: &str) -> Option<&SpikeTrain> {
        self.spikes.iter().find(|record| record.name == name)
    }

    /// The traces recorded under `name`.
    pub fn trace(&self, name: &str) -> Option<&TraceTable> {
        self.traces.iter().find(|record| record.name == name)
    }

    /// The changes of binary states recorded under `name`.
    pub fn spins(&self, name: &str) -> Option<&SpinTrain> {
        self.spins.iter().find(|record| record.name == name)
    }

    /// What the detector `name` has found since the run began.
    pub fn detector(&self, name: &str) -> Option<&Detected> {
        self.detectors.iter().find(|record| record.name == name)
    }

    /// Mean rate of the population `name` in Hz, over all trials.
    pub fn rate_hz(&self, name: &str) -> Option<f64> {
        self.population(name).map(|found| found.rate_hz(self.duration_ms))
    }

    /// Mean rate of the population `name` in Hz, in each trial.
    pub fn rates_hz(&self, name: &str) -> Option<Vec<f64>> {
        self.population(name).map(|found| found.rates_hz(self.duration_ms))
    }

    fn population(&self, name: &str) -> Option<&Activity> {
        self.populations.iter().find(|population| population.name == name)
    }

    /// What was recorded in one of the trials.
    pub fn trial(&self, trial: u32) -> Option<Recording> {
        if !self.trials.contains(&trial) {
            return None;
        }
        let copy = (trial - self.trials.start) as usize;
        let of_population = |one: &Activity| Activity { of_trials: vec![one.of_trials[copy]], ..one.clone() };
        Some(Recording {
            trials: trial..trial + 1,
            spikes: self.spikes.iter().map(|train| train.trial(trial)).collect(),
            traces: self.traces.iter().map(|table| table.trial(copy)).collect(),
            spins: self.spins.iter().map(|train| train.trial(trial)).collect(),
            detectors: self.detectors.iter().map(|detected| detected.trial(copy)).collect(),
            populations: self.populations.iter().map(of_population).collect(),
            duration_ms: self.duration_ms,
        })
    }
}

impl Activity {
    /// Spikes of all trials so far, multiplicity counted.
    pub fn spikes(&self) -> u64 {
        self.of_trials.iter().sum()
    }

    /// Mean rate in Hz over `duration_ms` and all trials.
    pub fn rate_hz(&self, duration_ms: f64) -> f64 {
        let rates = self.rates_hz(duration_ms);
        rates.iter().sum::<f64>() / rates.len().max(1) as f64
    }

    /// Mean rate in Hz over `duration_ms`, in each trial.
    pub fn rates_hz(&self, duration_ms: f64) -> Vec<f64> {
        let seconds = f64::from(self.size) * duration_ms / 1000.0;
        let rate = |spikes: &u64| if seconds > 0.0 { *spikes as f64 / seconds } else { 0.0 };
        self.of_trials.iter().map(rate).collect()
    }
}

impl SpikeTrain {
    /// The spikes of one trial.
    pub(crate) fn trial(&self, trial: u32) -> SpikeTrain {
        if self.trials.is_empty() {
            return self.clone();
        }
        let mine = || (0..self.trials.len()).filter(|k| self.trials[*k] == trial);
        SpikeTrain {
            name: self.name.clone(),
            times: mine().map(|k| self.times[k]).collect(),
            senders: mine().map(|k| self.senders[k]).collect(),
            trials: vec![],
            width: self.width,
        }
    }
}

impl TraceTable {
    /// The rows of the trial at this position.
    fn trial(&self, copy: usize) -> TraceTable {
        let width = self.width as usize;
        let mine = |rows: &Vec<f32>| {
            let rows = rows.chunks_exact(width * self.n_trials as usize);
            rows.flat_map(|row| &row[copy * width..][..width]).copied().collect()
        };
        let variables = self.variables.iter().map(|(name, rows)| (name.clone(), mine(rows)));
        TraceTable {
            units: self.units.clone(),
            name: self.name.clone(),
            times: self.times.clone(),
            width: self.width,
            n_trials: 1,
            variables: variables.collect(),
        }
    }

    /// The rows of a variable: `rows[row * width + element]`, with several trials
    /// `rows[(row * n_trials + trial) * width + element]`.
    pub fn variable(&self, name: &str) -> Option<&[f32]> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, rows)| rows.as_slice())
    }
}
