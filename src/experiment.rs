//! Experiments as files: a network and how long it runs, in TOML or JSON.
//!
//! ```
//! use std::path::Path;
//! use synfire::experiment::Experiment;
//!
//! let text = r#"
//! dt = "0.1 ms"                        # default
//! duration = "50 ms"
//!
//! [population.exc]
//! model_file = "quadratic.wgsl"        # beside this file; or model = "a name of the catalogue"
//! size = 10
//! params = { tau = "20 ms" }
//! input = { I = "0.5 nA" }
//! init = { V = { uniform = ["-70 mV", "-60 mV"] } }
//!
//! [[projection]]
//! from = ["exc[0..5]", "exc[7]"]
//! to = "exc"
//! rule = { fixed_indegree = 2, autapses = false }
//! weight = { normal = { mean = "2 mV", std = "0.2 mV" } }
//! delay = "1.5 ms"
//! connectivity = "stored"              # or "procedural", for rules by source: takes no memory
//!
//! [record.spikes]
//! from = "exc"
//! what = "spikes"
//! "#;
//! let experiment = Experiment::from_toml(text, Path::new("assets"))?;
//! assert_eq!(experiment.network.populations()[0].size, 10);
//! # Ok::<(), synfire::Error>(())
//! ```
//!
//! A value is a number (in the unit of whatever receives it), a string with a unit, a list with one of these for each
//! element, or a distribution: `{ normal = [20.0, 2.0] }` or with the arguments by name. Choices take a word or a
//! bool. Columns of a schedule (`spike_times`) take a list, or a list for each element.
//!
//! `trials = 64`, or `{ first = 5, count = 1 }`, says which trials run together. A population has values of its own in
//! each where `each_trial` has the same tables as the population, with lists of values: one for every trial.
//!
//! ```toml
//! [population.exc.each_trial]
//! input = { I = [0.0, 0.1, 0.2] }
//! init = { V = ["-70 mV", { uniform = ["-70 mV", "-60 mV"] }, [-70.0, -69.0]] }
//! ```
//!
//! A record is of `"spikes"`, of `"spins"` (the states of binary neurons at their changes), of variables
//! (`["V_m", "I_syn_ex"]`, with `every`), or a detector, whose `from` has an entry for every channel:
//!
//! ```toml
//! [record.cross]
//! what = "correlation_detector"        # or a matrix of them: see `network::detector`
//! from = ["exc[0..5]", "exc[5..10]"]
//! weight = [1.0, 0.5]
//! delta_tau = "0.5 ms"
//! tau_max = "5 ms"
//! start = "10 ms"                      # of every record: start, stop, origin
//! ```
//!
//! `integrator = { rk4 = 4 }` in a population chooses four fixed sub-steps for a model with differential equations.
//!
//! *How it works.* Either format is read into the same tree (`node`); `table` hands out its keys and refuses those
//! that nobody knows; `value`, `part`, `section` and `record` turn them into the network's own calls, which check the rest.

mod node;
mod part;
mod record;
mod section;
mod table;
mod value;

use crate::error::{Error, Result};
use crate::network::Network;
use crate::unit::ms;
use node::Node;
use section::Reader;
use std::path::{Path, PathBuf};
use table::Table;

/// A network and how long it runs.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// The network.
    pub network: Network,
    /// How long it runs, in ms: a multiple of dt.
    pub duration_ms: f64,
    /// The stem of the file's name.
    pub name: String,
}

/// What an experiment file may say.
const KEYS: [&str; 7] = ["dt", "duration", "seed", "trials", "population", "projection", "record"];

impl Experiment {
    /// Reads a file: JSON where its name ends in `.json`, otherwise TOML.
    ///
    /// # Errors
    /// [`Error::File`] where it cannot be read, [`Error::Experiment`] with one sentence on what is wrong and where.
    pub fn load(path: impl AsRef<Path>) -> Result<Experiment> {
        let path = path.as_ref();
        let text = read(path)?;
        let json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let node = if json { node::from_json(&text) } else { node::from_toml(&text) };
        let reader = Reader { folder: folder_of(path), scale: 1.0 };
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let built = node.and_then(|node| build(&node, &reader, name));
        built.map_err(|error| Error::Experiment { path: path.into(), message: error.to_string() })
    }

    /// Reads a TOML text; the paths in it are relative to `folder`.
    ///
    /// # Errors
    /// [`Error::Experiment`] with one sentence on what is wrong and where.
    pub fn from_toml(text: &str, folder: &Path) -> Result<Experiment> {
        Experiment::read(node::from_toml(text), "experiment", &Reader { folder: folder.into(), scale: 1.0 })
    }

    /// Reads a JSON text; the paths in it are relative to `folder`.
    ///
    /// # Errors
    /// [`Error::Experiment`] with one sentence on what is wrong and where.
    pub fn from_json(text: &str, folder: &Path) -> Result<Experiment> {
        Experiment::read(node::from_json(text), "experiment", &Reader { folder: folder.into(), scale: 1.0 })
    }

    /// A TOML text with `scale` times as many neurons; rules keep their numbers, so neurons keep their in-degrees.
    #[cfg(feature = "cli")]
    pub(crate) fn scaled(text: &str, name: &str, scale: f64) -> Result<Experiment> {
        Experiment::read(node::from_toml(text), name, &Reader { folder: PathBuf::new(), scale })
    }

    fn read(node: Result<Node>, name: &str, reader: &Reader) -> Result<Experiment> {
        let built = node.and_then(|node| build(&node, reader, name.to_string()));
        built.map_err(|error| Error::Experiment { path: name.into(), message: error.to_string() })
    }

    /// Sets how long it runs: `"1 s"`.
    ///
    /// # Errors
    /// What is no time, not positive, or no multiple of dt.
    pub fn set_duration(&mut self, text: &str) -> Result<()> {
        self.duration_ms = value::time_ms("`duration`", &Node::Text(text.into()))?;
        self.steps().map(|_| ())
    }

    /// A time as a number of steps of this experiment: `"100 ms"`; `what` names it in errors.
    #[cfg(feature = "cli")]
    pub(crate) fn steps_of(&self, what: &str, text: &str) -> Result<u64> {
        let time_ms = value::time_ms(what, &Node::Text(text.into()))?;
        self.network.steps(what, time_ms)
    }

    /// How long it runs, in steps.
    ///
    /// # Errors
    /// A duration that is not positive, no multiple of dt, or longer than the clock of a run can count.
    pub fn steps(&self) -> Result<u64> {
        let value = |expected: &str| Error::Value {
            what: "`duration`".into(),
            expected: expected.into(),
            got: format!("{} ms", self.duration_ms),
        };
        if self.duration_ms <= 0.0 {
            return Err(value("> 0 ms"));
        }
        match self.network.steps("`duration`", self.duration_ms)? {
            0 => Err(value("at least one step of dt")),
            // models read the clock as a u32
            steps if steps > u64::from(u32::MAX) => Err(value(&format!("at most {} steps of dt", u32::MAX))),
            steps => Ok(steps),
        }
    }
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Reads a file that must be an ordinary one: a device or a pipe might never end.
fn read(path: &Path) -> Result<String> {
    let failed = |source| Error::File { action: "read", path: path.into(), source };
    if std::fs::metadata(path).map_err(failed)?.is_file() {
        return std::fs::read_to_string(path).map_err(failed);
    }
    Err(failed(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no ordinary file")))
}

fn build(root: &Node, reader: &Reader, name: String) -> Result<Experiment> {
    let root = Table::open(root, "an experiment", &KEYS)?;
    let dt_ms = root.get("dt").map_or(Ok(0.1), |node| value::time_ms("`dt`", node))?;
    let duration_ms = value::time_ms("`duration`", root.need("duration")?)?;
    let mut network = Network::new(dt_ms * ms)?;
    if let Some(seed) = root.get("seed") {
        network.set_seed(value::whole("`seed`", seed, u64::MAX)?);
    }
    if let Some(trials) = root.get("trials") {
        network.set_trials(part::trials(trials)?)?;
    }
    for (name, node) in root.need("population")?.entries("`population`")? {
        within(&format!("population.{name}"), reader.population(&mut network, name, node))?;
    }
    let projections = root.get("projection").map_or(Ok(&[][..]), |node| node.list("`projection`"));
    let projections =
        projections.map_err(|error| Error::network(format!("{error}; write [[projection]]")))?;
    for (k, node) in projections.iter().enumerate() {
        within(&format!("projection {}", k + 1), reader.projection(&mut network, node))?;
    }
    let records = root.get("record").map_or(Ok(&[][..]), |node| node.entries("`record`"))?;
    for (name, node) in records {
        within(&format!("record.{name}"), reader.record(&mut network, name, node))?;
    }
    let experiment = Experiment { network, duration_ms, name };
    experiment.steps()?;
    Ok(experiment)
}

/// Says in which section an error was found.
fn within<T>(section: &str, result: Result<T>) -> Result<T> {
    result.map_err(|error| Error::network(format!("{section}: {error}")))
}
