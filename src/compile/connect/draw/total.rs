//! fixed_total_number: how many of all connections each target gets.
//!
//! Which sources a target draws is then as in fixed_indegree: given how many pairs of a target were chosen, all sets
//! of that many sources are equally likely.

use rayon::prelude::*;

use super::{Drawing, TOTAL};
use crate::random::{Draws, Stream};

/// Draws that share one element of the counter.
const BLOCK: u64 = 1 << 16;

/// Up to this many pairs are shuffled as a list.
const SHUFFLED: u64 = 1 << 16;

impl Drawing<'_> {
    /// How many of `n` connections go to each target, when all allowed pairs are equally likely.
    pub(super) fn draw_degrees(&self, n: u64) -> Vec<u32> {
        let pairs = Pairs::new(self);
        let stream = self.wiring.stream;
        if self.wiring.connectivity.multapses {
            let targets = pairs.ends.len() as u32;
            let draw_block = |degrees: &mut [u32], block: u64| {
                let mut draws = stream.draws(block + TOTAL);
                for _ in block * BLOCK..n.min((block + 1) * BLOCK) {
                    // where all targets have as many pairs, a pair's target is any of them
                    let target = match pairs.are_even {
                        true => draws.below(targets) as usize,
                        false => pairs.target(draws.below_u64(pairs.len())),
                    };
                    degrees[target] += 1;
                }
            };
            return pairs.histogram(n.div_ceil(BLOCK), draw_block);
        }
        let mut degrees = vec![0; pairs.ends.len()];
        if pairs.len() <= SHUFFLED {
            let chosen = shuffled(pairs.len() as u32, n as usize, stream.draws(TOTAL));
            chosen.into_iter().for_each(|pair| degrees[pairs.target(u64::from(pair))] += 1);
            return degrees;
        }
        let permutation = Permutation::new(pairs.len(), stream);
        pairs.histogram(n, |degrees, i| degrees[pairs.target(permutation.at(i))] += 1)
    }
}

/// The allowed pairs, numbered by target.
struct Pairs {
    n_sources: u64,
    /// Number of the first pair beyond each target.
    ends: Vec<u64>,
    /// Whether every target has the same number of pairs.
    are_even: bool,
}

impl Pairs {
    fn new(drawing: &Drawing) -> Self {
        let n_sources = u64::from(drawing.sources.len());
        let allowed = |target| n_sources - u64::from(drawing.excluded(target).is_some());
        let ends = (0..drawing.targets.len()).scan(0, |end, target| {
            *end += allowed(target);
            Some(*end)
        });
        let ends: Vec<u64> = ends.collect();
        let of_each = ends.first().copied().unwrap_or(0);
        let are_even = (1..).zip(&ends).all(|(n, end)| n * of_each == *end);
        Self { n_sources, ends, are_even }
    }

    fn len(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Target of a pair.
    fn target(&self, pair: u64) -> usize {
        // every target has all sources or all but one: that leaves few to look among
        let first = (pair / self.n_sources) as usize;
        let beyond = pair.checked_div(self.n_sources - 1).map_or(self.ends.len(), |last| last as usize + 1);
        first + self.ends[first..beyond.min(self.ends.len())].partition_point(|&end| end <= pair)
    }

    /// Numbers by target that `count` adds for all of `0..n`. They commute, so threads may have any share of them.
    fn histogram(&self, n: u64, count: impl Fn(&mut [u32], u64) + Sync) -> Vec<u32> {
        let n_shares = rayon::current_num_threads() as u64;
        let share = |k: u64| {
            let mut degrees = vec![0; self.ends.len()];
            (k * n / n_shares..(k + 1) * n / n_shares).for_each(|i| count(&mut degrees, i));
            degrees
        };
        let add = |mut a: Vec<u32>, b: Vec<u32>| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            a
        };
        (0..n_shares).into_par_iter().map(share).reduce_with(add).unwrap_or_default()
    }
}

/// The first `n` of `0..len` after a shuffle.
fn shuffled(len: u32, n: usize, mut draws: Draws) -> Vec<u32> {
    let mut all: Vec<u32> = (0..len).collect();
    for i in 0..n {
        all.swap(i, i + draws.below(len - i as u32) as usize);
    }
    all.truncate(n);
    all
}

/// A random permutation of `0..len` without a list: six rounds of a Feistel network (Luby & Rackoff (1988),
/// doi:10.1137/0217022) over the next even number of bits, walked until inside.
struct Permutation {
    len: u64,
    half_bits: u32,
    keys: [u64; 6],
}

impl Permutation {
    fn new(len: u64, stream: Stream) -> Self {
        let half_bits = (u64::BITS - (len - 1).leading_zeros()).div_ceil(2);
        let mut draws = stream.draws(TOTAL);
        let keys = [(); 6].map(|()| u64::from(draws.word()) | u64::from(draws.word()) << 32);
        Self { len, half_bits, keys }
    }

    fn at(&self, i: u64) -> u64 {
        let mut x = i;
        loop {
            x = self.rounds(x);
            if x < self.len {
                return x;
            }
        }
    }

    fn rounds(&self, x: u64) -> u64 {
        let mask = (1 << self.half_bits) - 1;
        let (mut left, mut right) = (x >> self.half_bits, x & mask);
        for key in self.keys {
            (left, right) = (right, left ^ mix(right ^ key) & mask);
        }
        left << self.half_bits | right
    }
}

/// The finaliser of SplitMix64 (Steele et al. (2014), doi:10.1145/2660193.2660195).
fn mix(x: u64) -> u64 {
    let x = (x ^ x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ x >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permutation_meets_every_number_once() {
        for len in [70_000, 65_537, 131_072] {
            let permutation = Permutation::new(len, Stream::new(3, 1));
            let mut all: Vec<u64> = (0..len).map(|i| permutation.at(i)).collect();
            let fixed = all.iter().zip(0..).filter(|(x, i)| **x == *i).count();
            assert!(fixed < 8, "{fixed} of {len} stay in place; about one does by chance");
            all.sort_unstable();
            assert!(all.into_iter().eq(0..len));
        }
    }
}
