//! The description of a network: populations, projections, what to record. Nothing runs here.
//!
//! Names, units, sizes and bounds are checked as they enter; afterwards the description is sound.

pub mod detector;
pub mod distribution;
#[cfg(feature = "cli")]
mod grow;
pub mod listed;
pub mod projection;
pub mod record;
pub mod rule;
pub(crate) mod set;
pub mod target;
mod through;
mod trial;
pub mod view;

pub use projection::{Projection, ProjectionBuilder};
pub use record::{Record, Window};
pub use view::{PopulationId, View};

use crate::error::{Error, Result};
use crate::model::instance::Settings;
use crate::model::value::Value;
use crate::model::{Instance, Role};
use crate::network::rule::Connectivity;
use crate::program::MAX_WINDOW;
use crate::unit::{Quantity, Time, ms};
use record::What;
use std::ops::Range;
use view::NetworkId;

/// Elements that share a model: neurons, or the sources of a stimulus.
#[derive(Clone, Debug)]
pub struct Population {
    /// Its name, unique in the network.
    pub name: String,
    /// Number of elements.
    pub size: u32,
    /// Its model with the values set on it.
    pub settings: Settings,
    /// The same model with the values of every trial, from trial 0 on; empty where all trials have the same.
    pub each_trial: Vec<Settings>,
}

/// A network: what there is, how it is connected, what is recorded.
#[derive(Clone, Debug)]
pub struct Network {
    id: NetworkId,
    dt_ms: f64,
    seed: u64,
    populations: Vec<Population>,
    projections: Vec<Projection>,
    records: Vec<Record>,
    trials: Range<u32>,
}

/// The most elements that all populations may have: spikes carry 28 bits of a neuron's number.
pub const MAX_ELEMENTS: u64 = 1 << 28;

impl Network {
    /// An empty network with time step `dt` and seed 1.
    ///
    /// # Errors
    /// [`Error::Value`] where `dt` is not a positive time.
    pub fn new(dt: Quantity<Time>) -> Result<Network> {
        let dt_ms = dt.value_in(ms);
        if !(dt_ms > 0.0 && dt_ms.is_finite()) {
            let got = format!("{dt_ms} ms");
            return Err(Error::Value { what: "`dt`".into(), expected: "> 0 ms".into(), got });
        }
        Ok(Network {
            id: NetworkId::next(),
            dt_ms,
            seed: 1,
            populations: vec![],
            projections: vec![],
            records: vec![],
            trials: 0..1,
        })
    }

    /// Sets the seed of everything random: connections, initial values, noise.
    pub fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
    }

    /// Adds `size` elements of a model.
    ///
    /// # Errors
    /// A name in use, no elements, or a value that does not fit the model.
    pub fn population(&mut self, name: &str, size: u32, model: impl Into<Instance>) -> Result<View> {
        let instance: Instance = model.into();
        let place = format!("population `{name}`");
        if self.populations.iter().any(|other| other.name == name) {
            return Err(Error::network(format!("there are two populations `{name}`; give one another name")));
        }
        if name.is_empty() || name.contains(['[', ']', '.', '/', '\\']) {
            return Err(Error::network(format!(
                "a population's name has at least one character and none of []./\\, got `{name}`"
            )));
        }
        if size == 0 {
            return Err(Error::network(format!("{place} has no elements; its size must be at least 1")));
        }
        let total: u64 =
            self.populations.iter().map(|other| u64::from(other.size)).sum::<u64>() + u64::from(size);
        if total > MAX_ELEMENTS {
            return Err(Error::network(format!(
                "{total} elements with {place}; a network has at most {MAX_ELEMENTS}"
            )));
        }
        let model = instance.model();
        if !matches!(model.role(), Role::Neuron | Role::Generator) {
            let text = format!(
                "`{}` is a {}, not a neuron or a generator: {place} cannot use it",
                model.name(),
                model.role().name()
            );
            return Err(Error::network(text));
        }
        let mut settings = instance.settle(&place, size)?;
        settings.count_ports(&place, size, self.dt_ms)?;
        self.populations.push(Population { name: name.into(), size, settings, each_trial: vec![] });
        Ok(View::whole(self.id, PopulationId(self.populations.len() as u32 - 1), size))
    }

    /// Begins a projection from all of `from` to all of `to`; [`ProjectionBuilder::build`] adds it.
    pub fn project(
        &mut self,
        from: &View,
        to: &View,
        connectivity: impl Into<Connectivity>,
    ) -> ProjectionBuilder<'_> {
        ProjectionBuilder::new(self, from.clone(), to.clone(), connectivity.into())
    }

    /// Records the spikes of `from` under `name`.
    ///
    /// # Errors
    /// A name in use.
    pub fn record_spikes(&mut self, name: &str, from: &View) -> Result<()> {
        let record = Record::spikes(self, name, from, What::Spikes)?;
        self.records.push(record);
        Ok(())
    }

    /// Records the state of binary elements at its changes (NEST: spin_detector): the sign of what a neuron sends says it;
    /// of a generator, two spikes in a step are a change to 1 and one is a change to 0, as NEST writes it.
    ///
    /// # Errors
    /// A name in use.
    pub fn record_spins(&mut self, name: &str, from: &View) -> Result<()> {
        let record = Record::spikes(self, name, from, What::Spins)?;
        self.records.push(record);
        Ok(())
    }

    /// Says when the record `name` is switched on.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name; a time that is no multiple of `dt`.
    pub fn record_during(&mut self, name: &str, window: Window) -> Result<()> {
        let window = window.steps(self, &format!("record `{name}`"))?;
        let found = self.records.iter().position(|record| record.name == name);
        let known = self.records.iter().map(|record| record.name.as_str());
        let k = found.ok_or_else(|| Error::unknown("record", name, "the network", known))?;
        self.records[k].window = window;
        Ok(())
    }

    /// Records state variables of `from` under `name`, once every `every`.
    ///
    /// # Errors
    /// A name in use, an unknown variable, populations of different models, or an interval that is no
    /// multiple of `dt`.
    pub fn record_trace(
        &mut self,
        name: &str,
        from: &View,
        variables: &[&str],
        every: Quantity<Time>,
    ) -> Result<()> {
        let record = Record::trace(self, name, from, variables, every)?;
        self.records.push(record);
        Ok(())
    }

    /// Stores the synapses of no projection: see [`ProjectionBuilder::procedural`].
    ///
    /// # Errors
    /// A projection that has to be stored.
    #[cfg(feature = "cli")]
    pub(crate) fn make_procedural(&mut self) -> Result<()> {
        for k in 0..self.projections.len() {
            self.projections[k].connectivity.procedural = true;
            self.projections[k].check_procedural(self)?;
        }
        Ok(())
    }

    /// The time step in ms.
    pub fn dt_ms(&self) -> f64 {
        self.dt_ms
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The populations, in the order of their creation.
    pub fn populations(&self) -> &[Population] {
        &self.populations
    }

    /// The projections, in the order of their creation.
    pub fn projections(&self) -> &[Projection] {
        &self.projections
    }

    /// What is recorded.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// All of the population `name`.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name.
    pub fn find(&self, name: &str) -> Result<View> {
        let found = self.populations.iter().position(|population| population.name == name);
        let known = self.populations.iter().map(|population| population.name.as_str());
        let k = found.ok_or_else(|| Error::unknown("population", name, "the network", known))?;
        Ok(View::whole(self.id, PopulationId(k as u32), self.populations[k].size))
    }

    /// The population of an identifier of this network.
    pub fn get(&self, id: PopulationId) -> &Population {
        &self.populations[id.0 as usize]
    }

    /// Updates of elements of one copy between two deliveries, from the shortest constant delay.
    pub(crate) fn updates_in_a_window(&self) -> u64 {
        let elements: u64 = self.populations.iter().map(|population| u64::from(population.size)).sum();
        let steps = self.projections.iter().map(|projection| match &projection.delay {
            Value::Constant(delay) => (delay / self.dt_ms).round() as u64 + u64::from(projection.latency),
            Value::Each(_) | Value::Random(_) => 1,
        });
        elements * steps.min().unwrap_or(1).clamp(1, u64::from(MAX_WINDOW))
    }

    /// A time as a whole number of steps.
    pub(crate) fn steps(&self, what: &str, time_ms: f64) -> Result<u64> {
        let steps = (time_ms / self.dt_ms).round();
        // 1e-6 of a step: what decimal input loses in f64, far below any meant difference
        let whole = (time_ms / self.dt_ms - steps).abs() < 1e-6 * steps.abs().max(1.0);
        if !(time_ms.is_finite() && steps >= 0.0 && whole) {
            let expected = format!("a multiple of dt = {} ms", self.dt_ms);
            return Err(Error::Value { what: what.into(), expected, got: format!("{time_ms} ms") });
        }
        Ok(steps as u64)
    }
}
