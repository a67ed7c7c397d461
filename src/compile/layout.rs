//! Third pass: numbers for elements, ring slots and trace columns.

use super::compose::{Composed, Group, part_of_receptor, parts_of_sender};
use super::constants::word;
use super::recipe::{Recipe, Recipes, Set, Use, stream};
use crate::error::{Error, Result};
use crate::lane::LeafId;
use crate::model::instance::{Kind, Numbers, Settings};
use crate::model::reflect::Member as Declared;
use crate::model::tag::Term;
use crate::model::{Model, Role};
use crate::network::projection::Projection;
use crate::network::record::What;
use crate::network::{MAX_ELEMENTS, Network};
use crate::program::{GROUP, Kernel, Leaf, Located, Member, Partition, Recorded, Trace};
use std::collections::BTreeMap;

/// Where everything lies.
#[derive(Debug)]
pub struct Layout {
    /// The kernels with their members; the scales of their ports are set by the next pass.
    pub kernels: Vec<Kernel>,
    /// Kernel and member of every recipe, in the first copy.
    pub places: Vec<(usize, usize)>,
    /// Shares of the delivery threads in the first copy.
    pub partitions: Vec<Partition>,
    /// Ring slots of one row of one copy.
    pub slots: u32,
    /// Elements, padding included.
    pub elements: u32,
    /// Traces.
    pub traces: Vec<Trace>,
    /// The populations of the network.
    pub populations: Vec<Located>,
}

/// Lays out elements, slots and traces.
///
/// # Errors
/// More ring slots than a word can number.
pub fn layout(network: &Network, recipes: &Recipes, groups: Vec<Group>, partitions: u32) -> Result<Layout> {
    let mut out = Layout {
        kernels: vec![],
        places: vec![(0, 0); recipes.populations.len()],
        partitions: vec![],
        slots: 0,
        elements: 0,
        traces: vec![],
        populations: vec![],
    };
    let recorded: Vec<Vec<(usize, usize)>> = groups.iter().map(|group| group.recorded.clone()).collect();
    for group in groups {
        out.add_kernel(network, recipes, group);
    }
    out.number_outlets();
    out.locate_populations(network, recipes);
    out.assign_slots(network, partitions)?;
    out.add_traces(network, recipes, &recorded);
    Ok(out)
}

/// Fails where a spike has no bits for the last element: asked before anything is made for each trial.
///
/// # Errors
/// [`Error::Network`] with the number of elements.
pub fn check_elements(network: &Network, recipes: &Recipes) -> Result<()> {
    // what is sent beside spikes has numbers of its own
    let sending = |recipe: &Recipe| vec![recipe.size; 1 + recipe.senders.len()];
    let updated = recipes.populations.iter().flat_map(sending);
    let scheduled =
        network.populations().iter().filter(|population| population.settings.model.has_schedule());
    let sizes = updated.chain(scheduled.map(|population| Set::COUNT.saturating_mul(population.size)));
    let copy: u64 = sizes.map(|size| u64::from(size).next_multiple_of(u64::from(GROUP))).sum();
    let trials = network.trials().len() as u64;
    if copy * trials <= MAX_ELEMENTS {
        return Ok(());
    }
    let of = if trials > 1 { format!(" in {trials} trials") } else { String::new() };
    let text = format!("{} elements{of} with padding; a network has at most {MAX_ELEMENTS}", copy * trials);
    Err(Error::network(text))
}

/// The recorded variables of a recipe, as (part, member of its State).
pub fn recorded(network: &Network, recipe: &Recipe) -> Vec<(usize, usize)> {
    let Some(population) = recipe.population else { return vec![] };
    let records = network
        .records()
        .iter()
        .filter(|record| record.from.slices().iter().any(|slice| slice.population == population));
    let names = records.flat_map(|record| match &record.what {
        What::Trace { variables, .. } => variables.as_slice(),
        What::Spikes | What::Spins | What::Detector(_) => &[],
    });
    names.map(|name| variable(network, recipe, name)).collect()
}

/// Part and member of a variable: `V_m`, or `NAME.g` for the synapse of a projection.
fn variable(network: &Network, recipe: &Recipe, name: &str) -> (usize, usize) {
    let position = |model: &Model, name: &str| model.state().iter().position(|member| member.name == name);
    let found = match name.split_once('.') {
        None => position(&recipe.model, name).map(|member| (0, member)),
        Some((projection, field)) => {
            let named = network.projections().iter().filter(|known| known.name == projection);
            let mut parts = named.flat_map(|projection| parts(recipe, projection));
            parts.find_map(|(part, settings)| Some((part, position(&settings.model, field)?)))
        }
    };
    found.expect("records are checked")
}

/// The models of a projection that are parts of a recipe, with their numbers.
fn parts<'p>(recipe: &Recipe, projection: &'p Projection) -> Vec<(usize, &'p Settings)> {
    let mut parts = vec![];
    if let Some(receptor) = &projection.receptor
        && let Some(k) = recipe.receptors.iter().position(|known| known == receptor)
    {
        parts.extend(receptor.synapse.iter().map(|synapse| (part_of_receptor(k), synapse)));
    }
    if let Some(sender) = &projection.sender
        && let Some(k) = recipe.senders.iter().position(|known| known == sender)
    {
        let [stp, synapse] = parts_of_sender(recipe, k);
        parts.extend(sender.stp.iter().map(|settings| (stp, settings)));
        parts.extend(sender.synapse.iter().map(|settings| (synapse, settings)));
    }
    parts
}

/// The leaves with constants numbered anew, and these constants' old numbers: only those that the graph reads are kept.
pub(super) fn kept(composed: &Composed) -> (Vec<(LeafId, Leaf)>, Vec<u32>) {
    let mut kept: Vec<u32> = vec![];
    let leaves = composed.leaves.iter().map(|(id, leaf)| {
        let leaf = match leaf {
            Leaf::Constant(k) => {
                kept.push(*k);
                Leaf::Constant(kept.len() as u32 - 1)
            }
            other => *other,
        };
        (*id, leaf)
    });
    (leaves.collect(), kept)
}

impl Layout {
    fn add_kernel(&mut self, network: &Network, recipes: &Recipes, group: Group) {
        let composed = group.composed;
        let (leaves, kept) = kept(&composed);
        let first = self.elements;
        let constants = kept.iter().map(|k| group.entries[0][0][*k as usize].constant.clone()).collect();
        let mut members = vec![];
        for (k, position) in group.recipes.iter().enumerate() {
            self.places[*position] = (self.kernels.len(), k);
        }
        for (copy, trial) in network.trials().enumerate() {
            for (position, entries) in group.recipes.iter().zip(&group.entries) {
                let recipe = recipes.of_trial(*position, trial);
                let member = Member {
                    name: recipe.name.clone(),
                    trial,
                    first: self.elements,
                    size: recipe.size,
                    outlets: vec![],
                    state: initial(network, recipe, trial),
                    constants: kept.iter().map(|k| entries[copy][*k as usize].words.clone()).collect(),
                    slots: vec![],
                    traces: vec![],
                };
                self.elements += member.padded();
                members.push(member);
            }
        }
        let recipe = &recipes.populations[group.recipes[0]];
        self.kernels.push(Kernel {
            name: recipe.title(),
            first,
            len: self.elements - first,
            graph: composed.graph,
            leaves,
            next: composed.next,
            fired: composed.fired,
            value: composed.value,
            outlets: composed.outlets,
            recorded: composed.recorded,
            state: composed.state,
            ports: recipe.ports().len() as u32,
            constants,
            off: composed.off,
            members,
        });
    }

    /// Sets a constant of a member in every copy, where the graph reads it.
    pub fn set_constant(&mut self, (kernel, member): (usize, usize), name: &str, words: &[u32]) {
        let of_copy = self.partitions[0].elements[kernel].len();
        let kernel = &mut self.kernels[kernel];
        let Some(k) = kernel.constants.iter().position(|constant| constant.name == name) else { return };
        for member in kernel.members.iter_mut().skip(member).step_by(of_copy) {
            member.constants[k] = words.to_vec();
        }
    }

    /// Numbers for what elements send beside their spikes.
    fn number_outlets(&mut self) {
        for kernel in &mut self.kernels {
            for member in &mut kernel.members {
                for _ in &kernel.outlets {
                    member.outlets.push(self.elements);
                    self.elements += member.padded();
                }
            }
        }
    }

    /// Finds every population; scheduled ones get a set of elements for each kind of event.
    fn locate_populations(&mut self, network: &Network, recipes: &Recipes) {
        let copies = network.trials().len() as u32;
        for (k, population) in network.populations().iter().enumerate() {
            let place = recipes.of(crate::network::PopulationId(k as u32)).map(|recipe| self.places[recipe]);
            let schedule = population.settings.model.has_schedule().then(|| {
                let (first, stride) = (self.elements, (Set::COUNT * population.size).next_multiple_of(GROUP));
                self.elements += stride * copies;
                (first, stride)
            });
            let (first, stride) = match (place, schedule) {
                (Some((kernel, member)), _) => {
                    let kernel = &self.kernels[kernel];
                    (Some(kernel.members[member].first), kernel.len / copies)
                }
                (None, Some((first, stride))) if population.settings.model.is_scheduled() => {
                    (Some(first), stride)
                }
                (None, _) => (None, 0),
            };
            let place = place.map(|(kernel, member)| (kernel as u32, member as u32));
            self.populations.push(Located {
                name: population.name.clone(),
                first,
                size: population.size,
                stride,
                place,
                schedule,
            });
        }
    }

    /// Numbers the slots of the first copy, partition by partition, then those of the others.
    fn assign_slots(&mut self, network: &Network, partitions: u32) -> Result<()> {
        let copies = network.trials().len();
        let mut next: u64 = 0;
        for p in 0..partitions {
            let first_slot = next;
            let mut elements = vec![];
            for kernel in &mut self.kernels {
                let mut owned = vec![];
                let of_copy = kernel.members.len() / copies;
                for member in &mut kernel.members[..of_copy] {
                    let groups = u64::from(member.padded() / GROUP);
                    let bound = |p: u32| (groups * u64::from(p) / u64::from(partitions)) as u32 * GROUP;
                    let (first, end) = (bound(p).min(member.size), bound(p + 1).min(member.size));
                    let len = end - first;
                    let plane = u64::from(len.next_multiple_of(GROUP));
                    member.slots.push(
                        (0..kernel.ports).map(|port| (next + u64::from(port) * plane) as u32).collect(),
                    );
                    next += u64::from(kernel.ports) * plane;
                    owned.push((first, len));
                }
                elements.push(owned);
            }
            let slots = next * copies as u64;
            if slots > u64::from(u32::MAX) {
                return Err(Error::network(format!(
                    "{slots} ring slots; at most {} can be numbered",
                    u32::MAX
                )));
            }
            self.partitions.push(Partition {
                elements,
                first_slot: first_slot as u32,
                slots: (next - first_slot) as u32,
            });
        }
        self.slots = next as u32;
        for kernel in &mut self.kernels {
            let of_copy = kernel.members.len() / copies;
            let (own, others) = kernel.members.split_at_mut(of_copy);
            for (k, member) in others.iter_mut().enumerate() {
                let shift = (k / of_copy + 1) as u32 * self.slots;
                let shifted = |slots: &Vec<u32>| slots.iter().map(|slot| slot + shift).collect();
                member.slots = own[k % of_copy].slots.iter().map(shifted).collect();
            }
        }
        Ok(())
    }

    fn add_traces(&mut self, network: &Network, recipes: &Recipes, kept: &[Vec<(usize, usize)>]) {
        let copies = network.trials().len();
        for record in network.records() {
            let What::Trace { variables, every } = &record.what else { continue };
            for name in variables {
                let trace = self.traces.len() as u32;
                let (record_name, width) = (record.name.clone(), record.from.len());
                self.traces.push(Trace {
                    record: record_name,
                    variable: name.clone(),
                    every: *every,
                    width: width * copies as u32,
                });
                let mut column = 0;
                for slice in record.from.slices() {
                    let recipe = recipes.of(slice.population).expect("records are checked");
                    let (kernel, member) = self.places[recipe];
                    let wanted = variable(network, &recipes.populations[recipe], name);
                    let value =
                        kept[kernel].iter().position(|known| *known == wanted).expect("it was collected")
                            as u32;
                    let members = &mut self.kernels[kernel].members;
                    let of_copy = members.len() / copies;
                    for (copy, member) in members.iter_mut().skip(member).step_by(of_copy).enumerate() {
                        let column = copy as u32 * width + column;
                        let recorded = Recorded { trace, value, first: slice.first, len: slice.len, column };
                        member.traces.push(recorded);
                    }
                    column += slice.len;
                }
            }
        }
    }
}

/// State of a generator at the start: the defaults of its tags.
fn start(model: &Model, params: &BTreeMap<String, Numbers>) -> Vec<Vec<u32>> {
    let plane = |member: &Declared| {
        let numbers = match member.tag().and_then(|tag| tag.default.clone()) {
            Some(Term::Name(name)) => params[&name].clone(),
            Some(Term::Number(value)) => Numbers::Same(value),
            None => Numbers::Same(0.0),
        };
        match numbers {
            Numbers::Same(value) => vec![word(member.scalar, value)],
            Numbers::Each(values) => values.iter().map(|value| word(member.scalar, *value)).collect(),
        }
    };
    model.state().iter().map(plane).collect()
}

/// The neuron's variables at the start of a trial; values kept relative to a parameter are not yet made so.
pub(super) fn init(network: &Network, recipe: &Recipe, trial: u32) -> BTreeMap<String, Numbers> {
    let init = recipe.population.map(|id| {
        let values = stream(network, Use::Values, id.0 as usize);
        network.get(id).of_trial(trial).initial(recipe.size, Some(values), Some(values.of_trial(trial)))
    });
    init.unwrap_or_default()
}

/// State of a trial at the start, plane by plane; values kept relative to a parameter are made so.
fn initial(network: &Network, recipe: &Recipe, trial: u32) -> Vec<Vec<u32>> {
    let init = init(network, recipe, trial);
    let of_stimuli = recipe.stimuli.iter().flat_map(|stimulus| start(&stimulus.model, &stimulus.params));
    let mut planes: Vec<Vec<u32>> = of_stimuli.chain(recipe.held.iter().map(|_| vec![0])).collect();
    // a relay has no state of its own
    if recipe.model.role() == Role::Generator {
        let own = if recipe.relays.is_some() { vec![] } else { start(&recipe.model, &recipe.params) };
        planes.extend(own);
    }
    for member in recipe.model.state().iter().filter(|_| recipe.model.role() == Role::Neuron) {
        let numbers = &init[&member.name];
        let origin = member.tag().and_then(|tag| tag.from.as_ref()).map(|name| &recipe.params[name]);
        let value = |k: usize| numbers.at(k) - origin.map_or(0.0, |origin| origin.at(k));
        let same = matches!(numbers, Numbers::Same(_)) && !matches!(origin, Some(Numbers::Each(_)));
        let count = if same { 1 } else { recipe.size as usize };
        planes.push((0..count).map(|k| word(member.scalar, value(k))).collect());
    }
    let receptors = recipe.receptors.iter().flat_map(|receptor| &receptor.synapse);
    let senders = recipe.senders.iter().flat_map(|sender| sender.stp.iter().chain(&sender.synapse));
    for part in receptors.chain(senders) {
        let start = part.numbers(Kind::Init, 1, None);
        for member in part.model.state() {
            planes.push(vec![word(member.scalar, start[&member.name].at(0))]);
        }
    }
    planes
}
