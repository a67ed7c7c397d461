//! Projections without rows, as words of the table that `regenerate` reads.

use crate::compile::connect::choice::{Choice, half_bits};
use crate::compile::connect::quantile::Quantiles;
use crate::compile::connect::{Delay, Landing, Procedural};
use crate::compile::kernel::{CHOICE, LANDING, PROCEDURAL, words};

/// Iterations of loops that an edge takes at most on average: two words for each of three digits, each found in eight
/// steps and drawn in ten rounds with three others, and its weight and delay.
const ITERATIONS: u32 = 64;

/// The record of a projection, its landings and its tables.
pub(super) fn record(it: &Procedural) -> Vec<u32> {
    let mut tables: Vec<u32> = it.landings.iter().flat_map(landing).collect();
    let first = PROCEDURAL.len() as u32;
    let landings_end = first + tables.len() as u32;
    let mut add = |table: &mut dyn Iterator<Item = u32>| {
        let place = first + tables.len() as u32;
        tables.extend(table);
        place
    };
    let knots = |table: &Quantiles| table.knots().to_vec().into_iter().map(|knot| knot as u32);
    let weights = it.weights.as_ref().map_or(0, |table| add(&mut knots(table)));
    let (delays, delay, latency) = match &it.delay {
        Delay::Constant(steps) => (0, *steps, 0),
        Delay::Drawn(table, latency) => (add(&mut knots(table)), table.exponent() as u32, *latency),
    };
    let (choice, degree) = match it.choice {
        Choice::Same => ("same", 1),
        Choice::All => ("all", it.n_targets),
        Choice::Independent(degree) => ("independent", degree),
        Choice::Distinct(degree) => ("distinct", degree),
        Choice::Chance(_) => ("chance", 0),
    };
    let (width, n_digits, digits) = match &it.choice {
        Choice::Chance(skips) => {
            let mut words = skips.digits.iter().flatten().copied();
            (skips.width, skips.digits.len() as u32, add(&mut words))
        }
        _ => (0, 0, 0),
    };
    let values = [
        ("choice", CHOICE.iter().position(|name| *name == choice).unwrap_or(0) as u32),
        ("seed_low", it.stream.seed as u32),
        ("seed_high", (it.stream.seed >> 32) as u32),
        ("stream", it.stream.stream),
        ("targets", it.n_targets),
        ("autapses", it.autapses.into()),
        ("degree", degree),
        ("half_bits", half_bits(it.n_targets)),
        ("width", width),
        ("digits", digits),
        ("n_digits", n_digits),
        ("landings", first),
        ("landings_end", landings_end),
        ("weights", weights),
        ("delays", delays),
        ("delay", delay),
        ("latency", latency),
    ];
    let mut record = words(PROCEDURAL, values).to_vec();
    record.extend(tables);
    record
}

fn landing(it: &Landing) -> [u32; LANDING.len()] {
    let values = [
        ("first", it.first),
        ("len", it.len),
        ("gid", it.gid),
        ("slot", it.slot[0]),
        ("slot_negative", it.slot[1]),
        ("amount", it.amount[0] as u32),
        ("amount_negative", it.amount[1] as u32),
    ];
    words(LANDING, values)
}

/// Entries that a row is expected to have.
pub(super) fn entries(it: &Procedural) -> u32 {
    match &it.choice {
        Choice::Same => 1,
        Choice::All => it.n_targets,
        Choice::Independent(degree) | Choice::Distinct(degree) => *degree,
        // a chunk has 16 or more
        Choice::Chance(skips) => it.n_targets.div_ceil(skips.width).saturating_mul(16),
    }
}

/// Iterations of loops for an entry.
pub(super) fn iterations(it: &Procedural) -> u32 {
    ITERATIONS + it.landings.len() as u32
}
