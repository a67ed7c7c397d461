//! Rows that are drawn anew for every spike: the twin of `shaders/kernel/regenerate.wgsl`.
//!
//! A thread adds what falls onto its own targets. Where partners come in order it draws no others; where they are drawn
//! one by one it has to look at all of them, but draws weights and delays only in pieces that hit.

use super::{Due, Sending, Target, scaled};
use crate::compile::connect::choice::Row;
use crate::compile::connect::quantile::Quantiles;
use crate::compile::connect::{DELAYS, Delay, Landing, Procedural, WEIGHTS};
use crate::program::Event;

/// Room to draw in, kept between spikes.
#[derive(Default)]
pub(in crate::device::cpu) struct Room {
    partners: Vec<u32>,
    values: Values,
    /// Stored rows that are found and not yet added.
    pub(super) sendings: Vec<Sending>,
    /// Stored rows that are added in parts.
    pub(in crate::device::cpu) due: Due,
}

#[derive(Default)]
struct Values {
    weights: Vec<i32>,
    delays: Vec<i32>,
}

/// Adds what the row of a source sends to the partition's own targets.
pub(super) fn deliver(
    it: &Procedural,
    partition: u32,
    source: u32,
    event: &Event,
    target: &mut Target,
    room: &mut Room,
) {
    let row = it.row(source, event.element);
    let own = || it.landings.iter().filter(|landing| landing.partition == partition);
    let Room { partners, values, .. } = room;
    if it.choice.is_ordered() {
        for landing in own() {
            let within = landing.first..landing.first + landing.len;
            it.choice.draw(&row, within, partners, &mut |chunk, first, drawn| {
                values.draw(it, &row, chunk, first, drawn.len());
                add(it, landing, drawn, values, event.value, target);
            });
        }
        return;
    }
    it.choice.draw(&row, 0..it.n_targets, partners, &mut |chunk, first, drawn| {
        let mut is_drawn = false;
        for landing in own() {
            if !is_drawn && drawn.iter().any(|place| place.wrapping_sub(landing.first) < landing.len) {
                values.draw(it, &row, chunk, first, drawn.len());
                is_drawn = true;
            }
            if is_drawn {
                add(it, landing, drawn, values, event.value, target);
            }
        }
    });
}

impl Values {
    /// Draws the values of a piece, where they are drawn.
    fn draw(&mut self, it: &Procedural, row: &Row, chunk: u32, first: u32, n: usize) {
        let series = u64::from(row.number) | u64::from(chunk) << 32;
        let fill = |table: &Quantiles, purpose: u64, out: &mut Vec<i32>| {
            out.resize(n, 0);
            table.fill(row.stream, series + purpose, first, out);
        };
        if let Some(weights) = &it.weights {
            fill(weights, WEIGHTS, &mut self.weights);
        }
        if let Delay::Drawn(delays, _) = &it.delay {
            fill(delays, DELAYS, &mut self.delays);
        }
    }
}

/// Adds the part of a piece that falls onto these targets.
fn add(it: &Procedural, landing: &Landing, places: &[u32], values: &Values, value: f32, target: &mut Target) {
    let worth = |amount: i32| if value == 1.0 { amount } else { scaled(amount, value) };
    let first_slot = target.first_slot;
    let hits = (places.iter().enumerate())
        .map(|(k, place)| (k, place.wrapping_sub(landing.first)))
        .filter(|(_, i)| *i < landing.len)
        .map(|(k, i)| (k, i as usize));
    let constant = (landing.slot[0] as usize).wrapping_sub(first_slot);
    match (&it.weights, &it.delay) {
        (None, Delay::Constant(delay)) => {
            let (row, amount) = (target.row(*delay as usize), worth(landing.amount[0]));
            hits.for_each(|(_, i)| row[constant + i] = row[constant + i].wrapping_add(amount as u32));
        }
        (None, delay) => {
            let amount = worth(landing.amount[0]);
            for (k, i) in hits {
                target.add_own(constant + i, delay.steps(values.delays[k]), amount);
            }
        }
        (Some(_), Delay::Constant(delay)) => {
            let row = target.row(*delay as usize);
            for (k, i) in hits {
                let (slot, amount) = landing.weighted(values.weights[k]);
                let into = &mut row[slot as usize + i - first_slot];
                *into = into.wrapping_add(worth(amount) as u32);
            }
        }
        (Some(_), delay) => {
            for (k, i) in hits {
                let (slot, amount) = landing.weighted(values.weights[k]);
                target.add_own(slot as usize + i - first_slot, delay.steps(values.delays[k]), worth(amount));
            }
        }
    }
}
