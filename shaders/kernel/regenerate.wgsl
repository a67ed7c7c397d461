//! Draws the row of a projection that stores none: the edges, weights and delays that its stored row would hold.
//!
//! It follows the text of `propagate`; the names of the words in `rows` follow it. Invocations share blocks of four
//! entries, which take their values from one block of random words each, or the chunks of targets of a probability.
//! How partners and values are drawn is said in `src/compile/connect`: `choice.rs`, `quantile.rs`.

#import lib/random

/// A spike on its way through one projection.
struct Sending {
    /// Where the projection's record lies in `rows`.
    record: u32,
    /// Place of the source in the projection.
    number: u32,
    /// The target that is left out; the number of targets where none is.
    hole: u32,
    /// What to add to every slot.
    slots: u32,
    step: u32,
    value: f32,
}

fn series(s: Sending, high: u32) -> Stream {
    let seed = vec2<u32>(rows[s.record + procedural_seed_low], rows[s.record + procedural_seed_high]);
    return Stream(seed, rows[s.record + procedural_stream], s.number, high);
}

/// The fixed-point number of a word.
fn quantile(table: u32, word: u32) -> i32 {
    let upper = word >= 0x80000000u;
    let m = select(word, ~word, upper);
    let shift = u32(max(i32(firstLeadingBit(m | 1u)) - i32(fine_bits), 0));
    let fraction = select(0u, m << (32u - shift), shift > 0u);
    let knot = table + select(0u, half_knots, upper) + (shift << fine_bits) + (m >> shift);
    let a = bitcast<i32>(rows[knot]);
    let b = bitcast<i32>(rows[knot + 1u]);
    let part = i32(mulhi(u32(abs(b - a)), fraction));
    return select(a - part, a + part, b >= a);
}

/// A fixed-point number divided by 2^shift, halves to even.
fn shifted(fixed: i32, shift: i32) -> i32 {
    if shift >= 31 {
        return 0;
    }
    if shift <= 0 {
        return fixed << u32(min(-shift, 31));
    }
    let bits = u32(shift);
    return (fixed + (1i << (bits - 1u)) - 1i + ((fixed >> bits) & 1i)) >> bits;
}

/// A delay in steps, halves up.
fn delay_steps(fixed: i32, exponent: u32, latency: u32) -> u32 {
    var whole = fixed;
    if exponent >= 1u && exponent <= 30u {
        whole = (fixed + (1i << (exponent - 1u))) >> exponent;
    }
    return max(u32(max(whole, 0)) + latency, 1u);
}

/// Adds an edge to the ring, given the words of its weight and delay.
fn send(s: Sending, place: u32, weight_word: u32, delay_word: u32) {
    let weights_at = rows[s.record + procedural_weights];
    var fixed = 0;
    if weights_at != 0u {
        fixed = quantile(s.record + weights_at, weight_word);
    }
    let delays_at = rows[s.record + procedural_delays];
    var delay = rows[s.record + procedural_delay];
    if delays_at != 0u {
        let drawn = quantile(s.record + delays_at, delay_word);
        delay = delay_steps(drawn, delay, rows[s.record + procedural_latency]);
    }
    let sign = select(0u, 1u, fixed < 0);
    let end = s.record + rows[s.record + procedural_landings_end];
    for (var l = s.record + rows[s.record + procedural_landings]; l < end; l += landing_words) {
        let i = place - rows[l + landing_first];
        if i >= rows[l + landing_len] {
            continue;
        }
        var amount = bitcast<i32>(rows[l + landing_amount + sign]);
        if weights_at != 0u {
            amount = shifted(fixed, amount);
        }
        let slot = s.slots + rows[l + landing_slot + sign] + i;
        atomicAdd(&ring[((s.step + delay) & sizes.depth_mask) * sizes.slots + slot], scaled(amount, s.value));
        return;
    }
}

/// The target that is the source itself, where those are left out.
fn hole(record: u32, element: u32) -> u32 {
    let none = rows[record + procedural_targets];
    if rows[record + procedural_autapses] != 0u {
        return none;
    }
    let end = record + rows[record + procedural_landings_end];
    for (var l = record + rows[record + procedural_landings]; l < end; l += landing_words) {
        let i = element - rows[l + landing_gid];
        if i < rows[l + landing_len] {
            return rows[l + landing_first] + i;
        }
    }
    return none;
}

/// A number below `bound` from word `i` of a block; words that would favour some numbers are drawn again.
fn below(stream: Stream, block: u32, i: u32, word: u32, bound: u32) -> u32 {
    let refused = (0u - bound) % bound;
    var attempt = stream;
    var drawn = word;
    while drawn * bound < refused {
        attempt.step += 1u;
        drawn = words(attempt, block)[i];
    }
    return mulhi(drawn, bound);
}

fn mix(word: u32) -> u32 {
    var x = word;
    x = (x ^ (x >> 16u)) * 0x7FEB352Du;
    x = (x ^ (x >> 15u)) * 0x846CA68Bu;
    return x ^ (x >> 16u);
}

/// Two rounds of the permutation on the halves of a number.
fn two_rounds(x: vec2<u32>, key_0: u32, key_1: u32, mask: u32) -> vec2<u32> {
    let left = x.x ^ (mix(x.y ^ key_0) & mask);
    return vec2<u32>(left, x.y ^ (mix(left ^ key_1) & mask));
}

/// Number `i` of a permutation of `0..len`.
fn permuted(i: u32, len: u32, half_bits: u32, keys: array<vec4<u32>, 2>) -> u32 {
    let mask = (1u << half_bits) - 1u;
    var x = i;
    loop {
        var halves = vec2<u32>(x >> half_bits, x & mask);
        halves = two_rounds(halves, keys[0].x, keys[0].y, mask);
        halves = two_rounds(halves, keys[0].z, keys[0].w, mask);
        halves = two_rounds(halves, keys[1].x, keys[1].y, mask);
        halves = two_rounds(halves, keys[1].z, keys[1].w, mask);
        x = (halves.x << half_bits) | halves.y;
        if x < len {
            break;
        }
    }
    return x;
}

/// How many of the first 255 entries of a table are at most `word`.
fn find(table: u32, word: u32) -> u32 {
    var found = 0u;
    for (var bit = 128u; bit > 0u; bit >>= 1u) {
        found += select(0u, bit, rows[table + found + bit - 1u] <= word);
    }
    return found;
}

/// Every target with a probability: invocations share the chunks.
fn send_by_chance(s: Sending, lane: u32, stride: u32) {
    let n = rows[s.record + procedural_targets];
    let width = rows[s.record + procedural_width];
    let n_digits = rows[s.record + procedural_n_digits];
    let digits_at = s.record + rows[s.record + procedural_digits];
    for (var chunk = lane; chunk * width < n; chunk += stride) {
        let end = min(n, (chunk + 1u) * width);
        var next = chunk * width;
        var n_words = 0u;
        var n_sent = 0u;
        var block: vec4<u32>;
        var weights_block: vec4<u32>;
        var delays_block: vec4<u32>;
        loop {
            for (var d = 0u; d < n_digits; d++) {
                if n_words % 4u == 0u {
                    block = words(series(s, chunk), n_words / 4u);
                }
                next += find(digits_at + 256u * d, block[n_words % 4u]) << (8u * d);
                n_words += 1u;
            }
            if next >= end {
                break;
            }
            if next != s.hole {
                if n_sent % 4u == 0u {
                    weights_block = value_words(s, procedural_weights, chunk | of_weights, n_sent / 4u);
                    delays_block = value_words(s, procedural_delays, chunk | of_delays, n_sent / 4u);
                }
                send(s, next, weights_block[n_sent % 4u], delays_block[n_sent % 4u]);
                n_sent += 1u;
            }
            next += 1u;
        }
    }
}

/// The words of values that are drawn.
fn value_words(s: Sending, table: u32, high: u32, block: u32) -> vec4<u32> {
    if rows[s.record + table] == 0u {
        return vec4<u32>();
    }
    return words(series(s, high), block);
}

/// A fixed number of targets, all of them or one: invocations share blocks of four.
fn send_entries(s: Sending, lane: u32, stride: u32) {
    let choice = rows[s.record + procedural_choice];
    let n = rows[s.record + procedural_targets];
    let n_left = n - select(0u, 1u, s.hole < n);
    let n_entries = select(min(n_left, rows[s.record + procedural_degree]), rows[s.record + procedural_degree],
        choice == choice_independent);
    let stream = series(s, 0u);
    var keys = array<vec4<u32>, 2>();
    if choice == choice_distinct {
        keys = array<vec4<u32>, 2>(words(stream, 0u), words(stream, 1u));
    }
    for (var block = lane; 4u * block < n_entries; block += stride) {
        var drawn: vec4<u32>;
        if choice == choice_independent {
            drawn = words(stream, block);
        }
        let weights_block = value_words(s, procedural_weights, of_weights, block);
        let delays_block = value_words(s, procedural_delays, of_delays, block);
        for (var i = 0u; i < 4u && 4u * block + i < n_entries; i++) {
            var place = 4u * block + i;
            if choice == choice_independent {
                place = below(stream, block, i, drawn[i], n_left);
            } else if choice == choice_distinct {
                place = permuted(place, n_left, rows[s.record + procedural_half_bits], keys);
            }
            place += select(0u, 1u, place >= s.hole);
            if choice == choice_same {
                place = s.number;
            }
            send(s, place, weights_block[i], delays_block[i]);
        }
    }
}

/// A spike of `element`, source `number` of the projection at `record`.
fn sending(record: u32, number: u32, element: u32, slots: u32, step: u32, value: f32) -> Sending {
    return Sending(record, number, hole(record, element), slots, step, value);
}

/// Adds to the ring what a spike sends.
fn regenerate(s: Sending, lane: u32, stride: u32) {
    let choice = rows[s.record + procedural_choice];
    if choice == choice_chance {
        send_by_chance(s, lane, stride);
    } else if choice != choice_same || s.hole != s.number {
        send_entries(s, lane, stride);
    }
}
