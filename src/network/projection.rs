//! Projections: which elements of a source reach which targets, through what, with which weights and delays.

use super::listed::{Listed, check_length, delay, delays_by, dense, lists_gaps};
use super::rule::{Connectivity, Rule};
use super::target::{Target, check_targets};
use super::through::{Through, check_senders, check_sources, graded};
use super::view::{PopulationId, Slice, View};
use super::{Network, Population};
use crate::compile::constants::Evaluation;
use crate::error::{Error, Result};
use crate::model::instance::Settings;
use crate::model::tag::TagUnit;
use crate::model::value::{Given, Value};
use crate::model::{Instance, Role};

/// A checked projection of a network.
#[derive(Clone, Debug)]
pub struct Projection {
    /// Its name; `from_to` where the user gave none.
    pub name: String,
    /// The sources.
    pub from: View,
    /// The targets.
    pub to: View,
    /// What travels along it.
    pub carries: Carries,
    /// Rule, autapses, multapses.
    pub connectivity: Connectivity,
    /// What the sources send in place of plain spikes.
    pub sender: Option<Sender>,
    /// Receptor dynamics at the targets and its output, in the BrainPy voice.
    pub receptor: Option<Receptor>,
    /// The port that takes all weights; by sign of the weight where it is none.
    pub port: Option<String>,
    /// The unit of the port, and so of the weights.
    pub unit: TagUnit,
    /// Weights in the unit of the port.
    pub weight: Value,
    /// Weights of the same edges the other way round, where they go both ways.
    pub back: Option<Value>,
    /// Delays in ms, from the end of the step that spiked.
    pub delay: Value,
    /// What a list of delays goes by.
    pub delays_by: Listed,
    /// Steps on top of the delay: 1 in the BrainPy voice, where a spike is seen in the step after it.
    pub latency: u32,
}

impl Projection {
    /// Whether delays between two steps are split over both, as they are in the BrainPy voice.
    pub(crate) fn interpolates(&self) -> bool {
        self.latency > 0
    }

    /// Fails where the projection is to be procedural and cannot.
    pub(super) fn check_procedural(&self, network: &Network) -> Result<()> {
        if !self.connectivity.procedural {
            return Ok(());
        }
        let place = format!("projection `{}`", self.name);
        let fits = self.connectivity.validate(self.from.len(), self.to.len(), shared(&self.from, &self.to));
        fits.map_err(|error| Error::network(format!("{place}: {error}")))?;
        for (what, value) in [("weight", &self.weight), ("delay", &self.delay)] {
            if matches!(value, Value::Each(_)) {
                let text = format!(
                    "{place} cannot be procedural: its {what} is a list; one value or a distribution is drawn anew"
                );
                return Err(Error::network(text));
            }
        }
        if self.back.is_some() {
            return Err(Error::network(format!("{place} cannot be procedural: it goes both ways; make two")));
        }
        let is_whole = |delay: f64| network.steps("a delay", delay).is_ok();
        let is_one = |value: &Value| matches!(value, Value::Constant(_));
        let shares = match self.delay {
            Value::Constant(delay) => is_whole(delay) || is_one(&self.weight),
            _ => false,
        };
        if self.interpolates() && !shares {
            let text = format!(
                "{place} cannot be procedural: its delays lie between two steps, where each edge is split; give one \
                 delay, a multiple of dt"
            );
            return Err(Error::network(text));
        }
        // the sources of a generator are made for its edges, one for each
        let sources = self.from.slices().iter().map(|slice| network.get(slice.population));
        match sources.into_iter().find(|source| source.settings.model.role() != Role::Neuron) {
            None => Ok(()),
            Some(generator) => Err(Error::network(format!(
                "{place} cannot be procedural: its source `{}` is a generator; neurons can, those that only repeat spikes too",
                generator.name
            ))),
        }
    }
}

/// What travels along a projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// Spikes, or what is sent in place of them.
    Spikes,
    /// Currents that change at known times.
    Levels,
    /// Currents that the targets compute themselves.
    Currents,
}

impl Carries {
    pub(super) fn from_source(source: &Population) -> Carries {
        let model = &source.settings.model;
        match (source.settings.current_unit(), model.is_scheduled()) {
            (None, _) => Carries::Spikes,
            (Some(_), true) => Carries::Levels,
            (Some(_), false) => Carries::Currents,
        }
    }
}

/// What the sources of a projection send, with its state kept once for each source; what the neuron itself releases, where
/// it has neither part.
#[derive(Clone, Debug, PartialEq)]
pub struct Sender {
    /// Short-term plasticity: it says what a spike carries.
    pub stp: Option<Settings>,
    /// Receptor dynamics at the source: it says what is sent at every step.
    pub synapse: Option<Settings>,
}

/// What the targets of a projection make of what arrives, with its state kept once for each target.
#[derive(Clone, Debug, PartialEq)]
pub struct Receptor {
    /// The receptor dynamics; what arrives is the conductance where there is none.
    pub synapse: Option<Settings>,
    /// Conductance to current.
    pub output: Settings,
}

impl Receptor {
    /// Whether its current needs the sum of the weights too.
    pub(crate) fn sums_weights(&self) -> bool {
        !self.output.model.members("Arrived").is_empty()
    }
}

/// A projection being described; nothing is added before [`ProjectionBuilder::build`].
#[must_use = "call `build` to add the projection"]
#[derive(Debug)]
pub struct ProjectionBuilder<'a> {
    network: &'a mut Network,
    name: Option<String>,
    from: View,
    to: View,
    connectivity: Connectivity,
    through: Through,
    port: Option<String>,
    weight: Given,
    back: Option<Back>,
    delay: Option<Given>,
}

/// The way back of a projection: with its weights, or with those of the way there.
#[derive(Debug)]
struct Back(Option<Given>);

impl<'a> ProjectionBuilder<'a> {
    pub(super) fn new(network: &'a mut Network, from: View, to: View, connectivity: Connectivity) -> Self {
        let weight = Given::from(1.0);
        let (name, port, back, delay) = (None, None, None, None);
        let through = Through::default();
        ProjectionBuilder { network, name, from, to, connectivity, through, port, weight, back, delay }
    }

    /// Names the projection; its synapse's variables are recorded as `NAME.g`.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The weights: a quantity, a list with one per edge, or a distribution. Default 1 in the port's unit.
    ///
    /// The list of an `all_to_all` has the sources of the first target first, as in NEST. A matrix may say it, too: a row
    /// for each source, as long as there are targets.
    pub fn weight(mut self, weight: impl Into<Given>) -> Self {
        self.weight = weight.into();
        self
    }

    /// Makes every edge go both ways, with the same weight: a gap junction, a mutual connection.
    pub fn both_ways(mut self) -> Self {
        self.back = Some(Back(None));
        self
    }

    /// Makes every edge go both ways, with these weights on the way back.
    pub fn weight_back(mut self, weight: impl Into<Given>) -> Self {
        self.back = Some(Back(Some(weight.into())));
        self
    }

    /// The delays: a time, a list with one for each edge or one for each source, or a distribution. Default: one step; in the BrainPy voice none beyond its latency of a step.
    ///
    /// A delay between two steps is rounded, as NEST does; in the BrainPy voice it is interpolated: the weight is
    /// split over the two steps.
    pub fn delay(mut self, delay: impl Into<Given>) -> Self {
        self.delay = Some(delay.into());
        self
    }

    /// The port that spikes arrive at, where the weights' signs do not say it.
    pub fn port(mut self, port: &str) -> Self {
        self.port = Some(port.into());
        self
    }

    /// Receptor dynamics at the target (BrainPy voice), or a model of the edges.
    pub fn synapse(mut self, synapse: impl Into<Instance>) -> Self {
        self.through.synapse = Some(synapse.into());
        self
    }

    /// Keeps the synapse's state once for each source, not for each target (BrainPy: AlignPre): its conductance is
    /// sent at every step. Synapses that look at the sending neuron always do.
    pub fn align_pre(mut self) -> Self {
        self.through.at_source = true;
        self
    }

    /// Short-term plasticity, kept once for each source: it says what a spike carries.
    pub fn stp(mut self, stp: impl Into<Instance>) -> Self {
        self.through.stp = Some(stp.into());
        self
    }

    /// What turns the synapse's conductance into a current.
    pub fn output(mut self, output: impl Into<Instance>) -> Self {
        self.through.output = Some(output.into());
        self
    }

    /// Stores no synapses: targets, weights and delays are drawn anew whenever a source spikes, the same ones that
    /// would be stored. Takes no memory per synapse, and more time per spike.
    ///
    /// For `one_to_one`, `all_to_all`, `fixed_outdegree`, `fixed_prob` and `pairwise_bernoulli` between neurons, with weights
    /// and delays that are constant or of a distribution.
    pub fn procedural(mut self) -> Self {
        self.connectivity.procedural = true;
        self
    }

    /// Checks the projection and adds it to the network.
    ///
    /// # Errors
    /// One sentence on what does not fit: port, unit, rule, sizes, delay.
    pub fn build(self) -> Result<()> {
        let network = self.network;
        network.own(&self.from)?;
        network.own(&self.to)?;
        let title = |view: &View| network.get(view.slices()[0].population).name.clone();
        let name = self.name.unwrap_or_else(|| format!("{}_{}", title(&self.from), title(&self.to)));
        let place = format!("projection `{name}`");
        let (sender, receptor) = self.through.settle(&place)?;
        check_sources(network, &place, &self.from)?;
        if let Some(sender) = &sender {
            check_senders(network, &place, &self.from, sender)?;
        }
        check_targets(network, &place, &self.to)?;
        let shared = shared(&self.from, &self.to);
        let fits = self.connectivity.validate(self.from.len(), self.to.len(), shared);
        fits.map_err(|error| Error::network(format!("{place}: {error}")))?;
        for (view, word) in [(&self.from, "from"), (&self.to, "to")] {
            if let Some(twice) = overlap(view) {
                let population = &network.get(twice).name;
                return Err(Error::network(format!(
                    "{place}: `{word}` names elements of population `{population}` twice"
                )));
            }
        }
        let source = network.get(self.from.slices()[0].population);
        let carries = Carries::from_source(source);
        let current = source.settings.current_unit();
        if current.is_some() && (sender.is_some() || receptor.is_some()) {
            let model = source.settings.model.name();
            return Err(Error::network(format!(
                "{place}: `{model}` makes a current, which no synapse takes"
            )));
        }
        let target = Target { network, place: &place, to: &self.to, receptor: receptor.as_ref(), current };
        let unit = target.unit(self.port.as_deref())?;
        let sender = match target.graded(self.port.as_deref())? {
            Some(port) => Some(graded(network, &place, &self.from, sender.as_ref(), port)?),
            None => sender,
        };
        let weight = dense(&place, self.weight, &self.connectivity.rule, (self.from.len(), self.to.len()))?;
        let weight = weight.resolve(&format!("the weight of {place}"), &unit)?;
        let weight = weight.times(target.factor(self.port.as_deref())?);
        target.check_weights(self.port.as_deref(), &weight)?;
        let symmetric = matches!(self.connectivity.rule, Rule::SymmetricPairwiseBernoulli(_));
        let back = match self.back.or(symmetric.then_some(Back(None))) {
            None => None,
            Some(Back(given)) => {
                check_targets(network, &place, &self.from)?;
                if let Some(sender) = &sender {
                    check_senders(network, &place, &self.to, sender)?;
                }
                let back = Target { to: &self.from, ..target };
                if back.unit(self.port.as_deref())? != unit {
                    return Err(Error::network(format!(
                        "{place}: its two ends take weights in different units"
                    )));
                }
                let what = format!("the weight back of {place}");
                let weight = given.map_or(Ok(weight.clone()), |given| given.resolve(&what, &unit))?;
                back.check_weights(self.port.as_deref(), &weight)?;
                Some(weight)
            }
        };
        if back.is_some()
            && !symmetric
            && lists_gaps(&self.connectivity, [&weight, back.as_ref().unwrap_or(&weight)])
        {
            let text = format!(
                "{place} goes both ways and lists its weights, but leaves autapses out; give its `edges`"
            );
            return Err(Error::network(text));
        }
        let graded = sender.as_ref().is_some_and(|sender| sender.synapse.is_some());
        let latency = u32::from(receptor.is_some() || graded || acts_at_once(source)?);
        let delay = delay(network.dt_ms, &place, self.delay, latency)?;
        let sizes = (self.from.len(), self.to.len());
        for (what, value) in [("weight", Some(&weight)), ("weight back", back.as_ref())] {
            value
                .map_or(Ok(()), |value| check_length(&place, what, value, &self.connectivity.rule, sizes))?;
        }
        let delays_by = match delays_by(&delay, &self.connectivity.rule, sizes) {
            Listed::Source if back.is_some() => {
                let text = format!(
                    "{place} goes both ways, so its delays cannot go by source; make two projections"
                );
                return Err(Error::network(text));
            }
            by => by,
        };
        if delays_by == Listed::Edge {
            check_length(&place, "delay", &delay, &self.connectivity.rule, sizes)?;
        }
        let (from, to, connectivity, port) = (self.from, self.to, self.connectivity, self.port);
        let projection = Projection {
            name,
            from,
            to,
            carries,
            connectivity,
            sender,
            receptor,
            port,
            unit,
            weight,
            back,
            delay,
            delays_by,
            latency,
        };
        projection.check_procedural(network)?;
        network.projections.push(projection);
        Ok(())
    }
}

/// Number of elements that are in both views.
fn shared(a: &View, b: &View) -> u32 {
    let common = |x: &Slice, y: &Slice| match x.population == y.population {
        true => (x.first + x.len).min(y.first + y.len).saturating_sub(x.first.max(y.first)),
        false => 0,
    };
    let all = a.slices().iter().flat_map(|x| b.slices().iter().map(move |y| u64::from(common(x, y))));
    u32::try_from(all.sum::<u64>()).unwrap_or(u32::MAX)
}

/// A population of which two slices of the view overlap.
fn overlap(view: &View) -> Option<PopulationId> {
    let slices = view.slices();
    let meets = |(k, x): (usize, &Slice)| {
        let meets = |y: &Slice| {
            x.population == y.population && x.first < y.first + y.len && y.first < x.first + x.len
        };
        slices[..k].iter().any(meets).then_some(x.population)
    };
    slices.iter().enumerate().find_map(meets)
}

/// Whether a generator acts in the step that begins at its time, as the inputs of brainpy.state do.
pub(super) fn acts_at_once(source: &Population) -> Result<bool> {
    let model = &source.settings.model;
    if model.role() != Role::Generator || model.function("latency").is_none() {
        return Ok(false);
    }
    Ok(Evaluation::new(model, "latency")?.run(&|_, _| 0.0)[0].to_bits() > 0)
}
