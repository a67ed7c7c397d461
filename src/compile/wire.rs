//! Fourth pass: rows of synapses and the window they allow.

use super::connect::{
    Block, Edge, EdgeDelay, EdgeValue, Layout as Entries, Plan, Procedural, Segment, TargetSegment, Wiring,
    for_each_edge,
};
use super::layout::Layout;
use super::recipe::{Recipes, Set, Synaptic, Use, Way, stream};
use super::scale::Scales;
use super::{Target, size};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::instance::spike_ports;
use crate::model::tag::TagUnit;
use crate::model::value::Value;
use crate::network::Network;
use crate::network::projection::Projection;
use crate::network::target::port_for;
use crate::network::view::Slice;
use crate::program::{Port, Sources};
use std::ops::Range;

/// The wired network.
#[derive(Debug)]
pub struct Wired {
    /// Steps between deliveries.
    pub window: u32,
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
}

/// Builds all rows and sets the scales in the kernels' constants.
///
/// # Errors
/// A rule that cannot be applied, drawn weights that no port takes, parrots in a circle.
pub fn wire(network: &Network, recipes: &Recipes, layout: &mut Layout, target: Target) -> Result<Wired> {
    let mut wirings = vec![];
    for synaptic in &recipes.synaptic {
        wirings.push(wiring(network, recipes, layout, synaptic)?);
    }
    let owned: Vec<Vec<Range<u32>>> =
        (0..layout.partitions.len()).map(|p| owned_elements(layout, p)).collect();
    let plan = Plan::count(&wirings, &owned)?;
    if plan.slot_counts().iter().skip(layout.slots as usize).any(|count| *count > 0) {
        let text = "a projection draws weights of a sign that no port of its targets takes; use a truncated distribution";
        return Err(Error::network(text));
    }
    let (shortest, longest) = plan.delays();
    // half of what a ring of 2^32 steps could hold: its size is a power of two
    if longest >= 1 << 30 {
        return Err(Error::network(format!("a delay of {longest} steps; at most {} can be kept", 1 << 30)));
    }
    let synapses = plan.edges();
    let window = if synapses == 0 { target.max_window } else { shortest.min(target.max_window) };
    let sources = wirings.iter().map(|wiring| Sources {
        name: wiring.name.clone(),
        segments: wiring.sources.iter().map(|segment| (segment.gid, segment.len)).collect(),
    });
    let sources = sources.collect();
    let depth = (longest + window).next_power_of_two();
    size::check_ring(layout, u64::from(depth), target)?;
    let scales = Scales::new(network, recipes, layout, &plan)?;
    let entries = packing(plan.slot_sums().len() as u32, longest);
    let words = if entries == Entries::Wide { 2 } else { 1 };
    let max_entries = (target.max_block_words / words).min(u64::from(u32::MAX)) as u32;
    let scale = |slot: u32| scales.slot.get(slot as usize).copied().unwrap_or(1.0);
    let procedural = plan.procedural(&scale)?;
    let blocks = plan.fill(entries, max_entries, &scale)?;
    let ports = scales.ports;
    Ok(Wired { window, depth, layout: entries, sources, blocks, procedural, ports, synapses })
}

/// Slots are counted with those of refused signs, beyond the last of the layout.
fn packing(slots: u32, longest: u32) -> Entries {
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

/// The delays of a projection in steps, with its latency, rounded to the nearest and at least one.
pub(super) fn edge_delays(network: &Network, projection: &Projection) -> EdgeDelay {
    let (dt, latency) = (network.dt_ms(), projection.latency);
    // 1e-9: 1.5 steps in decimal input may come out as 1.4999999999999998
    let steps = |delay: f64| ((delay / dt + 1e-9).round() as u32).saturating_add(latency).max(1);
    match &projection.delay {
        Value::Constant(delay) => EdgeDelay::Constant(steps(*delay)),
        Value::Each(delays) => EdgeDelay::Each(delays.iter().map(|delay| steps(*delay)).collect()),
        Value::Random(distribution) => EdgeDelay::Random { distribution: *distribution, dt, latency },
    }
}

fn wiring(network: &Network, recipes: &Recipes, layout: &Layout, synaptic: &Synaptic) -> Result<Wiring> {
    let projection = &network.projections()[synaptic.projection];
    let counting = counts_events(network, projection);
    let (from, to) = synaptic.ends(network);
    let connectivity = match synaptic.way {
        Way::There => projection.connectivity.clone(),
        Way::Back => projection.connectivity.clone().mirrored(),
    };
    let mut targets = vec![];
    for slice in to.slices() {
        target_segments(recipes, layout, projection, slice, &mut targets)?;
    }
    let mut wiring = Wiring {
        name: projection.name.clone(),
        connectivity,
        sources: from
            .slices()
            .iter()
            .map(|slice| source_segment(network, layout, slice, synaptic.set))
            .collect(),
        targets,
        weight: if counting { EdgeValue::Constant(1.0) } else { edge_values(&projection.weight) },
        delay: edge_delays(network, projection),
        stream: stream(network, Use::Edges, synaptic.projection),
    };
    if let Some(made) = synaptic.made {
        expand(&mut wiring, layout, recipes, made)?;
    }
    if synaptic.set == Set::Negative {
        negate(&mut wiring)?;
    }
    Ok(wiring)
}

/// Replaces the sources by one source an edge.
fn expand(wiring: &mut Wiring, layout: &Layout, recipes: &Recipes, made: usize) -> Result<()> {
    let mut edges: Vec<Edge> = vec![];
    for_each_edge(wiring, |edge| edges.push(edge))?;
    let (kernel, member) = layout.places[made];
    let first = layout.kernels[kernel].members[member].first;
    wiring.sources = vec![Segment { gid: first, len: recipes.populations[made].size }];
    let pairs: Vec<[u32; 2]> = edges.iter().enumerate().map(|(k, edge)| [k as u32, edge.target]).collect();
    wiring.connectivity = crate::network::rule::edges(pairs);
    wiring.weight = EdgeValue::Each(edges.iter().map(|edge| edge.weight).collect());
    wiring.delay = EdgeDelay::Each(edges.iter().map(|edge| edge.delay).collect());
    Ok(())
}

/// The same edges with weights of the other sign.
fn negate(wiring: &mut Wiring) -> Result<()> {
    let mut edges: Vec<Edge> = vec![];
    for_each_edge(wiring, |edge| edges.push(edge))?;
    let pairs: Vec<[u32; 2]> = edges.iter().map(|edge| [edge.source, edge.target]).collect();
    wiring.connectivity = crate::network::rule::edges(pairs);
    wiring.weight = EdgeValue::Each(edges.iter().map(|edge| -edge.weight).collect());
    wiring.delay = EdgeDelay::Each(edges.iter().map(|edge| edge.delay).collect());
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

fn source_segment(network: &Network, layout: &Layout, slice: &Slice, set: Set) -> Segment {
    let located = &layout.populations[slice.population.0 as usize];
    let scheduled = network.get(slice.population).settings.model.is_scheduled();
    let offset = if scheduled { set.offset(located.size) } else { 0 };
    let first = located.first.unwrap_or(0);
    Segment { gid: first + offset + slice.first, len: slice.len }
}

/// The targets of a slice, cut where partitions end.
fn target_segments(
    recipes: &Recipes,
    layout: &Layout,
    projection: &Projection,
    slice: &Slice,
    out: &mut Vec<TargetSegment>,
) -> Result<()> {
    let position = recipes.of(slice.population).ok_or_else(|| {
        Error::network(format!(
            "projection `{}` ends on a generator; generators receive nothing",
            projection.name
        ))
    })?;
    let recipe = &recipes.populations[position];
    let (kernel, k) = layout.places[position];
    let member = &layout.kernels[kernel].members[k];
    let port = |weight: f64| match &projection.receptor {
        Some(receptor) => recipe.receptor_port(receptor),
        None => port_for(&recipe.model, projection.port.as_deref(), weight),
    };
    let ports = [port(1.0), port(-1.0)];
    for (p, partition) in layout.partitions.iter().enumerate() {
        let (first, len) = partition.elements[kernel][k];
        let (low, high) = (slice.first.max(first), (slice.first + slice.len).min(first + len));
        if low >= high {
            continue;
        }
        // weights of a sign that no port takes are counted beyond the last slot, and refused
        let slot = ports.map(|port| port.map_or(layout.slots, |port| member.slots[p][port] + low - first));
        out.push(TargetSegment { gid: member.first + low, len: high - low, slot });
    }
    Ok(())
}
