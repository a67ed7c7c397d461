//! Currents that change at known times, as the changes that travel through rows of synapses.

use super::constants::Evaluation;
use super::schedule::{self, Happening, default};
use crate::error::{Error, Result};
use crate::model::instance::{Kind, Settings};
use crate::network::{Network, Population};

/// The changes of a current or of what random spikes follow, as (step, element, change), in units of [`most`].
///
/// A change at time t is sent a step before, so that without a delay it acts in the step that begins at t.
pub(super) fn changes(
    network: &Network,
    population: &Population,
    settings: &Settings,
) -> Result<Vec<Happening>> {
    let most = most(network, population)?;
    let mut out = vec![];
    for (element, steps) in levels(network, population, settings)? {
        // what has been sent so far, as the device sums it: roundings do not add up
        let mut sum = 0.0f64;
        for (step, level) in steps {
            let change = (level / most - sum) as f32;
            if change.is_normal() {
                sum += f64::from(change);
                out.push((step.wrapping_sub(1), element, change));
            }
        }
    }
    Ok(out)
}

/// The most that a level of a population or a change of it can come to.
///
/// The weights of its projections are multiplied by it, so that the sums at the targets have all their bits.
pub(super) fn most(network: &Network, population: &Population) -> Result<f64> {
    let mut most = 0.0f64;
    for settings in population.variants() {
        let levels = levels(network, population, settings)?;
        let levels = levels.iter().flat_map(|(_, steps)| steps);
        // a change is at most twice the largest level
        most = levels.map(|(_, level)| 2.0 * level.abs()).fold(most, f64::max);
    }
    Ok(most)
}

/// The step in which every level begins, and the level, by element.
type Levels = Vec<(u32, Vec<(u64, f64)>)>;

fn levels(network: &Network, population: &Population, settings: &Settings) -> Result<Levels> {
    let model = &settings.model;
    let evaluation = Evaluation::new(model, "level")?;
    let columns = model.members("Schedule");
    let consecutive = columns[0].tag().is_some_and(|tag| tag.consecutive);
    let params = settings.numbers(Kind::Param, population.size, None);
    let mut all = vec![];
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
                _ => list(name).map_or_else(|| default(model, name), |values| values[row]),
            });
            let param = |name: &str| params[name].at(element as usize);
            let step = schedule::step(network, model, &what, *time, &param)?;
            // spikes leave at the end of a step: they follow the level of that time
            let step = if model.is_random() { schedule::after_the_start(&what, *time, step)? } else { step };
            steps.push((step, value[0].as_f64()));
        }
        if consecutive {
            steps = one_after_the_other(&steps);
        } else if steps.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            let (expected, got) =
                ("increasing times".into(), "a time that is not after the one before".into());
            return Err(Error::Value { what, expected, got });
        }
        let param = |name: &str| params.get(name).map(|numbers| numbers.at(element as usize));
        if !model.is_random()
            && let (Some(origin), Some(start), Some(stop)) = (param("origin"), param("start"), param("stop"))
        {
            let at = |time: f64| (time / network.dt_ms()).round().clamp(0.0, u64::MAX as f64) as u64;
            steps = within(&steps, at(origin + start), at(origin + stop));
        }
        all.push((element, steps));
    }
    Ok(all)
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
