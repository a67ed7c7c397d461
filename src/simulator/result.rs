//! What one call of `simulate` recorded.

use crate::network::record::What;
use crate::network::{Network, View};
use crate::record::{Detected, Recording, SpikeTrain, SpinTrain, TraceTable};
use crate::rollout::Rollout;

/// A recorder of spikes; its events are in the [`SimulationResult`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpikeRecorder(usize);

/// A recorder of state variables; its rows are in the [`SimulationResult`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multimeter(usize);

/// A recorder of the states of binary nodes at their changes; its events are in the [`SimulationResult`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpinDetector(usize);

/// A detector of correlations; what it has found since the start of the run is in the [`SimulationResult`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorrelationDetector(usize);

impl SpinDetector {
    pub(super) fn next(network: &Network) -> (String, SpinDetector) {
        let (name, position) = next(network, "spins");
        (name, SpinDetector(position))
    }
}

impl CorrelationDetector {
    pub(super) fn next(network: &Network) -> (String, CorrelationDetector) {
        let (name, position) = next(network, "detector");
        (name, CorrelationDetector(position))
    }
}

impl SpikeRecorder {
    pub(super) fn next(network: &Network) -> (String, SpikeRecorder) {
        let (name, position) = next(network, "spikes");
        (name, SpikeRecorder(position))
    }
}

impl Multimeter {
    pub(super) fn next(network: &Network) -> (String, Multimeter) {
        let (name, position) = next(network, "traces");
        (name, Multimeter(position))
    }
}

/// Name and position of the next record of a kind.
fn next(network: &Network, kind: &str) -> (String, usize) {
    let of = |what: &What| match what {
        What::Spikes => "spikes",
        What::Trace { .. } => "traces",
        What::Spins => "spins",
        What::Detector(_) => "detector",
    };
    let position = network.records().iter().filter(|record| of(&record.what) == kind).count();
    (format!("{kind}_{}", position + 1), position)
}

/// What one call of `simulate` recorded; times count from the start of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulationResult {
    recording: Recording,
}

impl SimulationResult {
    /// Remembers where a call begins.
    pub(super) fn begin(rollout: &Rollout) -> SimulationResult {
        let recording = rollout.recording();
        let (populations, duration_ms) = (recording.populations.clone(), recording.duration_ms);
        SimulationResult { recording: Recording { populations, duration_ms, ..Recording::default() } }
    }

    /// Takes what was recorded since the call began.
    pub(super) fn end(self, rollout: &mut Rollout) -> SimulationResult {
        let before = self.recording;
        let mut recording = rollout.take_recording();
        recording.duration_ms -= before.duration_ms;
        for (now, before) in recording.populations.iter_mut().zip(before.populations) {
            now.of_trials.iter_mut().zip(before.of_trials).for_each(|(now, before)| *now -= before);
        }
        SimulationResult { recording }
    }

    /// Spikes by time, then sender; senders are indices within the recorded view.
    ///
    /// # Panics
    /// With a recorder of another simulator.
    pub fn spikes(&self, recorder: &SpikeRecorder) -> &SpikeTrain {
        self.recording.spikes.get(recorder.0).expect("the recorder is of this simulator")
    }

    /// Number of recorded spikes.
    ///
    /// # Panics
    /// With a recorder of another simulator.
    pub fn n_events(&self, recorder: &SpikeRecorder) -> usize {
        self.spikes(recorder).times.len()
    }

    /// Rows of state variables.
    ///
    /// # Panics
    /// With a recorder of another simulator.
    pub fn traces(&self, meter: &Multimeter) -> &TraceTable {
        self.recording.traces.get(meter.0).expect("the recorder is of this simulator")
    }

    /// Changes of binary nodes, by time, then sender.
    ///
    /// # Panics
    /// With a detector of another simulator.
    pub fn spins(&self, detector: &SpinDetector) -> &SpinTrain {
        self.recording.spins.get(detector.0).expect("the detector is of this simulator")
    }

    /// What a detector has found from the start of the run to the end of this call, as in NEST.
    ///
    /// # Panics
    /// With a detector of another simulator.
    pub fn detected(&self, detector: &CorrelationDetector) -> &Detected {
        self.recording.detectors.get(detector.0).expect("the detector is of this simulator")
    }

    /// Mean rate in Hz during this call of the populations that `nodes` has elements of, recorded or not; all of
    /// their elements count.
    pub fn rate_hz(&self, nodes: &View) -> f64 {
        let mut populations: Vec<u32> = nodes.slices().iter().map(|slice| slice.population.0).collect();
        populations.sort_unstable();
        populations.dedup();
        let known = populations.into_iter().filter_map(|k| self.recording.populations.get(k as usize));
        let rates = known.map(|it| (f64::from(it.size), it.rate_hz(self.recording.duration_ms)));
        let (size, spikes) = rates.fold((0.0, 0.0), |sum, (size, rate)| (sum.0 + size, sum.1 + size * rate));
        if size > 0.0 { spikes / size } else { 0.0 }
    }

    /// Biological time of this call, in ms.
    pub fn duration_ms(&self) -> f64 {
        self.recording.duration_ms
    }

    /// Adds what a later call recorded.
    pub fn extend(&mut self, later: SimulationResult) {
        let (mine, later) = (&mut self.recording, later.recording);
        for (mine, later) in mine.spikes.iter_mut().zip(later.spikes) {
            mine.times.extend(later.times);
            mine.senders.extend(later.senders);
            mine.trials.extend(later.trials);
        }
        for (mine, later) in mine.traces.iter_mut().zip(later.traces) {
            mine.times.extend(later.times);
            let rows = mine.variables.iter_mut().zip(later.variables);
            rows.for_each(|((_, mine), (_, later))| mine.extend(later));
        }
        for (mine, later) in mine.spins.iter_mut().zip(later.spins) {
            mine.times.extend(later.times);
            mine.senders.extend(later.senders);
            mine.states.extend(later.states);
            mine.trials.extend(later.trials);
        }
        mine.detectors = later.detectors;
        for (mine, later) in mine.populations.iter_mut().zip(later.populations) {
            mine.of_trials.iter_mut().zip(later.of_trials).for_each(|(mine, later)| *mine += later);
        }
        mine.duration_ms += later.duration_ms;
    }

    /// All of it as a recording: statistics, spectra, files.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }
}
