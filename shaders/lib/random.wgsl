//! Random numbers from a counter: Philox4x32-10, Salmon et al. (2011), doi:10.1145/2063384.2063405.
//!
//! The key is the seed, the counter is (element, step, stream, draw): the same numbers on every device and
//! for every layout.

struct Stream {
    /// Seed, low and high word.
    seed: vec2<u32>,
    /// What the numbers are for: one stream for each use.
    stream: u32,
    /// The element that draws.
    element: u32,
    /// The step in which it draws.
    step: u32,
}

/// High word of the 64-bit product; the engine uses the machine's own where it has one.
fn mulhi(a: u32, b: u32) -> u32 {
    let a_low = a & 0xffffu;
    let a_high = a >> 16u;
    let b_low = b & 0xffffu;
    let b_high = b >> 16u;
    let low = a_low * b_low;
    let middle = a_high * b_low + (low >> 16u);
    let cross = a_low * b_high + (middle & 0xffffu);
    return a_high * b_high + (middle >> 16u) + (cross >> 16u);
}

/// Four random words.
fn words(stream: Stream, draw: u32) -> vec4<u32> {
    var counter = vec4<u32>(stream.element, stream.step, stream.stream, draw);
    var key = stream.seed;
    for (var round = 0u; round < 10u; round++) {
        let high_0 = mulhi(0xD2511F53u, counter.x);
        let low_0 = 0xD2511F53u * counter.x;
        let high_1 = mulhi(0xCD9E8D57u, counter.z);
        let low_1 = 0xCD9E8D57u * counter.z;
        counter = vec4<u32>(high_1 ^ counter.y ^ key.x, low_1, high_0 ^ counter.w ^ key.y, low_0);
        key = key + vec2<u32>(0x9E3779B9u, 0xBB67AE85u);
    }
    return counter;
}

/// A random number in (0, 1).
fn unit_interval(word: u32) -> f32 {
    return (f32(word >> 9u) + 0.5) * 1.1920928955078125e-7;
}

/// One random word. Elements whose numbers differ by 16, of the same 64, share four words: a CPU draws them once.
fn word(stream: Stream, draw: u32) -> u32 {
    let i = stream.element;
    let four = words(Stream(stream.seed, stream.stream, ((i >> 6u) << 4u) | (i & 15u), stream.step), draw);
    let which = (i >> 4u) & 3u;
    return select(select(four.w, four.z, which == 2u), select(four.y, four.x, which == 0u), which < 2u);
}
