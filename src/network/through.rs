//! The models that a projection goes through: short-term plasticity, receptor dynamics, output.

use super::projection::{Receptor, Sender};
use super::view::View;
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
                let text = format!("{place} has no synapse to keep at its sources; add one such as `expon`");
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
            "`{name}` is no short-term plasticity: {place} cannot use it; `stp` is"
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
            "{place} has the synapse `{name}` but no output; add one such as `coba`"
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

/// The sources need what the models ask of them.
pub(super) fn check_senders(network: &Network, place: &str, from: &View, sender: &Sender) -> Result<()> {
    for slice in from.slices() {
        let population: &Population = network.get(slice.population);
        let source = &population.settings.model;
        if source.role() == Role::Generator && !source.is_scheduled() {
            let text = format!(
                "{place}: every target of `{}` has a train of its own, so nothing can be kept at the source; put a `parrot_neuron` between, or use `poisson_spike`",
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
    match sources.into_iter().find(|source| !source.settings.model.is_same_but_for_ports(model)) {
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

#[cfg(test)]
mod tests {
    use crate::models::{
        ampa, coba, constant_input, expon, gap_junction, iaf_psc_exp, lif, poisson_encoder,
        poisson_generator, ramp_input, stp,
    };
    use crate::network::rule::{all_to_all, one_to_one};
    use crate::unit::{Hz, S, mA, mV, ms};
    use crate::{Network, Result};

    /// What is said of a projection between populations of these models.
    fn said(describe: impl Fn(&mut Network) -> Result<()>) -> String {
        let mut network = Network::new(0.1 * ms).expect("a network");
        for (name, model) in [
            ("cells", lif().into()),
            ("nest", crate::Instance::from(iaf_psc_exp())),
            ("noise", poisson_generator().rate(5.0 * Hz).into()),
            ("rates", poisson_encoder().into()),
            ("current", constant_input().value(3.0 * mA).into()),
        ] {
            network.population(name, 2, model).expect(name);
        }
        describe(&mut network).expect_err("it does not fit").to_string()
    }

    #[test]
    fn what_cannot_be_kept_at_the_source_is_refused() {
        let find = |network: &Network, name: &str| network.find(name).expect("it is there");
        let cases: [(String, &str); 7] = [
            (
                said(|network| {
                    let cells = find(network, "cells");
                    network.project(&cells, &cells, all_to_all()).output(coba()).align_pre().build()
                }),
                "no synapse to keep at its sources",
            ),
            (
                said(|network| {
                    let cells = find(network, "cells");
                    network.project(&cells, &cells, all_to_all()).synapse(stp()).output(coba()).build()
                }),
                "takes it as short-term plasticity",
            ),
            (
                said(|network| {
                    let cells = find(network, "cells");
                    let projection = network.project(&cells, &cells, all_to_all());
                    projection.stp(expon()).synapse(expon()).output(coba()).build()
                }),
                "`expon` is no short-term plasticity",
            ),
            (
                said(|network| {
                    let (noise, cells) = (find(network, "noise"), find(network, "cells"));
                    network.project(&noise, &cells, all_to_all()).synapse(ampa()).output(coba()).build()
                }),
                "has a train of its own",
            ),
            (
                said(|network| {
                    let (nest, cells) = (find(network, "nest"), find(network, "cells"));
                    network.project(&nest, &cells, one_to_one()).synapse(gap_junction()).build()
                }),
                "no variable `V` in population `nest`",
            ),
            (
                said(|network| {
                    let cells = find(network, "cells");
                    let projection = network.project(&cells, &cells, one_to_one());
                    projection.synapse(gap_junction()).output(coba()).weight(1.0 * S).build()
                }),
                "has a current of its own; leave `coba` out",
            ),
            (
                said(|network| {
                    let (current, rates) = (find(network, "current"), find(network, "rates"));
                    network.project(&current, &rates, all_to_all()).build()
                }),
                "takes a frequency, the generator makes a current",
            ),
        ];
        for (message, part) in cases {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn the_values_of_a_current_have_one_dimension() {
        let mut network = Network::new(0.1 * ms).expect("a network");
        let ramp = ramp_input().c_start(1.0 * mA).c_end(2.0 * mV);
        let message = network.population("ramp", 1, ramp).expect_err("two dimensions").to_string();
        assert!(message.contains("a current like the other values, got 2 mV"), "{message}");
        let ramp = ramp_input().c_start(1.0 * mA).c_end(2.0);
        let message = network.population("ramp", 1, ramp).expect_err("one has no unit").to_string();
        assert!(message.contains("a current like the other values, got 2"), "{message}");
    }
}
