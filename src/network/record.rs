//! What is recorded: spikes, or state variables at an interval.

use super::detector::Detecting;
use super::view::{Slice, View};
use super::{Network, Population, PopulationId};
use crate::error::{Error, Result};
use crate::model::tag::TagUnit;
use crate::unit::{Quantity, Time, ms};

/// One recording.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its name, and the stem of its file.
    pub name: String,
    /// The recorded elements, in order.
    pub from: View,
    /// What is recorded of them.
    pub what: What,
    /// When it records.
    pub window: Steps,
}

/// When a recorder is switched on: after `origin + start`, up to `origin + stop` (NEST: start, stop, origin).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub(crate) start_ms: f64,
    pub(crate) stop_ms: f64,
    pub(crate) origin_ms: f64,
}

impl Default for Window {
    /// Always.
    fn default() -> Window {
        Window { start_ms: 0.0, stop_ms: f64::INFINITY, origin_ms: 0.0 }
    }
}

impl Window {
    /// Always.
    pub fn new() -> Window {
        Window::default()
    }

    /// What is stamped later than this is recorded.
    pub fn start(self, time: Quantity<Time>) -> Window {
        Window { start_ms: time.value_in(ms), ..self }
    }

    /// What is stamped with this or earlier is recorded.
    pub fn stop(self, time: Quantity<Time>) -> Window {
        Window { stop_ms: time.value_in(ms), ..self }
    }

    /// The time that `start` and `stop` count from.
    pub fn origin(self, time: Quantity<Time>) -> Window {
        Window { origin_ms: time.value_in(ms), ..self }
    }

    /// The window in steps.
    pub(crate) fn steps(self, network: &Network, place: &str) -> Result<Steps> {
        let after = match self.origin_ms + self.start_ms {
            // before the first stamp
            time if time <= 0.0 => 0,
            time => network.steps(&format!("the start of {place}"), time)?,
        };
        let until = match self.origin_ms + self.stop_ms {
            time if time == f64::INFINITY => u64::MAX,
            time if time <= 0.0 => 0,
            time => network.steps(&format!("the stop of {place}"), time)?,
        };
        Ok(Steps { after, until })
    }
}

/// Stamps, in steps: those after `after`, up to `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The last stamp that is out.
    pub after: u64,
    /// The last stamp that is in.
    pub until: u64,
}

impl Steps {
    /// All stamps.
    pub const ALL: Steps = Steps { after: 0, until: u64::MAX };

    /// Whether a stamp is in.
    pub fn contains(&self, stamp: u64) -> bool {
        self.after < stamp && stamp <= self.until
    }
}

/// What a recording holds.
#[derive(Clone, Debug)]
pub enum What {
    /// Spikes: time and sender.
    Spikes,
    /// Changes of binary elements: time, sender and state.
    Spins,
    /// Correlations.
    Detector(Detecting),
    /// State variables, every so many steps; `V_m`, or `NAME.g` for the synapse of a projection.
    Trace {
        /// The variables.
        variables: Vec<String>,
        /// The interval in steps.
        every: u32,
    },
}

impl Record {
    pub(super) fn spikes(network: &Network, name: &str, from: &View, what: What) -> Result<Record> {
        check_name(network, name)?;
        network.own(from)?;
        Ok(Record { name: name.into(), from: from.clone(), what, window: Steps::ALL })
    }

    pub(super) fn trace(
        network: &Network,
        name: &str,
        from: &View,
        variables: &[&str],
        every: Quantity<Time>,
    ) -> Result<Record> {
        check_name(network, name)?;
        network.own(from)?;
        let what = format!("the interval of record `{name}`");
        let every = network.steps(&what, every.value_in(ms))?;
        if every == 0 || every > u64::from(u32::MAX) {
            let got = format!("{} ms", every as f64 * network.dt_ms());
            return Err(Error::Value { what, expected: format!(">= dt = {} ms", network.dt_ms()), got });
        }
        if variables.is_empty() {
            return Err(Error::network(format!("record `{name}` names no variable")));
        }
        for slice in from.slices() {
            for variable in variables {
                check_variable(network, slice, variable)?;
            }
        }
        let variables = variables.iter().map(|variable| (*variable).to_string()).collect();
        Ok(Record {
            name: name.into(),
            from: from.clone(),
            what: What::Trace { variables, every: every as u32 },
            window: Steps::ALL,
        })
    }
}

impl Record {
    /// The unit of a recorded variable; `1` where it has none.
    pub(crate) fn unit(&self, network: &Network, variable: &str) -> String {
        let model = match variable.split_once('.') {
            None => Some(&network.get(self.from.slices()[0].population).settings.model),
            Some((projection, _)) => network.projections().iter().find_map(|known| {
                let receptor = known.receptor.as_ref().filter(|_| known.name == projection)?;
                receptor.synapse.as_ref().map(|synapse| &synapse.model)
            }),
        };
        let field = variable.rsplit('.').next().unwrap_or(variable);
        let member = model.and_then(|model| model.state().iter().find(|member| member.name == field));
        match member.and_then(|member| member.tag()).map(|tag| &tag.unit) {
            Some(TagUnit::Unit(unit)) => unit.symbol.into(),
            _ => "1".into(),
        }
    }
}

pub(super) fn check_name(network: &Network, name: &str) -> Result<()> {
    if network.records().iter().any(|other| other.name == name) {
        return Err(Error::network(format!("there are two records `{name}`; give one another name")));
    }
    // 200 bytes: with an ending and a folder it fits every file system; the signs are those that Windows refuses
    let refused = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    if name.is_empty() || name.len() > 200 || name.starts_with('.') || name.contains(refused) {
        return Err(Error::network(format!("a record's name becomes a file name; `{name}` cannot")));
    }
    Ok(())
}

/// The variable must be a state variable of the population, or of a synapse that ends on it.
fn check_variable(network: &Network, slice: &Slice, variable: &str) -> Result<()> {
    let population: &Population = network.get(slice.population);
    let model = &population.settings.model;
    let own = model.state().iter().map(|member| member.name.clone());
    let known: Vec<String> = own.chain(of_projections(network, slice.population)).collect();
    if known.iter().any(|name| name == variable) {
        return Ok(());
    }
    let place = format!("population `{}` (`{}`)", population.name, model.name());
    Err(Error::unknown("variable", variable, place, known.iter().map(String::as_str)))
}

/// The variables of what projections keep at a population: `NAME.g`.
fn of_projections(network: &Network, population: PopulationId) -> Vec<String> {
    let holds = |view: &View| view.slices().iter().any(|slice| slice.population == population);
    let mut names = vec![];
    for projection in network.projections() {
        let back = projection.back.is_some();
        let (sends, receives) = (holds(&projection.from), holds(&projection.to));
        let at_target = projection.receptor.iter().filter(|_| receives || (back && sends));
        let at_source = projection.sender.iter().filter(|_| sends || (back && receives));
        let parts = at_target.flat_map(|receptor| &receptor.synapse);
        let parts = parts.chain(at_source.flat_map(|sender| sender.stp.iter().chain(&sender.synapse)));
        for settings in parts {
            let members = settings.model.state().iter();
            names.extend(members.map(|member| format!("{}.{}", projection.name, member.name)));
        }
    }
    names
}
