//! What detectors found: histograms of lags, and the states of binary elements at their changes.

use crate::network::detector::{Detecting, Measure};
use std::ops::Range;

/// What a detector has found since the run began.
#[derive(Clone, Debug, PartialEq)]
pub struct Detected {
    /// Name of the record.
    pub name: String,
    /// What it counts.
    pub measure: Measure,
    /// Number of channels.
    pub n_channels: u32,
    /// Number of recorded elements of a trial.
    pub width: u32,
    /// The middle of every bin, in ms.
    pub lags_ms: Vec<f64>,
    /// One for every trial.
    pub trials: Vec<Found>,
}

/// What a detector has found in one trial.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Spikes of each channel that were counted; times of activity that are over, for binary states.
    pub n_events: Vec<u64>,
    /// Products of weights, summed by bin, for one pair of channels after the other.
    pub weighted: Vec<f64>,
    /// Pairs of spikes by bin, or steps.
    pub counts: Vec<u64>,
}

impl Detected {
    pub(crate) fn new(
        name: &str,
        width: u32,
        detecting: &Detecting,
        (dt_ms, n_trials): (f64, usize),
    ) -> Self {
        let numbers = detecting.pairs() * detecting.bins();
        let empty = Found {
            n_events: vec![0; detecting.n_channels as usize],
            weighted: vec![0.0; if detecting.measure == Measure::Spins { 0 } else { numbers }],
            counts: vec![0; numbers],
        };
        let lags = (0..detecting.bins() as i64).map(|k| (detecting.first_lag() + k) * detecting.delta as i64);
        Detected {
            name: name.into(),
            measure: detecting.measure,
            n_channels: detecting.n_channels,
            width,
            lags_ms: lags.map(|lag| lag as f64 * dt_ms).collect(),
            trials: vec![empty; n_trials],
        }
    }

    /// Where the bins of a pair of channels are; a correlation has one pair, 0 and 1.
    fn bins(&self, i: u32, j: u32) -> Range<usize> {
        let pair = if self.measure == Measure::Correlation { 0 } else { (i * self.n_channels + j) as usize };
        pair * self.lags_ms.len()..(pair + 1) * self.lags_ms.len()
    }

    /// Products of weights summed by bin, for channels `i` and `j` of the first trial; NEST: histogram, covariance.
    ///
    /// # Panics
    /// With a channel that there is not, or for binary states, which have no weights.
    pub fn weighted(&self, i: u32, j: u32) -> &[f64] {
        &self.trials[0].weighted[self.bins(i, j)]
    }

    /// Pairs of spikes, or steps, by bin, for channels `i` and `j` of the first trial; NEST: count_histogram,
    /// count_covariance.
    ///
    /// # Panics
    /// With a channel that there is not.
    pub fn counts(&self, i: u32, j: u32) -> &[u64] {
        &self.trials[0].counts[self.bins(i, j)]
    }

    /// The arrays as NEST calls them.
    pub(crate) fn names(&self) -> [&'static str; 2] {
        match self.measure {
            Measure::Correlation => ["histogram", "count_histogram"],
            Measure::Matrix | Measure::Spins => ["covariance", "count_covariance"],
        }
    }

    /// The shape of each array: trials where there are several, pairs of channels, bins.
    pub(crate) fn shape(&self) -> Vec<u64> {
        let n = u64::from(self.n_channels);
        let trials = (self.trials.len() > 1).then_some(self.trials.len() as u64);
        let pairs = if self.measure == Measure::Correlation { vec![] } else { vec![n, n] };
        trials.into_iter().chain(pairs).chain([self.lags_ms.len() as u64]).collect()
    }

    /// One of the trials.
    pub(crate) fn trial(&self, copy: usize) -> Detected {
        Detected {
            trials: vec![self.trials[copy].clone()],
            lags_ms: self.lags_ms.clone(),
            name: self.name.clone(),
            ..*self
        }
    }
}

/// Changes of binary elements, by time, then trial, then sender (NEST: spin_detector).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpinTrain {
    /// Name of the record.
    pub name: String,
    /// Times in ms.
    pub times: Vec<f64>,
    /// Index of the element within the recorded view.
    pub senders: Vec<u32>,
    /// The state from then on: 1 is active.
    pub states: Vec<u8>,
    /// The trial of each change; empty where only one trial ran.
    pub trials: Vec<u32>,
    /// Number of recorded elements of a trial.
    pub width: u32,
}

impl SpinTrain {
    /// The changes of one trial.
    pub(crate) fn trial(&self, trial: u32) -> SpinTrain {
        if self.trials.is_empty() {
            return self.clone();
        }
        let mine = || (0..self.trials.len()).filter(|k| self.trials[*k] == trial);
        SpinTrain {
            name: self.name.clone(),
            times: mine().map(|k| self.times[k]).collect(),
            senders: mine().map(|k| self.senders[k]).collect(),
            states: mine().map(|k| self.states[k]).collect(),
            trials: vec![],
            width: self.width,
        }
    }

    /// Puts the changes from `begin` on, which are in order of time, in order of trial and sender within each time.
    pub(crate) fn sort(&mut self, begin: usize) {
        let mut order: Vec<usize> = (begin..self.times.len()).collect();
        let trial = |k: usize| self.trials.get(k).copied().unwrap_or(0);
        order.sort_by(|a, b| {
            self.times[*a]
                .total_cmp(&self.times[*b])
                .then((trial(*a), self.senders[*a]).cmp(&(trial(*b), self.senders[*b])))
        });
        fn arrange<T: Copy>(values: &mut [T], order: &[usize]) {
            let begin = values.len() - order.len();
            let arranged: Vec<T> = order.iter().map(|k| values[*k]).collect();
            values[begin..].copy_from_slice(&arranged);
        }
        arrange(&mut self.senders, &order);
        arrange(&mut self.states, &order);
        if !self.trials.is_empty() {
            arrange(&mut self.trials, &order);
        }
    }
}
