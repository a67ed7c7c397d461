//! Counter-based random numbers: the same words on the GPU, on the CPU and while wiring, in any order.
//!
//! # How it works
//!
//! Philox 4x32-10 (Salmon et al. (2011), doi:10.1145/2063384.2063405) turns a key and a counter into four
//! words. There is no state to advance: whoever knows the counter knows the words, so the result depends
//! neither on threads nor on layout.
//!
//! ```text
//! key     = [seed low, seed high]
//! counter = [element low, step or element high, stream, draw]
//! ```
//!
//! `shaders/lib/random.wgsl` uses the same layout with the step in the second word.

mod elementary;
mod quantile;
mod vector;

pub(crate) use elementary::ROUNDING;
pub use elementary::{cos_sin_turn, exp, ln, ln_1p, normal_mass};
pub use quantile::{normal_probability, normal_quantile};
pub(crate) use vector::{Work, vectorised};

const ROUND: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// How many blocks are buffered: as many as the widest vectors hold.
const LANES: usize = 8;

/// One Philox 4x32-10 block.
#[inline]
pub fn philox(key: [u32; 2], counter: [u32; 4]) -> [u32; 4] {
    let ([mut a, mut b, mut c, mut d], mut key) = (counter, key);
    for _ in 0..10 {
        let p = u64::from(ROUND[0]) * u64::from(a);
        let q = u64::from(ROUND[1]) * u64::from(c);
        (a, b, c, d) = ((q >> 32) as u32 ^ b ^ key[0], q as u32, (p >> 32) as u32 ^ d ^ key[1], p as u32);
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    [a, b, c, d]
}

/// The blocks of `counter` and of those that follow in its last word: the same as [`philox`], as loops over lanes.
#[inline(always)]
pub(crate) fn philox_lanes<const N: usize>(key: [u32; 2], counter: [u32; 4]) -> [[u32; 4]; N] {
    // 32 bits in 64 each, as multiplications take and give them
    let [mut a, mut b, mut c, mut d] = counter.map(|word| [u64::from(word); N]);
    for (lane, d) in (0..).zip(&mut d) {
        *d = u64::from(counter[3].wrapping_add(lane));
    }
    let mut key = key;
    for _ in 0..10 {
        for i in 0..N {
            let p = u64::from(ROUND[0]) * (a[i] & 0xFFFF_FFFF);
            let q = u64::from(ROUND[1]) * (c[i] & 0xFFFF_FFFF);
            (a[i], b[i]) = ((q >> 32) ^ b[i] ^ u64::from(key[0]), q & 0xFFFF_FFFF);
            (c[i], d[i]) = ((p >> 32) ^ d[i] ^ u64::from(key[1]), p & 0xFFFF_FFFF);
        }
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    std::array::from_fn(|i| [a[i], b[i], c[i], d[i]].map(|word| word as u32))
}

/// Draws of an element that follow each other.
struct Lanes<'a, const N: usize> {
    key: [u32; 2],
    counter: [u32; 4],
    out: &'a mut [[u32; 4]; N],
}

impl<const N: usize> Work for Lanes<'_, N> {
    #[inline(always)]
    fn run(self) {
        *self.out = philox_lanes(self.key, self.counter);
    }
}

/// A family of random numbers: everything one purpose needs, for every element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Seed of the network: the key.
    pub seed: u64,
    /// Number of the purpose: the third counter word.
    pub stream: u32,
}

impl Stream {
    /// Stream number `stream` of `seed`.
    pub const fn new(seed: u64, stream: u32) -> Self {
        Self { seed, stream }
    }

    /// The same stream in another trial: a seed of its own, of 64 bits, so that no two trials share numbers.
    /// Trial 0 has the network's seed.
    pub fn of_trial(self, trial: u32) -> Self {
        if trial == 0 {
            return self;
        }
        let seed = [self.seed as u32, (self.seed >> 32) as u32];
        // no stream draws at the last element of the last step, so these words are no one else's
        let [low, high, ..] = philox(seed, [u32::MAX, u32::MAX, u32::MAX, trial]);
        Self { seed: u64::from(high) << 32 | u64::from(low), stream: self.stream }
    }

    /// A stream of its own for part `number` of what this stream is for.
    pub fn child(self, number: u32) -> Self {
        // a block of Philox with the numbers as counter mixes them as well as its words are random
        let [stream, ..] = philox([0x5EED, 0], [self.stream, number, 0, 0]);
        Self { seed: self.seed, stream }
    }

    /// The four words of draw `draw` of an element.
    #[inline]
    pub fn words(&self, element: u64, draw: u32) -> [u32; 4] {
        philox(self.key(), self.counter(element, draw))
    }

    /// Draws `draw .. draw + N` of an element.
    #[inline]
    pub fn words_lanes<const N: usize>(&self, element: u64, draw: u32) -> [[u32; 4]; N] {
        let mut words = [[0; 4]; N];
        if N >= LANES {
            vectorised(Lanes { key: self.key(), counter: self.counter(element, draw), out: &mut words });
            return words;
        }
        for (lane, words) in (0..).zip(&mut words) {
            *words = self.words(element, draw.wrapping_add(lane));
        }
        words
    }

    /// The words of an element one after the other, from draw 0.
    pub fn draws(&self, element: u64) -> Draws {
        Draws { stream: *self, element, draw: 0, words: [[0; 4]; LANES], next: 4 * LANES }
    }

    pub(crate) const fn counter(&self, element: u64, draw: u32) -> [u32; 4] {
        [element as u32, (element >> 32) as u32, self.stream, draw]
    }

    pub(crate) const fn key(&self) -> [u32; 2] {
        [self.seed as u32, (self.seed >> 32) as u32]
    }
}

/// The words of one element in order; computed `4 * LANES` at a time.
#[derive(Clone, Debug)]
pub struct Draws {
    stream: Stream,
    element: u64,
    draw: u32,
    words: [[u32; 4]; LANES],
    next: usize,
}

impl Draws {
    /// The next word.
    #[inline]
    pub fn word(&mut self) -> u32 {
        if self.next == 4 * LANES {
            self.refill();
        }
        let word = self.words.as_flattened()[self.next];
        self.next += 1;
        word
    }

    /// A number in (0, 1) of 52 bits; takes two words.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        let low = self.word();
        uniform_f64(low, self.word())
    }

    /// An integer below `bound` (at least 1), without bias: words that would favour some values are drawn again.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        loop {
            // Lemire (2019), doi:10.1145/3230636
            let product = u64::from(self.word()) * u64::from(bound);
            let low = product as u32;
            if low >= bound || low >= bound.wrapping_neg() % bound {
                return (product >> 32) as u32;
            }
        }
    }

    /// As [`Draws::below`] for bounds beyond 32 bits; takes two words.
    #[inline]
    pub fn below_u64(&mut self, bound: u64) -> u64 {
        loop {
            let word = u64::from(self.word()) | u64::from(self.word()) << 32;
            let product = u128::from(word) * u128::from(bound);
            let low = product as u64;
            if low >= bound || low >= bound.wrapping_neg() % bound {
                return (product >> 64) as u64;
            }
        }
    }

    /// An exponential number of mean 1; takes two words.
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        -ln(self.uniform())
    }

    #[cold]
    fn refill(&mut self) {
        self.words = self.stream.words_lanes(self.element, self.draw);
        self.draw = self.draw.wrapping_add(LANES as u32);
        self.next = 0;
    }
}

impl Iterator for Draws {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        Some(self.word())
    }
}

/// A number in (0, 1) from one word, as the shaders compute it: exact in f32, never 0 and never 1.
#[inline]
pub fn uniform_f32(word: u32) -> f32 {
    // 23 bits and a half: with 24 bits the sum would not be exact and the largest word would give 1
    ((word >> 9) as f32 + 0.5) * (1.0 / (1u32 << 23) as f32)
}

/// A number in (0, 1) of 52 bits from two words.
#[inline]
pub fn uniform_f64(low: u32, high: u32) -> f64 {
    let bits = (u64::from(high) << 32 | u64::from(low)) >> 12;
    // the bits as the mantissa of a number in 1..2, and half of the last bit
    f64::from_bits(bits | 0x3FF0_0000_0000_0000) - (1.0 - f64::EPSILON / 2.0)
}

/// Two independent standard normal numbers from two uniform ones (Box & Muller (1958), doi:10.1214/aoms/1177706645).
#[inline]
pub fn normal_pair(uniform: [f64; 2]) -> [f64; 2] {
    let radius = (-2.0 * ln(uniform[0])).sqrt();
    cos_sin_turn(uniform[1]).map(|x| radius * x)
}

/// Two numbers in (0, 1) from the four words of a draw.
#[inline]
pub fn uniform_pair(words: [u32; 4]) -> [f64; 2] {
    [uniform_f64(words[0], words[1]), uniform_f64(words[2], words[3])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers_of_philox() {
        // the vectors published with Random123, `kat_vectors`
        let cases = [
            ([0; 2], [0; 4], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([!0; 2], [!0; 4], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0xa409_3822, 0x299f_31d0],
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (key, counter, expected) in cases {
            assert_eq!(philox(key, counter), expected);
        }
    }

    /// The shader library draws the same words.
    #[test]
    fn the_shader_draws_these_words() {
        use crate::lane::{Graph, NoCalls, Number, Rate, Source, Ty, Value, evaluate, inline};
        let text =
            crate::model::catalogue::library("lib/random").expect("it is shipped").replace("//!", "//");
        let source = Source::parse("random", &text).expect("it is valid");
        let mut graph = Graph::new();
        let mut leaf = |name: &str| Value::Scalar(graph.leaf(name, Ty::U32, Rate::Uniform));
        let seed = Value::Composite(vec![leaf("low"), leaf("high")]);
        let stream = Value::Composite(vec![seed, leaf("stream"), leaf("element"), leaf("step")]);
        let draw = leaf("draw");
        let words = inline(&mut graph, &source, "words", &[stream, draw], &mut NoCalls).expect("it lowers");
        let outputs = words.expect("it returns words").scalars();
        for (element, step, draw) in [(0, 0, 0), (17, 4000, 3), (u32::MAX, 1, 1)] {
            let value = |id: crate::lane::LeafId| match graph.leaves()[id.index()].name.as_str() {
                "low" => 0x9abc_def0,
                "high" => 0x1234_5678,
                "stream" => 7,
                "element" => element,
                "step" => step,
                _ => draw,
            };
            let found =
                evaluate(&graph, &outputs, &|id| Number::U(value(id))).into_iter().map(Number::to_bits);
            let expected =
                Stream::new(0x1234_5678_9abc_def0, 7).words(u64::from(step) << 32 | u64::from(element), draw);
            assert_eq!(found.collect::<Vec<u32>>(), expected);
        }
    }

    #[test]
    fn draws_are_the_words_in_order() {
        let words = Stream::new(7, 3).words_lanes::<16>(5 << 40 | 9, u32::MAX - 4);
        assert!((0..16).all(|lane| {
            words[lane as usize] == Stream::new(7, 3).words(5 << 40 | 9, (u32::MAX - 4).wrapping_add(lane))
        }));
        let stream = Stream::new(0x1234_5678_9abc_def0, 7);
        let element = 0xdead_beef_0000_0003;
        let expected: Vec<u32> = (0..20).flat_map(|draw| stream.words(element, draw)).collect();
        assert_eq!(stream.draws(element).take(80).collect::<Vec<_>>(), expected);
        assert_eq!(
            stream.words(element, 5),
            philox([0x9abc_def0, 0x1234_5678], [3, 0xdead_beef, 7, 5]),
            "the counter layout that the shaders share"
        );
    }

    #[test]
    fn uniform_numbers_stay_inside_the_open_interval() {
        assert_eq!(uniform_f32(0), 0.5 / 8_388_608.0);
        assert_eq!(uniform_f32(!0), 1.0 - 0.5 / 8_388_608.0);
        assert!(uniform_f64(0, 0) > 0.0 && uniform_f64(0, 0) < 1e-15);
        assert!(uniform_f64(!0, !0) < 1.0 && uniform_f64(!0, !0) > 1.0 - 1e-15);
    }

    #[test]
    fn bounded_integers_are_uniform() {
        let mut draws = Stream::new(1, 2).draws(3);
        let mut counts = [0u32; 7];
        (0..70_000).for_each(|_| counts[draws.below(7) as usize] += 1);
        let chi2: f64 = counts.iter().map(|&n| (f64::from(n) - 1e4).powi(2) / 1e4).sum();
        assert!(chi2 < 22.5, "chi2 {chi2} with 6 degrees of freedom, p = 0.001");
        assert!((0..1000).all(|_| draws.below_u64(1 << 40) < 1 << 40 && draws.below(1) == 0));
    }

    #[test]
    fn normal_pairs_have_the_right_moments() {
        let stream = Stream::new(5, 1);
        let n = 100_000;
        let pairs = || (0..n).map(|draw| normal_pair(uniform_pair(stream.words(0, draw))));
        let mean = |f: &dyn Fn([f64; 2]) -> f64| pairs().map(f).sum::<f64>() / f64::from(n);
        for k in 0..2 {
            assert!(mean(&|z| z[k]).abs() < 0.015);
            assert!((mean(&|z| z[k].powi(2)) - 1.0).abs() < 0.02);
            assert!((mean(&|z| z[k].powi(4)) - 3.0).abs() < 0.15);
        }
        assert!(mean(&|z| z[0] * z[1]).abs() < 0.015);
    }
}
