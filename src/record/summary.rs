//! What a run was and how it went, in one small file: `summary.json`.

use super::{Activity, Recording};
use crate::error::{Error, Result};
use crate::network::Network;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The file's name.
pub const FILE: &str = "summary.json";

/// What a run was and how it went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The experiment's name.
    pub name: String,
    /// `gpu` or `cpu`.
    pub device: String,
    /// Which one: `NVIDIA H200 (Vulkan)`.
    pub adapter: String,
    /// Versions by package.
    pub versions: BTreeMap<String, String>,
    /// The seed of everything random.
    pub seed: u64,
    /// The trials that ran: first and number; left out where it was trial 0 alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<TrialSummary>,
    /// Time step in ms.
    pub dt_ms: f64,
    /// Biological time in ms.
    pub duration_ms: f64,
    /// Number of neurons of a trial; sources do not count.
    pub neurons: u64,
    /// Number of synapses.
    pub synapses: u64,
    /// Seconds from the description to a loaded program.
    pub build_s: f64,
    /// Seconds of the run.
    pub run_s: f64,
    /// Real-time factor: seconds of the run per second of biological time.
    pub rtf: f64,
    /// Mean rate in Hz by population, over all trials.
    pub rates_hz: BTreeMap<String, f64>,
    /// Number of spikes by population, of all trials.
    pub spikes: BTreeMap<String, u64>,
    /// Every record: its file is `NAME.npz`.
    pub records: Vec<RecordSummary>,
}

/// The trials of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialSummary {
    /// The first trial.
    pub first: u32,
    /// How many there are.
    pub count: u32,
    /// Mean rate in Hz by population, in each trial.
    pub rates_hz: BTreeMap<String, Vec<f64>>,
}

/// One record of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordSummary {
    /// Its name.
    pub name: String,
    /// `spikes`, `trace`, `spins` or the name of a detector.
    pub what: String,
    /// Number of recorded elements.
    pub elements: u32,
}

/// How long the parts of a run took, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seconds {
    /// From the description to a loaded program.
    pub build: f64,
    /// The run itself.
    pub run: f64,
}

impl TrialSummary {
    fn new(recording: &Recording) -> TrialSummary {
        let rates = |one: &Activity| (one.name.clone(), one.rates_hz(recording.duration_ms));
        TrialSummary {
            first: recording.trials.start,
            count: recording.trials.len() as u32,
            rates_hz: recording.populations.iter().map(rates).collect(),
        }
    }
}

impl Summary {
    /// What the network and the recording say; device, name and synapses are the caller's.
    pub fn new(network: &Network, recording: &Recording, seconds: Seconds) -> Summary {
        let record = |name: &str, what: &str, elements| RecordSummary {
            name: name.into(),
            what: what.into(),
            elements,
        };
        let spikes = recording.spikes.iter().map(|train| record(&train.name, "spikes", train.width));
        let traces = recording.traces.iter().map(|table| record(&table.name, "trace", table.width));
        let spins = recording.spins.iter().map(|train| record(&train.name, "spins", train.width));
        let detectors = recording.detectors.iter().map(|it| record(&it.name, it.measure.name(), it.width));
        let populations = &recording.populations;
        let biological = recording.duration_ms / 1000.0;
        Summary {
            versions: BTreeMap::from([("synfire".into(), env!("CARGO_PKG_VERSION").into())]),
            seed: network.seed(),
            trials: (network.trials() != (0..1)).then(|| TrialSummary::new(recording)),
            dt_ms: network.dt_ms(),
            duration_ms: recording.duration_ms,
            neurons: populations
                .iter()
                .filter(|found| found.neurons)
                .map(|found| u64::from(found.size))
                .sum(),
            build_s: seconds.build,
            run_s: seconds.run,
            rtf: if biological > 0.0 { seconds.run / biological } else { 0.0 },
            rates_hz: populations
                .iter()
                .map(|one| (one.name.clone(), one.rate_hz(recording.duration_ms)))
                .collect(),
            spikes: populations.iter().map(|one| (one.name.clone(), one.spikes())).collect(),
            records: spikes.chain(traces).chain(spins).chain(detectors).collect(),
            ..Summary::default()
        }
    }

    /// The heading of its pictures: the experiment's name with the size of its network.
    pub fn title(&self) -> String {
        format!("{}: {} neurons, {} synapses", self.name, self.neurons, self.synapses)
    }

    /// Reads the summary of a folder.
    ///
    /// # Errors
    /// [`Error::File`] where there is none, or no summary in it.
    pub fn read(folder: &Path) -> Result<Summary> {
        let path = folder.join(FILE);
        let failed = |source| Error::File { action: "read", path: path.clone(), source };
        let text = std::fs::read_to_string(&path).map_err(failed)?;
        serde_json::from_str(&text).map_err(|error| failed(error.into()))
    }
}
