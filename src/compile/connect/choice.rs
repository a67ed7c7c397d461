//! Choosing partners so that any part of a row can be drawn without the rest, in integers: what lets a row be drawn
//! anew for every spike, on either device.
//!
//! # How it works
//!
//! - A fixed number of partners: entry `i` takes word `i` of the row. Without multapses it is the `i`-th number of a
//!   permutation of the row's own: eight rounds of a Feistel network (Luby & Rackoff (1988), doi:10.1137/0217022),
//!   walked until inside (Black & Rogaway (2002), doi:10.1007/3-540-45760-7_9).
//! - A probability: partners are cut into chunks with about 16 expected edges, each with words of its own. Within a chunk
//!   the number of partners that are skipped is geometric. Its digits to the base 256 are independent, so each is
//!   looked up in a table of its own.
//!
//! `shaders/kernel/regenerate.wgsl` does the same from the same tables.

use std::ops::Range;

use crate::network::rule::Rule;
use crate::random::{Stream, exp, ln_1p};

/// Entries that are drawn in one go.
const PIECE: u32 = 1024;

/// Edges that a chunk is expected to have: enough to make use of a block of random words, few enough to share a row.
const CHUNK_EDGES: f64 = 16.0;

/// Values of a digit.
pub const DIGIT: u32 = 256;

/// Widest chunk: its positions fit three digits, and a row of 2^28 partners has fewer chunks than 24 bits can number.
const WIDEST: f64 = (1 << 23) as f64;

/// How the partners of a row are chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// The partner at the same place.
    Same,
    /// All partners.
    All,
    /// This many, drawn one by one.
    Independent(u32),
    /// This many, all different.
    Distinct(u32),
    /// Each with a probability.
    Chance(Skips),
}

impl Choice {
    /// The choice of a rule that counts by source; none for rules whose rows are known only together.
    pub(super) fn new(rule: &Rule, multapses: bool, n_partners: u32) -> Option<Self> {
        let degree = |n| if multapses { Self::Independent(n) } else { Self::Distinct(n) };
        match *rule {
            Rule::OneToOne => Some(Self::Same),
            Rule::AllToAll => Some(Self::All),
            Rule::FixedOutdegree(n) => Some(degree(n)),
            Rule::FixedProb(p) => Some(degree(Rule::degree(p, n_partners))),
            Rule::PairwiseBernoulli(p) | Rule::SymmetricPairwiseBernoulli(p) if p >= 1.0 => Some(Self::All),
            Rule::PairwiseBernoulli(p) | Rule::SymmetricPairwiseBernoulli(p) if p > 0.0 => {
                Some(Self::Chance(Skips::new(p)))
            }
            Rule::PairwiseBernoulli(_) | Rule::SymmetricPairwiseBernoulli(_) => Some(Self::Independent(0)),
            Rule::FixedIndegree(_)
            | Rule::FixedTotalNumber(_)
            | Rule::PairwisePoisson(_)
            | Rule::Edges(_) => None,
        }
    }

    /// Whether partners come in order, so that a range of them can be drawn alone.
    pub fn is_ordered(&self) -> bool {
        matches!(self, Self::Same | Self::All | Self::Chance(_))
    }

    /// Draws a row in pieces: `see` is given the chunk, the number of the first entry within it and the partners.
    ///
    /// Where partners come in order, those outside of `within` may be left out.
    pub fn draw(
        &self,
        row: &Row,
        within: Range<u32>,
        room: &mut Vec<u32>,
        see: &mut impl FnMut(u32, u32, &[u32]),
    ) {
        let n_left = row.n_partners - u32::from(row.hole.is_some());
        let hole = row.hole.unwrap_or(row.n_partners);
        let to_place = |drawn: u32| drawn + u32::from(drawn >= hole);
        match self {
            Self::Same if row.number == hole || !within.contains(&row.number) => {}
            Self::Same => see(0, 0, &[row.number]),
            Self::All => {
                let below = |end: u32| end - u32::from(end > hole);
                in_pieces(below(within.start)..below(within.end).min(n_left), room, see, |range, room| {
                    room.extend(range.map(to_place));
                });
            }
            Self::Independent(degree) => in_pieces(0..*degree, room, see, |range, room| {
                independent(row, n_left, range, room);
                room.iter_mut().for_each(|drawn| *drawn = to_place(*drawn));
            }),
            Self::Distinct(degree) => {
                let permutation = Permutation::new(n_left, row);
                in_pieces(0..*degree, room, see, |range, room| {
                    room.extend(range.map(|i| to_place(permutation.at(i))));
                });
            }
            Self::Chance(skips) => {
                for chunk in within.start / skips.width..within.end.div_ceil(skips.width) {
                    room.clear();
                    skips.draw(row, chunk, room);
                    if !room.is_empty() {
                        see(chunk, 0, room);
                    }
                }
            }
        }
    }
}

/// The row to draw.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Random words of the projection.
    pub stream: Stream,
    /// Place of the row's neuron.
    pub number: u32,
    /// How many partners there are.
    pub n_partners: u32,
    /// The partner that is left out, if one is.
    pub hole: Option<u32>,
}

fn in_pieces(
    entries: Range<u32>,
    room: &mut Vec<u32>,
    see: &mut impl FnMut(u32, u32, &[u32]),
    fill: impl Fn(Range<u32>, &mut Vec<u32>),
) {
    let mut first = entries.start;
    while first < entries.end {
        let end = first.saturating_add(PIECE).min(entries.end);
        room.clear();
        fill(first..end, room);
        see(0, first, room);
        first = end;
    }
}

/// Numbers below `bound` for these entries; the first is a multiple of 4.
fn independent(row: &Row, bound: u32, entries: Range<u32>, out: &mut Vec<u32>) {
    let refused_below = bound.wrapping_neg() % bound;
    let series = u64::from(row.number);
    let end = entries.end;
    for block in (entries.start / 4..end.div_ceil(4)).step_by(8) {
        let words = row.stream.words_lanes::<8>(series, block);
        for (i, word) in (4 * block..end).zip(words.as_flattened()) {
            // Lemire (2019), doi:10.1145/3230636
            let mut product = u64::from(*word) * u64::from(bound);
            let mut attempt = 0;
            while (product as u32) < refused_below {
                attempt += 1;
                let words = row.stream.words(series + (attempt << 32), i / 4);
                product = u64::from(words[i as usize % 4]) * u64::from(bound);
            }
            out.push((product >> 32) as u32);
        }
    }
}

/// A random permutation of `0..len` that is not stored.
struct Permutation {
    len: u32,
    half_bits: u32,
    keys: [u32; 8],
}

impl Permutation {
    fn new(len: u32, row: &Row) -> Self {
        let words = row.stream.words_lanes::<2>(u64::from(row.number), 0);
        let mut keys = [0; 8];
        keys.copy_from_slice(words.as_flattened());
        Self { len, half_bits: half_bits(row.n_partners), keys }
    }

    fn at(&self, i: u32) -> u32 {
        let mask = (1 << self.half_bits) - 1;
        let mut x = i;
        loop {
            let (mut left, mut right) = (x >> self.half_bits, x & mask);
            for key in self.keys {
                (left, right) = (right, left ^ mix(right ^ key) & mask);
            }
            x = left << self.half_bits | right;
            if x < self.len {
                return x;
            }
        }
    }
}

/// Bits of half a partner's place; at least 3, since fewer leave too few permutations.
pub fn half_bits(n_partners: u32) -> u32 {
    (u32::BITS - n_partners.saturating_sub(1).leading_zeros()).div_ceil(2).max(3)
}

/// A hash of 32 bits (Wellons, <https://nullprogram.com/blog/2018/07/31/>: `lowbias32`).
fn mix(x: u32) -> u32 {
    let x = (x ^ x >> 16).wrapping_mul(0x7FEB_352D);
    let x = (x ^ x >> 15).wrapping_mul(0x846C_A68B);
    x ^ x >> 16
}

/// How many partners are skipped between two that are chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Skips {
    /// Partners of a chunk.
    pub width: u32,
    /// For each digit, the lowest first, 2^32 times the probability that it is at most 0, 1, ….
    pub digits: Vec<[u32; DIGIT as usize]>,
}

impl Skips {
    /// For a probability in 0..1, both excluded.
    fn new(p: f64) -> Self {
        let width = (CHUNK_EDGES / p).clamp(64.0, WIDEST) as u32;
        let width = width.next_power_of_two().min(WIDEST as u32);
        let mut digits = vec![];
        let mut unit = 1u32;
        loop {
            let is_last = width / unit < DIGIT;
            digits.push(digit(ln_1p(-p) * f64::from(unit), is_last));
            if is_last {
                return Self { width, digits };
            }
            unit *= DIGIT;
        }
    }

    fn draw(&self, row: &Row, chunk: u32, out: &mut Vec<u32>) {
        let (first, end) = (chunk * self.width, (u64::from(chunk) + 1) * u64::from(self.width));
        let end = end.min(row.n_partners.into()) as u32;
        let mut draws = row.stream.draws(u64::from(row.number) | u64::from(chunk) << 32);
        let mut next = first;
        loop {
            let skipped = |(k, table)| find(table, draws.word()) << (8 * k);
            // at most 2^24 and a partner's place below 2^28
            next += (0..).zip(&self.digits).map(skipped).sum::<u32>();
            if next >= end {
                return;
            }
            if row.hole != Some(next) {
                out.push(next);
            }
            next += 1;
        }
    }
}

/// 2^32 times the probability that a digit is at most 0, 1, …, where its being one more multiplies the probability of
/// a number by exp(`ln_ratio`). The last digit may be larger than all: that ends the chunk.
fn digit(ln_ratio: f64, is_last: bool) -> [u32; DIGIT as usize] {
    let all = if is_last { 1.0 } else { one_minus_exp(ln_ratio * f64::from(DIGIT)) };
    let mut table = [0; DIGIT as usize];
    for (k, entry) in (1u32..).zip(&mut table) {
        let at_most = one_minus_exp(ln_ratio * f64::from(k)) / all;
        *entry = (at_most * (1u64 << 32) as f64).round().min(f64::from(u32::MAX)) as u32;
    }
    table
}

/// 1 - exp(x) for x <= 0, accurate near 0.
fn one_minus_exp(x: f64) -> f64 {
    // 1e-4: the next term is below 1e-17 of the sum
    if x > -1e-4 { -x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0))) } else { 1.0 - exp(x) }
}

/// How many of the first 255 entries are at most `word`.
#[inline]
fn find(table: &[u32; DIGIT as usize], word: u32) -> u32 {
    let mut found = 0;
    for bit in [128, 64, 32, 16, 8, 4, 2, 1] {
        found += if table[found + bit - 1] <= word { bit } else { 0 };
    }
    found as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u32, n_partners: u32) -> Row {
        Row { stream: Stream::new(3, 1), number, n_partners, hole: None }
    }

    fn drawn(choice: &Choice, row: &Row, within: Range<u32>) -> Vec<u32> {
        let mut all = vec![];
        choice.draw(row, within, &mut vec![], &mut |_, _, partners| all.extend_from_slice(partners));
        all
    }

    #[test]
    fn a_permutation_meets_every_number_once_and_all_alike() {
        for len in [1, 2, 5, 64, 65, 3000] {
            let mut firsts = vec![0u32; len as usize];
            for number in 0..400 {
                let mut all = drawn(&Choice::Distinct(len), &row(number, len), 0..len);
                firsts[all[0] as usize] += 1;
                all.sort_unstable();
                assert!(all.into_iter().eq(0..len));
            }
            let expected = 400.0 / f64::from(len);
            let chi2: f64 = firsts.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
            let freedom = f64::from(len) - 1.0;
            assert!((chi2 - freedom).abs() <= 4.0 * (2.0 * freedom).sqrt(), "{len}: {chi2}");
        }
    }

    #[test]
    fn chance_meets_its_probability_at_every_place() {
        for (p, n) in [(0.7, 500), (0.1, 1000), (0.003, 30_000), (2e-5, 3_000_000)] {
            let choice = Choice::Chance(Skips::new(p));
            let (mut total, mut halves, n_rows) = (0, [0u32; 2], 400);
            for number in 0..n_rows {
                let all = drawn(&choice, &row(number, n), 0..n);
                assert!(all.windows(2).all(|pair| pair[0] < pair[1]) && all.iter().all(|k| *k < n));
                total += all.len();
                all.iter().for_each(|place| halves[usize::from(*place >= n / 2)] += 1);
            }
            let expected = p * f64::from(n) * f64::from(n_rows);
            assert!((total as f64 - expected).abs() < 4.0 * expected.sqrt(), "{p}: {total} for {expected}");
            let difference = f64::from(halves[0]) - f64::from(halves[1]);
            assert!(difference.abs() < 4.0 * expected.sqrt(), "{p}: {halves:?}");
        }
    }

    #[test]
    fn neighbours_are_chosen_independently() {
        let choice = Choice::Chance(Skips::new(0.3));
        let (mut both, n) = (0u32, 100_000);
        let all = drawn(&choice, &row(0, n), 0..n);
        all.windows(2).for_each(|pair| both += u32::from(pair[1] == pair[0] + 1));
        assert!((f64::from(both) - 9000.0).abs() < 4.0 * 9000f64.sqrt(), "{both}");
    }

    #[test]
    fn a_range_is_a_part_of_the_whole() {
        for choice in [Choice::Same, Choice::All, Choice::Chance(Skips::new(0.05))] {
            let row = Row { hole: Some(70), ..row(71, 5000) };
            let whole = drawn(&choice, &row, 0..5000);
            for within in [0..71, 71..700, 700..5000] {
                let mut part = drawn(&choice, &row, within.clone());
                part.retain(|place| within.contains(place));
                let expected: Vec<u32> = whole.iter().copied().filter(|it| within.contains(it)).collect();
                assert_eq!(part, expected);
            }
        }
    }
}
