//! Last pass: spikes that are known beforehand, from the schedules of generators.

use super::constants::Evaluation;
use super::layout::Layout;
use super::level;
use super::recipe::{Recipes, Set, Use, stream};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::instance::Kind;
use crate::network::{Network, Population, PopulationId};
use crate::program::{BEFORE, Event};
use crate::random::Stream;

/// Step, element and value of an event.
pub(super) type Happening = (u64, u32, f32);

/// The events of every scheduled population, by step, then element; and those of the step before the first.
///
/// # Errors
/// A time that is no multiple of dt or not after the start.
pub fn events(network: &Network, recipes: &Recipes, layout: &Layout) -> Result<(Vec<Event>, Vec<Event>)> {
    let (mut events, mut before) = (vec![], vec![]);
    for (k, population) in network.populations().iter().enumerate() {
        let Some((first, stride)) = layout.populations[k].schedule else { continue };
        let relayed = recipes.populations.iter().any(|recipe| recipe.relays == Some(PopulationId(k as u32)));
        for (copy, trial) in network.trials().enumerate() {
            let first = first + copy as u32 * stride;
            let add = |set: Set, step: u64, element: u32, value: f32| {
                let list = if step == BEFORE { &mut before } else { &mut events };
                list.push(Event { step, element: first + set.offset(population.size) + element, value });
            };
            add_all(network, k, trial, relayed, add)?;
        }
    }
    events.sort_by_key(|event| (event.step, event.element));
    Ok((merge(events), merge(before)))
}

/// Adds the events of a population in a trial, as set, step, element and value.
fn add_all(
    network: &Network,
    k: usize,
    trial: u32,
    relayed: bool,
    mut add: impl FnMut(Set, u64, u32, f32),
) -> Result<()> {
    let population = &network.populations()[k];
    let settings = population.of_trial(trial);
    if settings.model.function("level").is_some() {
        let changes = level::changes(network, population, settings)?;
        changes.into_iter().for_each(|(step, element, change)| add(Set::Positive, step, element, change));
        return Ok(());
    }
    for (step, element, value) in of_trial(network, k, trial, "event")? {
        if relayed {
            add(Set::Early, step.wrapping_sub(1), element, value);
        }
        add(if value < 0.0 { Set::Negative } else { Set::Positive }, step, element, value.abs());
    }
    for (step, element, value) in of_trial(network, k, trial, "count")? {
        add(Set::Counts, step, element, value);
    }
    Ok(())
}

/// What `function` makes of every row of a schedule of the population, as (step, element, value) without zeros.
pub(super) fn of_trial(network: &Network, k: usize, trial: u32, function: &str) -> Result<Vec<Happening>> {
    let population = &network.populations()[k];
    let settings = population.of_trial(trial);
    let model = &settings.model;
    let evaluation = Evaluation::new(model, function)?;
    let scatter = Scatter::new(network, k, trial)?;
    let columns = model.members("Schedule");
    let params = settings.numbers(Kind::Param, population.size, None);
    let mut out = vec![];
    for element in 0..population.size {
        let list = |name: &str| {
            settings.schedule.get(name).map(|lists| &lists[(element as usize).min(lists.len() - 1)])
        };
        let Some(times) = list(&columns[0].name) else { continue };
        let param = |name: &str| params[name].at(element as usize);
        for (row, time) in times.iter().enumerate() {
            let what = format!("`{}` of population `{}`", columns[0].name, population.name);
            let column = |name: &str| list(name).map_or_else(|| default(model, name), |values| values[row]);
            let drawn = scatter.as_ref().map(|it| it.times((element, row), &param, &column));
            for time in drawn.unwrap_or_else(|| vec![*time]) {
                let end = step(network, model, &what, time, &param)? + offset(network, population, &param)?;
                let step = after_the_start(&what, time, end)?;
                let value = evaluation.run(&|owner, name| match owner {
                    "Params" => param(name),
                    _ if name == columns[0].name => decimal(end as f64 * network.dt_ms()),
                    _ => column(name),
                });
                let value = value[0].as_f64() as f32;
                if value != 0.0 {
                    out.push((step, element, value));
                }
            }
        }
    }
    Ok(out)
}

/// A listed time in steps; a model may say that it is moved to the end of its step, and that 0 is moved to the first.
pub(super) fn step(
    network: &Network,
    model: &Model,
    what: &str,
    time: f64,
    param: &dyn Fn(&str) -> f64,
) -> Result<u64> {
    let says = |function: &str| match model.function(function) {
        Some(_) => Ok(Evaluation::new(model, function)?.run(&|_, name| param(name))[0].to_bits() != 0),
        None => Ok::<bool, Error>(false),
    };
    // 1e-6 of a step: what decimal input loses
    let end = (time / network.dt_ms() - 1e-6).ceil() * network.dt_ms();
    let step = network.steps(what, if says("rounds_up")? { end } else { time })?;
    Ok(if step == 0 && says("shifts_now")? { 1 } else { step })
}

/// The steps that a population's listed times are later than they say.
fn offset(network: &Network, population: &Population, param: &dyn Fn(&str) -> f64) -> Result<u64> {
    let model = &population.settings.model;
    if model.function("offset").is_none() {
        return Ok(0);
    }
    let offset = Evaluation::new(model, "offset")?.run(&|_, name| param(name))[0].as_f64();
    network.steps(&format!("`origin` of population `{}`", population.name), offset)
}

/// A time as somebody would write it: to the nanosecond.
fn decimal(time_ms: f64) -> f64 {
    (time_ms * 1e6).round() / 1e6
}

/// The step before `step`, which belongs to `time`.
pub(super) fn after_the_start(what: &str, time: f64, step: u64) -> Result<u64> {
    step.checked_sub(1).ok_or_else(|| Error::Value {
        what: what.into(),
        expected: "after the start of the run".into(),
        got: format!("{time} ms"),
    })
}

/// Times that are drawn around those of a schedule, before the run.
struct Scatter {
    copies: Evaluation,
    moment: Evaluation,
    stream: Stream,
    dt: f64,
}

impl Scatter {
    /// How a population's times are drawn; none where they are listed.
    fn new(network: &Network, k: usize, trial: u32) -> Result<Option<Scatter>> {
        let model = &network.populations()[k].settings.model;
        if !model.draws_times() {
            return Ok(None);
        }
        let (copies, moment) = (Evaluation::new(model, "copies")?, Evaluation::new(model, "moment")?);
        let stream = stream(network, Use::Times, k).of_trial(trial);
        Ok(Some(Scatter { copies, moment, stream, dt: network.dt_ms() }))
    }

    /// The times for a row of an element's schedule; those before the first step are left out.
    fn times(
        &self,
        (element, row): (u32, usize),
        param: &dyn Fn(&str) -> f64,
        column: &dyn Fn(&str) -> f64,
    ) -> Vec<f64> {
        let copies = self.copies.run(&|_, name| param(name))[0].to_bits();
        let stream = self.stream.child(row as u32);
        let draw = |copy: u32| {
            let moment = self.moment.run(&|owner, name| match (owner, name) {
                ("Params", _) => param(name),
                ("Schedule", _) => column(name),
                ("Stream", "seed_low") => f64::from(stream.seed as u32),
                ("Stream", "seed_high") => f64::from((stream.seed >> 32) as u32),
                ("Stream", "stream") => f64::from(stream.stream),
                ("Stream", "element") => f64::from(element),
                ("Stream", _) => f64::from(copy),
                _ => self.dt,
            });
            moment[0].as_f64()
        };
        (0..copies).map(draw).filter(|time| *time > 0.5 * self.dt).collect()
    }
}

pub(super) fn default(model: &Model, column: &str) -> f64 {
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
