//! Connecting: from rules to rows of ring slots, delays and fixed-point weights.
//!
//! # How it works
//!
//! Every target (every source, for rules that count outgoing connections) has its own place in the random stream of
//! its projection, so anyone can draw its edges at any time. That is done twice. [`Plan::count`] draws all edges
//! and keeps only how many each source has, and what arrives at each ring slot in total: the weights' scale follows
//! from that. [`Plan::fill`] draws them again and puts each where it belongs:
//!
//! ```text
//! chunk of targets 0   draws  ->  row of source 0 | row of source 1 | ...
//! chunk of targets 1   draws  ->      ^ its own place in every row, known from counting
//! ```
//!
//! Chunks run in parallel and write to places that no other chunk writes to, in the order of targets: the
//! result is the same for every number of threads. Peak memory is the result and about 2 bytes per edge.
//!
//! Rows may be asked for in order of delays instead, those of a source in several projections as one: [`Plan::bundle`].
//!
//! Rules that count by source draw any part of a row without the rest ([`choice`]), with values in integers
//! ([`quantile`]). So a projection may also store nothing: then it is only counted, and [`Plan::procedural`] tells what a
//! device needs to draw the rows of those sources that spike.

mod block;
mod bundle;
pub mod choice;
mod count;
mod draw;
mod edge;
mod fill;
mod place;
mod procedural;
pub mod quantile;
mod scatter;
#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "a partition is a list of ranges, often of one")]
mod tests;

use std::ops::Range;
use std::sync::Arc;

pub use block::{Block, Layout, Order, Weights};
pub use bundle::Bundle;
pub use count::Plan;
pub(crate) use draw::{DELAYS, WEIGHTS};
pub use edge::{Edge, for_each_edge};
pub(crate) use fill::quantise;
pub use procedural::{Delay, Landing, Procedural};

use crate::network::distribution::Distribution;
use crate::network::rule::Connectivity;
use crate::random::Stream;

/// Neurons with consecutive global ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Global id of the first.
    pub gid: u32,
    /// How many.
    pub len: u32,
}

/// Target neurons with consecutive global ids and ring slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetSegment {
    /// Global id of the first.
    pub gid: u32,
    /// How many.
    pub len: u32,
    /// Ring slot of the first for weights >= 0 and for weights < 0.
    pub slot: [u32; 2],
}

/// A projection with everything resolved to numbers.
///
/// A port that counts events takes the weight `EdgeValue::Constant(1.0)`.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// Name of the projection, for errors.
    pub name: String,
    /// Which pairs are connected.
    pub connectivity: Connectivity,
    /// The sources in order; a row of the result each. No neuron twice.
    pub sources: Vec<Segment>,
    /// The targets in order. No neuron twice.
    pub targets: Vec<TargetSegment>,
    /// Weights, in the unit of the port.
    pub weight: EdgeValue,
    /// Delays.
    pub delay: EdgeDelay,
    /// Random stream of this projection alone.
    pub stream: Stream,
}

/// Weights of the edges of a projection.
#[derive(Clone, Debug, PartialEq)]
pub enum EdgeValue {
    /// One for all.
    Constant(f64),
    /// One per edge, by [`Edge::ordinal`]; only for rules that draw nothing.
    Each(Arc<[f64]>),
    /// Drawn for each edge.
    Random(Distribution),
}

/// Delays of the edges of a projection, in steps of at least 1.
#[derive(Clone, Debug, PartialEq)]
pub enum EdgeDelay {
    /// One for all.
    Constant(u32),
    /// One per edge, by [`Edge::ordinal`]; only for rules that draw nothing.
    Each(Arc<[u32]>),
    /// One per source, by its place in the projection.
    EachSource(Arc<[u32]>),
    /// Drawn for each edge in ms and rounded to steps, at least one.
    Random {
        /// Distribution over ms.
        distribution: Distribution,
        /// Length of a step in ms.
        dt: f64,
        /// Steps on top of each delay.
        latency: u32,
    },
}

impl Wiring {
    /// The ring slots of the targets, for weights of either sign.
    pub fn slots(&self) -> Vec<Range<u32>> {
        self.targets.iter().flat_map(|it| it.slot.map(|first| first..first + it.len)).collect()
    }
}
