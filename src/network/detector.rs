//! Detectors: correlations between spike trains or between binary states, counted while a network runs.
//!
//! ```
//! use synfire::models::spike_generator;
//! use synfire::network::detector::correlation_detector;
//! use synfire::unit::ms;
//! use synfire::{Device, Network, Rollout};
//!
//! let mut network = Network::new(0.1 * ms)?;
//! let a = network.population("a", 1, spike_generator().spike_times(vec![5.0 * ms, 9.0 * ms]))?;
//! let b = network.population("b", 1, spike_generator().spike_times(vec![6.0 * ms]))?;
//! let detector = correlation_detector().delta_tau(1.0 * ms).tau_max(2.0 * ms);
//! network.detect("cross", detector.input(&a, 0, 1.0).input(&b, 1, 1.0))?;
//!
//! let mut rollout = Rollout::new(&network, &Device::cpu())?;
//! rollout.advance(20.0 * ms)?;
//! let cross = rollout.recording().detector("cross").expect("it is recorded");
//! assert_eq!(cross.lags_ms, [-2.0, -1.0, 0.0, 1.0, 2.0]);
//! assert_eq!(cross.counts(0, 1), [0, 0, 0, 1, 0]); // b spikes 1 ms after a
//! # Ok::<(), synfire::Error>(())
//! ```

use super::Network;
use super::record::{Record, Steps, What, Window, check_name};
use super::view::View;
use crate::error::{Error, Result};
use crate::unit::{Quantity, Time, ms};

/// The most numbers that a detector holds: 128 MiB of them.
const MOST_BINS: u64 = 1 << 24;

/// What a detector counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Pairs of spikes of channel 0 and channel 1 by lag, of both signs (NEST: correlation_detector).
    Correlation,
    /// Pairs of spikes of any two channels by lag, from 0 on (NEST: correlomatrix_detector).
    Matrix,
    /// Steps in which binary elements of two channels are active, by lag (NEST: correlospinmatrix_detector).
    Spins,
}

impl Measure {
    /// Every measure with the name that NEST gives the detector.
    pub const ALL: [(&'static str, Measure); 3] = [
        ("correlation_detector", Measure::Correlation),
        ("correlomatrix_detector", Measure::Matrix),
        ("correlospinmatrix_detector", Measure::Spins),
    ];

    /// NEST's name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, measure)| *measure == self).map_or("", |(name, _)| name)
    }
}

/// A detector being described; [`Network::detect`] adds it.
#[derive(Clone, Debug)]
pub struct Detector {
    measure: Measure,
    delta_tau: Option<f64>,
    tau_max: Option<f64>,
    first: f64,
    last: f64,
    window: Window,
    n_channels: u32,
    inputs: Vec<(View, u32, f64)>,
}

/// Histogram of the lags between the spikes of two channels: positive where channel 1 spikes after channel 0.
///
/// A pair is counted with the product of its weights where its later spike comes from `Tstart` to `Tstop`.
pub fn correlation_detector() -> Detector {
    Detector::new(Measure::Correlation)
}

/// Histograms of the lags between the spikes of all pairs of channels.
///
/// Entry (i, j) counts spikes of i at the lag after spikes of j; at lag 0, entries (i, j) and (j, i) count both orders.
/// Two spikes of one channel in the same step count once, as in NEST.
pub fn correlomatrix_detector() -> Detector {
    Detector::new(Measure::Matrix)
}

/// Raw covariances of binary states: entry (i, j) at a lag is the number of steps in which j is active and i is active the
/// lag later.
///
/// A time of activity counts when it is over. Where the first that is seen of an element is its end, it began with the run,
/// as in NEST. NEST 3.10 waits for one more event then, and does not use `Tstart` and
/// `Tstop` either.
pub fn correlospinmatrix_detector() -> Detector {
    Detector::new(Measure::Spins)
}

#[allow(non_snake_case, reason = "parameters keep their published names")]
impl Detector {
    /// A detector without inputs.
    pub fn new(measure: Measure) -> Detector {
        Detector {
            measure,
            delta_tau: None,
            tau_max: None,
            first: 0.0,
            last: f64::INFINITY,
            window: Window::default(),
            n_channels: 0,
            inputs: vec![],
        }
    }

    /// Width of the bins; 5 steps where it is not set, for binary states 1.
    pub fn delta_tau(mut self, width: Quantity<Time>) -> Self {
        self.delta_tau = Some(width.value_in(ms));
        self
    }

    /// The largest lag, a multiple of the bins' width; 10 times that where it is not set.
    pub fn tau_max(mut self, lag: Quantity<Time>) -> Self {
        self.tau_max = Some(lag.value_in(ms));
        self
    }

    /// The time from which on spikes are counted; earlier ones are still partners of pairs.
    pub fn Tstart(mut self, time: Quantity<Time>) -> Self {
        self.first = time.value_in(ms);
        self
    }

    /// The time until which spikes are counted.
    pub fn Tstop(mut self, time: Quantity<Time>) -> Self {
        self.last = time.value_in(ms);
        self
    }

    /// When it is switched on at all.
    pub fn window(mut self, window: Window) -> Self {
        self.window = window;
        self
    }

    /// The number of channels, where it is more than the inputs say.
    pub fn N_channels(mut self, n: u32) -> Self {
        self.n_channels = n;
        self
    }

    /// Connects elements to a channel, their spikes with this weight; the weight of binary states has no meaning.
    pub fn input(mut self, from: &View, channel: u32, weight: f64) -> Self {
        self.inputs.push((from.clone(), channel, weight));
        self
    }

    /// The detector in steps.
    fn settle(&self, network: &Network, name: &str) -> Result<Detecting> {
        let place = format!("detector `{name}`");
        let delta = match self.delta_tau {
            Some(width) => network.steps(&format!("`delta_tau` of {place}"), width)?,
            None if self.measure == Measure::Spins => 1,
            None => 5,
        };
        let odd = self.measure != Measure::Matrix || delta % 2 == 1;
        if delta == 0 || !odd {
            let expected = if odd { "> 0 ms" } else { "an odd multiple of dt" };
            let got = format!("{} ms", self.delta_tau.unwrap_or(0.0));
            return Err(Error::Value {
                what: format!("`delta_tau` of {place}"),
                expected: expected.into(),
                got,
            });
        }
        let most = match self.tau_max {
            Some(lag) => network.steps(&format!("`tau_max` of {place}"), lag)?,
            None => 10 * delta,
        };
        if most % delta != 0 {
            let expected = format!("a multiple of `delta_tau` = {} ms", delta as f64 * network.dt_ms());
            let got = format!("{} ms", most as f64 * network.dt_ms());
            return Err(Error::Value { what: format!("`tau_max` of {place}"), expected, got });
        }
        let named = self.inputs.iter().map(|(_, channel, _)| channel + 1).max().unwrap_or(0);
        let n_channels = match self.measure {
            Measure::Correlation => 2,
            _ => self.n_channels.max(named).max(1),
        };
        if named > n_channels {
            return Err(Error::network(format!(
                "{place} has the channels 0 and 1; channel {} is none",
                named - 1
            )));
        }
        let detecting = Detecting {
            measure: self.measure,
            delta,
            most,
            counted: Window { start_ms: self.first - network.dt_ms(), stop_ms: self.last, origin_ms: 0.0 }
                .steps(network, &place)?,
            n_channels,
            channels: self
                .inputs
                .iter()
                .map(|(view, channel, weight)| (view.len(), *channel, *weight))
                .collect(),
        };
        let n = u64::from(n_channels);
        if detecting.bins() as u64 > MOST_BINS / (n * n).min(MOST_BINS) {
            let text = format!("{place} has {n} × {n} × {} bins; there may be {MOST_BINS}", detecting.bins());
            return Err(Error::network(text));
        }
        Ok(detecting)
    }
}

/// A detector of a network, in steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Detecting {
    /// What it counts.
    pub measure: Measure,
    /// Width of the bins in steps.
    pub delta: u64,
    /// The largest lag in steps.
    pub most: u64,
    /// When a spike must come to be counted.
    pub counted: Steps,
    /// Number of channels.
    pub n_channels: u32,
    /// How many elements of the record follow one another in a channel; the channel; their weight.
    pub channels: Vec<(u32, u32, f64)>,
}

impl Detecting {
    /// Number of bins.
    pub fn bins(&self) -> usize {
        let whole = (self.most / self.delta) as usize;
        if self.measure == Measure::Matrix { 1 + whole } else { 1 + 2 * whole }
    }

    /// The lag of the first bin, in bins.
    pub fn first_lag(&self) -> i64 {
        if self.measure == Measure::Matrix { 0 } else { -((self.most / self.delta) as i64) }
    }

    /// Number of entries: pairs of channels.
    pub fn pairs(&self) -> usize {
        let n = self.n_channels as usize;
        if self.measure == Measure::Correlation { 1 } else { n * n }
    }
}

impl Network {
    /// Adds a detector under `name`.
    ///
    /// # Errors
    /// A name in use, no input, a bin that is no multiple of `dt`, a largest lag that is no multiple of the bin.
    pub fn detect(&mut self, name: &str, detector: Detector) -> Result<()> {
        check_name(self, name)?;
        let mut inputs = detector.inputs.iter().map(|(view, _, _)| view.clone());
        let first = inputs
            .next()
            .ok_or_else(|| Error::network(format!("detector `{name}` has no input; give it at least one")))?;
        let from = inputs.fold(first, |all, view| all + view);
        self.own(&from)?;
        let window = detector.window.steps(self, &format!("detector `{name}`"))?;
        let what = What::Detector(detector.settle(self, name)?);
        self.records.push(Record { name: name.into(), from, what, window });
        Ok(())
    }
}
