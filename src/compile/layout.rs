//! Third pass: numbers for elements, ring slots and trace columns.

use super::compose::{Group, part_of_receptor, parts_of_sender};
use super::constants::{Entry, flat, word};
use super::recipe::{Recipe, Recipes, Set};
use crate::error::{Error, Result};
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
    /// Kernel and member of every recipe.
    pub places: Vec<(usize, usize)>,
    /// Shares of the delivery threads.
    pub partitions: Vec<Partition>,
    /// Ring slots of one row.
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
        out.add_kernel(recipes, group);
    }
    out.number_outlets();
    out.locate_populations(network, recipes)?;
    out.assign_slots(partitions)?;
    out.add_traces(network, recipes, &recorded);
    Ok(out)
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
        What::Spikes => &[],
    });
    names.map(|name| variable(network, recipe, name)).collect()
}

/// Part and member of a variable: `V_m`, or `NAME.g` for the synapse of a projection.
fn variable(network: &Network, recipe: &Recipe, name: &str) -> (usize, usize) {
    let position =
        |model: &Model, name: &str| flat(model.state()).iter().position(|(known, _)| known == name);
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

impl Layout {
    fn add_kernel(&mut self, recipes: &Recipes, group: Group) {
        let composed = group.composed;
        // only constants that the graph reads are kept
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
        let leaves = leaves.collect();
        let first = self.elements;
        let constants = kept.iter().map(|k| group.entries[0][*k as usize].constant.clone()).collect();
        let mut members = vec![];
        for (position, entries) in group.recipes.iter().zip(&group.entries) {
            let recipe = &recipes.populations[*position];
            self.places[*position] = (self.kernels.len(), members.len());
            let member = Member {
                name: recipe.name.clone(),
                first: self.elements,
                size: recipe.size,
                outlets: vec![],
                state: initial(recipe),
                constants: kept.iter().map(|k| Entry::clone(&entries[*k as usize]).words).collect(),
                slots: vec![],
                traces: vec![],
            };
            self.elements += member.padded();
            members.push(member);
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
            members,
        });
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
    fn locate_populations(&mut self, network: &Network, recipes: &Recipes) -> Result<()> {
        for (k, population) in network.populations().iter().enumerate() {
            let place = recipes.of(crate::network::PopulationId(k as u32)).map(|recipe| self.places[recipe]);
            let first = match place {
                Some((kernel, member)) => Some(self.kernels[kernel].members[member].first),
                None if population.settings.model.is_scheduled() => {
                    let first = self.elements;
                    self.elements += (Set::COUNT * population.size).next_multiple_of(GROUP);
                    Some(first)
                }
                None => None,
            };
            let place = place.map(|(kernel, member)| (kernel as u32, member as u32));
            self.populations.push(Located {
                name: population.name.clone(),
                first,
                size: population.size,
                place,
            });
        }
        if u64::from(self.elements) > MAX_ELEMENTS {
            return Err(Error::network(format!(
                "{} elements with padding; a network has at most {MAX_ELEMENTS}",
                self.elements
            )));
        }
        Ok(())
    }

    fn assign_slots(&mut self, partitions: u32) -> Result<()> {
        let mut next: u64 = 0;
        for p in 0..partitions {
            let first_slot = next;
            let mut elements = vec![];
            for kernel in &mut self.kernels {
                let mut owned = vec![];
                for member in &mut kernel.members {
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
            if next > u64::from(u32::MAX) {
                return Err(Error::network(format!(
                    "{next} ring slots; at most {} can be numbered",
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
        Ok(())
    }

    fn add_traces(&mut self, network: &Network, recipes: &Recipes, kept: &[Vec<(usize, usize)>]) {
        for record in network.records() {
            let What::Trace { variables, every } = &record.what else { continue };
            for name in variables {
                let trace = self.traces.len() as u32;
                let (record_name, width) = (record.name.clone(), record.from.len());
                self.traces.push(Trace { record: record_name, variable: name.clone(), every: *every, width });
                let mut column = 0;
                for slice in record.from.slices() {
                    let recipe = recipes.of(slice.population).expect("records are checked");
                    let (kernel, member) = self.places[recipe];
                    let wanted = variable(network, &recipes.populations[recipe], name);
                    let value =
                        kept[kernel].iter().position(|known| *known == wanted).expect("it was collected")
                            as u32;
                    let recorded = Recorded { trace, value, first: slice.first, len: slice.len, column };
                    self.kernels[kernel].members[member].traces.push(recorded);
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

/// State at the start, plane by plane; values kept relative to a parameter are made so.
fn initial(recipe: &Recipe) -> Vec<Vec<u32>> {
    let of_stimuli = recipe.stimuli.iter().flat_map(|stimulus| start(&stimulus.model, &stimulus.params));
    let mut planes: Vec<Vec<u32>> = of_stimuli.chain(recipe.held.iter().map(|_| vec![0])).collect();
    // a relay has no state of its own
    if recipe.model.role() == Role::Generator {
        let own = if recipe.relays.is_some() { vec![] } else { start(&recipe.model, &recipe.params) };
        planes.extend(own);
    }
    for member in recipe.model.state().iter().filter(|_| recipe.model.role() == Role::Neuron) {
        let numbers = &recipe.init[&member.name];
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
