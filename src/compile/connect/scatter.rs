//! Bringing edges that come in order of targets to the rows of their sources.
//!
//! # How it works
//!
//! Rows lie far apart: an edge that goes straight to its row misses the caches of data and of pages, and waits for both. So
//! edges wait in buckets, one for some hundred neighbouring rows, and a full bucket is emptied at once. Edges of a row
//! keep their order.

/// Words of all buckets of a thread: they stay in its second-level cache.
const ROOM: usize = 1 << 19;

/// Rows of a bucket.
const ROWS: u32 = 256;

/// Edges on their way, each with its source and the words to store.
pub(super) struct Buckets<const W: usize> {
    /// Sources are counted in powers of two, which a shift divides by.
    shift: u32,
    capacity: usize,
    edges: Vec<[u32; W]>,
    lens: Vec<u32>,
}

impl<const W: usize> Buckets<W> {
    /// Buckets for sources below `n_sources` and about `n_edges` edges.
    pub fn new(n_sources: u32, n_edges: usize) -> Self {
        // 512 buckets: where each is written is kept in the first-level cache
        let rows = n_sources.div_ceil(512).max(ROWS).next_power_of_two();
        let n = n_sources.div_ceil(rows).max(1) as usize;
        let capacity = (ROOM / W / n).min(n_edges / n + 64);
        Self { shift: rows.trailing_zeros(), capacity, edges: vec![[0; W]; n * capacity], lens: vec![0; n] }
    }

    /// Adds an edge, whose first word is its source; `empty` is given the edges of a bucket that is full.
    #[inline]
    pub fn push(&mut self, edge: [u32; W], empty: &mut impl FnMut(&[[u32; W]])) {
        let bucket = (edge[0] >> self.shift) as usize;
        let (first, len) = (bucket * self.capacity, &mut self.lens[bucket]);
        self.edges[first + *len as usize] = edge;
        *len += 1;
        if *len as usize == self.capacity {
            empty(&self.edges[first..][..self.capacity]);
            *len = 0;
        }
    }

    /// Empties all buckets.
    pub fn finish(self, empty: &mut impl FnMut(&[[u32; W]])) {
        for (edges, len) in self.edges.chunks(self.capacity).zip(self.lens) {
            empty(&edges[..len as usize]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edge_arrives_once_and_rows_keep_their_order() {
        for (n_sources, n_edges) in [(1, 10), (300, 5000), (100_000, 300_000), (5000, 0)] {
            let source = |k: u32| k.wrapping_mul(0x9E37_79B9) % n_sources;
            let mut rows = vec![vec![]; n_sources as usize];
            let mut empty =
                |edges: &[[u32; 2]]| edges.iter().for_each(|[source, k]| rows[*source as usize].push(*k));
            let mut buckets = Buckets::<2>::new(n_sources, n_edges as usize / 4);
            (0..n_edges).for_each(|k| buckets.push([source(k), k], &mut empty));
            buckets.finish(&mut empty);
            assert_eq!(rows.iter().map(Vec::len).sum::<usize>(), n_edges as usize);
            for (row, edges) in (0..).zip(&rows) {
                assert!(edges.iter().all(|k| source(*k) == row) && edges.is_sorted());
            }
        }
    }
}
