//! Generators that receive: what reaches an element reaches every element that the engine made to send for it.
//!
//! A generator with inputs gives every target a train of its own, drawn from what all have in common: the spikes that
//! arrive at the generator, or a level that changes at listed times. The engine has made an element for each of its
//! edges (and one for each of its own elements, where these are recorded); edges that end on the generator are
//! repeated for all of them.

use super::super::connect::{EdgeDelay, EdgeValue, TargetSegment, Wiring, for_each_edge};
use super::super::layout::Layout;
use super::super::level;
use super::super::recipe::{Recipes, Set, Use, stream};
use super::super::stimulus::locate;
use super::{expand, recipe_segments, source_segment};
use crate::error::Result;
use crate::network::projection::Projection;
use crate::network::rule::edges;
use crate::network::view::{Slice, View};
use crate::network::{Network, PopulationId};
use std::collections::BTreeMap;

/// The elements of a view of generators, which are none of the program's: their edges are yet to be repeated.
pub(super) fn all_of(layout: &Layout, to: &View) -> TargetSegment {
    TargetSegment { gid: layout.elements, len: to.len(), slot: [0, 0] }
}

/// Repeats the edges that end on elements of generators for all that send for these.
pub(super) fn out(
    wiring: &mut Wiring,
    recipes: &Recipes,
    layout: &Layout,
    projection: &Projection,
) -> Result<()> {
    let mut targets = vec![];
    let mut sending: BTreeMap<(PopulationId, u32), Vec<u32>> = BTreeMap::new();
    let mut first = 0;
    for (recipe, place) in recipes.populations.iter().zip(&layout.places) {
        if !projection.to.slices().iter().any(|slice| recipe.receives_for(slice.population)) {
            continue;
        }
        for (k, element) in (first..).zip(&recipe.sends_for) {
            sending.entry(*element).or_default().push(k);
        }
        first += recipe.size;
        recipe_segments(layout, *place, 0..recipe.size, recipe.ports_by_sign(projection), &mut targets);
    }
    let mut all = vec![];
    for_each_edge(wiring, |edge| {
        let element = locate(projection.to.slices(), edge.target);
        let repeated = sending.get(&element).into_iter().flatten();
        all.extend(repeated.map(|k| ([edge.source, *k], edge.weight, edge.delay)));
    })?;
    wiring.targets = targets;
    let pairs = all.iter().map(|(pair, ..)| *pair).collect();
    let (weights, delays) = all.iter().map(|(_, weight, delay)| (*weight, *delay)).unzip();
    expand::list(wiring, pairs, weights, delays);
    Ok(())
}

/// The rows from the schedules that a recipe's generators follow.
pub(super) fn levels(
    network: &Network,
    recipes: &Recipes,
    layout: &Layout,
    position: usize,
) -> Result<Vec<Wiring>> {
    let recipe = &recipes.populations[position];
    let mut by_population: BTreeMap<PopulationId, Vec<[u32; 2]>> = BTreeMap::new();
    if recipe.model.has_schedule() && !recipe.held.is_empty() {
        for (k, (population, element)) in (0..).zip(&recipe.sends_for) {
            by_population.entry(*population).or_default().push([*element, k]);
        }
    }
    let wiring = |(population, pairs): (PopulationId, Vec<[u32; 2]>)| {
        let scheduled = network.get(population);
        let all = Slice { population, first: 0, len: scheduled.size };
        let mut targets = vec![];
        let port = [Some(recipe.first_held()); 2];
        recipe_segments(layout, layout.places[position], 0..recipe.size, port, &mut targets);
        Ok(Wiring {
            name: format!("{} levels", recipe.name),
            connectivity: edges(pairs),
            sources: vec![source_segment(layout, &all, Set::Positive)],
            targets,
            weight: EdgeValue::Constant(level::most(network, scheduled)?),
            delay: EdgeDelay::Constant(1),
            stream: stream(network, Use::Edges, 0),
        })
    };
    by_population.into_iter().map(wiring).collect()
}
