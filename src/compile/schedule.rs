//! Last pass: spikes that are known beforehand, from the schedules of generators.

use super::constants::Evaluation;
use super::layout::Layout;
use super::recipe::{Recipes, Set};
use crate::error::{Error, Result};
use crate::model::instance::Kind;
use crate::network::{Network, Population, PopulationId};
use crate::program::{BEFORE, Event};

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
        let first = layout.populations[k].first.expect("scheduled populations have elements");
        let relayed = recipes.populations.iter().any(|recipe| recipe.relays == Some(PopulationId(k as u32)));
        let mut add = |set: Set, step: u64, element: u32, value: f32| {
            let list = if step == BEFORE { &mut before } else { &mut events };
            list.push(Event { step, element: first + set.offset(population.size) + element, value });
        };
        if population.settings.model.function("level").is_some() {
            for (step, element, change) in levels(network, population)?.1 {
                add(Set::Positive, step, element, change);
            }
            continue;
        }
        for (step, element, value) in of_population(network, population, "event")? {
            if relayed {
                add(Set::Early, step.wrapping_sub(1), element, value);
            }
            add(if value < 0.0 { Set::Negative } else { Set::Positive }, step, element, value.abs());
        }
        for (step, element, value) in of_population(network, population, "count")? {
            add(Set::Counts, step, element, value);
        }
    }
    events.sort_by_key(|event| (event.step, event.element));
    Ok((merge(events), merge(before)))
}

/// What `function` makes of every row of the schedule, as (step, element, value) without zeros.
pub(super) fn of_population(
    network: &Network,
    population: &Population,
    function: &str,
) -> Result<Vec<(u64, u32, f32)>> {
    let settings = &population.settings;
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

/// The changes of a current, as (step, element, change), and the most that it or a change of it comes to.
///
/// A change at time t is sent a step before, so that without a delay it acts in the step that begins at t.
pub(super) fn levels(network: &Network, population: &Population) -> Result<(f64, Vec<(u64, u32, f32)>)> {
    let settings = &population.settings;
    let evaluation = Evaluation::new(&settings.model, "level")?;
    let columns = settings.model.members("Schedule");
    let consecutive = columns[0].tag().is_some_and(|tag| tag.consecutive);
    let params = settings.numbers(Kind::Param, population.size, None);
    let (mut most, mut out) = (0.0f64, vec![]);
    for element in 0..population.size {
        let list = |name: &str| {
            settings.schedule.get(name).map(|lists| &lists[(element as usize).min(lists.len() - 1)])
        };
        let Some(times) = list(&columns[0].name) else { continue };
        let what = format!("`{}` of population `{}`", columns[0].name, population.name);
        let mut steps = vec![];
        for (row, time) in times.iter().enumerate() {
            let value = evaluation.run(&|owner, name| match owner {
                "Params" => params[name].at(element as usize),
                _ => list(name).map_or_else(|| default(&settings.model, name), |values| values[row]),
            });
            steps.push((network.steps(&what, *time)?, value[0].as_f64()));
        }
        if consecutive {
            steps = one_after_the_other(&steps);
        } else if steps.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            let (expected, got) =
                ("increasing times".into(), "a time that is not after the one before".into());
            return Err(Error::Value { what, expected, got });
        }
        let param = |name: &str| params.get(name).map(|numbers| numbers.at(element as usize));
        if let (Some(origin), Some(start), Some(stop)) = (param("origin"), param("start"), param("stop")) {
            let at = |time: f64| (time / network.dt_ms()).round().clamp(0.0, u64::MAX as f64) as u64;
            steps = within(&steps, at(origin + start), at(origin + stop));
        }
        // what has been sent so far, as the device sums it: roundings do not add up
        let mut sum = 0.0f64;
        for (step, level) in steps {
            let change = (level - sum) as f32;
            sum += f64::from(change);
            most = most.max(level.abs()).max(f64::from(change.abs()));
            if change != 0.0 {
                out.push((step.wrapping_sub(1), element, change));
            }
        }
    }
    Ok((most, out))
}

/// Levels by their durations as levels by the step that they begin in; the last ends at 0.
fn one_after_the_other(durations: &[(u64, f64)]) -> Vec<(u64, f64)> {
    let mut begin = 0;
    let mut steps = vec![];
    for (duration, level) in durations {
        steps.push((begin, *level));
        begin += duration;
    }
    steps.push((begin, 0.0));
    steps
}

/// The levels from `start` to `stop`, 0 outside.
fn within(steps: &[(u64, f64)], start: u64, stop: u64) -> Vec<(u64, f64)> {
    let before = steps.iter().rev().find(|(step, _)| *step <= start).map(|(_, level)| (start, *level));
    let inside = steps.iter().filter(|(step, _)| *step > start && *step < stop).copied();
    let end = (stop > start).then_some((stop, 0.0));
    if stop <= start { vec![] } else { before.into_iter().chain(inside).chain(end).collect() }
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
