//! What a run recorded: spikes, traces, and how often every population fired.
//!
//! Spikes are lists of (time, sender), never a matrix over steps. A spike that is found at the end of the step
//! that ends at t is stamped t; a trace row stamped t holds the state at t.

mod folder;
pub mod npz;
mod summary;

pub use folder::{Stage, prepare, save};
pub use summary::{FILE as SUMMARY, RecordSummary, Seconds, Summary};

/// Everything recorded so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// One for every record of spikes, in the order of the network.
    pub spikes: Vec<SpikeTrain>,
    /// One for every record of state variables, in the order of the network.
    pub traces: Vec<TraceTable>,
    /// Size and number of spikes of every population, in the order of the network.
    pub populations: Vec<Activity>,
    /// Biological time that was simulated, in ms.
    pub duration_ms: f64,
}

/// Spikes of one record, by time, then sender.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpikeTrain {
    /// Name of the record.
    pub name: String,
    /// Times in ms; a spike of multiplicity m stands there m times.
    pub times: Vec<f64>,
    /// Index of the sender within the recorded view.
    pub senders: Vec<u32>,
    /// Number of recorded elements.
    pub width: u32,
}

/// Rows of one record of state variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceTable {
    /// Name of the record.
    pub name: String,
    /// Times in ms, one a row.
    pub times: Vec<f64>,
    /// Number of recorded elements: the length of a row.
    pub width: u32,
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
    /// Spikes so far, multiplicity counted.
    pub spikes: u64,
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

    /// Mean rate of the population `name` in Hz.
    pub fn rate_hz(&self, name: &str) -> Option<f64> {
        self.populations
            .iter()
            .find(|population| population.name == name)
            .map(|found| found.rate_hz(self.duration_ms))
    }
}

impl Activity {
    /// Mean rate in Hz over `duration_ms`.
    pub fn rate_hz(&self, duration_ms: f64) -> f64 {
        if duration_ms > 0.0 { self.spikes as f64 / f64::from(self.size) / duration_ms * 1000.0 } else { 0.0 }
    }
}

impl TraceTable {
    /// The rows of a variable: `rows[row * width + element]`.
    pub fn variable(&self, name: &str) -> Option<&[f32]> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, rows)| rows.as_slice())
    }
}
