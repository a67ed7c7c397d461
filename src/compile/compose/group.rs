//! Which populations are updated alike, and so share a graph.

use super::super::constants::Entry;
use super::super::layout;
use super::super::recipe::Recipes;
use super::{Composed, compose};
use crate::error::Result;
use crate::network::Network;
use crate::program::Constant;

/// A graph and the recipes that share it.
#[derive(Debug)]
pub struct Group {
    /// The graph with its leaves and outputs.
    pub composed: Composed,
    /// Positions of the recipes.
    pub recipes: Vec<usize>,
    /// The constants of each recipe, in every trial, dead ones included.
    pub entries: Vec<Vec<Vec<Entry>>>,
    /// What is recorded, as (part, member of its State); parts are numbered as by [`super::part_of_receptor`] and
    /// [`super::parts_of_sender`], the neuron is 0.
    pub recorded: Vec<(usize, usize)>,
}

/// Groups the recipes and composes a graph for each group.
///
/// # Errors
/// A model that the lane graph refuses, with its line.
pub fn groups(network: &Network, recipes: &Recipes) -> Result<Vec<Group>> {
    /// What recipes share that are updated alike.
    #[derive(PartialEq)]
    struct Key {
        title: String,
        constants: Vec<Constant>,
        /// Ports of the stimuli, and whether they make currents.
        stimuli: Vec<(usize, bool)>,
        /// How long the arrays of their models and of the recipe's own are.
        lengths: Vec<Vec<(String, u32)>>,
    }
    struct Alike {
        key: Key,
        recipes: Vec<usize>,
        entries: Vec<Vec<Vec<Entry>>>,
        recorded: Vec<(usize, usize)>,
        reached: Vec<bool>,
    }
    let mut alike: Vec<Alike> = vec![];
    for (k, recipe) in recipes.populations.iter().enumerate() {
        let entries = recipes.constants(network, k)?;
        let constants = entries[0].iter().map(|entry| entry.constant.clone()).collect();
        let stimuli = recipe.stimuli.iter();
        let models = stimuli.clone().map(|stimulus| &stimulus.model).chain([&recipe.model]);
        let key = Key {
            title: recipe.title(),
            constants,
            stimuli: stimuli.map(|stimulus| (stimulus.port, stimulus.is_current())).collect(),
            lengths: models.map(|model| model.counts().to_vec()).collect(),
        };
        let recorded = layout::recorded(network, recipe);
        let reached = recipes.reached_ports(network, k);
        match alike.iter_mut().find(|group| group.key == key) {
            Some(group) => {
                group.recipes.push(k);
                group.entries.push(entries);
                group.recorded.extend(recorded);
                group.reached.iter_mut().zip(reached).for_each(|(any, one)| *any |= one);
            }
            None => alike.push(Alike { key, recipes: vec![k], entries: vec![entries], recorded, reached }),
        }
    }
    let compose = |mut group: Alike| {
        group.recorded.sort_unstable();
        group.recorded.dedup();
        let recipe = &recipes.populations[group.recipes[0]];
        let composed = compose(recipe, &group.entries, &group.recorded, &group.reached)?;
        Ok(Group { composed, recipes: group.recipes, entries: group.entries, recorded: group.recorded })
    };
    alike.into_iter().map(compose).collect()
}
