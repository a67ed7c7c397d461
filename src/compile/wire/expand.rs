//! Projections that become explicit edges: their rule does not say what is wanted of every edge.

use super::super::connect::{Edge, EdgeDelay, EdgeValue, Segment, TargetSegment, Wiring, for_each_edge};
use super::super::recipe::{Use, stream};
use super::{each, edge_values};
use crate::error::{Error, Result};
use crate::model::value::Value;
use crate::network::Network;
use crate::network::projection::Projection;
use crate::network::rule::{Connectivity, edges};

/// Parts of a step that drawn and listed delays are resolved to before they are split.
const FINE: f64 = 65_536.0;

/// All edges of a wiring.
fn all_edges(wiring: &Wiring) -> Result<Vec<Edge>> {
    let mut all = vec![];
    for_each_edge(wiring, |edge| all.push(edge))?;
    Ok(all)
}

/// Makes the wiring one of these edges, with the given values.
pub(super) fn list(wiring: &mut Wiring, pairs: Vec<[u32; 2]>, weights: Vec<f64>, delays: Vec<u32>) {
    wiring.connectivity = edges(pairs);
    wiring.weight = EdgeValue::Each(weights.into());
    wiring.delay = EdgeDelay::Each(delays.into());
}

/// Replaces the sources by one source an edge.
pub(super) fn by_edge(wiring: &mut Wiring, sources: Segment) -> Result<()> {
    let all = all_edges(wiring)?;
    wiring.sources = vec![sources];
    let pairs = all.iter().enumerate().map(|(k, edge)| [k as u32, edge.target]).collect();
    let (weights, delays) = all.iter().map(|edge| (edge.weight, edge.delay)).unzip();
    list(wiring, pairs, weights, delays);
    Ok(())
}

/// The same edges with weights of the other sign.
pub(super) fn negate(wiring: &mut Wiring) -> Result<()> {
    let all = all_edges(wiring)?;
    let pairs = all.iter().map(|edge| [edge.source, edge.target]).collect();
    let (weights, delays) = all.iter().map(|edge| (-edge.weight, edge.delay)).unzip();
    list(wiring, pairs, weights, delays);
    Ok(())
}

/// The edges of a projection the other way round, in the order in which its weights are listed, and their weights.
pub(super) fn backwards(
    network: &Network,
    projection: &Projection,
    number: usize,
) -> Result<(Connectivity, EdgeValue)> {
    let (n_sources, n_targets) = (projection.from.len(), projection.to.len());
    let wiring = Wiring {
        name: projection.name.clone(),
        connectivity: projection.connectivity.clone(),
        sources: vec![Segment { gid: 0, len: n_sources }],
        targets: vec![TargetSegment { gid: n_sources, len: n_targets, slot: [0, 0] }],
        weight: edge_values(&projection.weight),
        delay: EdgeDelay::Constant(1),
        stream: stream(network, Use::Edges, number),
    };
    let mut all = all_edges(&wiring)?;
    all.sort_by_key(|edge| edge.ordinal);
    let connectivity = edges(all.iter().map(|edge| [edge.target, edge.source]).collect::<Vec<_>>());
    let back = projection.back.as_ref().expect("the projection goes both ways");
    let weight = match back == &projection.weight {
        true => EdgeValue::Each(all.iter().map(|edge| edge.weight).collect()),
        false => edge_values(back),
    };
    Ok((connectivity, weight))
}

/// Splits what arrives between two steps over both of them.
pub(super) fn interpolate(
    network: &Network,
    projection: &Projection,
    mut wiring: Wiring,
) -> Result<Vec<Wiring>> {
    let (dt, latency) = (network.dt_ms(), f64::from(projection.latency));
    if let Value::Constant(delay) = projection.delay {
        let (step, part) = parts(delay / dt + latency);
        if part == 0.0 {
            return Ok(vec![wiring]);
        }
        if let Some([early, late]) = shared_out(&wiring.weight, part) {
            let mut second = wiring.clone();
            (wiring.weight, wiring.delay) = (early, EdgeDelay::Constant(step));
            (second.weight, second.delay) = (late, EdgeDelay::Constant(step + 1));
            return Ok(vec![wiring, second]);
        }
    }
    wiring.delay = match &projection.delay {
        Value::Constant(delay) => EdgeDelay::Constant(fine(&wiring.name, delay / dt + latency)?),
        Value::Each(delays) => {
            let delays = delays.iter().map(|delay| fine(&wiring.name, delay / dt + latency));
            each(projection, delays.collect::<Result<_>>()?)
        }
        Value::Random(distribution) => EdgeDelay::Random {
            distribution: *distribution,
            dt: dt / FINE,
            latency: FINE as u32 * projection.latency,
        },
    };
    let all = all_edges(&wiring)?;
    let (mut halves, mut second) = ([vec![], vec![]], wiring.clone());
    for edge in &all {
        let (step, part) = parts(f64::from(edge.delay) / FINE);
        let pair = [edge.source, edge.target];
        halves[0].push((pair, edge.weight * (1.0 - part), step));
        if part > 0.0 {
            halves[1].push((pair, edge.weight * part, step + 1));
        }
    }
    for (wiring, half) in [&mut wiring, &mut second].into_iter().zip(halves) {
        let pairs = half.iter().map(|(pair, ..)| *pair).collect();
        let (weights, delays) = half.iter().map(|(_, weight, delay)| (*weight, *delay)).unzip();
        list(wiring, pairs, weights, delays);
    }
    Ok(vec![wiring, second])
}

/// Whole steps, and the part of a step beyond them.
fn parts(steps: f64) -> (u32, f64) {
    // 1e-6 of a step: what decimal input loses, far below any meant difference
    let whole = (steps + 1e-6).floor();
    let part = steps - whole;
    (whole as u32, if part < 1e-6 { 0.0 } else { part })
}

fn fine(name: &str, steps: f64) -> Result<u32> {
    let fine = (steps * FINE).round();
    if fine > f64::from(u32::MAX) {
        let text = format!(
            "projection `{name}`: a delay of {steps} steps between two steps; at most 65535 are interpolated"
        );
        return Err(Error::network(text));
    }
    Ok(fine as u32)
}

/// Weights of the earlier and of the later step, where they need not be drawn.
fn shared_out(weight: &EdgeValue, part: f64) -> Option<[EdgeValue; 2]> {
    let times = |factor: f64| match weight {
        EdgeValue::Constant(weight) => Some(EdgeValue::Constant(weight * factor)),
        EdgeValue::Each(weights) => {
            Some(EdgeValue::Each(weights.iter().map(|weight| weight * factor).collect()))
        }
        EdgeValue::Random(_) => None,
    };
    Some([times(1.0 - part)?, times(part)?])
}
