//! The scale of every port: how many integers a unit of weight is.
//!
//! Weights arrive as integers. The scale of a port is the largest power of two for which the sum of everything
//! that can arrive in one step stays below 2^31, so no sum ever overflows, whatever fires.

use super::connect::Plan;
use super::constants::{Entry, Evaluation, number};
use super::layout::Layout;
use super::recipe::{Recipe, Recipes, Synaptic, sender_prefix};
use super::schedule;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::instance::{continuous, spike_ports};
use crate::network::projection::Sender;
use crate::network::{Network, Population, PopulationId};
use crate::program::{Partition, Port};
use std::ops::Range;

/// The scale of every port.
pub(super) struct Scales {
    /// By ring slot.
    pub slot: Vec<f64>,
    /// By port, for reports.
    pub ports: Vec<Port>,
}

impl Scales {
    /// Finds every scale and sets it in the kernels' constants.
    pub fn new(network: &Network, recipes: &Recipes, layout: &mut Layout, plan: &Plan) -> Result<Scales> {
        let bounds = spike_bounds(network, recipes, layout, plan)?;
        let mut scales = Scales { slot: vec![1.0; layout.slots as usize], ports: vec![] };
        for (position, recipe) in recipes.populations.iter().enumerate() {
            let (kernel, member) = layout.places[position];
            for (port, name) in recipe.ports().iter().enumerate() {
                let most = bounds.incoming(network, recipes, recipe, port)?;
                let planes = planes(layout, (kernel, member), port);
                let (mut sum, mut count) = (0.0f64, 0u32);
                for slot in planes.iter().cloned().flatten() {
                    sum = sum.max(plan.slot_sums().get(slot).copied().unwrap_or(0.0));
                    count = count.max(plan.slot_counts().get(slot).copied().unwrap_or(0));
                }
                let scale = scale(sum * most, f64::from(count) * (most + 1.0));
                planes.into_iter().flatten().for_each(|slot| scales.slot[slot] = scale);
                let word = (scale.recip() as f32).to_bits();
                layout.set_constant((kernel, member), &format!("scale_{port}"), &[word]);
                scales.ports.push(Port {
                    name: format!("{}.{name}", recipe.name),
                    scale,
                    bound: sum * most,
                    most,
                    place: (kernel, member),
                    number: port,
                });
            }
        }
        Ok(scales)
    }
}

/// The largest power of two with `sum · scale + roundings / 2 < 2^31`.
fn scale(sum: f64, roundings: f64) -> f64 {
    if sum <= 0.0 {
        return 1.0;
    }
    let room = (f64::from(i32::MAX) - 0.5 * roundings).max(1.0);
    // 2^±100 keeps the inverse within f32
    (room / sum).log2().floor().clamp(-100.0, 100.0).exp2()
}

/// The slots of a port in every partition.
fn planes(layout: &Layout, place: (usize, usize), port: usize) -> Vec<Range<usize>> {
    let (kernel, k) = place;
    let member = &layout.kernels[kernel].members[k];
    let plane = |(p, partition): (usize, &Partition)| {
        let first = member.slots[p][port] as usize;
        first..first + partition.elements[kernel][k].1 as usize
    };
    layout.partitions.iter().enumerate().map(plane).collect()
}

/// The largest value of a spike, by recipe and by scheduled population.
struct Bounds {
    recipes: Vec<f64>,
    scheduled: Vec<f64>,
}

impl Bounds {
    /// The largest value that can come with a weight to a port.
    fn incoming(&self, network: &Network, recipes: &Recipes, recipe: &Recipe, port: usize) -> Result<f64> {
        // at least 1: the weights themselves must fit too
        let mut most = 1.0f64;
        if let Some(scheduled) = recipe.relays {
            most = most.max(self.scheduled[scheduled.0 as usize]);
        }
        for synaptic in recipes.synaptic.iter().filter(|synaptic| synaptic.ends_on(network, recipe)) {
            let projection = &network.projections()[synaptic.projection];
            if !recipe.taking_ports(projection).any(|taking| taking == port) {
                continue;
            }
            let (from, _) = synaptic.ends(network);
            for slice in from.slices() {
                let sent = match &projection.sender {
                    None => self.of(recipes, synaptic, slice.population),
                    Some(sender) => sent_bound(network, recipes, slice.population, sender)?,
                };
                most = most.max(sent);
            }
        }
        Ok(most)
    }

    fn of(&self, recipes: &Recipes, synaptic: &Synaptic, population: PopulationId) -> f64 {
        match synaptic.made.or_else(|| recipes.of(population)) {
            Some(recipe) => self.recipes[recipe],
            None => self.scheduled[population.0 as usize],
        }
    }
}

/// How large spikes can become; a model's `bound` is asked until nothing grows.
fn spike_bounds(network: &Network, recipes: &Recipes, layout: &Layout, plan: &Plan) -> Result<Bounds> {
    let mut bounds =
        Bounds { recipes: vec![1.0; recipes.populations.len()], scheduled: scheduled_bounds(network)? };
    for round in 0..=recipes.populations.len() + 1 {
        let mut grown = None;
        for (position, recipe) in recipes.populations.iter().enumerate() {
            // of other models it is the bound of what they release
            if recipe.model.function("spikes").is_none() {
                continue;
            }
            let incoming = (0..recipe.ports().len()).map(|port| {
                let most = bounds.incoming(network, recipes, recipe, port)?;
                let slots = planes(layout, layout.places[position], port).into_iter().flatten();
                let sums = slots.map(|slot| plan.slot_sums().get(slot).copied().unwrap_or(0.0));
                let own = recipes.variants(position).into_iter().map(|it| stimulus_bound(network, it, port));
                Ok(sums.fold(0.0, f64::max) * most + own.fold(0.0, f64::max))
            });
            let incoming = incoming.collect::<Result<Vec<f64>>>()?;
            let mut largest = 1.0f64;
            for variant in recipes.variants(position) {
                let entries = variant.constants(network.dt_ms(), 0)?;
                largest = largest.max(bound(network, &variant.model, &entries, "", &incoming)?);
            }
            let bound = largest;
            if bound > bounds.recipes[position] {
                bounds.recipes[position] = bound;
                grown = Some(recipe.name.clone());
            }
        }
        match grown {
            None => return Ok(bounds),
            Some(name) if round > recipes.populations.len() => {
                return Err(Error::network(format!(
                    "population `{name}` repeats spikes in a circle: their number has no bound"
                )));
            }
            Some(_) => {}
        }
    }
    Ok(bounds)
}

/// How large spikes of each recipe become if one of weight 1 arrives at every port, beside the trains drawn there.
pub(super) fn own_bounds(network: &Network, recipes: &Recipes) -> Result<Vec<f64>> {
    let of_recipe = |position: usize| {
        let mut largest = 0.0f64;
        for recipe in recipes.variants(position).into_iter().filter(|it| it.model.function("bound").is_some())
        {
            let incoming = (0..recipe.ports().len()).map(|port| 1.0 + stimulus_bound(network, recipe, port));
            let entries = recipe.constants(network.dt_ms(), 0)?;
            largest =
                largest.max(bound(network, &recipe.model, &entries, "", &incoming.collect::<Vec<_>>())?);
        }
        Ok(largest)
    };
    (0..recipes.populations.len()).map(of_recipe).collect()
}

/// The most that the trains drawn by the target itself add to a port.
fn stimulus_bound(network: &Network, recipe: &Recipe, port: usize) -> f64 {
    let trains = recipe
        .stimuli
        .iter()
        .enumerate()
        .filter(|(_, stimulus)| !stimulus.is_current() && stimulus.port == port);
    let most = trains.map(|(k, stimulus)| {
        let entries = stimulus.constants(k, network.dt_ms()).unwrap_or_default();
        bound(network, &stimulus.model, &entries, &stimulus.prefix(k), &[]).unwrap_or(0.0)
    });
    most.sum()
}

/// The largest value that a sender sends; its update keeps within it.
fn sent_bound(
    network: &Network,
    recipes: &Recipes,
    population: PopulationId,
    sender: &Sender,
) -> Result<f64> {
    let position = recipes.sending(population).expect("its senders were collected");
    let recipe = &recipes.populations[position];
    let k = recipe.senders.iter().position(|known| known == sender).expect("its senders were collected");
    let Some(last) = sender.synapse.as_ref().or(sender.stp.as_ref()) else {
        let released = |it: &&Recipe| bound(network, &it.model, &it.constants(network.dt_ms(), 0)?, "", &[]);
        let all = recipes.variants(position).iter().map(released).collect::<Result<Vec<f64>>>()?;
        return Ok(all.into_iter().fold(0.0, f64::max));
    };
    let entries = recipe.constants(network.dt_ms(), 0)?;
    bound(network, &last.model, &entries, &sender_prefix(last, k), &[])
}

/// `bound` of a model, at its largest over all elements.
fn bound(network: &Network, model: &Model, entries: &[Entry], prefix: &str, incoming: &[f64]) -> Result<f64> {
    let evaluation = Evaluation::new(model, "bound")?;
    let elements = entries.iter().map(|entry| entry.words.len()).max().unwrap_or(1);
    let at = |element: usize| {
        let value = |owner: &str, name: &str| {
            let key = match owner {
                "Derived" => format!("{prefix}derived_{name}"),
                "Params" => format!("{prefix}{name}"),
                "Input" => {
                    // every level of a generator is held, after its ports
                    let mut ports = spike_ports(model).chain(continuous(model));
                    let position = ports.position(|member| member.name == name);
                    return position.and_then(|k| incoming.get(k)).copied().unwrap_or(0.0);
                }
                _ => return network.dt_ms(),
            };
            number(entries, &key, element)
        };
        evaluation.run(&value)[0].as_f64()
    };
    Ok((0..elements).map(at).fold(0.0, f64::max))
}

fn scheduled_bounds(network: &Network) -> Result<Vec<f64>> {
    let largest = |(k, population): (usize, &Population)| {
        let model = &population.settings.model;
        if !model.is_scheduled() || model.function("level").is_some() {
            return Ok(1.0);
        }
        let of_all = most_in_a_step(network, k, 0..population.variants().len() as u32)?;
        if !model.draws_times() {
            return Ok(of_all);
        }
        // The same scale whichever trials run: 4 times what the first draw, and more for small numbers, is beyond what
        // chance brings to another.
        Ok(most_in_a_step(network, k, network.trials())?.max(4.0 * of_all + 16.0))
    };
    network.populations().iter().enumerate().map(largest).collect()
}

/// The largest value that an element of a scheduled population sends in a step, at least 1.
fn most_in_a_step(network: &Network, k: usize, trials: Range<u32>) -> Result<f64> {
    let mut most = 1.0f64;
    for (function, trial) in
        ["event", "count"].into_iter().flat_map(|it| trials.clone().map(move |k| (it, k)))
    {
        let mut events = schedule::of_trial(network, k, trial, function)?;
        events.sort_unstable_by_key(|event| (event.1, event.0));
        for together in events.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            most = most.max(together.iter().map(|event| f64::from(event.2.abs())).sum());
        }
    }
    Ok(most)
}
