//! Fourth pass: rows of synapses and the window they allow.

mod expand;
mod fan;

use super::connect::{
    Block, EdgeDelay, EdgeValue, Layout as Entries, Plan, Procedural, Segment, TargetSegment, Wiring,
    for_each_edge,
};
use super::layout::Layout;
use super::recipe::{Recipes, Set, Synaptic, Use, Way, part_prefix, stream};
use super::scale::Scales;
use super::{Building, Target, level, stimulus};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::instance::spike_ports;
use crate::model::tag::TagUnit;
use crate::model::value::Value;
use crate::network::Network;
use crate::network::listed::Listed;
use crate::network::projection::{Carries, Projection, Sender};
use crate::network::rule::{Rule, one_to_one};
use crate::network::target::port_for;
use crate::network::view::{Slice, View};
use crate::program::{Origin, Port, Sources};
use std::ops::Range;
use std::sync::Arc;

/// The wired network.
#[derive(Debug)]
pub struct Wired {
    /// Steps between deliveries.
    pub window: u32,
    /// Shortest delay in steps; 2^32 - 1 where nothing is connected.
    pub shortest: u32,
    /// Rows of the ring.
    pub depth: u32,
    /// How entries are packed.
    pub layout: Entries,
    /// The sources of each projection's rows.
    pub sources: Vec<Sources>,
    /// The rows.
    pub blocks: Vec<Block>,
    /// The projections without rows.
    pub procedural: Vec<Procedural>,
    /// The ports with their scales.
    pub ports: Vec<Port>,
    /// Number of synapses.
    pub synapses: u64,
    /// What can arrive at each ring slot, in units of its port's scale.
    pub loads: Vec<f64>,
}

/// Builds all rows and sets the scales in the kernels' constants.
///
/// # Errors
/// A rule that cannot be applied, drawn weights that no port takes, parrots in a circle.
pub fn wire(
    network: &Network,
    recipes: &Recipes,
    layout: &mut Layout,
    (target, building): (Target, &Building),
) -> Result<Wired> {
    let mut wirings = vec![];
    // the second half of an interpolated delay and the way to a relay are no synapses of the user's
    let mut hidden = vec![];
    for (k, synaptic) in recipes.synaptic.iter().enumerate() {
        for (half, wiring) in wiring(network, recipes, layout, synaptic)?.into_iter().enumerate() {
            if half > 0 {
                hidden.push(wirings.len());
            }
            wirings.push((k, wiring));
        }
    }
    sum_weights(network, recipes, layout, &wirings)?;
    let origins: Vec<Option<Origin>> =
        wirings.iter().map(|(k, _)| origin(network, &recipes.synaptic[*k])).collect();
    let mut wirings: Vec<Wiring> = wirings.into_iter().map(|(_, wiring)| wiring).collect();
    let before = wirings.len();
    wirings.extend(relays(network, recipes, layout));
    for recipe in 0..recipes.populations.len() {
        wirings.extend(fan::levels(network, recipes, layout, recipe)?);
    }
    hidden.extend(before..wirings.len());
    let owned: Vec<Vec<Range<u32>>> =
        (0..layout.partitions.len()).map(|p| owned_elements(layout, p)).collect();
    let mut plan = Plan::count(&wirings, &owned, building)?;
    if plan.slot_counts().iter().skip(layout.slots as usize).any(|count| *count > 0) {
        let text = "a projection draws weights of a sign that no port of its targets takes; use a truncated distribution";
        return Err(Error::network(text));
    }
    let (shortest, longest) = plan.delays();
    // half of what a ring of 2^32 steps could hold: its size is a power of two
    if longest >= 1 << 30 {
        return Err(Error::network(format!("a delay of {longest} steps; at most {} can be kept", 1 << 30)));
    }
    let synapses = plan.edges() - hidden.iter().map(|k| plan.edges_of(*k)).sum::<u64>();
    let shortest = if plan.edges() == 0 { u32::MAX } else { shortest };
    let window = shortest.min(target.max_window);
    let sources = wirings.iter().enumerate().map(|(k, wiring)| Sources {
        name: wiring.name.clone(),
        segments: wiring.sources.iter().map(|segment| (segment.gid, segment.len)).collect(),
        of: origins.get(k).copied().flatten(),
        rows: k as u32,
        slots: wiring.slots(),
    });
    let mut sources: Vec<Sources> = sources.collect();
    let depth = (longest + window).next_power_of_two();
    let scales = Scales::new(network, recipes, layout, &plan)?;
    let entries = packing(plan.slot_sums().len() as u32, longest);
    let words = if entries == Entries::Wide { 2 } else { 1 };
    let max_entries = (target.max_block_words / words).min(u64::from(u32::MAX)) as u32;
    let scale = |slot: u32| scales.slot.get(slot as usize).copied().unwrap_or(1.0);
    let procedural = plan.procedural(&scale)?;
    // a rounded weight is larger by half a unit at most, and so is what a spike makes of it
    let load = |slot: usize| plan.slot_sums()[slot] * scales.slot[slot] + f64::from(plan.slot_counts()[slot]);
    let loads = (0..scales.slot.len().min(plan.slot_sums().len())).map(load).collect();
    let overflows = entries != Entries::Wide && overflows(layout, depth, target);
    for bundle in if overflows { plan.bundle() } else { &[] } {
        bundle.projections.iter().for_each(|k| sources[*k].rows = bundle.projections[0] as u32);
    }
    let blocks = plan.fill(entries, max_entries, &scale)?;
    let ports = scales.ports;
    Ok(Wired {
        window,
        shortest,
        depth,
        layout: entries,
        sources,
        blocks,
        procedural,
        ports,
        synapses,
        loads,
    })
}

/// Whether what is on its way to a partition is so much more than the cache holds that it pays to add it when it is due.
fn overflows(layout: &Layout, depth: u32, target: Target) -> bool {
    let slots = layout.partitions.iter().map(|partition| partition.slots).max().unwrap_or(0);
    let bytes = 4 * u64::from(slots) * u64::from(depth);
    // 3: the microcircuit on 2 MiB, at 2 times the cache 10 % slower than at once, at 4 times 20 % faster
    target.cache.is_some_and(|cache| bytes > 3 * cache)
}

/// Which edges the rows hold; none where the engine has made the sources, or they are currents.
fn origin(network: &Network, synaptic: &Synaptic) -> Option<Origin> {
    let projection = synaptic.projection;
    let of_spikes = network.projections()[projection].carries == Carries::Spikes;
    let origin = Origin { projection, way: synaptic.way, set: synaptic.set };
    let fans = stimulus::ends_on_generators(network, &network.projections()[projection]);
    (of_spikes && synaptic.made.is_none() && !fans).then_some(origin)
}

/// Slots are counted with those of refused signs, beyond the last of the layout.
pub(super) fn packing(slots: u32, longest: u32) -> Entries {
    let slot_bits = 32 - slots.saturating_sub(1).leading_zeros();
    let delay_bits = 32 - longest.leading_zeros();
    if slot_bits + delay_bits <= 32 { Entries::Narrow { slot_bits } } else { Entries::Wide }
}

/// The elements whose slots a partition owns.
fn owned_elements(layout: &Layout, partition: usize) -> Vec<Range<u32>> {
    let owned = &layout.partitions[partition].elements;
    let members =
        layout.kernels.iter().zip(owned).flat_map(|(kernel, owned)| kernel.members.iter().zip(owned));
    members
        .filter(|(_, (_, len))| *len > 0)
        .map(|(member, (first, len))| member.first + first..member.first + first + len)
        .collect()
}

/// Weights as the row builder takes them.
pub(super) fn edge_values(value: &Value) -> EdgeValue {
    match value {
        Value::Constant(weight) => EdgeValue::Constant(*weight),
        Value::Each(weights) => EdgeValue::Each(weights.clone()),
        Value::Random(distribution) => EdgeValue::Random(*distribution),
    }
}

/// Listed delays, by edge or by source.
fn each(projection: &Projection, delays: Arc<[u32]>) -> EdgeDelay {
    match projection.delays_by {
        Listed::Edge => EdgeDelay::Each(delays),
        Listed::Source => EdgeDelay::EachSource(delays),
    }
}

/// The delays of a projection in steps, with its latency, rounded to the nearest and at least one.
pub(super) fn edge_delays(network: &Network, projection: &Projection) -> EdgeDelay {
    let (dt, latency) = (network.dt_ms(), projection.latency);
    // 1e-9: 1.5 steps in decimal input may come out as 1.4999999999999998
    let steps = |delay: f64| ((delay / dt + 1e-9).round() as u32).saturating_add(latency).max(1);
    match &projection.delay {
        Value::Constant(delay) => EdgeDelay::Constant(steps(*delay)),
        Value::Each(delays) => {
            let delays = delays.iter().map(|delay| steps(*delay)).collect();
            each(projection, delays)
        }
        Value::Random(distribution) => EdgeDelay::Random { distribution: *distribution, dt, latency },
    }
}

/// The rows of a projection; where delays lie between two steps, a set for each of them.
fn wiring(network: &Network, recipes: &Recipes, layout: &Layout, synaptic: &Synaptic) -> Result<Vec<Wiring>> {
    let projection = &network.projections()[synaptic.projection];
    let counting = counts_events(network, projection);
    let (from, to) = synaptic.ends(network);
    let symmetric = matches!(projection.connectivity.rule, Rule::SymmetricPairwiseBernoulli(_));
    let (connectivity, weight) = match (synaptic.way, &projection.back) {
        (Way::Back, Some(weight)) if symmetric => {
            (projection.connectivity.clone().mirrored(), edge_values(weight))
        }
        (Way::Back, _) => expand::backwards(network, projection, synaptic.projection)?,
        (Way::There, _) => (projection.connectivity.clone(), edge_values(&projection.weight)),
    };
    let weight = match projection.carries {
        Carries::Levels => {
            let source = network.get(from.slices()[0].population);
            edge_values(&projection.weight.clone().times(level::most(network, source)?))
        }
        _ => weight,
    };
    let fans = stimulus::ends_on_generators(network, projection);
    let targets = if fans { vec![fan::all_of(layout, to)] } else { targets(recipes, layout, projection, to) };
    let mut wiring = Wiring {
        name: projection.name.clone(),
        connectivity,
        sources: from
            .slices()
            .iter()
            .map(|slice| match &projection.sender {
                None => source_segment(layout, slice, synaptic.set),
                Some(sender) => outlet_segment(recipes, layout, slice, sender),
            })
            .collect(),
        targets,
        weight: if counting { EdgeValue::Constant(1.0) } else { weight },
        delay: edge_delays(network, projection),
        stream: stream(network, Use::Edges, synaptic.projection),
    };
    if let Some(made) = synaptic.made {
        let (kernel, member) = layout.places[made];
        let first = layout.kernels[kernel].members[member].first;
        expand::by_edge(&mut wiring, Segment { gid: first, len: recipes.populations[made].size })?;
    }
    if fans {
        fan::out(&mut wiring, recipes, layout, projection)?;
    }
    if synaptic.set == Set::Negative {
        expand::negate(&mut wiring)?;
    }
    if synaptic.made.is_none() && projection.interpolates() {
        return expand::interpolate(network, projection, wiring);
    }
    Ok(vec![wiring])
}

/// What the sources of a slice send beside their spikes.
fn outlet_segment(recipes: &Recipes, layout: &Layout, slice: &Slice, sender: &Sender) -> Segment {
    let position = recipes.sending(slice.population).expect("its senders were collected");
    let senders = &recipes.populations[position].senders;
    let k = senders.iter().position(|known| known == sender).expect("its senders were collected");
    let (kernel, member) = layout.places[position];
    Segment { gid: layout.kernels[kernel].members[member].outlets[k] + slice.first, len: slice.len }
}

/// The rows from scheduled populations to what sends for them.
fn relays(network: &Network, recipes: &Recipes, layout: &Layout) -> Vec<Wiring> {
    let mut wirings = vec![];
    for (position, recipe) in recipes.populations.iter().enumerate() {
        let Some(scheduled) = recipe.relays else { continue };
        let whole = Slice { population: scheduled, first: 0, len: recipe.size };
        let ports = [Some(0), Some(0)];
        let mut targets = vec![];
        recipe_segments(layout, layout.places[position], 0..recipe.size, ports, &mut targets);
        wirings.push(Wiring {
            name: recipe.name.clone(),
            connectivity: one_to_one(),
            sources: vec![source_segment(layout, &whole, Set::Early)],
            targets,
            weight: EdgeValue::Constant(1.0),
            delay: EdgeDelay::Constant(1),
            stream: stream(network, Use::Edges, 0),
        });
    }
    wirings
}

/// Sets the sum of the weights of every target, for the outputs that ask for it.
fn sum_weights(
    network: &Network,
    recipes: &Recipes,
    layout: &mut Layout,
    wirings: &[(usize, Wiring)],
) -> Result<()> {
    for (position, recipe) in recipes.populations.iter().enumerate() {
        for (k, receptor) in
            recipe.receptors.iter().enumerate().filter(|(_, receptor)| receptor.sums_weights())
        {
            let (kernel, m) = layout.places[position];
            let first = layout.kernels[kernel].members[m].first;
            let mut sums = vec![0.0f64; recipe.size as usize];
            for (synaptic, wiring) in wirings {
                let projection = &network.projections()[recipes.synaptic[*synaptic].projection];
                if projection.receptor.as_ref() != Some(receptor) {
                    continue;
                }
                for_each_edge(wiring, |edge| {
                    // targets of other populations lie outside
                    if let Some(sum) =
                        edge.target_gid.checked_sub(first).and_then(|k| sums.get_mut(k as usize))
                    {
                        *sum += edge.weight;
                    }
                })?;
            }
            let name = format!("{}weights", part_prefix(&receptor.output, k));
            let words: Vec<u32> = sums.iter().map(|sum| (*sum as f32).to_bits()).collect();
            layout.set_constant((kernel, m), &name, &words);
        }
    }
    Ok(())
}

/// Whether the projection ends on a port that counts events.
pub(super) fn counts_events(network: &Network, projection: &Projection) -> bool {
    projection.receptor.is_none()
        && projection.to.slices().iter().any(|slice| {
            let model = &network.get(slice.population).settings.model;
            port(model, projection, 1.0).is_some_and(|(_, unit)| *unit == TagUnit::Spikes)
        })
}

fn port<'m>(model: &'m Model, projection: &Projection, weight: f64) -> Option<(usize, &'m TagUnit)> {
    let k = port_for(model, projection.port.as_deref(), weight)?;
    let member = spike_ports(model).nth(k)?;
    Some((k, &member.tag()?.unit))
}

fn source_segment(layout: &Layout, slice: &Slice, set: Set) -> Segment {
    let located = &layout.populations[slice.population.0 as usize];
    let first = match located.schedule {
        Some((first, _)) => first + set.offset(located.size),
        None => located.first.unwrap_or(0),
    };
    Segment { gid: first + slice.first, len: slice.len }
}

/// The targets in a view, cut where partitions end.
fn targets(recipes: &Recipes, layout: &Layout, projection: &Projection, to: &View) -> Vec<TargetSegment> {
    let mut out = vec![];
    for slice in to.slices() {
        let position = recipes.of(slice.population).expect("projections are checked");
        let ports = recipes.populations[position].ports_by_sign(projection);
        let elements = slice.first..slice.first + slice.len;
        recipe_segments(layout, layout.places[position], elements, ports, &mut out);
    }
    out
}

/// Elements of a recipe and the slots of their ports for weights of either sign, cut where partitions end.
fn recipe_segments(
    layout: &Layout,
    place: (usize, usize),
    elements: Range<u32>,
    ports: [Option<usize>; 2],
    out: &mut Vec<TargetSegment>,
) {
    let (kernel, k) = place;
    let member = &layout.kernels[kernel].members[k];
    for (p, partition) in layout.partitions.iter().enumerate() {
        let (first, len) = partition.elements[kernel][k];
        let (low, high) = (elements.start.max(first), elements.end.min(first + len));
        if low >= high {
            continue;
        }
        // weights of a sign that no port takes are counted beyond the last slot, and refused
        let slot = ports.map(|port| port.map_or(layout.slots, |port| member.slots[p][port] + low - first));
        out.push(TargetSegment { gid: member.first + low, len: high - low, slot });
    }
}
