//! What can go wrong, each as one sentence that names the thing and what would be right.

use std::path::PathBuf;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that stands for nothing: a model, parameter, port, population, …
    #[error("no {kind} `{name}` in {place}{}", suggest(.suggestion))]
    Unknown {
        /// What the name should stand for: `parameter`.
        kind: &'static str,
        /// The name as given.
        name: String,
        /// Where it was looked up: `` population `exc` ``.
        place: String,
        /// The nearest name, or the list of names where none is near.
        suggestion: Suggestion,
    },
    /// A value of the wrong dimension.
    #[error("{what} is {}, got {got}", article(.expected))]
    Unit {
        /// What was set: `` `tau_m` of population `exc` ``.
        what: String,
        /// What it needs: `time [ms]`.
        expected: String,
        /// What was given: `20 mV`.
        got: String,
    },
    /// A value outside its bounds, or no number at all.
    #[error("{what} must be {expected}, got {got}")]
    Value {
        /// What was set.
        what: String,
        /// The bound: `> 0 ms`.
        expected: String,
        /// What was given.
        got: String,
    },
    /// A fault in a model file.
    #[error("{file}:{line}: {message}")]
    Model {
        /// The file's or the model's name.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A fault in the description of a network.
    #[error("{0}")]
    Network(String),
    /// A connection rule that cannot be applied to these sources and targets.
    #[error("{0}")]
    Rule(String),
    /// A distribution whose parameters make no sense.
    #[error("{0}")]
    Distribution(String),
    /// An error in one projection.
    #[error("projection `{name}`: {source}")]
    Projection {
        /// Name of the projection.
        name: String,
        /// What is wrong with it.
        source: Box<Error>,
    },
    /// A fault in an experiment file.
    #[error("{}: {message}", .path.display())]
    Experiment {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        message: String,
    },
    /// A file or folder that cannot be read or written.
    #[error("cannot {action} {}: {source}", .path.display())]
    File {
        /// `read`, `write`, `create`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// No device, a lost device, or a kernel that the device refuses.
    #[error("{0}")]
    Device(String),
    /// A network that does not fit the device.
    #[error("{what} needs {needed} of memory, the device offers {available}; {advice}")]
    Memory {
        /// What does not fit.
        what: String,
        /// How much it needs, readable.
        needed: String,
        /// How much there is, readable.
        available: String,
        /// What would help.
        advice: String,
    },
    /// A state that stopped being a number.
    #[error(
        "`{variable}` of neuron {element} of population `{population}`{} is not finite after {time_ms} ms; a smaller dt or other parameters are needed",
        in_trial(.trial)
    )]
    NotFinite {
        /// The population.
        population: String,
        /// The trial, where there are several.
        trial: Option<u32>,
        /// The neuron's index in it.
        element: u32,
        /// The state variable.
        variable: String,
        /// When it was found, in ms.
        time_ms: f64,
    },
}

/// What an error offers instead of an unknown name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suggestion {
    /// A name that is spelt nearly the same.
    Near(String),
    /// All names there are.
    OneOf(Vec<String>),
}

fn suggest(suggestion: &Suggestion) -> String {
    match suggestion {
        Suggestion::Near(name) => format!("; did you mean `{name}`?"),
        Suggestion::OneOf(names) if names.is_empty() => "; there are none".into(),
        Suggestion::OneOf(names) => format!("; there are {}", names.join(", ")),
    }
}

fn in_trial(trial: &Option<u32>) -> String {
    trial.map_or_else(String::new, |trial| format!(" in trial {trial}"))
}

fn article(expected: &str) -> String {
    let vowel = expected.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {expected}", if vowel { "an" } else { "a" })
}

impl Error {
    /// An unknown `name` of a `kind` in `place`, with the nearest of `known`.
    pub fn unknown<'a>(
        kind: &'static str,
        name: &str,
        place: impl Into<String>,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Error {
        let known: Vec<&str> = known.into_iter().collect();
        // 0.75: one letter wrong in a short name, two in a long one
        let near = known.iter().map(|other| (strsim::jaro_winkler(name, other), other));
        let best = near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(likeness, _)| *likeness > 0.75);
        let suggestion = match best {
            Some((_, other)) => Suggestion::Near((*other).to_string()),
            None => Suggestion::OneOf(known.iter().map(|other| (*other).to_string()).collect()),
        };
        Error::Unknown { kind, name: name.into(), place: place.into(), suggestion }
    }

    /// A fault in the description of a network.
    pub(crate) fn network(message: impl Into<String>) -> Error {
        Error::Network(message.into())
    }
}
