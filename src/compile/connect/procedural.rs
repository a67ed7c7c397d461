//! Rows that are not stored: what a device needs to draw the row of a source whenever it spikes.

use super::choice::{Choice, Row};
use super::count::{Counted, Plan, sign};
use super::fill::quantise;
use super::quantile::{Quantiles, log2, shifted, steps};
use super::{EdgeDelay, EdgeValue};
use crate::Error;
use crate::random::Stream;

/// A projection whose rows are drawn anew for every spike: the same edges, weights and delays as its stored rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Procedural {
    /// Index of the projection.
    pub projection: u32,
    /// How the targets of a source are chosen.
    pub choice: Choice,
    /// Random words of the projection.
    pub stream: Stream,
    /// Number of targets.
    pub n_targets: u32,
    /// Whether a neuron may connect to itself.
    pub autapses: bool,
    /// Where the targets lie, in order of their places.
    pub landings: Vec<Landing>,
    /// Weights that are drawn; a constant one is in the landings.
    pub weights: Option<Quantiles>,
    /// Delays.
    pub delay: Delay,
}

/// Targets with consecutive places, ids and ring slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landing {
    /// Place of the first in the projection.
    pub first: u32,
    /// How many.
    pub len: u32,
    /// Global id of the first.
    pub gid: u32,
    /// The partition that owns them.
    pub partition: u32,
    /// Ring slot of the first for weights >= 0 and for weights < 0; the same for a constant weight.
    pub slot: [u32; 2],
    /// The constant weight in units of 1 / scale of the slot, or how far drawn ones are shifted down to it.
    pub amount: [i32; 2],
}

/// Delays in steps.
#[derive(Clone, Debug, PartialEq)]
pub enum Delay {
    /// One for all.
    Constant(u32),
    /// Drawn in steps, and the steps on top.
    Drawn(Quantiles, u32),
}

impl Procedural {
    /// The row of a source by its place in the projection and its global id.
    pub fn row(&self, place: u32, gid: u32) -> Row {
        let at = |landing: &Landing| {
            let offset = gid.wrapping_sub(landing.gid);
            (offset < landing.len).then(|| landing.first + offset)
        };
        let hole = if self.autapses { None } else { self.landings.iter().find_map(at) };
        Row { stream: self.stream, number: place, n_partners: self.n_targets, hole }
    }

    /// Words that describe it on a device: the tables of its draws, whatever the number of its synapses.
    pub fn table_bytes(&self) -> u64 {
        let delays = if let Delay::Drawn(delays, _) = &self.delay { Some(delays) } else { None };
        let knots = self.weights.iter().chain(delays).map(|table| table.knots().len()).sum::<usize>();
        let digits = if let Choice::Chance(skips) = &self.choice { skips.digits.len() } else { 0 };
        4 * (knots + 256 * digits) as u64
    }
}

impl Landing {
    /// Ring slot of a target, counted from the first, and weight in its unit, for a drawn weight.
    #[inline]
    pub fn weighted(&self, fixed: i32) -> (u32, i32) {
        let sign = usize::from(fixed < 0);
        (self.slot[sign], shifted(fixed, self.amount[sign]))
    }
}

impl Delay {
    /// Steps of a drawn delay.
    #[inline]
    pub fn steps(&self, fixed: i32) -> u32 {
        match self {
            Delay::Constant(steps) => *steps,
            Delay::Drawn(table, latency) => steps(fixed, table.exponent(), *latency),
        }
    }
}

impl Plan<'_> {
    /// The projections that are not stored. `scale` is that of [`Plan::fill`]; all slots of a segment have the same.
    ///
    /// # Errors
    /// A weight that does not fit 32 bits at its scale.
    pub fn procedural<F>(&self, scale: &F) -> Result<Vec<Procedural>, Error>
    where
        F: Fn(u32) -> f64 + ?Sized,
    {
        let numbered = (0..).zip(&self.projections);
        let procedural = numbered.filter(|(_, counted)| counted.is_procedural());
        procedural.map(|(projection, counted)| counted.procedural(projection, scale)).collect()
    }
}

impl Counted<'_> {
    pub(super) fn is_procedural(&self) -> bool {
        self.drawing.wiring.connectivity.procedural
    }

    fn procedural<F>(&self, projection: u32, scale: &F) -> Result<Procedural, Error>
    where
        F: Fn(u32) -> f64 + ?Sized,
    {
        let (drawing, wiring) = (&self.drawing, self.drawing.wiring);
        let mut landings = vec![];
        let mut first = 0;
        while first < drawing.targets.len() {
            let landing = self.landing(first, scale)?;
            first += landing.len;
            landings.push(landing);
        }
        let delay = match (&wiring.delay, &drawing.delays) {
            (EdgeDelay::Random { latency, .. }, Some(delays)) => Delay::Drawn(delays.clone(), *latency),
            (EdgeDelay::Constant(delay), _) => Delay::Constant(*delay),
            _ => return Err(Error::Rule("a list of delays is stored; it cannot be procedural".into())),
        };
        let choice = drawing.choice.clone().expect("checked: the rule is drawn by source");
        Ok(Procedural {
            projection,
            choice,
            stream: wiring.stream,
            n_targets: drawing.targets.len(),
            autapses: wiring.connectivity.autapses,
            landings,
            weights: drawing.weights.clone(),
            delay,
        })
    }

    /// The targets from a place on as far as places, ids, slots and partition go together.
    fn landing<F>(&self, first: u32, scale: &F) -> Result<Landing, Error>
    where
        F: Fn(u32) -> f64 + ?Sized,
    {
        let targets = &self.drawing.targets;
        let about = |place: u32| {
            let offset = place - first;
            let slots = self.slots[place as usize].map(|slot| slot.wrapping_sub(offset));
            (targets.gid(place).wrapping_sub(offset), slots, self.partition_of[place as usize])
        };
        let (gid, slots, partition) = about(first);
        let end = (first..targets.len()).find(|place| about(*place) != (gid, slots, partition));
        let (slot, amount) = match self.drawing.wiring.weight {
            EdgeValue::Constant(weight) => {
                let slot = slots[sign(weight)];
                ([slot; 2], [quantise(weight, scale(slot))?; 2])
            }
            EdgeValue::Random(_) => {
                let exponent = self.drawing.weights.as_ref().map_or(0, Quantiles::exponent);
                (slots, slots.map(|slot| exponent - log2(scale(slot))))
            }
            EdgeValue::Each(_) => {
                return Err(Error::Rule("a list of weights is stored; it cannot be procedural".into()));
            }
        };
        let len = end.unwrap_or(targets.len()) - first;
        Ok(Landing { first, len, gid, partition, slot, amount })
    }
}
