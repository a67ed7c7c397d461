//! What is sent in the step before the first: receptor dynamics at the source send from the start.
//!
//! In a run they are updated at the end of a step, from its spike. Here they see none, and the neuron at its start.

use super::constants::{Entry, Evaluation, from_word, number};
use super::layout::{Layout, init};
use super::recipe::{Recipe, Recipes, sender_prefix};
use crate::error::Result;
use crate::lane::Number;
use crate::model::Model;
use crate::model::instance::{Numbers, Settings};
use crate::network::Network;
use crate::program::{BEFORE, Event, Member};
use std::collections::BTreeMap;

/// The values at the start, and the state after them.
///
/// # Errors
/// A function of a model that cannot be lowered.
pub fn at_start(network: &Network, recipes: &Recipes, layout: &mut Layout) -> Result<Vec<Event>> {
    let mut events = vec![];
    let sending = (0..recipes.populations.len()).filter(|k| !recipes.populations[*k].senders.is_empty());
    for (position, (copy, trial)) in sending.flat_map(|k| network.trials().enumerate().map(move |it| (k, it)))
    {
        let recipe = recipes.of_trial(position, trial);
        let (kernel, member) = layout.places[position];
        let members = &mut layout.kernels[kernel].members;
        let of_copy = members.len() / network.trials().len();
        let member = &mut members[copy * of_copy + member];
        let dt = network.dt_ms();
        let init = init(network, recipe, trial);
        let start = Start { init, entries: recipe.constants(dt, 0)?, dt };
        let mut plane = member.state.len() - sent_planes(recipe);
        for (k, sender) in recipe.senders.iter().enumerate() {
            for settings in sender.stp.iter().chain(&sender.synapse) {
                let prefix = sender_prefix(settings, k);
                let values = start.advance(settings, &prefix, member, plane)?;
                plane += settings.model.state().len();
                if sender.synapse.as_ref().is_some_and(|synapse| std::ptr::eq(synapse, settings)) {
                    let first = member.outlets[k];
                    let value = |element: u32| values[(element as usize).min(values.len() - 1)];
                    let all = (0..member.size).map(|element| (element, value(element)));
                    let all = all.filter(|(_, value)| *value != 0.0);
                    events.extend(all.map(|(k, value)| Event { step: BEFORE, element: first + k, value }));
                }
            }
        }
    }
    Ok(events)
}

/// Planes of everything that is kept at the source.
fn sent_planes(recipe: &Recipe) -> usize {
    let parts = recipe.senders.iter().flat_map(|sender| sender.stp.iter().chain(&sender.synapse));
    parts.map(|settings| settings.model.state().len()).sum()
}

/// The start of a population in a trial.
struct Start {
    /// The neuron's variables.
    init: BTreeMap<String, Numbers>,
    entries: Vec<Entry>,
    dt: f64,
}

impl Start {
    /// Updates the state of one part, and what it then puts out for every element (or once for all).
    fn advance(
        &self,
        settings: &Settings,
        prefix: &str,
        member: &mut Member,
        plane: usize,
    ) -> Result<Vec<f32>> {
        let model = &settings.model;
        let fields = model.state();
        let planes = plane..plane + fields.len();
        let alike =
            model.inputs().iter().all(|input| !matches!(self.init.get(&input.name), Some(Numbers::Each(_))));
        let rows = if alike { 1 } else { member.size as usize };
        let update = model.function("update").map(|_| Evaluation::new(model, "update")).transpose()?;
        let output = model.function("output").map(|_| Evaluation::new(model, "output")).transpose()?;
        let mut states: Vec<Vec<u32>> = vec![Vec::with_capacity(rows); fields.len()];
        let mut values = vec![0.0; rows];
        for (element, value) in values.iter_mut().enumerate() {
            let mut state: Vec<f64> = (planes.clone().zip(fields))
                .map(|(plane, field)| {
                    let words = &member.state[plane];
                    from_word(field.scalar, words[element.min(words.len() - 1)])
                })
                .collect();
            let at = |evaluation: &Evaluation, state: &[f64]| -> Vec<Number> {
                let state_of =
                    |name: &str| fields.iter().position(|field| field.name == name).map(|k| state[k]);
                evaluation.run(&|owner, name| match owner {
                    "State" => state_of(name).expect("it is a member of State"),
                    _ => self.argument(model, prefix, (owner, name), element),
                })
            };
            if let Some(update) = &update {
                let next = at(update, &state);
                let words = next.iter().map(|number| number.to_bits());
                state = words.zip(fields).map(|(word, field)| from_word(field.scalar, word)).collect();
                states.iter_mut().zip(&next).for_each(|(words, number)| words.push(number.to_bits()));
            }
            if let Some(output) = &output {
                *value = at(output, &state)[0].as_f64() as f32;
            }
        }
        if update.is_some() {
            member.state.splice(planes, states);
        }
        Ok(values)
    }

    /// Parameters, derived values, and the inputs at the start: no spike, the neuron's variables.
    fn argument(&self, model: &Model, prefix: &str, of: (&str, &str), element: usize) -> f64 {
        match of {
            ("Params", name) => number(&self.entries, &format!("{prefix}{name}"), element),
            ("Derived", name) => number(&self.entries, &format!("{prefix}derived_{name}"), element),
            ("Input", name) => {
                let member = model.inputs().iter().find(|member| member.name == name);
                let reads = member.and_then(|member| member.tag()).is_some_and(|tag| tag.presynaptic);
                let variable = self.init.get(name).filter(|_| reads && name != "spike");
                variable.map_or(0.0, |numbers| numbers.at(element))
            }
            _ => self.dt,
        }
    }
}
