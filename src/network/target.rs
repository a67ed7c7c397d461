//! The receiving side of a projection: which port takes its weights, and in which unit.

use super::projection::Receptor;
use super::view::View;
use super::{Network, Population};
use crate::error::{Error, Result};
use crate::model::instance::{continuous, spike_ports};
use crate::model::reflect::Member;
use crate::model::tag::{TagUnit, Term};
use crate::model::value::Value;
use crate::model::{Model, Role};
use crate::unit::rescale;
use crate::unit::table::{self, Symbol};

/// Neurons receive, and generators with a port for spikes.
pub(super) fn check_targets(network: &Network, place: &str, to: &View) -> Result<()> {
    let all = || to.slices().iter().map(|slice| network.get(slice.population));
    let is_neuron = |population: &Population| population.settings.model.role() == Role::Neuron;
    let is_deaf = |it: &&Population| !is_neuron(it) && spike_ports(&it.settings.model).next().is_none();
    if let Some(population) = all().find(is_deaf) {
        let text =
            format!("{place} ends on population `{}`: this generator receives nothing", population.name);
        return Err(Error::network(text));
    }
    if all().any(is_neuron) && !all().all(is_neuron) {
        let text = format!("{place} ends on neurons and on generators; make two projections");
        return Err(Error::network(text));
    }
    Ok(())
}

/// The receiving side of a projection, while its ports are looked up.
pub(super) struct Target<'a> {
    pub network: &'a Network,
    pub place: &'a str,
    pub to: &'a View,
    pub receptor: Option<&'a Receptor>,
    /// The unit of the current that the sources make, if they do.
    pub current: Option<Symbol>,
}

impl Target<'_> {
    fn models(&self) -> impl Iterator<Item = &Model> {
        self.to.slices().iter().map(|slice| &*self.network.get(slice.population).settings.model)
    }

    fn ports<'m>(&self, model: &'m Model) -> Vec<&'m Member> {
        if self.current.is_some() { continuous(model).collect() } else { spike_ports(model).collect() }
    }

    /// The unit of the weights: that of the port, the same for every target population.
    pub fn unit(&self, port: Option<&str>) -> Result<TagUnit> {
        if self.current.is_some() {
            for model in self.models() {
                self.find(model, port)?;
            }
            // a current generator has the current; its weight is a factor
            return Ok(TagUnit::Unit(table::find("1").expect("the table has the unit 1")));
        }
        if let Some(receptor) = self.receptor {
            if let Some(model) = self.models().find(|model| !takes_synapses(model)) {
                let text = format!(
                    "{}: `{}` has its own synapses; leave `synapse` out and name a port",
                    self.place,
                    model.name()
                );
                return Err(Error::network(text));
            }
            let output = &receptor.output.model;
            let arrived = output.members("Arrived").iter().find(|member| member.name == "weights");
            let taken = arrived.or(output.inputs().first()).and_then(Member::tag).map(|tag| tag.unit.clone());
            let taken = taken.expect("outputs take a conductance");
            let Some(synapse) = &receptor.synapse else { return Ok(taken) };
            let unit = &self.find(&synapse.model, port)?.tag().expect("inputs have tags").unit;
            return Ok(if *unit == TagUnit::Output { taken } else { unit.clone() });
        }
        let mut unit: Option<TagUnit> = None;
        for model in self.models() {
            let found = self.find(model, port)?.tag().expect("inputs have tags").unit.clone();
            if unit.as_ref().is_some_and(|unit| *unit != found) {
                let text = format!(
                    "{}: its targets take weights in different units; make one projection for each",
                    self.place
                );
                return Err(Error::network(text));
            }
            unit = Some(found);
        }
        Ok(unit.expect("a view has at least one slice"))
    }

    /// The model and port that take weights times what the sending neurons release, if the named one does.
    pub fn graded(&self, port: Option<&str>) -> Result<Option<(&Model, &Member)>> {
        if port.is_none() || self.current.is_some() || self.receptor.is_some() {
            return Ok(None);
        }
        let is_graded = |member: &Member| member.tag().is_some_and(|tag| tag.released);
        let found: Vec<(&Model, &Member)> =
            self.models().map(|model| Ok((model, self.find(model, port)?))).collect::<Result<_>>()?;
        match found.iter().find(|(_, member)| is_graded(member)) {
            None => Ok(None),
            Some((first, _)) if found.iter().any(|(model, _)| !model.is_same_but_for_counts(first)) => {
                let text =
                    format!("{}: a graded port takes one model; make one projection for each", self.place);
                Err(Error::network(text))
            }
            graded => Ok(graded.copied()),
        }
    }

    /// What turns the numbers of a current generator into those of the port.
    pub fn factor(&self, port: Option<&str>) -> Result<f64> {
        let Some(current) = self.current else { return Ok(1.0) };
        let mut factor = None;
        for model in self.models() {
            let member = self.find(model, port)?;
            let TagUnit::Unit(unit) = member.tag().expect("inputs have tags").unit else { continue };
            // numbers without a unit are in that of the port
            let plain = current.symbol == "1";
            if !plain && unit.dimension != current.dimension {
                return Err(Error::network(format!(
                    "{}: port `{}` of `{}` takes a {}, the generator makes a {}",
                    self.place,
                    member.name,
                    model.name(),
                    unit.dimension,
                    current.dimension
                )));
            }
            let own = if plain { 1.0 } else { rescale(1.0, current.exponent, unit.exponent) };
            if factor.is_some_and(|factor| factor != own) {
                let text = format!(
                    "{}: its targets take currents in different units; make one projection for each",
                    self.place
                );
                return Err(Error::network(text));
            }
            factor = Some(own);
        }
        Ok(factor.unwrap_or(1.0))
    }

    fn find<'m>(&self, model: &'m Model, port: Option<&str>) -> Result<&'m Member> {
        let ports = self.ports(model);
        let Some(name) = port else {
            return ports.first().copied().ok_or_else(|| {
                let kind = if self.current.is_some() { "current" } else { "spike" };
                Error::network(format!(
                    "`{}` has no {kind} port: {} cannot reach it",
                    model.name(),
                    self.place
                ))
            });
        };
        let known = ports.iter().map(|member| member.name.as_str());
        ports
            .iter()
            .find(|member| member.name == name)
            .copied()
            .ok_or_else(|| Error::unknown("port", name, format!("`{}`", model.name()), known))
    }

    /// Every weight needs a port that takes its sign.
    pub fn check_weights(&self, port: Option<&str>, weight: &Value) -> Result<()> {
        let weights: Vec<f64> = match weight {
            Value::Constant(weight) => vec![*weight],
            Value::Each(weights) => weights.to_vec(),
            Value::Random(_) => return Ok(()),
        };
        if let Some(weight) = weights.iter().find(|weight| !weight.is_finite()) {
            let text = format!("{}: a weight is a finite number, got {weight}", self.place);
            return Err(Error::network(text));
        }
        if self.current.is_some() || self.receptor.is_some() {
            return Ok(());
        }
        for model in self.models() {
            for weight in &weights {
                if port_for(model, port, *weight).is_none() {
                    let text = match port {
                        Some(port) => format!(
                            "{}: port `{port}` of `{}` takes no {} weights, got {weight}",
                            self.place,
                            model.name(),
                            if *weight < 0.0 { "negative" } else { "positive" }
                        ),
                        None => {
                            format!("{}: no port of `{}` takes the weight {weight}", self.place, model.name())
                        }
                    };
                    return Err(Error::network(text));
                }
            }
        }
        Ok(())
    }
}

/// Whether a neuron model takes the currents of synapse models.
pub(crate) fn takes_synapses(model: &Model) -> bool {
    model.text().contains("fn currents(")
}

/// The position among the spike ports of `model` that takes `weight`; the named one, or the first that fits and takes
/// plain spikes.
pub(crate) fn port_for(model: &Model, port: Option<&str>, weight: f64) -> Option<usize> {
    spike_ports(model).enumerate().find_map(|(k, member)| {
        let bounds = member.tag().map_or(&[][..], |tag| &tag.bounds);
        let fits = bounds.iter().all(|bound| match bound.term {
            // a weight of 0 does nothing: any port takes it
            Term::Number(limit) => weight == 0.0 || bound.relation.holds(weight, limit),
            Term::Name(_) => false,
        });
        let meant = match port {
            Some(name) => name == member.name,
            None => !member.tag().is_some_and(|tag| tag.released),
        };
        (fits && meant).then_some(k)
    })
}
