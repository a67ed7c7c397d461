//! Detectors at work: what they count is known when a step is over.
//!
//! *How it works.* The spikes of a step are summed by channel first: sums of weights and of their squares say all that
//! pairs within the step need. Sums of earlier steps are kept as long as a later spike can be within the largest lag, so
//! the work is that of the pairs of (step, channel) within it. Times of activity are kept in the same way.

use crate::network::detector::{Detecting, Measure};
use crate::record::Found;
use std::collections::VecDeque;

/// A detector of one trial, at work.
#[derive(Debug)]
pub(super) struct Detection {
    detecting: Detecting,
    /// The channel and the weight of every element of the record.
    senders: Vec<(u32, f64)>,
    /// The stamp of the step whose spikes come in.
    now: u64,
    /// What came in this step, by channel.
    current: Vec<Together>,
    past: VecDeque<Together>,
    /// The beginning of the activity of each channel.
    active: Vec<Option<u64>>,
    /// Whether a channel has changed: before that nobody knows whether it is active.
    changed: Vec<bool>,
    over: VecDeque<Activity>,
}

/// Spikes of one channel in one step.
#[derive(Clone, Copy, Debug, Default)]
struct Together {
    stamp: u64,
    channel: u32,
    n: u64,
    weight: f64,
    squares: f64,
}

/// A time of activity of one channel, in steps.
#[derive(Clone, Copy, Debug)]
struct Activity {
    channel: u32,
    on: u64,
    off: u64,
}

impl Detection {
    pub fn new(detecting: &Detecting) -> Detection {
        let senders = detecting.channels.iter();
        let n = detecting.n_channels;
        Detection {
            senders: senders
                .flat_map(|(len, channel, weight)| (0..*len).map(|_| (*channel, *weight)))
                .collect(),
            now: 0,
            current: (0..n).map(|channel| Together { channel, ..Together::default() }).collect(),
            past: VecDeque::new(),
            active: vec![None; n as usize],
            changed: vec![false; n as usize],
            over: VecDeque::new(),
            detecting: detecting.clone(),
        }
    }

    /// Takes `n` spikes of an element of the record; stamps come in order.
    pub fn spike(&mut self, stamp: u64, column: u32, n: u64, found: &mut Found) {
        self.reach(stamp, found);
        let (channel, weight) = self.senders[column as usize];
        let together = &mut self.current[channel as usize];
        together.n += n;
        together.weight += n as f64 * weight;
        together.squares += n as f64 * weight * weight;
    }

    /// Takes a change of a binary element of the record.
    pub fn change(&mut self, stamp: u64, column: u32, up: bool, found: &mut Found) {
        self.reach(stamp, found);
        let (channel, _) = self.senders[column as usize];
        let active = &mut self.active[channel as usize];
        let is_first = !std::mem::replace(&mut self.changed[channel as usize], true);
        if up {
            *active = active.or(Some(stamp));
        } else if let Some(on) = active.take().or(is_first.then_some(0)) {
            self.end(Activity { channel, on, off: stamp }, found);
        }
    }

    /// Counts what is left of the steps before `stamp`; a run that went back begins anew.
    pub fn reach(&mut self, stamp: u64, found: &mut Found) {
        if stamp == self.now {
            return;
        }
        if stamp < self.now {
            self.past.clear();
            self.over.clear();
            self.active.fill(None);
            self.changed.fill(false);
            self.current
                .iter_mut()
                .for_each(|it| *it = Together { channel: it.channel, ..Together::default() });
        }
        let oldest = self.now.saturating_sub(self.detecting.most + self.detecting.delta);
        while self.past.front().is_some_and(|it| it.stamp < oldest) {
            self.past.pop_front();
        }
        for k in 0..self.current.len() {
            if self.current[k].n == 0 {
                continue;
            }
            let empty = Together { channel: k as u32, ..Together::default() };
            let new = Together { stamp: self.now, ..std::mem::replace(&mut self.current[k], empty) };
            if self.detecting.counted.contains(new.stamp) {
                found.n_events[k] += new.n;
                self.count(&new, found);
            }
            self.past.push_back(new);
        }
        self.now = stamp;
    }

    /// The pairs of what came in with itself and with what came before, or with channels of the same step.
    fn count(&self, new: &Together, found: &mut Found) {
        if self.detecting.measure == Measure::Matrix {
            let (bins, row) =
                (self.detecting.bins(), (new.channel as usize) * self.detecting.n_channels as usize);
            // every spike with itself, and every two once
            found.weighted[(row + new.channel as usize) * bins] +=
                0.5 * (new.weight * new.weight + new.squares);
            found.counts[(row + new.channel as usize) * bins] += new.n * (new.n + 1) / 2;
        }
        for old in &self.past {
            let (weighted, n) = (new.weight * old.weight, new.n * old.n);
            match self.detecting.measure {
                Measure::Correlation if new.channel != old.channel => {
                    let lag = (new.stamp - old.stamp) as i64;
                    let lag = if new.channel == 1 { lag } else { -lag };
                    self.add(0, lag, (weighted, n), found);
                }
                Measure::Matrix => {
                    let (lag, size) = ((new.stamp - old.stamp) as i64, self.detecting.n_channels as usize);
                    let (i, j) = (new.channel as usize, old.channel as usize);
                    self.add(i * size + j, lag, (weighted, n), found);
                    if self.bin(lag) == Some(0) {
                        self.add(j * size + i, lag, (weighted, n), found);
                    }
                }
                Measure::Correlation | Measure::Spins => {}
            }
        }
    }

    fn add(&self, pair: usize, lag: i64, (weighted, n): (f64, u64), found: &mut Found) {
        let Some(bin) = self.bin(lag) else { return };
        let at = pair * self.detecting.bins() + bin;
        found.weighted[at] += weighted;
        found.counts[at] += n;
    }

    /// The bin of a lag in steps: bins are closed below and open above.
    fn bin(&self, lag: i64) -> Option<usize> {
        let delta = self.detecting.delta as i64;
        let bin = (2 * lag + delta).div_euclid(2 * delta) - self.detecting.first_lag();
        usize::try_from(bin).ok().filter(|bin| *bin < self.detecting.bins())
    }

    /// Counts the steps that a time of activity shares with itself and with those before.
    fn end(&mut self, new: Activity, found: &mut Found) {
        found.n_events[new.channel as usize] += 1;
        // an activity that is still to end began here at the earliest
        let begun = self.active.iter().flatten().copied().fold(new.on, u64::min);
        let oldest = begun.saturating_sub(self.detecting.most);
        self.over.retain(|old| old.off > oldest);
        self.over.push_back(new);
        let (n, bins, delta) =
            (self.detecting.n_channels, self.detecting.bins(), self.detecting.delta as i64);
        let last = self.over.len() - 1;
        for (k, old) in self.over.iter().enumerate() {
            // both orders of two activities, one of an activity with itself
            for (i, j) in [(&new, old), (old, &new)].into_iter().take(if k == last { 1 } else { 2 }) {
                let first = ((i.channel * n + j.channel) as usize) * bins;
                for bin in 0..bins {
                    let lag = (self.detecting.first_lag() + bin as i64) * delta;
                    let end = (j.off as i64).min(i.off as i64 - lag);
                    let begin = (j.on as i64).max(i.on as i64 - lag);
                    found.counts[first + bin] += (end - begin).max(0) as u64;
                }
            }
        }
    }
}
