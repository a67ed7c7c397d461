//! The edges of a projection one by one, without storing them.

use super::Wiring;
use super::draw::{Drawing, Line, Major};
use crate::Error;

/// One connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// Place of the source in the projection.
    pub source: u32,
    /// Place of the target in the projection.
    pub target: u32,
    /// Global id of the source.
    pub source_gid: u32,
    /// Global id of the target.
    pub target_gid: u32,
    /// Weight in the unit of the port.
    pub weight: f64,
    /// Delay in steps.
    pub delay: u32,
    /// Number of the edge in its projection. For explicit edges the index in the list; for one_to_one the place; for
    /// all_to_all target · n_sources + source, as NEST's arrays of targets × sources have it, whether autapses are
    /// left out or not. For all other rules it counts the edges in this order.
    pub ordinal: u64,
}

/// Calls `see` for every edge: by source for rules where a source alone knows its targets, by target for all others.
pub fn for_each_edge(wiring: &Wiring, mut see: impl FnMut(Edge)) -> Result<(), Error> {
    let drawing = Drawing::new(wiring)?;
    let (mut line, mut n) = (Line::default(), 0);
    for at in 0..drawing.n_lines() {
        drawing.draw_in_order(at, &mut line);
        for (i, &partner) in line.partners.iter().enumerate() {
            let (source, target) = match drawing.major {
                Major::Target => (partner, at),
                Major::Source => (at, partner),
            };
            let (weight, delay) = line.edge(i, &wiring.weight, &wiring.delay);
            let ordinal = drawing.ordinal(at, i, &line).unwrap_or(n);
            let (source_gid, target_gid) = (drawing.sources.gid(source), drawing.targets.gid(target));
            see(Edge { source, target, source_gid, target_gid, weight, delay, ordinal });
            n += 1;
        }
    }
    Ok(())
}
