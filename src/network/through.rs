//! The models that a projection goes through: short-term plasticity, receptor dynamics, output.

use super::projection::{Carries, Receptor, Sender, acts_at_once};
use super::view::{Slice, View};
use super::{Network, Population};
use crate::error::{Error, Result};
use crate::model::instance::Settings;
use crate::model::reflect::Member;
use crate::model::{Instance, Model, Role};

/// What the user said of them.
#[derive(Debug, Default)]
pub(super) struct Through {
    pub synapse: Option<Instance>,
    pub output: Option<Instance>,
    pub stp: Option<Instance>,
    /// Whether the synapse's state is kept at the source.
    pub at_source: bool,
}

impl Through {
    /// What happens at the source, and what at the target.
    pub fn settle(self, place: &str) -> Result<(Option<Sender>, Option<Receptor>)> {
        let stp = self.stp.map(|stp| release(place, &stp)).transpose()?;
        let (at_source, receptor) = match self.synapse {
            Some(synapse) if synapse.model().role() == Role::Plasticity => {
                check_edges(place, &synapse, self.output.as_ref())?;
                (None, None)
            }
            Some(synapse) => dynamics(place, &synapse, self.output, self.at_source)?,
            None if self.at_source => {
                let text = format!("{place} has no synapse to keep at its sources; add one");
                return Err(Error::network(text));
            }
            None => match self.output {
                None => (None, None),
                Some(output) => (None, Some(Receptor { synapse: None, output: settled(place, &output)? })),
            },
        };
        let sends = stp.is_some() || at_source.is_some();
        Ok((sends.then_some(Sender { stp, synapse: at_source }), receptor))
    }
}

/// Short-term plasticity.
fn release(place: &str, stp: &Instance) -> Result<Settings> {
    if stp.model().role() != Role::Synapse || stp.model().function("release").is_none() {
        let name = stp.model().name();
        return Err(Error::network(format!(
            "`{name}` is no short-term plasticity: {place} cannot use it; a model with a function `release` is"
        )));
    }
    stp.settle(place, 1)
}

/// Models of edges: static ones only.
fn check_edges(place: &str, edges: &Instance, output: Option<&Instance>) -> Result<()> {
    let name = edges.model().name();
    if output.is_some() {
        return Err(Error::network(format!(
            "`{name}` is no receptor: {place} cannot have an output with it"
        )));
    }
    if !edges.model().is_static() {
        let text =
            format!("`{name}` changes its weights; {place} cannot use it: only static edges run so far");
        return Err(Error::network(text));
    }
    edges.settle(place, 1).map(|_| ())
}

/// Receptor dynamics, at the source or at the target.
fn dynamics(
    place: &str,
    synapse: &Instance,
    output: Option<Instance>,
    at_source: bool,
) -> Result<(Option<Settings>, Option<Receptor>)> {
    let model = synapse.model();
    let name = model.name();
    if model.role() != Role::Synapse {
        let role = model.role().name();
        return Err(Error::network(format!("`{name}` is a {role}, not a synapse: {place} cannot use it")));
    }
    if model.function("output").is_none() {
        let text = format!(
            "`{name}` says what a spike carries: {place} takes it as short-term plasticity, beside a synapse"
        );
        return Err(Error::network(text));
    }
    let settings = synapse.settle(place, 1)?;
    let at_source = at_source || model.is_presynaptic();
    if at_source && model.function("bound").is_none() {
        let text = format!(
            "`{name}` does not say how large it becomes (`bound`): {place} cannot keep it at its sources"
        );
        return Err(Error::network(text));
    }
    let output = match (model.function("current"), output) {
        (Some(_), None) => Some(settings.clone()),
        (Some(_), Some(output)) => {
            let text = format!(
                "`{name}` has a current of its own; leave `{}` out of {place}",
                output.model().name()
            );
            return Err(Error::network(text));
        }
        (None, Some(output)) => Some(settled(place, &output)?),
        (None, None) => None,
    };
    match (at_source, output) {
        (true, output) => Ok((Some(settings), output.map(|output| Receptor { synapse: None, output }))),
        (false, Some(output)) => Ok((None, Some(Receptor { synapse: Some(settings), output }))),
        (false, None) => Err(Error::network(format!(
            "{place} has the synapse `{name}` but no output; add one, which makes a current of its conductance"
        ))),
    }
}

fn settled(place: &str, output: &Instance) -> Result<Settings> {
    if output.model().role() == Role::Output {
        return output.settle(place, 1);
    }
    let (name, role) = (output.model().name(), output.model().role().name());
    Err(Error::network(format!("`{name}` is a {role}, not an output: {place} cannot use it")))
}

/// Sources of one projection are of one kind.
pub(super) fn check_sources(network: &Network, place: &str, from: &View) -> Result<()> {
    let kind = |slice: &Slice| {
        let population = network.get(slice.population);
        let random =
            population.settings.model.role() == Role::Generator && !population.settings.model.is_scheduled();
        (Carries::from_source(population), random, acts_at_once(population).unwrap_or(false))
    };
    let first = kind(&from.slices()[0]);
    let levels = first.0 == Carries::Levels;
    if levels && from.slices().iter().any(|slice| slice.population != from.slices()[0].population) {
        let text = format!("{place} has currents of several populations; make one projection for each");
        return Err(Error::network(text));
    }
    if from.slices().iter().any(|slice| kind(slice) != first) {
        let text = format!(
            "{place} mixes generators of currents or random spikes with other sources; make two projections"
        );
        return Err(Error::network(text));
    }
    Ok(())
}

/// The sources need what the models ask of them.
pub(super) fn check_senders(network: &Network, place: &str, from: &View, sender: &Sender) -> Result<()> {
    for slice in from.slices() {
        let population: &Population = network.get(slice.population);
        let source = &population.settings.model;
        if source.role() == Role::Generator && !source.is_scheduled() {
            let text = format!(
                "{place}: every target of `{}` has a train of its own, so nothing can be kept at the source; put neurons between that repeat its spikes",
                population.name
            );
            return Err(Error::network(text));
        }
        for settings in sender.stp.iter().chain(&sender.synapse) {
            check_reads(place, population, &settings.model)?;
        }
    }
    Ok(())
}

/// A port that takes what neurons of its model release.
pub(super) fn graded(
    network: &Network,
    place: &str,
    from: &View,
    sender: Option<&Sender>,
    (model, port): (&Model, &Member),
) -> Result<Sender> {
    let (name, port_name) = (model.name(), &port.name);
    if sender.is_some() {
        return Err(Error::network(format!(
            "{place} ends on port `{port_name}` of `{name}`, which says itself what a spike carries; leave `stp` and `synapse` out"
        )));
    }
    let sources = from.slices().iter().map(|slice| network.get(slice.population));
    match sources.into_iter().find(|source| !source.settings.model.is_same_but_for_counts(model)) {
        None => Ok(Sender { stp: None, synapse: None }),
        Some(source) => Err(Error::network(format!(
            "{place} ends on port `{port_name}` of `{name}`, which takes spikes of the same model only; population \
             `{}` is of `{}`",
            source.name,
            source.settings.model.name()
        ))),
    }
}

/// The state variables that a model at the source reads.
fn check_reads(place: &str, source: &Population, model: &Model) -> Result<()> {
    let presynaptic = model.inputs().iter().filter(|member| member.tag().is_some_and(|tag| tag.presynaptic));
    for member in presynaptic.filter(|member| member.name != "spike") {
        let known = source.settings.model.state().iter().map(|state| state.name.as_str());
        if !known.clone().any(|name| name == member.name) {
            let owner = format!("population `{}`, which {place} reads with `{}`", source.name, model.name());
            return Err(Error::unknown("variable", &member.name, owner, known));
        }
    }
    Ok(())
}
