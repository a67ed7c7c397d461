//! The second pass: every edge to its place in the row of its source.

use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};

use rayon::prelude::*;

use super::block::{Block, Layout, Order, Weights, split};
use super::bundle::Bundle;
use super::count::{Chunk, Counted, Plan, sign};
use super::draw::{Line, Major};
use super::scatter::Buckets;
use super::{EdgeDelay, EdgeValue};
use crate::Error;
use crate::compile::Building;
use crate::memory::prefer_large_pages;
use crate::random::ROUNDING;

/// A block that several threads write to, each to places of its own.
struct Store {
    rows: Vec<u32>,
    source_first: u32,
    entries: Vec<AtomicU32>,
    /// Empty for a shared weight.
    weights: Vec<AtomicI32>,
}

/// The blocks of a projection in one partition.
struct Stores {
    stores: Vec<Store>,
    /// By row, if there are several.
    store_of: Vec<u32>,
    with_weights: bool,
}

struct Filling<'a, F> {
    layout: Layout,
    max_entries: u32,
    scale: &'a F,
    building: &'a Building,
}

impl Plan<'_> {
    /// Draws the edges again and writes them down, but for projections that are not stored; blocks come by bundle,
    /// partition and source, none is empty.
    ///
    /// `max_entries` bounds the entries of a block (the size of a binding). `scale` gives for each ring slot the
    /// factor from weights to integers, a power of two.
    pub fn fill<F>(self, layout: Layout, max_entries: u32, scale: &F) -> Result<Vec<Block>, Error>
    where
        F: Fn(u32) -> f64 + Sync + ?Sized,
    {
        self.check(layout)?;
        let filling = Filling { layout, max_entries, scale: &scale, building: self.building };
        let mut blocks = Vec::new();
        let mut projections: Vec<Option<Counted>> = self.projections.into_iter().map(Some).collect();
        for bundle in &self.bundles {
            let counted = bundle.projections.iter().filter_map(|k| projections[*k].take()).collect();
            blocks.extend(filling.bundle(bundle, counted, self.n_partitions)?);
        }
        Ok(blocks)
    }

    fn check(&self, layout: Layout) -> Result<(), Error> {
        let Layout::Narrow { slot_bits } = layout else {
            return Ok(());
        };
        let (n_slots, (_, longest)) = (self.slot_sums().len() as u64, self.delays());
        if slot_bits >= 32 || n_slots > 1 << slot_bits || u64::from(longest) >= 1 << (32 - slot_bits) {
            return Err(Error::Rule(format!(
                "{n_slots} ring slots and a delay of {longest} steps do not fit a word with {slot_bits} bits for the \
                 slot; use the wide layout"
            )));
        }
        Ok(())
    }
}

impl<F: Fn(u32) -> f64 + Sync> Filling<'_, F> {
    fn bundle(
        &self,
        bundle: &Bundle,
        mut counted: Vec<Counted>,
        n_partitions: usize,
    ) -> Result<Vec<Block>, Error> {
        let Some(first) = counted.first() else { return Ok(vec![]) };
        let name = first.drawing.wiring.name.clone();
        let named = |source| Error::Projection { name: name.clone(), source: Box::new(source) };
        let shared = self.shared_weight(&counted).map_err(named)?;
        let partitions: Vec<Stores> = (0..n_partitions)
            .map(|partition| self.allocate(&mut counted, partition, shared.is_none()))
            .collect::<Result<_, _>>()
            .map_err(named)?;
        for counted in &mut counted {
            let name = &counted.drawing.wiring.name;
            let named = |source| Error::Projection { name: name.clone(), source: Box::new(source) };
            let mut chunks = std::mem::take(&mut counted.chunks);
            let each = counted.edges / chunks.len().max(1) as u64;
            let fill = |chunk: &mut Chunk| {
                match counted.drawing.major {
                    Major::Target => self.fill_by_target(counted, chunk, &partitions[chunk.partition])?,
                    Major::Source => self.fill_by_source(counted, chunk, &partitions)?,
                }
                self.building.draw(each);
                Ok(())
            };
            chunks.par_iter_mut().try_for_each(fill).map_err(named)?;
        }
        let mut blocks = Vec::new();
        for (partition, stores) in (0..).zip(partitions) {
            for store in stores.stores {
                let mut block = store.into_block(bundle.projections[0] as u32, partition, shared);
                if bundle.by_delay {
                    block.sort_by_delay(self.layout);
                }
                blocks.push(block);
            }
        }
        Ok(blocks)
    }

    /// The weight of all edges, where there is only one and all slots have one scale.
    fn shared_weight(&self, counted: &[Counted]) -> Result<Option<i32>, Error> {
        let EdgeValue::Constant(weight) = counted[0].drawing.wiring.weight else {
            return Ok(None);
        };
        let slots = counted.iter().flat_map(|counted| &counted.slots);
        let mut scales = slots.map(|slots| (self.scale)(slots[sign(weight)]));
        let Some(first) = scales.next() else {
            return Ok(Some(0));
        };
        if scales.all(|scale| scale == first) { quantise(weight, first).map(Some) } else { Ok(None) }
    }

    /// Rows and blocks of a partition; the counts of its chunks become places.
    fn allocate(
        &self,
        counted: &mut [Counted],
        partition: usize,
        with_weights: bool,
    ) -> Result<Stores, Error> {
        let n_sources = counted[0].drawing.sources.len() as usize;
        let mut rows = vec![0u64; n_sources];
        for (first, lengths) in counted.iter_mut().flat_map(|counted| counts(counted, partition)) {
            rows[first..].iter_mut().zip(lengths).for_each(|(row, n)| *row += u64::from(*n));
        }
        let stores: Vec<Store> = (split(&rows, self.max_entries)?.into_iter())
            .map(|(first, offsets)| self.store(first, offsets, with_weights))
            .collect();
        let mut next: Vec<u32> = Vec::with_capacity(n_sources);
        let mut store_of = Vec::new();
        for (k, store) in (0..).zip(&stores) {
            next.extend(&store.rows[..store.rows.len() - 1]);
            if stores.len() > 1 {
                store_of.resize(next.len(), k);
            }
        }
        for (first, places) in counted.iter_mut().flat_map(|counted| counts(counted, partition)) {
            for (next, place) in next.iter_mut().skip(first).zip(places) {
                let n = std::mem::replace(place, *next);
                *next += n;
            }
        }
        Ok(Stores { stores, store_of, with_weights })
    }

    fn store(&self, source_first: u32, rows: Vec<u32>, with_weights: bool) -> Store {
        let n = rows[rows.len() - 1] as usize;
        // zeroed by the system; mapping in place keeps the allocation
        let (entries, weights) =
            (vec![0u32; n * self.layout.words()], vec![0i32; if with_weights { n } else { 0 }]);
        prefer_large_pages(&entries);
        prefer_large_pages(&weights);
        let entries = entries.into_iter().map(AtomicU32::new).collect();
        let weights = weights.into_iter().map(AtomicI32::new).collect();
        Store { rows, source_first, entries, weights }
    }

    fn fill_by_target(&self, counted: &Counted, chunk: &mut Chunk, stores: &Stores) -> Result<(), Error> {
        match self.layout.words() + usize::from(stores.with_weights) {
            1 => self.scatter::<2>(counted, chunk, stores),
            2 => self.scatter::<3>(counted, chunk, stores),
            _ => self.scatter::<4>(counted, chunk, stores),
        }
    }

    /// Brings the edges of a chunk to their rows, as a source and `W - 1` words.
    fn scatter<const W: usize>(
        &self,
        counted: &Counted,
        chunk: &mut Chunk,
        stores: &Stores,
    ) -> Result<(), Error> {
        let wiring = counted.drawing.wiring;
        let mut buckets = Buckets::<W>::new(counted.drawing.sources.len(), counted.edges as usize);
        let (lines, places, words) = (&chunk.lines, &mut chunk.rows, self.layout.words());
        let mut empty = |edges: &[[u32; W]]| {
            for edge in edges {
                let place = &mut places[edge[0] as usize];
                stores.of(edge[0]).put(*place, &edge[1..], words);
                *place += 1;
            }
        };
        let mut line = Line::default();
        for at in lines.iter().cloned().flatten() {
            counted.drawing.draw(at, &mut line);
            let slots = counted.slots[at as usize];
            let scales = slots.map(self.scale);
            for (i, &source) in line.partners.iter().enumerate() {
                let (weight, delay) = line.edge(i, &wiring.weight, &wiring.delay);
                let mut edge = [0; W];
                edge[0] = source;
                self.layout.pack(slots[sign(weight)], delay, &mut edge[1..]);
                if stores.with_weights {
                    edge[W - 1] = quantise(weight, scales[sign(weight)])? as u32;
                }
                buckets.push(edge, &mut empty);
            }
        }
        buckets.finish(&mut empty);
        Ok(())
    }

    fn fill_by_source(
        &self,
        counted: &Counted,
        chunk: &mut Chunk,
        partitions: &[Stores],
    ) -> Result<(), Error> {
        let wiring = counted.drawing.wiring;
        let n_rows = chunk.n_rows();
        let mut line = Line::default();
        for (row, at) in chunk.lines.iter().cloned().flatten().enumerate() {
            counted.drawing.draw_in_order(at, &mut line);
            for (i, &target) in line.partners.iter().enumerate() {
                let (weight, delay) = line.edge(i, &wiring.weight, &wiring.delay);
                let slot = counted.slots[target as usize][sign(weight)];
                let partition = counted.partition_of[target as usize] as usize;
                let place = &mut chunk.rows[partition * n_rows + row];
                let (stores, words) = (&partitions[partition], self.layout.words());
                let mut edge = [0; 3];
                self.layout.pack(slot, delay, &mut edge);
                if stores.with_weights {
                    edge[words] = quantise(weight, (self.scale)(slot))? as u32;
                }
                stores.of(at).put(*place, &edge[..words + usize::from(stores.with_weights)], words);
                *place += 1;
            }
        }
        Ok(())
    }
}

impl Line {
    /// Weight and delay of an edge.
    #[inline]
    pub(super) fn edge(&self, i: usize, weight: &EdgeValue, delay: &EdgeDelay) -> (f64, u32) {
        let weight = if let EdgeValue::Constant(weight) = weight { *weight } else { self.weights[i] };
        let delay = if let EdgeDelay::Constant(delay) = delay { *delay } else { self.delays[i] };
        (weight, delay)
    }
}

impl Stores {
    #[inline]
    fn of(&self, source: u32) -> &Store {
        match self.stores.as_slice() {
            [store] => store,
            stores => &stores[self.store_of[source as usize] as usize],
        }
    }
}

impl Store {
    /// Stores the words of an entry, of which there are `words`, and its weight where one follows.
    #[inline]
    fn put(&self, place: u32, edge: &[u32], words: usize) {
        let place = place as usize;
        let (entry, weight) = edge.split_at(words);
        let stored = &self.entries[words * place..][..words];
        stored.iter().zip(entry).for_each(|(stored, word)| stored.store(*word, Relaxed));
        if let [weight] = weight {
            self.weights[place].store(*weight as i32, Relaxed);
        }
    }

    fn into_block(self, projection: u32, partition: u32, shared: Option<i32>) -> Block {
        let weights = match shared {
            Some(weight) => Weights::Shared(weight),
            None => Weights::Each(self.weights.into_iter().map(AtomicI32::into_inner).collect()),
        };
        let entries = self.entries.into_iter().map(AtomicU32::into_inner).collect();
        let (source_first, rows) = (self.source_first, self.rows);
        Block { projection, partition, source_first, rows, entries, order: Order::Target, weights }
    }
}

/// A weight in units of 1 / scale, rounded to the nearest, halves to even.
#[inline]
pub(crate) fn quantise(weight: f64, scale: f64) -> Result<i32, Error> {
    let scaled = weight * scale;
    if scaled.abs() > f64::from(i32::MAX) {
        return Err(Error::Rule(format!("weight {weight} times {scale} exceeds 32 bits")));
    }
    Ok((scaled + ROUNDING).to_bits() as i32)
}

/// The counts by row of the chunks of a partition, in order of edges, each with its first row.
fn counts<'c>(counted: &'c mut Counted, partition: usize) -> impl Iterator<Item = (usize, &'c mut [u32])> {
    let major = counted.drawing.major;
    counted.chunks.iter_mut().filter_map(move |chunk| match major {
        Major::Target => (chunk.partition == partition).then_some((0, chunk.rows.as_mut_slice())),
        Major::Source => {
            let n_rows = chunk.n_rows();
            let first = chunk.lines.first()?.start as usize;
            Some((first, &mut chunk.rows[partition * n_rows..][..n_rows]))
        }
    })
}
