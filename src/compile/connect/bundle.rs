//! Bundles: projections whose rows are stored as one, in order of delays.
//!
//! # How it works
//!
//! Where the ring exceeds the cache, the CPU adds an entry when it is due: all that is added in a while then falls onto few
//! rows of the ring, which stay in the cache. Rows of synapses are read in parts, one for each such while. Parts are long
//! where the rows of a source lie together, whatever projection they are of, sorted by delay:
//!
//! ```text
//! source 0, projection a | source 0, projection b    ->    delay 1: a a b | delay 2: a b b | delay 3: ...
//! ```
//!
//! Which projection an entry is of follows from its ring slot: those of a bundle end on slots of their own.

use super::block::{Block, Layout, Order, Weights};
use super::count::Plan;
use super::{EdgeDelay, EdgeValue, Wiring};
use rayon::prelude::*;
use std::ops::Range;

/// Projections whose rows are stored as one: each source has one row for all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Positions of the projections; blocks bear the number of the first.
    pub projections: Vec<usize>,
    /// Whether rows are sorted by delay, or stay in order of targets.
    pub by_delay: bool,
}

/// Entries of a row that come with one delay, on average: below, finding the parts of a row costs more than they do.
const WORTHWHILE: u64 = 8;

impl Plan<'_> {
    /// Every stored projection for itself, its rows in order of targets.
    pub(super) fn each_alone(&mut self) {
        let stored = self.projections.iter().enumerate().filter(|(_, counted)| !counted.is_procedural());
        self.bundles = stored.map(|(k, _)| Bundle { projections: vec![k], by_delay: false }).collect();
    }

    /// Bundles the stored projections, to be sorted by delay, where delays differ and rows are long enough.
    pub fn bundle(&mut self) -> &[Bundle] {
        let mut bundles: Vec<Bundle> = vec![];
        for (k, counted) in self.projections.iter().enumerate().filter(|(_, it)| !it.is_procedural()) {
            let by_delay = !matches!(counted.drawing.wiring.delay, EdgeDelay::Constant(_));
            let joins = |bundle: &&mut Bundle| {
                bundle.by_delay && bundle.projections.iter().all(|other| self.go_together(*other, k))
            };
            match bundles.iter_mut().find(joins).filter(|_| by_delay) {
                Some(bundle) => bundle.projections.push(k),
                None => bundles.push(Bundle { projections: vec![k], by_delay }),
            }
        }
        let is_worthwhile = |bundle: &Bundle| bundle.by_delay && self.per_delay(bundle) >= WORTHWHILE;
        let (sorted, alone): (Vec<Bundle>, Vec<Bundle>) = bundles.into_iter().partition(is_worthwhile);
        let alone = alone.into_iter().flat_map(|bundle| bundle.projections);
        let alone = alone.map(|k| Bundle { projections: vec![k], by_delay: false });
        let mut bundles: Vec<Bundle> = sorted.into_iter().chain(alone).collect();
        bundles.sort_by_key(|bundle| bundle.projections[0]);
        self.bundles = bundles;
        &self.bundles
    }

    /// Whether the rows of both projections can be stored as one.
    fn go_together(&self, a: usize, b: usize) -> bool {
        let [a, b] = [a, b].map(|k| self.projections[k].drawing.wiring);
        // one weight for all is stored once, where the scale is one for all, too
        let has_weights = |it: &Wiring| !matches!(it.weight, EdgeValue::Constant(_));
        // slots of a sign that the targets refuse are the same for all
        let is_used = |slots: &Range<u32>| {
            self.slot_counts()[slots.start as usize..slots.end as usize].iter().any(|n| *n > 0)
        };
        let [a_slots, b_slots] = [a, b].map(|it| it.slots().into_iter().filter(is_used).collect::<Vec<_>>());
        let apart = |a: &Range<u32>| b_slots.iter().all(|b| a.end <= b.start || b.end <= a.start);
        has_weights(a) && has_weights(b) && a.sources == b.sources && a_slots.iter().all(apart)
    }

    /// How many entries of a row have the same delay, on average.
    fn per_delay(&self, bundle: &Bundle) -> u64 {
        let edges: u64 = bundle.projections.iter().map(|k| self.projections[*k].edges).sum();
        let rows = u64::from(self.projections[bundle.projections[0]].drawing.sources.len());
        let (shortest, longest) = self.delays();
        edges / (rows.max(1) * self.n_partitions as u64 * u64::from(longest - shortest + 1))
    }
}

/// Rows that a thread sorts in one go.
const ROWS: usize = 256;

impl Block {
    /// Sorts every row by delay; entries of a delay keep their order. Wide entries stay as they are.
    pub(super) fn sort_by_delay(&mut self, layout: Layout) {
        let Layout::Narrow { slot_bits } = layout else { return };
        let mut weights: &mut [i32] = match &mut self.weights {
            Weights::Each(weights) => weights,
            Weights::Shared(_) => &mut [],
        };
        let mut entries = self.entries.as_mut_slice();
        let mut pieces = vec![];
        for rows in (0..self.rows.len() - 1).step_by(ROWS) {
            let rows = &self.rows[rows..self.rows.len().min(rows + ROWS + 1)];
            let len = (rows[rows.len() - 1] - rows[0]) as usize;
            let n_weights = len.min(weights.len());
            let (own, own_weights);
            (own, entries) = entries.split_at_mut(len);
            (own_weights, weights) = weights.split_at_mut(n_weights);
            pieces.push((rows, own, own_weights));
        }
        pieces.into_par_iter().for_each_init(Sorter::default, |sorter, (rows, entries, weights)| {
            for row in rows.windows(2) {
                let row = (row[0] - rows[0]) as usize..(row[1] - rows[0]) as usize;
                let weights = if weights.is_empty() { &mut [] } else { &mut weights[row.clone()] };
                sorter.sort(slot_bits, &mut entries[row], weights);
            }
        });
        self.order = Order::Delay;
    }
}

/// Room to sort rows in.
#[derive(Default)]
struct Sorter {
    /// By delay: where its next entry goes.
    places: Vec<u32>,
    entries: Vec<(u32, i32)>,
}

impl Sorter {
    /// Sorts a row and its weights, if it has them, by counting the entries of each delay.
    fn sort(&mut self, slot_bits: u32, entries: &mut [u32], weights: &mut [i32]) {
        let delay = |entry: u32| (u64::from(entry) >> slot_bits) as usize;
        self.places.clear();
        for entry in entries.iter() {
            let delay = delay(*entry);
            if self.places.len() < delay + 2 {
                self.places.resize(delay + 2, 0);
            }
            self.places[delay + 1] += 1;
        }
        let mut sum = 0;
        for place in &mut self.places {
            sum += *place;
            *place = sum;
        }
        self.entries.clear();
        match weights.is_empty() {
            true => self.entries.extend(entries.iter().map(|entry| (*entry, 0))),
            false => self.entries.extend(entries.iter().copied().zip(weights.iter().copied())),
        }
        for (entry, weight) in &self.entries {
            let place = &mut self.places[delay(*entry)];
            entries[*place as usize] = *entry;
            if let Some(into) = weights.get_mut(*place as usize) {
                *into = *weight;
            }
            *place += 1;
        }
    }
}
