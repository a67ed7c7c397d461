//! First pass: what the update of every population is made of.
//!
//! Synapses are merged over projections with equal synapse, output and values: their state is kept per target.
//! Generators become parts of their targets' update where they can, and populations of sources where they cannot.

mod parts;

pub use parts::{part_prefix, sender_prefix};

use super::constants::{self, Entry};
use super::stimulus::{self, Stimulus};
use crate::error::Result;
use crate::model::instance::{Kind, Numbers};
use crate::model::{Model, Role};
use crate::network::projection::{Carries, Receptor, Sender};
use crate::network::{Network, Population, PopulationId, View};
use crate::random::Stream;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All parts of a network's updates.
#[derive(Debug)]
pub struct Recipes {
    /// One for every population of the network that is updated.
    pub populations: Vec<Recipe>,
    /// Projections that become rows of synapses.
    pub synaptic: Vec<Synaptic>,
    /// The same populations with the values of every trial, from trial 0 on; none where all trials have the same.
    pub variants: Vec<Vec<Recipe>>,
    /// The trial whose values `populations` have.
    pub trial: u32,
}

/// What the update of one population is made of.
#[derive(Debug)]
pub struct Recipe {
    /// Its name.
    pub name: String,
    /// The population; none for sources that the engine makes.
    pub population: Option<PopulationId>,
    /// Number of elements.
    pub size: u32,
    /// The model.
    pub model: Arc<Model>,
    /// Parameters by name.
    pub params: BTreeMap<String, Numbers>,
    /// Constant currents by port.
    pub inputs: BTreeMap<String, Numbers>,
    /// Merged synapses.
    pub receptors: Vec<Receptor>,
    /// Positions of the continuous inputs that hold currents of known times.
    pub held: Vec<usize>,
    /// What its elements send beside their spikes.
    pub senders: Vec<Sender>,
    /// The scheduled population whose events it receives, where it exists only to send for it.
    pub relays: Option<PopulationId>,
    /// The elements of generators that its elements send for, one each.
    pub sends_for: Vec<(PopulationId, u32)>,
    /// Generators that act on it.
    pub stimuli: Vec<Stimulus>,
    /// The largest value that one spike can carry.
    pub bound: f64,
    /// Number of its random stream.
    pub stream: u32,
}

/// A projection whose spikes travel through rows of synapses.
#[derive(Debug)]
pub struct Synaptic {
    /// Position among the network's projections.
    pub projection: usize,
    /// The recipe that the engine made for its sources, one an edge; none where they are a population's elements.
    pub made: Option<usize>,
    /// Which set of a schedule's elements sends; the first for all other sources.
    pub set: Set,
    /// Which way it goes: a symmetric rule has edges both ways.
    pub way: Way,
}

impl Synaptic {
    /// Whether its rows end on elements of the recipe.
    pub fn ends_on(&self, network: &Network, recipe: &Recipe) -> bool {
        let (_, to) = self.ends(network);
        to.slices().iter().any(|slice| recipe.receives_for(slice.population))
    }

    /// The sending and the receiving end.
    pub fn ends<'n>(&self, network: &'n Network) -> (&'n View, &'n View) {
        let projection = &network.projections()[self.projection];
        match self.way {
            Way::There => (&projection.from, &projection.to),
            Way::Back => (&projection.to, &projection.from),
        }
    }
}

/// The direction of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the sources of the projection to its targets.
    There,
    /// From its targets to its sources.
    Back,
}

/// The elements of a scheduled population, once for each kind of event: a factor may turn a weight's sign, and
/// with it the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Events with a positive factor.
    Positive,
    /// Numbers of spikes, for ports that count.
    Counts,
    /// Events with a negative factor; the weights change sign.
    Negative,
    /// All events a step before their time, for what is kept at the source: it acts in the step of the event.
    Early,
}

impl Set {
    /// How many sets there are.
    pub const COUNT: u32 = 4;

    /// The first element of the set, counted from the first of a population of `size`.
    pub fn offset(self, size: u32) -> u32 {
        self as u32 * size
    }
}

/// What a random stream is for; each use of each object has its own.
#[derive(Clone, Copy, Debug)]
pub enum Use {
    /// Values of a population's parameters, state and inputs.
    Values,
    /// Edges, weights and delays of a projection.
    Edges,
    /// Noise during the run.
    Noise,
    /// Noise that all targets of a generator have in common.
    Common,
    /// Times that are drawn before the run.
    Times,
}

/// The stream of a use of the `number`-th object.
pub fn stream(network: &Network, use_: Use, number: usize) -> Stream {
    Stream::new(network.seed(), 0).child(use_ as u32).child(number as u32)
}

/// Collects the parts of every population.
///
/// # Errors
/// A drawn value outside its bounds, a generator that reaches a target too often.
pub fn recipes(network: &Network) -> Result<Recipes> {
    let mut recipes = of_trial(network, network.trials().start)?;
    for trial in 0..network.variants() {
        recipes.variants.push(of_trial(network, trial)?.populations);
    }
    Ok(recipes)
}

/// The parts of every population, with the values of a trial.
fn of_trial(network: &Network, trial: u32) -> Result<Recipes> {
    let mut populations = vec![];
    for (k, population) in network.populations().iter().enumerate() {
        let settings = population.of_trial(trial);
        let values = stream(network, Use::Values, k);
        settings.check(&place(population, trial), population.size, Some(values))?;
        if settings.model.role() != Role::Neuron {
            continue;
        }
        populations.push(Recipe {
            name: population.name.clone(),
            population: Some(PopulationId(k as u32)),
            size: population.size,
            model: settings.model.clone(),
            params: settings.numbers(Kind::Param, population.size, Some(values)),
            inputs: settings.numbers(Kind::Input, population.size, Some(values)),
            receptors: vec![],
            held: vec![],
            senders: vec![],
            relays: None,
            sends_for: vec![],
            stimuli: vec![],
            bound: 1.0,
            stream: stream(network, Use::Noise, k).stream,
        });
    }
    let mut recipes = Recipes { populations, synaptic: vec![], variants: vec![], trial };
    merge_receptors(network, &mut recipes);
    merge_senders(network, &mut recipes);
    collect_held(network, &mut recipes);
    stimulus::attach(network, &mut recipes)?;
    Ok(recipes)
}

/// `` population `exc` ``, with the trial where trials have values of their own.
fn place(population: &Population, trial: u32) -> String {
    let of_trial =
        if population.each_trial.is_empty() { String::new() } else { format!(" in trial {trial}") };
    format!("population `{}`{of_trial}", population.name)
}

fn merge_receptors(network: &Network, recipes: &mut Recipes) {
    for projection in network.projections() {
        let Some(receptor) = &projection.receptor else { continue };
        for view in [Some(&projection.to), projection.back.as_ref().map(|_| &projection.from)] {
            for slice in view.into_iter().flat_map(View::slices) {
                let recipe = recipes.of_mut(slice.population).expect("synapses end on neurons");
                if !recipe.receptors.contains(receptor) {
                    recipe.receptors.push(receptor.clone());
                }
            }
        }
    }
}

fn merge_senders(network: &Network, recipes: &mut Recipes) {
    for projection in network.projections() {
        let Some(sender) = &projection.sender else { continue };
        for view in [Some(&projection.from), projection.back.as_ref().map(|_| &projection.to)] {
            for slice in view.into_iter().flat_map(View::slices) {
                let k = recipes.sending(slice.population).unwrap_or_else(|| {
                    recipes.populations.push(relay(network, recipes.trial, slice.population));
                    recipes.populations.len() - 1
                });
                let senders = &mut recipes.populations[k].senders;
                if !senders.contains(sender) {
                    senders.push(sender.clone());
                }
            }
        }
    }
}

fn collect_held(network: &Network, recipes: &mut Recipes) {
    for projection in network.projections().iter().filter(|it| it.carries == Carries::Levels) {
        for slice in projection.to.slices() {
            let recipe = recipes.of_mut(slice.population).expect("currents end on neurons");
            let input = recipe.current_input(projection);
            if !recipe.held.contains(&input) {
                recipe.held.push(input);
            }
        }
    }
}

/// Elements that receive the events of a scheduled population and send for it.
fn relay(network: &Network, trial: u32, id: PopulationId) -> Recipe {
    let population = network.get(id);
    Recipe {
        name: format!("{} at the source", population.name),
        population: None,
        size: population.size,
        model: population.settings.model.clone(),
        params: population.of_trial(trial).numbers(Kind::Param, population.size, None),
        inputs: BTreeMap::new(),
        receptors: vec![],
        held: vec![],
        senders: vec![],
        relays: Some(id),
        sends_for: vec![],
        stimuli: vec![],
        bound: 1.0,
        stream: stream(network, Use::Noise, id.0 as usize).stream,
    }
}

impl Recipe {
    /// Whether what arrives at elements of a population arrives at elements of this recipe.
    pub fn receives_for(&self, population: PopulationId) -> bool {
        self.population == Some(population) || self.sends_for.iter().any(|(known, _)| *known == population)
    }
}

impl Recipes {
    /// The recipe of a population of the network.
    pub fn of(&self, population: PopulationId) -> Option<usize> {
        self.populations.iter().position(|recipe| recipe.population == Some(population))
    }

    /// The `k`-th recipe with the values of a trial.
    pub fn of_trial(&self, k: usize, trial: u32) -> &Recipe {
        self.variants.get(trial as usize).map_or(&self.populations[k], |variant| &variant[k])
    }

    /// The `k`-th recipe with all values that it can have, those of trials that do not run included: what follows
    /// from them all is the same whichever trials run.
    pub fn variants(&self, k: usize) -> Vec<&Recipe> {
        if self.variants.is_empty() {
            return vec![&self.populations[k]];
        }
        self.variants.iter().map(|variant| &variant[k]).collect()
    }

    /// The constants of the `k`-th recipe in each of the trials that run.
    ///
    /// # Errors
    /// A `derive` that cannot be lowered.
    pub fn constants(&self, network: &Network, k: usize) -> Result<Vec<Vec<Entry>>> {
        let (dt, seed) = (network.dt_ms(), network.seed());
        let variants = self.variants(k);
        let mut distinct = variants[0].constants(dt, seed)?;
        let mut all: Vec<Vec<Entry>> = vec![];
        for variant in &variants[1..] {
            let entries =
                if variant.is_like(variants[0]) { distinct.clone() } else { variant.constants(dt, seed)? };
            constants::align(&mut distinct, &entries, variant.size);
            all.push(entries);
        }
        let shape = distinct.clone();
        all.insert(0, distinct);
        let of_trial = |trial: u32| {
            let mut entries = all[(trial as usize).min(all.len() - 1)].clone();
            constants::align(&mut entries, &shape, self.populations[k].size);
            constants::set_seed(&mut entries, Stream::new(seed, 0).of_trial(trial).seed);
            entries
        };
        Ok(network.trials().map(of_trial).collect())
    }

    /// The recipe that sends what is kept at the sources of a population.
    pub fn sending(&self, population: PopulationId) -> Option<usize> {
        let sends = |recipe: &Recipe| [recipe.population, recipe.relays].contains(&Some(population));
        self.populations.iter().position(sends)
    }

    /// Which ports of the `k`-th recipe spikes can arrive at.
    pub fn reached_ports(&self, network: &Network, k: usize) -> Vec<bool> {
        let recipe = &self.populations[k];
        let mut reached = vec![recipe.relays.is_some(); recipe.ports().len()];
        for synaptic in &self.synaptic {
            let projection = &network.projections()[synaptic.projection];
            if synaptic.ends_on(network, recipe) {
                recipe.taking_ports(projection).for_each(|port| reached[port] = true);
            }
        }
        reached
    }

    /// The recipe of a population of the network.
    pub fn of_mut(&mut self, population: PopulationId) -> Option<&mut Recipe> {
        self.populations.iter_mut().find(|recipe| recipe.population == Some(population))
    }
}
