//! The first pass: how many edges every row has, and what arrives at every ring slot.

use std::ops::Range;

use rayon::prelude::*;

use super::bundle::Bundle;
use super::draw::{Drawing, Line, Major};
use super::place::split;
use super::{EdgeDelay, EdgeValue, Wiring};
use crate::Error;
use crate::compile::Building;

/// Pieces of a projection drawn by source. Sums over pieces are in order, so their number must not depend on
/// threads.
const N_SOURCE_CHUNKS: u32 = 16;

/// What the first pass found; ready to be filled.
#[derive(Debug)]
pub struct Plan<'a> {
    pub(super) projections: Vec<Counted<'a>>,
    pub(super) n_partitions: usize,
    /// Which of them are stored as one.
    pub(super) bundles: Vec<Bundle>,
    slot_sums: Vec<f64>,
    slot_counts: Vec<u32>,
    edges: u64,
    delays: Option<(u32, u32)>,
    pub(super) building: &'a Building,
}

/// A projection whose edges have been counted.
#[derive(Debug)]
pub(super) struct Counted<'a> {
    pub drawing: Drawing<'a>,
    pub slots: Vec<[u32; 2]>,
    /// By target, for projections drawn by source.
    pub partition_of: Vec<u32>,
    pub chunks: Vec<Chunk>,
    pub edges: u64,
}

/// Lines drawn one after the other by one thread.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The partition of all its targets; of no meaning for projections drawn by source.
    pub partition: usize,
    pub lines: Vec<Range<u32>>,
    /// Edges by row, then the place of the next edge of the row within its block. All rows of its partition; for
    /// projections drawn by source its own rows of every partition.
    pub rows: Vec<u32>,
}

/// What arrives at one target: sum of |weight| and number, for weights >= 0 and for weights < 0.
#[derive(Clone, Copy, Default)]
struct Arrivals {
    sum: [f64; 2],
    n: [u32; 2],
}

struct Tally {
    chunk: Chunk,
    /// By line, or by target for projections drawn by source.
    arrivals: Vec<Arrivals>,
    delays: Option<(u32, u32)>,
    edges: u64,
}

impl<'a> Plan<'a> {
    /// Draws and counts all edges. A partition is a list of ranges of global ids of the targets that it owns.
    pub fn count(
        wirings: &'a [Wiring],
        partitions: &[Vec<Range<u32>>],
        building: &'a Building,
    ) -> Result<Self, Error> {
        let n_slots = wirings.iter().flat_map(|wiring| &wiring.targets).map(|segment| {
            let last = segment.slot[0].max(segment.slot[1]) as usize;
            last + segment.len as usize
        });
        let n_slots = n_slots.max().unwrap_or(0);
        let mut plan = Self {
            projections: Vec::with_capacity(wirings.len()),
            n_partitions: partitions.len(),
            bundles: vec![],
            slot_sums: vec![0.0; n_slots],
            slot_counts: vec![0; n_slots],
            edges: 0,
            delays: None,
            building,
        };
        for wiring in wirings {
            let drawing = Drawing::new(wiring)?;
            let mut counted = Counted::new(drawing, partitions)?;
            let before = plan.edges;
            counted.count(&mut plan);
            counted.edges = plan.edges - before;
            plan.projections.push(counted);
        }
        plan.each_alone();
        Ok(plan)
    }

    /// Sum of |weight| over all edges that arrive at each ring slot, in the unit of its port.
    pub fn slot_sums(&self) -> &[f64] {
        &self.slot_sums
    }

    /// Number of edges that arrive at each ring slot: each may be rounded up by half a unit.
    pub fn slot_counts(&self) -> &[u32] {
        &self.slot_counts
    }

    /// Number of edges.
    pub fn edges(&self) -> u64 {
        self.edges
    }

    /// Number of edges of the `k`-th projection.
    pub fn edges_of(&self, k: usize) -> u64 {
        self.projections[k].edges
    }

    /// Smallest and largest delay in steps; 1 and 1 where there is no edge.
    pub fn delays(&self) -> (u32, u32) {
        self.delays.unwrap_or((1, 1))
    }

    fn add(&mut self, tallies: &[Tally], counted: &Counted) {
        for tally in tallies {
            self.edges += tally.edges;
            self.delays = span(self.delays, tally.delays);
            let lines: Box<dyn Iterator<Item = u32>> = match counted.drawing.major {
                Major::Target => Box::new(tally.chunk.lines.iter().cloned().flatten()),
                Major::Source => Box::new(0..counted.drawing.targets.len()),
            };
            for (target, arrivals) in lines.zip(&tally.arrivals) {
                for sign in 0..2 {
                    if arrivals.n[sign] > 0 {
                        let slot = counted.slots[target as usize][sign] as usize;
                        self.slot_sums[slot] += arrivals.sum[sign];
                        self.slot_counts[slot] += arrivals.n[sign];
                    }
                }
            }
        }
    }
}

impl<'a> Counted<'a> {
    fn new(drawing: Drawing<'a>, partitions: &[Vec<Range<u32>>]) -> Result<Self, Error> {
        let segments = &drawing.wiring.targets;
        let slots = segments.iter().flat_map(|s| (0..s.len).map(|i| s.slot.map(|slot| slot + i))).collect();
        let owned: Vec<Vec<Range<u32>>> =
            partitions.iter().map(|gids| drawing.targets.within(gids)).collect();
        let mut partition_of = vec![u32::MAX; drawing.targets.len() as usize];
        for (partition, ranges) in (0..).zip(&owned) {
            for target in ranges.iter().cloned().flatten() {
                let before = std::mem::replace(&mut partition_of[target as usize], partition);
                if before != u32::MAX {
                    let gid = drawing.targets.gid(target);
                    return Err(Error::Rule(format!("two partitions own neuron {gid}")));
                }
            }
        }
        if let Some(target) = partition_of.iter().position(|&partition| partition == u32::MAX) {
            let gid = drawing.targets.gid(target as u32);
            return Err(Error::Rule(format!("no partition owns neuron {gid}")));
        }
        let (chunks, partition_of) = match drawing.major {
            Major::Target => (chunks_of_targets(&drawing, &owned), vec![]),
            Major::Source => (chunks_of_sources(&drawing), partition_of),
        };
        Ok(Self { drawing, slots, partition_of, chunks, edges: 0 })
    }

    fn count(&mut self, plan: &mut Plan) {
        let mut chunks = std::mem::take(&mut self.chunks).into_iter();
        // without rows to keep, the counts by target are what takes memory: as many as there are threads
        let together = if self.is_procedural() { rayon::current_num_threads() } else { usize::MAX };
        while chunks.len() > 0 {
            let chunks: Vec<Chunk> = chunks.by_ref().take(together).collect();
            let count = |chunk| {
                let tally = match self.drawing.major {
                    Major::Target => self.count_by_target(chunk),
                    Major::Source => self.count_by_source(chunk, plan.n_partitions),
                };
                plan.building.draw(tally.edges);
                tally
            };
            let tallies: Vec<Tally> = chunks.into_par_iter().map(count).collect();
            plan.add(&tallies, self);
            self.chunks.extend(tallies.into_iter().map(|tally| tally.chunk));
        }
    }

    fn count_by_target(&self, mut chunk: Chunk) -> Tally {
        chunk.rows = vec![0; self.drawing.sources.len() as usize];
        let mut tally = Tally { chunk, arrivals: vec![], delays: None, edges: 0 };
        let mut line = Line::default();
        for at in tally.chunk.lines.clone().into_iter().flatten() {
            self.drawing.draw(at, &mut line);
            for &source in &line.partners {
                tally.chunk.rows[source as usize] += 1;
            }
            let mut arrivals = Arrivals::default();
            match self.drawing.wiring.weight {
                EdgeValue::Constant(weight) => arrivals.n[sign(weight)] = line.partners.len() as u32,
                _ => line.weights.iter().for_each(|&weight| arrivals.add(weight)),
            }
            tally.arrivals.push(arrivals);
            tally.see(&line, &self.drawing.wiring.delay);
        }
        tally.finish(&self.drawing.wiring.weight)
    }

    fn count_by_source(&self, mut chunk: Chunk, n_partitions: usize) -> Tally {
        let n_rows = chunk.n_rows();
        let n_counts = if self.is_procedural() { 0 } else { n_rows * n_partitions };
        chunk.rows = vec![0; n_counts];
        let arrivals = vec![Arrivals::default(); self.slots.len()];
        let mut tally = Tally { chunk, arrivals, delays: None, edges: 0 };
        let mut line = Line::default();
        for (row, at) in tally.chunk.lines.clone().into_iter().flatten().enumerate() {
            self.drawing.draw(at, &mut line);
            for (i, &target) in line.partners.iter().enumerate() {
                if n_counts > 0 {
                    tally.chunk.rows[self.partition_of[target as usize] as usize * n_rows + row] += 1;
                }
                let arrivals = &mut tally.arrivals[target as usize];
                match self.drawing.wiring.weight {
                    EdgeValue::Constant(weight) => arrivals.n[sign(weight)] += 1,
                    _ => arrivals.add(line.weights[i]),
                }
            }
            tally.see(&line, &self.drawing.wiring.delay);
        }
        tally.finish(&self.drawing.wiring.weight)
    }
}

impl Chunk {
    /// Number of lines: of rows, for projections drawn by source.
    pub fn n_rows(&self) -> usize {
        self.lines.iter().map(ExactSizeIterator::len).sum()
    }
}

impl Tally {
    fn see(&mut self, line: &Line, delay: &EdgeDelay) {
        self.edges += line.partners.len() as u64;
        let seen = match delay {
            _ if line.partners.is_empty() => None,
            EdgeDelay::Constant(delay) => Some((*delay, *delay)),
            _ => line.delays.iter().min().copied().zip(line.delays.iter().max().copied()),
        };
        self.delays = span(self.delays, seen);
    }

    /// With a constant weight the sums follow from the numbers, without the error of adding.
    fn finish(mut self, weight: &EdgeValue) -> Self {
        if let EdgeValue::Constant(weight) = weight {
            let sum = |n: u32| f64::from(n) * weight.abs();
            self.arrivals.iter_mut().for_each(|arrivals| arrivals.sum = arrivals.n.map(sum));
        }
        self
    }
}

impl Arrivals {
    fn add(&mut self, weight: f64) {
        self.sum[sign(weight)] += weight.abs();
        self.n[sign(weight)] += 1;
    }
}

/// Which of the two ring slots of a target a weight goes to.
pub(super) fn sign(weight: f64) -> usize {
    usize::from(weight < 0.0)
}

/// The smallest span that holds both.
fn span(a: Option<(u32, u32)>, b: Option<(u32, u32)>) -> Option<(u32, u32)> {
    let (Some(x), Some(y)) = (a, b) else {
        return a.or(b);
    };
    Some((x.0.min(y.0), x.1.max(y.1)))
}

/// Enough pieces for all threads, but few enough that the counts by row stay small beside the edges.
fn chunks_of_targets(drawing: &Drawing, owned: &[Vec<Range<u32>>]) -> Vec<Chunk> {
    let expected = drawing.expected();
    // 8192 edges: some 20 µs of work; half a count, 2 bytes, per edge
    let worthwhile =
        (expected / 8192.0).min(expected / f64::from(2 * drawing.sources.len().clamp(1, 1 << 30)));
    let n = worthwhile.min(4.0 * rayon::current_num_threads() as f64 / owned.len() as f64).max(1.0) as u32;
    let chunk = |partition| move |lines| Chunk { partition, lines, rows: vec![] };
    owned.iter().enumerate().flat_map(|(k, ranges)| split(ranges, n).into_iter().map(chunk(k))).collect()
}

fn chunks_of_sources(drawing: &Drawing) -> Vec<Chunk> {
    // the arrivals of all targets, 24 bytes each, for every piece: at most 1.5 bytes per edge
    let worthwhile = drawing.expected() / f64::from(16 * drawing.targets.len().clamp(1, 1 << 27));
    let n = worthwhile.clamp(1.0, f64::from(N_SOURCE_CHUNKS)) as u32;
    let chunk = |lines| Chunk { partition: 0, lines, rows: vec![] };
    split(std::slice::from_ref(&(0..drawing.n_lines())), n).into_iter().map(chunk).collect()
}
