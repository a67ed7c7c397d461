//! Drawing weights and delays in integers, so that a GPU without double precision draws the same ones.
//!
//! # How it works
//!
//! A value is the quantile of a random word: where the word lies among all words, the value lies among all values. The
//! quantile function is tabulated for the lower and the upper half of the words, by their distance `m` from the end:
//! 128 knots for every doubling of `m`, so that tails are as fine as the middle, and straight lines between them. A
//! normal distribution is met to 1e-5 of its standard deviation, up to 6.3 of them from its mean.
//!
//! Knots are fixed-point numbers of 31 bits. `shaders/kernel/regenerate.wgsl` reads the same table.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::random::{Stream, Work, philox_lanes, vectorised};

/// Bits of the knots within a doubling.
pub const FINE_BITS: u32 = 7;

/// Knots of a half: `m` goes up to 2^31.
pub const KNOTS: u32 = (32 - FINE_BITS) << FINE_BITS | 1;

/// The quantile function of a distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantiles {
    knots: Arc<[i32]>,
    /// A value is its fixed-point number times 2^-exponent.
    exponent: i32,
}

impl Quantiles {
    /// Tabulates `quantile`, which takes a probability in 0..=0.5 and whether it is that of the upper tail. Values are
    /// resolved to 2^-30 of the largest or of `largest`.
    pub fn new(largest: f64, quantile: impl Fn(f64, bool) -> f64) -> Self {
        Self::with_exponents(-900..=900, largest, quantile)
    }

    /// Tabulates numbers of steps; those beyond 2^30, too many for any ring, count as 2^30.
    pub fn of_steps(quantile: impl Fn(f64, bool) -> f64) -> Self {
        Self::with_exponents(0..=29, 1.0, quantile)
    }

    fn with_exponents(
        exponents: RangeInclusive<i32>,
        largest: f64,
        quantile: impl Fn(f64, bool) -> f64,
    ) -> Self {
        // the middle of the words at the same distance
        let probability = |m: u32| (f64::from(m) + 0.5).min(f64::from(1u32 << 31)) / (1u64 << 32) as f64;
        let halves = [false, true];
        let values: Vec<f64> = (halves.into_iter())
            .flat_map(|upper| (0..KNOTS).map(move |i| (probability(distance(i)), upper)))
            .map(|(p, upper)| quantile(p, upper))
            .collect();
        let extreme = values.iter().fold(largest, |extreme, value| extreme.max(value.abs()));
        let exponent = if extreme > 0.0 { 29 - log2_floor(extreme) } else { 0 };
        let exponent = exponent.clamp(*exponents.start(), *exponents.end());
        let scale = power_of_two(exponent);
        let most = f64::from(1u32 << 30);
        let fixed = |value: &f64| (value * scale).round().clamp(-most, most) as i32;
        Self { knots: values.iter().map(fixed).collect(), exponent }
    }

    /// What a fixed-point number is times 2^exponent.
    pub fn exponent(&self) -> i32 {
        self.exponent
    }

    /// The knots of the lower half, then those of the upper half.
    pub fn knots(&self) -> &[i32] {
        &self.knots
    }

    /// The value of a fixed-point number.
    pub fn value(&self, fixed: i32) -> f64 {
        f64::from(fixed) * power_of_two(-self.exponent)
    }

    /// The fixed-point number of a word.
    #[inline]
    pub fn at(&self, word: u32) -> i32 {
        interpolate(self.table(), word)
    }

    /// Numbers `first..` of a series, in fixed point.
    pub fn fill(&self, stream: Stream, series: u64, first: u32, out: &mut [i32]) {
        vectorised(Series { table: self.table(), stream, series, first, out });
    }

    fn table(&self) -> &Table {
        self.knots[..].try_into().expect("a table has the knots of both halves")
    }
}

type Table = [i32; 2 * KNOTS as usize];

#[inline(always)]
fn interpolate(table: &Table, word: u32) -> i32 {
    // all bits where the word lies in the upper half
    let upper = (word as i32 >> 31) as u32;
    let (i, fraction) = place(word ^ upper);
    // never beyond the last but one: the compiler leaves its checks out
    let i = ((i + (upper & KNOTS)) as usize).min(2 * KNOTS as usize - 2);
    let (a, b) = (table[i], table[i + 1]);
    let part = ((u64::from(a.abs_diff(b)) * u64::from(fraction)) >> 32) as i32;
    if b >= a { a + part } else { a - part }
}

/// Part of a series to fill.
struct Series<'a> {
    table: &'a Table,
    stream: Stream,
    series: u64,
    first: u32,
    out: &'a mut [i32],
}

impl Series<'_> {
    /// Fills from the words of `N` blocks, without the first `skip`, and returns what is left.
    #[inline(always)]
    fn blocks<'a, const N: usize>(&self, block: u32, skip: usize, out: &'a mut [i32]) -> &'a mut [i32] {
        let words = philox_lanes::<N>(self.stream.key(), self.stream.counter(self.series, block));
        let words = &words.as_flattened()[skip..];
        let (now, later) = out.split_at_mut(words.len().min(out.len()));
        now.iter_mut().zip(words).for_each(|(value, word)| *value = interpolate(self.table, *word));
        later
    }
}

impl Work for Series<'_> {
    #[inline(always)]
    fn run(mut self) {
        let (mut block, mut skip) = (self.first / 4, self.first as usize % 4);
        let mut out = std::mem::take(&mut self.out);
        while !out.is_empty() {
            // few numbers do not pay for many blocks
            if out.len() > 8 {
                (out, block) = (self.blocks::<16>(block, skip, out), block + 16);
            } else {
                (out, block) = (self.blocks::<2>(block, skip, out), block + 2);
            }
            skip = 0;
        }
    }
}

/// A fixed-point number divided by 2^shift, rounded to the nearest, halves to even.
#[inline]
pub fn shifted(fixed: i32, shift: i32) -> i32 {
    match shift {
        // below half a unit: fixed-point numbers have 30 bits
        31.. => 0,
        1..=30 => (fixed + (1 << (shift - 1)) - 1 + (fixed >> shift & 1)) >> shift,
        _ => fixed << (-shift).min(31),
    }
}

/// A delay in steps from a fixed-point number of steps: halves round up, as everywhere in NEST's time.
#[inline]
pub fn steps(fixed: i32, exponent: i32, latency: u32) -> u32 {
    let whole = match exponent {
        1..=30 => (fixed + (1 << (exponent - 1))) >> exponent,
        _ => fixed,
    };
    (whole.max(0) as u32).saturating_add(latency).max(1)
}

/// Number of the knot at or before a distance, and where the distance lies between that knot and the next.
#[inline(always)]
fn place(m: u32) -> (u32, u32) {
    let shift = (31 - FINE_BITS).saturating_sub((m | 1).leading_zeros());
    // the bits that are shifted out, as the upper ones of 32
    let fraction = m << 1 << (31 - shift);
    ((shift << FINE_BITS) + (m >> shift), fraction)
}

/// The distance of a knot.
fn distance(i: u32) -> u32 {
    let shift = (i >> FINE_BITS).saturating_sub(1);
    (i - (shift << FINE_BITS)) << shift
}

fn log2_floor(x: f64) -> i32 {
    ((x.to_bits() >> 52 & 0x7FF) as i32) - 1023
}

/// The exponent of a power of two.
pub(super) fn log2(power: f64) -> i32 {
    log2_floor(power)
}

/// 2^exponent for -1022..=1023.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::distribution::Distribution;

    #[test]
    fn knots_and_distances_are_inverse() {
        assert_eq!(distance(KNOTS - 1), 1 << 31);
        for i in 0..KNOTS - 1 {
            assert_eq!(place(distance(i)), (i, 0));
            assert!(distance(i) < distance(i + 1));
        }
        assert_eq!(place(257), (256, 1 << 31));
        assert_eq!(place((1 << 31) - 1).0, KNOTS - 2);
    }

    #[test]
    fn a_normal_distribution_is_met() {
        let normal = Distribution::Normal { mean: 0.0, std: 1.0 };
        let table = Quantiles::new(0.0, normal.quantile());
        for k in 0..100_000u32 {
            let word = k.wrapping_mul(0x9E37_79B9);
            let (p, upper) = if word >> 31 == 0 { (word, false) } else { (!word, true) };
            let exact = normal.quantile()((f64::from(p) + 0.5) / (1u64 << 32) as f64, upper);
            assert!((table.value(table.at(word)) - exact).abs() < 1e-5, "{word}");
        }
        assert!((table.value(table.at(0)) + 6.3).abs() < 0.1);
    }

    #[test]
    fn a_number_depends_on_its_place_only() {
        let table = Quantiles::new(0.0, Distribution::Exponential { mean: -3.0 }.quantile());
        let stream = Stream::new(4, 2);
        let mut all = [0; 100];
        table.fill(stream, 9, 0, &mut all);
        for (first, n) in [(0, 1), (1, 5), (6, 8), (7, 93), (96, 4)] {
            let mut some = vec![0; n];
            table.fill(stream, 9, first as u32, &mut some);
            assert_eq!(some, all[first..first + n]);
        }
    }

    #[test]
    fn what_is_too_large_stays_too_large() {
        let delays = Quantiles::of_steps(|_, upper| if upper { 1e12 } else { 2.0 });
        let longest = steps(delays.at(u32::MAX), delays.exponent(), 0);
        assert_eq!((longest, steps(delays.at(0), delays.exponent(), 0)), (1 << 30, 2));
        let endless = Distribution::Normal { mean: 1e308, std: 1e308 };
        let table = Quantiles::new(0.0, endless.quantile());
        (0..=255).for_each(|k| assert!(table.at(k << 24).unsigned_abs() <= 1 << 30));
    }

    #[test]
    fn shifts_round_as_floats_do() {
        for fixed in [0, 1, -1, 5, 6, 7, -5, -6, -7, 1 << 29, (1 << 30) - 1, -(1 << 30) + 1] {
            for shift in -1..40 {
                let float = f64::from(fixed) * 2f64.powi(-shift);
                assert_eq!(f64::from(shifted(fixed, shift)), float.round_ties_even(), "{fixed} {shift}");
            }
            assert_eq!(steps(fixed, 3, 2), ((f64::from(fixed) / 8.0 + 0.5) as u32 + 2).max(1));
        }
    }
}
