//! What spikes say: rates over time, and how irregular they are; of a run of several trials take one, with
//! [`Recording::trial`](super::Recording::trial).

use super::SpikeTrain;
use std::ops::Range;

impl SpikeTrain {
    /// The spikes of the senders in `senders`, numbered from its start: one population of a record of several.
    pub fn of(&self, senders: Range<u32>) -> SpikeTrain {
        let of = |k: &usize| senders.contains(&self.senders[*k]);
        let kept: Vec<usize> = (0..self.times.len()).filter(of).collect();
        SpikeTrain {
            name: self.name.clone(),
            times: kept.iter().map(|k| self.times[*k]).collect(),
            senders: kept.iter().map(|k| self.senders[*k] - senders.start).collect(),
            width: senders.end.min(self.width).saturating_sub(senders.start),
            // empty where there is one trial
            trials: self.trials.iter().enumerate().filter(|(k, _)| of(k)).map(|(_, trial)| *trial).collect(),
        }
    }

    /// Mean rate in Hz of an element between two times in ms: after the start, up to the end.
    pub fn rate_hz(&self, window: Range<f64>) -> f64 {
        let inside = self.times.iter().filter(|time| **time > window.start && **time <= window.end).count();
        per_second(inside as f64, self.width, window.end - window.start)
    }

    /// Rate in Hz of an element in bins of `bin_ms` between two times in ms, the last bin shorter where they do not fit.
    pub fn rates_hz(&self, window: Range<f64>, bin_ms: f64) -> Vec<f64> {
        let length = window.end - window.start;
        // 1e-9: a length that is a multiple of the bin must not get one more by rounding
        let n = (length / bin_ms - 1e-9).ceil().max(1.0) as usize;
        let mut counts = vec![0u32; n];
        for time in self.times.iter().filter(|time| (window.start..=window.end).contains(*time)) {
            // a spike stamped t happened in the step that ends at t
            let k = ((time - window.start) / bin_ms - 1e-9).max(0.0) as usize;
            counts[k.min(n - 1)] += 1;
        }
        let last = length - (n - 1) as f64 * bin_ms;
        let width = |k: usize| if k + 1 == n { last } else { bin_ms };
        let rate = |(k, count): (usize, &u32)| per_second(f64::from(*count), self.width, width(k));
        counts.iter().enumerate().map(rate).collect()
    }

    /// Coefficient of variation of the intervals between spikes: standard deviation over mean, 1 for a Poisson process
    /// and 0 for a clock; one for each element with at least `least` intervals (and two), in the order of the elements.
    pub fn interval_cv(&self, least: usize) -> Vec<f64> {
        let mut intervals: Vec<Vec<f64>> = vec![vec![]; self.width as usize];
        let mut before: Vec<Option<f64>> = vec![None; self.width as usize];
        for (time, sender) in self.times.iter().zip(&self.senders) {
            let sender = *sender as usize;
            if let Some(before) = before[sender].replace(*time) {
                intervals[sender].push(time - before);
            }
        }
        intervals.iter().filter(|list| list.len() >= least.max(2)).map(|list| variation(list)).collect()
    }
}

fn per_second(spikes: f64, width: u32, length_ms: f64) -> f64 {
    spikes / f64::from(width.max(1)) / length_ms * 1000.0
}

/// Standard deviation over mean.
fn variation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    variance.sqrt() / mean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn train(spikes: &[(f64, u32)], width: u32) -> SpikeTrain {
        let (times, senders) = spikes.iter().copied().unzip();
        SpikeTrain { name: "x".into(), times, senders, width, trials: vec![] }
    }

    #[test]
    fn rates_are_spikes_per_neuron_and_second() {
        let train = train(&[(5.0, 0), (5.1, 0), (12.0, 0)], 2);
        assert_eq!(train.rates_hz(0.0..12.0, 5.0), [100.0, 100.0, 250.0]);
        assert_eq!(train.rate_hz(5.0..15.0), 100.0);
    }

    #[test]
    fn a_part_is_numbered_from_its_start() {
        let part = train(&[(1.0, 0), (2.0, 2), (3.0, 3), (4.0, 9)], 10).of(2..5);
        assert_eq!((part.times, part.senders, part.width), (vec![2.0, 3.0], vec![0, 1], 3));
    }

    #[test]
    fn a_clock_does_not_vary_and_alternation_does() {
        let mut spikes: Vec<(f64, u32)> = (0..10).map(|k| (f64::from(k) * 7.0, 0)).collect();
        spikes.extend([(0.0, 1), (1.0, 1), (4.0, 1), (5.0, 1), (8.0, 1), (3.0, 2)]);
        let cv = train(&spikes, 4).interval_cv(3);
        // intervals 1, 3, 1, 3: mean 2, standard deviation sqrt(4 / 3)
        assert_eq!(cv.len(), 2);
        assert!(cv[0].abs() < 1e-12 && (cv[1] - (4.0f64 / 3.0).sqrt() / 2.0).abs() < 1e-12, "{cv:?}");
    }
}
