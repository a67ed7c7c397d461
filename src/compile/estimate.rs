//! How much memory a network takes, by what it is for, before any of it is allocated.
//!
//! *How it works.* The first two passes say which planes an element has and which projections become rows; numbers of edges
//! and delays follow from rules and distributions: what is drawn is estimated by its mean, the longest delay by what a
//! random word of 32 bits can give.

use super::compose::Group;
use super::connect::{EdgeDelay, Layout as Entries};
use super::recipe::{Recipes, Set, Synaptic};
use super::size::{self, FEWER, readable};
use super::wire::{edge_delays, packing};
use super::{Target, compose, layout, recipe};
use crate::error::{Error, Result};
use crate::model::value::Value;
use crate::network::Network;
use crate::network::projection::Projection;
use crate::program::GROUP;
use std::fmt::{self, Display, Formatter};

/// What a network takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Elements that are updated in a trial, without padding: neurons, and sources that draw spikes of their own.
    pub elements: u64,
    /// Expected number of synapses that are stored or drawn anew.
    pub synapses: f64,
    /// Edges, each counted for every time it is drawn while the network is built.
    pub draws: f64,
    /// What memory is for.
    pub parts: Vec<Part>,
    /// Bytes there are.
    pub memory: u64,
    /// Most bytes of a buffer that a kernel sees at once, where the device sets a bound.
    pub max_buffer: Option<u64>,
    /// What is stored, one by one.
    pub(crate) stored: Vec<Stored>,
}

/// Rows that are stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stored {
    /// Their number.
    pub rows: f64,
    /// Their entries.
    pub entries: f64,
    /// Elements that they end on.
    pub targets: u32,
    /// Whether all entries have one delay.
    pub has_one_delay: bool,
}

/// A use of memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What for.
    pub what: &'static str,
    /// Bytes in all.
    pub bytes: u64,
    /// Bytes of the largest piece that a kernel has to see at once; 0 where there is no such piece.
    pub whole: u64,
    /// What would make it smaller.
    advice: &'static str,
}

/// Estimates what a network takes.
///
/// # Errors
/// A model that cannot be lowered, a value out of its bounds.
pub fn estimate(network: &Network, target: Target) -> Result<Estimate> {
    network.check_trials()?;
    let recipes = recipe::recipes(network)?;
    layout::check_elements(network, &recipes)?;
    let groups = compose::groups(network, &recipes)?;
    Ok(Estimate::new(network, &recipes, &groups, target))
}

impl Estimate {
    pub(super) fn new(network: &Network, recipes: &Recipes, groups: &[Group], target: Target) -> Estimate {
        let copies = network.trials().len() as u64;
        let (mut state, mut own, mut slots) = ([0; 2], [0; 2], 0);
        let add = |sums: &mut [u64; 2], words: u64| {
            let bytes = words.saturating_mul(4 * copies);
            *sums = [sums[0].saturating_add(bytes), sums[1].max(bytes)];
        };
        for group in groups {
            let padded = |k: &usize| u64::from(recipes.populations[*k].size).next_multiple_of(GROUP.into());
            let elements: u64 = group.recipes.iter().map(padded).sum();
            let (_, kept) = layout::kept(&group.composed);
            let each = kept.iter().filter(|k| group.entries[0][0][**k as usize].constant.each).count();
            add(&mut state, elements * group.composed.state.len() as u64);
            add(&mut own, elements * each as u64);
            slots += elements * recipes.populations[group.recipes[0]].ports().len() as u64;
        }
        let rows: Vec<Rows> = recipes.synaptic.iter().map(|it| Rows::new(network, it, target)).collect();
        let window = rows.iter().map(|rows| rows.delays.0).min().unwrap_or(1).min(target.max_window);
        let longest = rows.iter().map(|rows| rows.delays.1).max().unwrap_or(1);
        let depth = u64::from(longest.min(1 << 30) + window).next_power_of_two();
        let ring = 4 * depth * slots * copies;
        // a target of a port by sign may have slots of a sign that it refuses, which are only counted
        let entry = match packing(slots.saturating_mul(2).min(u64::from(u32::MAX)) as u32, longest) {
            Entries::Narrow { .. } => 4.0,
            Entries::Wide => 8.0,
        };
        let sum = |bytes: &dyn Fn(&Rows) -> f64| rows.iter().map(bytes).sum::<f64>() as u64;
        let offsets = sum(&|rows| rows.offsets);
        let entries = sum(&|rows| rows.stored * entry);
        let weights = sum(&|rows| rows.weights);
        let elements = recipes.populations.iter().map(|it| u64::from(it.size)).sum();
        let mut parts = vec![
            Part::new("state of elements", state[0], state[1], "fewer elements or trials would fit"),
            Part::new(
                "parameters that differ by element",
                own[0],
                own[1],
                "fewer elements or trials would fit",
            ),
            Part::new(
                "ring of arriving spikes",
                ring,
                ring,
                "shorter delays, fewer elements or trials would fit",
            ),
            Part::new("offsets of rows", offsets, 0, FEWER),
            Part::new("targets and delays", entries, 0, FEWER),
            Part::new("weights of their own", weights, 0, FEWER),
            // counts by row, see `connect::count`
            Part::new("construction, for a while", sum(&|rows| 2.0 * rows.stored), 0, FEWER),
        ];
        if target.max_buffer.is_some() {
            parts.push(Part::new("synapses, a copy on the host", offsets + entries + weights, 0, FEWER));
        }
        let synapses = rows.iter().filter(|rows| rows.is_counted).map(|rows| rows.edges).sum();
        let (memory, max_buffer) = (target.memory, target.max_buffer);
        let stored = rows.iter().zip(&recipes.synaptic).filter(|(rows, _)| rows.stored > 0.0);
        let stored = stored.map(|(rows, synaptic)| Stored {
            rows: rows.offsets / 4.0,
            entries: rows.stored,
            targets: synaptic.ends(network).1.len(),
            has_one_delay: rows.delays.0 == rows.delays.1,
        });
        let stored = stored.collect();
        let draws = rows.iter().map(|rows| rows.edges + rows.stored).sum();
        Estimate { elements, synapses, draws, parts, memory, max_buffer, stored }
    }

    /// Bytes in all.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().fold(0, |sum, part| sum.saturating_add(part.bytes))
    }

    /// Fails where the network does not fit.
    ///
    /// # Errors
    /// [`Error::Memory`] with what is needed and what there is.
    pub fn check(&self) -> Result<()> {
        let most = self.max_buffer.unwrap_or(u64::MAX);
        if let Some(part) = self.parts.iter().find(|part| part.whole > most) {
            return Err(Error::Memory {
                what: format!("the {}", part.what),
                needed: readable(part.whole as f64),
                available: format!("{} in one buffer", readable(most as f64)),
                advice: format!("{}, or another device", part.advice.trim_end_matches(" would fit"))
                    + " would fit",
            });
        }
        let Some(largest) = self.parts.iter().max_by_key(|part| part.bytes) else { return Ok(()) };
        let what = format!("a network of {} elements and {:.3e} synapses", self.elements, self.synapses);
        size::fits(what, self.bytes() as f64, self.memory, largest.advice)
    }
}

impl Part {
    fn new(what: &'static str, bytes: u64, whole: u64, advice: &'static str) -> Part {
        Part { what, bytes, whole, advice }
    }

    /// Memory for where each block of ring slots begins in rows.
    pub(crate) fn blocks(bytes: u64) -> Part {
        Part::new("blocks of ring slots in rows", bytes, 0, FEWER)
    }

    /// Memory for spikes that a device has found and not yet handed over: one piece of `copies` equal ones is seen at once.
    pub(crate) fn log(bytes: u64, copies: u64) -> Part {
        Part::new("log of spikes", bytes, bytes / copies, "fewer elements or trials would fit")
    }
}

/// A table for people.
impl Display for Estimate {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        for part in &self.parts {
            writeln!(f, "  {:34} {:>10}", part.what, readable(part.bytes as f64))?;
        }
        let total = readable(self.bytes() as f64);
        write!(f, "  {:34} {total:>10} of {}", "together", readable(self.memory as f64))?;
        match self.max_buffer {
            Some(most) => writeln!(f, ", at most {} in one buffer", readable(most as f64)),
            None => writeln!(f),
        }
    }
}

/// The rows of a projection, one way.
struct Rows {
    edges: f64,
    /// Edges that are stored.
    stored: f64,
    /// Bytes of the offsets of rows, and of weights.
    offsets: f64,
    weights: f64,
    /// Shortest and longest delay in steps.
    delays: (u32, u32),
    /// Whether they are the user's, not a second set for the same edges.
    is_counted: bool,
}

impl Rows {
    fn new(network: &Network, synaptic: &Synaptic, target: Target) -> Rows {
        let projection = &network.projections()[synaptic.projection];
        let (from, to) = synaptic.ends(network);
        let edges = projection.connectivity.rule.expected(from.len(), to.len());
        let halves = if is_split(network, projection) { 2.0 } else { 1.0 };
        let stored = if projection.connectivity.procedural { 0.0 } else { edges * halves };
        let listed = synaptic.made.is_some() || synaptic.set == Set::Negative;
        let shared = matches!(projection.weight, Value::Constant(_)) && !listed;
        let sources = if synaptic.made.is_some() { edges } else { f64::from(from.len()) };
        let rows = if stored > 0.0 { (sources + 1.0) * halves * f64::from(target.partitions) } else { 0.0 };
        Rows {
            edges,
            stored,
            offsets: 4.0 * rows,
            weights: if shared { 0.0 } else { 4.0 * stored },
            delays: delays(network, projection),
            is_counted: matches!(synaptic.set, Set::Positive),
        }
    }
}

/// Whether delays lie between two steps, so that every edge becomes two.
fn is_split(network: &Network, projection: &Projection) -> bool {
    projection.interpolates()
        && match projection.delay {
            Value::Constant(delay) => network.steps("a delay", delay).is_err(),
            _ => true,
        }
}

/// Shortest and longest delay in steps.
fn delays(network: &Network, projection: &Projection) -> (u32, u32) {
    let split = u32::from(is_split(network, projection));
    let (shortest, longest) = match edge_delays(network, projection) {
        EdgeDelay::Constant(delay) => (delay, delay),
        EdgeDelay::Each(delays) | EdgeDelay::EachSource(delays) => {
            (delays.iter().min().copied().unwrap_or(1), delays.iter().max().copied().unwrap_or(1))
        }
        EdgeDelay::Random { distribution, dt, latency } => {
            // half of the smallest share of words: see `connect::quantile`
            let extreme = (-33f64).exp2();
            let quantile = distribution.quantile();
            let steps =
                |upper| ((quantile(extreme, upper) / dt).round().max(0.0) as u32).saturating_add(latency);
            (steps(false), steps(true))
        }
    };
    (shortest.max(1), longest.saturating_add(split).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::compile;
    use crate::model::placeholder;
    use crate::model::value::{normal, truncated_normal};
    use crate::network::rule::fixed_indegree;
    use crate::unit::{ms, pA};

    fn network(degree: u32) -> Network {
        let mut network = Network::new(0.1 * ms).expect("a time");
        let cells = network.population("cells", 1000, placeholder::neuron()).expect("a population");
        let delay = truncated_normal(1.5 * ms, 0.75 * ms, 0.1 * ms, 5.0 * ms);
        let all = network.project(&cells, &cells, fixed_indegree(degree));
        all.weight(normal(20.0 * pA, 2.0 * pA)).delay(delay).build().expect("a projection");
        network
    }

    #[test]
    fn synapses_and_ring_are_those_of_the_program() {
        let network = network(100);
        let target = Target { partitions: 2, ..Target::default() };
        let estimate = estimate(&network, target).expect("it compiles");
        let program = compile(&network, target).expect("it compiles");
        let bytes = |what: &str| {
            estimate.parts.iter().find(|part| part.what.starts_with(what)).map_or(0, |part| part.bytes)
        };
        let synapses = bytes("offsets") + bytes("targets") + bytes("weights of");
        assert_eq!((estimate.elements, estimate.synapses), (1000, 100_000.0));
        assert_eq!(synapses, program.synapse_bytes());
        assert_eq!(bytes("ring"), 4 * u64::from(program.depth) * u64::from(program.slots));
        let planes = program.kernels[0].state.len() as u64;
        assert_eq!(bytes("state"), 4 * planes * u64::from(program.kernels[0].len));
    }

    #[test]
    fn what_does_not_fit_is_said_before_it_is_built() {
        // 2^37 synapses: nothing of them may be allocated
        let network = network(1 << 27);
        let refusal = |target| compile(&network, target).expect_err("it is too large").to_string();
        let text = refusal(Target { memory: 64 << 30, ..Target::default() });
        assert!(text.contains("synapses needs 1000.0 GiB of memory, the device offers 64.0 GiB"), "{text}");
        let small = Target { max_buffer: Some(1 << 16), ..Target::default() };
        let text =
            estimate(&network, small).and_then(|it| it.check()).expect_err("it is too large").to_string();
        assert!(text.contains("the ring of arriving spikes needs"), "{text}");
        assert!(text.contains("the device offers 64.0 KiB in one buffer"), "{text}");
    }
}
