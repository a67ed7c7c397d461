//! Last pass: spikes that are known beforehand, from the schedules of generators.

use super::constants::Evaluation;
use super::layout::Layout;
use super::level;
use super::recipe::{Recipes, Set};
use crate::error::{Error, Result};
use crate::model::instance::{Kind, Settings};
use crate::network::{Network, Population, PopulationId};
use crate::program::{BEFORE, Event};

/// Step, element and value of an event.
pub(super) type Happening = (u64, u32, f32);

/// The events of every scheduled population, by step, then element; and those of the step before the first.
///
/// # Errors
/// A time that is no multiple of dt or not after the start.
pub fn events(network: &Network, recipes: &Recipes, layout: &Layout) -> Result<(Vec<Event>, Vec<Event>)> {
    let (mut events, mut before) = (vec![], vec![]);
    for (k, population) in network.populations().iter().enumerate() {
        if !population.settings.model.is_scheduled() {
            continue;
        }
        let located = &layout.populations[k];
        let first = located.first.expect("scheduled populations have elements");
        let relayed = recipes.populations.iter().any(|recipe| recipe.relays == Some(PopulationId(k as u32)));
        for (copy, trial) in network.trials().enumerate() {
            let first = first + copy as u32 * located.stride;
            let add = |set: Set, step: u64, element: u32, value: f32| {
                let list = if step == BEFORE { &mut before } else { &mut events };
                list.push(Event { step, element: first + set.offset(population.size) + element, value });
            };
            of_trial(network, population, trial, relayed, add)?;
        }
    }
    events.sort_by_key(|event| (event.step, event.element));
    Ok((merge(events), merge(before)))
}

/// Adds the events of a population in a trial, as set, step, element and value.
fn of_trial(
    network: &Network,
    population: &Population,
    trial: u32,
    relayed: bool,
    mut add: impl FnMut(Set, u64, u32, f32),
) -> Result<()> {
    let settings = population.of_trial(trial);
    if settings.model.function("level").is_some() {
        let changes = level::changes(network, population, settings)?;
        changes.into_iter().for_each(|(step, element, change)| add(Set::Positive, step, element, change));
        return Ok(());
    }
    for (step, element, value) in of_settings(network, population, settings, "event")? {
        if relayed {
            add(Set::Early, step.wrapping_sub(1), element, value);
        }
        add(if value < 0.0 { Set::Negative } else { Set::Positive }, step, element, value.abs());
    }
    for (step, element, value) in of_settings(network, population, settings, "count")? {
        add(Set::Counts, step, element, value);
    }
    Ok(())
}

/// What `function` makes of every row of a schedule of the population, as (step, element, value) without zeros.
pub(super) fn of_settings(
    network: &Network,
    population: &Population,
    settings: &Settings,
    function: &str,
) -> Result<Vec<Happening>> {
    let model = &settings.model;
    let evaluation = Evaluation::new(model, function)?;
    let columns = model.members("Schedule");
    let params = settings.numbers(Kind::Param, population.size, None);
    let mut out = vec![];
    for element in 0..population.size {
        let list = |name: &str| {
            settings.schedule.get(name).map(|lists| &lists[(element as usize).min(lists.len() - 1)])
        };
        let Some(times) = list(&columns[0].name) else { continue };
        for (row, time) in times.iter().enumerate() {
            let what = format!("`{}` of population `{}`", columns[0].name, population.name);
            let steps = network.steps(&what, *time)?;
            let step = steps.checked_sub(1).ok_or_else(|| Error::Value {
                what: what.clone(),
                expected: "after the start of the run".into(),
                got: format!("{time} ms"),
            })?;
            let value = evaluation.run(&|owner, name| match owner {
                "Params" => params[name].at(element as usize),
                _ => list(name).map_or_else(|| default(model, name), |values| values[row]),
            });
            let value = value[0].as_f64() as f32;
            if value != 0.0 {
                out.push((step, element, value));
            }
        }
    }
    Ok(out)
}

pub(super) fn default(model: &crate::model::Model, column: &str) -> f64 {
    let member = model.members("Schedule").iter().find(|member| member.name == column);
    match member.and_then(|member| member.tag()).and_then(|tag| tag.default.clone()) {
        Some(crate::model::tag::Term::Number(value)) => value,
        _ => 0.0,
    }
}

/// Adds up the events of an element in a step.
fn merge(events: Vec<Event>) -> Vec<Event> {
    let mut out: Vec<Event> = vec![];
    for event in events {
        match out.last_mut() {
            Some(last) if (last.step, last.element) == (event.step, event.element) => {
                last.value += event.value
            }
            _ => out.push(event),
        }
    }
    out
}
