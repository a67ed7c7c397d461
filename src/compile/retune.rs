//! The constants of a built kernel, computed anew after a parameter has changed.
//!
//! *How it works.* The description is changed, and the parts of the kernel's populations are collected again from it:
//! what comes out is what a network built with the new value would have. Mostly only numbers differ. Where a constant
//! that all elements shared is now each element's own, or one that the graph took to be 0 is not, the graph is made
//! anew, too. Elements, ring slots and rows of synapses stay as they are.

use super::compose::{self, is_off};
use super::constants::Entry;
use super::recipe::{self, Recipes};
use super::{layout, scale};
use crate::error::{Error, Result};
use crate::network::Network;
use crate::program::{Kernel, Member, Program};

/// What becomes of a kernel.
#[derive(Debug)]
pub enum Retuned {
    /// Other words for its constants, in the shape of [`Member::constants`], by member.
    Constants(Vec<Vec<Vec<u32>>>),
    /// Another graph over the same elements, state and slots.
    Kernel(Box<Kernel>),
}

/// The constants of the kernel at this position, for a network that differs from the built one in its parameters.
///
/// # Errors
/// A model that cannot be lowered, a structure that the change would alter.
pub fn retune(network: &Network, recipes: &Recipes, program: &Program, number: usize) -> Result<Retuned> {
    let kernel = &program.kernels[number];
    let positions = positions(program, number);
    let mut entries = vec![];
    for position in &positions {
        entries.push(recipes.constants(network, *position)?);
    }
    let is_each = spread(kernel, recipes, &positions, &mut entries);
    set_wired(program, recipes, (number, &positions), &mut entries);
    let shape = &entries[0][0];
    let is_known = |name: &String| shape.iter().position(|entry| entry.constant.name == *name);
    let wakes = kernel.off.iter().filter_map(is_known).any(|k| !all(&entries).all(|own| is_off(&own[k])));
    let widens = kernel
        .constants
        .iter()
        .any(|constant| !constant.each && is_known(&constant.name).is_some_and(|k| is_each[k]));
    if !(wakes || widens) {
        let names: Vec<usize> =
            kernel.constants.iter().filter_map(|constant| is_known(&constant.name)).collect();
        return Ok(Retuned::Constants(words(kernel, &positions, &entries, &names)));
    }
    let group: Vec<_> = positions.iter().map(|position| &recipes.populations[*position]).collect();
    let mut recorded: Vec<(usize, usize)> =
        group.iter().flat_map(|recipe| layout::recorded(network, recipe)).collect();
    recorded.sort_unstable();
    recorded.dedup();
    let mut reached = vec![false; kernel.ports as usize];
    for position in &positions {
        let own = recipes.reached_ports(network, *position);
        reached.iter_mut().zip(own).for_each(|(any, one)| *any |= one);
    }
    let composed = compose::compose(group[0], &entries, &recorded, &reached)?;
    if composed.state != kernel.state {
        let text = format!("the change alters what `{}` consists of; build the network with it", kernel.name);
        return Err(Error::network(text));
    }
    let (leaves, kept) = layout::kept(&composed);
    let kept: Vec<usize> = kept.into_iter().map(|k| k as usize).collect();
    let constants = words(kernel, &positions, &entries, &kept);
    let members = kernel.members.iter().zip(constants);
    let members = members.map(|(member, constants)| Member { constants, ..member.clone() }).collect();
    Ok(Retuned::Kernel(Box::new(Kernel {
        name: kernel.name.clone(),
        first: kernel.first,
        len: kernel.len,
        ports: kernel.ports,
        constants: kept.iter().map(|k| entries[0][0][*k].constant.clone()).collect(),
        graph: composed.graph,
        leaves,
        next: composed.next,
        fired: composed.fired,
        value: composed.value,
        outlets: composed.outlets,
        recorded: composed.recorded,
        state: composed.state,
        off: composed.off,
        members,
    })))
}

/// Fails where the change lets a spike carry more than the scales of the ports were made for.
///
/// # Errors
/// One sentence on what to do instead.
pub fn check_bounds(built: &Network, network: &Network, new: &Recipes) -> Result<()> {
    if new.populations.iter().all(|recipe| recipe.model.function("bound").is_none()) {
        return Ok(());
    }
    let old = &recipe::recipes(built)?;
    let (before, after) = (scale::own_bounds(network, old)?, scale::own_bounds(network, new)?);
    let Some(k) = (0..before.len()).find(|k| after[*k] > before[*k]) else { return Ok(()) };
    Err(Error::network(format!(
        "the change lets `{}` send {} spikes in a step, the network was built for {}; build it with the largest value \
         and lower that",
        new.populations[k].name, after[k], before[k]
    )))
}

/// The recipes of a kernel, in the order of its members.
fn positions(program: &Program, kernel: usize) -> Vec<usize> {
    let mut found: Vec<(usize, usize)> = (program.places.iter().enumerate())
        .filter(|(_, place)| place.0 == kernel)
        .map(|(position, place)| (place.1, position))
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, position)| position).collect()
}

fn all(entries: &[Vec<Vec<Entry>>]) -> impl Iterator<Item = &Vec<Entry>> {
    entries.iter().flatten()
}

/// Gives all members of a kernel the same shape: what one has for each element, all have. Tells which constants these are.
fn spread(
    kernel: &Kernel,
    recipes: &Recipes,
    positions: &[usize],
    entries: &mut [Vec<Vec<Entry>>],
) -> Vec<bool> {
    let own = |name: &str| kernel.constants.iter().any(|constant| constant.each && constant.name == name);
    let is_each: Vec<bool> = (0..entries[0][0].len())
        .map(|k| own(&entries[0][0][k].constant.name) || all(entries).any(|own| own[k].constant.each))
        .collect();
    for (position, copies) in positions.iter().zip(entries.iter_mut()) {
        let size = recipes.populations[*position].size as usize;
        for (entry, is_each) in copies.iter_mut().flat_map(|own| own.iter_mut().zip(&is_each)) {
            if *is_each && !entry.constant.each {
                entry.constant.each = true;
                entry.words = vec![entry.words[0]; size];
            }
        }
    }
    is_each
}

/// Takes what follows from the rows of synapses from the built network: scales, sums of weights.
fn set_wired(
    program: &Program,
    recipes: &Recipes,
    (number, positions): (usize, &[usize]),
    entries: &mut [Vec<Vec<Entry>>],
) {
    let kernel = &program.kernels[number];
    for (m, (position, copies)) in positions.iter().zip(entries.iter_mut()).enumerate() {
        let ports = program.ports.iter().filter(|port| port.place == (number, m));
        let scales =
            ports.map(|port| (format!("scale_{}", port.number), vec![(port.scale.recip() as f32).to_bits()]));
        let sums = recipes.populations[*position].wired().into_iter().filter_map(|name| {
            let k = kernel.constants.iter().position(|constant| constant.name == name)?;
            Some((name, kernel.members[m].constants[k].clone()))
        });
        for (name, words) in scales.chain(sums) {
            let named = copies.iter_mut().flatten().filter(|entry| entry.constant.name == name);
            named.for_each(|entry| entry.words.clone_from(&words));
        }
    }
}

/// Words of the chosen constants, by member: those of the first copy, then those of the next.
fn words(
    kernel: &Kernel,
    positions: &[usize],
    entries: &[Vec<Vec<Entry>>],
    chosen: &[usize],
) -> Vec<Vec<Vec<u32>>> {
    let of_copy = positions.len();
    let member = |m: usize| {
        let own = &entries[m % of_copy][m / of_copy];
        chosen.iter().map(|k| own[*k].words.clone()).collect()
    };
    (0..kernel.members.len()).map(member).collect()
}
