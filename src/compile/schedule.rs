//! Last pass: spikes that are known beforehand, from the schedules of generators.

use super::constants::Evaluation;
use super::layout::Layout;
use super::recipe::Set;
use crate::error::{Error, Result};
use crate::model::instance::{Kind, Settings};
use crate::network::{Network, Population};
use crate::program::Event;

/// The events of every scheduled population, by step, then element.
///
/// # Errors
/// A time that is no multiple of dt or not after the start.
pub fn events(network: &Network, layout: &Layout) -> Result<Vec<Event>> {
    let mut events = vec![];
    for (k, population) in network.populations().iter().enumerate() {
        if !population.settings.model.is_scheduled() {
            continue;
        }
        let located = &layout.populations[k];
        let first = located.first.expect("scheduled populations have elements");
        for (copy, trial) in network.trials().enumerate() {
            let first = first + copy as u32 * located.stride;
            let mut add = |set: Set, step: u64, element: u32, value: f32| {
                events.push(Event { step, element: first + set.offset(population.size) + element, value });
            };
            let settings = population.of_trial(trial);
            for (step, element, value) in of_settings(network, population, settings, "event")? {
                add(if value < 0.0 { Set::Negative } else { Set::Positive }, step, element, value.abs());
            }
            for (step, element, value) in of_settings(network, population, settings, "count")? {
                add(Set::Counts, step, element, value);
            }
        }
    }
    events.sort_by_key(|event| (event.step, event.element));
    Ok(merge(events))
}

/// What `function` makes of every row of a schedule of the population, as (step, element, value) without zeros.
pub(super) fn of_settings(
    network: &Network,
    population: &Population,
    settings: &Settings,
    function: &str,
) -> Result<Vec<(u64, u32, f32)>> {
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

fn default(model: &crate::model::Model, column: &str) -> f64 {
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
