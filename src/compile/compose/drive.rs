//! What drives an element from outside: stimuli, currents of known times, and elements that only send.

use super::send::Spike;
use super::{Builder, Composed, Found, Part};
use crate::compile::constants::structure;
use crate::compile::recipe::Recipe;
use crate::compile::stimulus::COMMON;
use crate::error::Result;
use crate::lane::{self, NodeId, Op, Rate, Ty, Value};
use crate::model::COMMON_DRAWS;
use crate::model::reflect::Scalar;
use crate::program::Leaf;

impl Builder<'_> {
    /// The new state of a stimulus, and what it adds to its port in this step.
    pub(super) fn stimulus(&mut self, part: &Part, current: bool) -> Result<(Value, NodeId)> {
        let delay = self.constant(&format!("{}delay", part.prefix));
        let time = self.generator_time(part, Some(delay));
        let function = if current { "current" } else { "spikes" };
        let (latency, step) = (self.constant(&format!("{}latency", part.prefix)), self.step());
        let late = self.graph.binary(Op::Sub, delay, latency);
        let begun = self.graph.binary(Op::Ge, step, late);
        let before = self.state(part);
        let (after, amount) = self.generate(part, function, &before, &time)?;
        let kept = after.scalars().into_iter().zip(before.scalars());
        let kept = kept.map(|(after, before)| Value::Scalar(self.graph.select(begun, after, before)));
        let kept = Value::Composite(kept.collect());
        let weight = self.constant(&format!("{}weight", part.prefix));
        let amount = self.graph.binary(Op::Mul, amount, weight);
        let zero = self.graph.f32(0.0);
        Ok((kept, self.graph.select(begun, amount, zero)))
    }

    /// New state of a generator, and what `function` makes of it.
    pub(super) fn generate(
        &mut self,
        part: &Part,
        function: &str,
        before: &Value,
        given: &[(&str, Value)],
    ) -> Result<(Value, NodeId)> {
        let about = |state| {
            let given = given.iter().map(|(name, value)| (*name, value));
            [("State", state)].into_iter().chain(given).collect::<Vec<_>>()
        };
        let mut state = before.clone();
        if part.model.function("update").is_some() {
            state = self.call(part, "update", &about(before), &mut lane::NoCalls)?;
        }
        let amount = self.call(part, function, &about(&state), &mut lane::NoCalls)?.scalars()[0];
        Ok((state, amount))
    }

    /// Clock and random streams of a generator: its own for every target and, where it asks for it, the one that all
    /// targets of an element have in common.
    fn generator_time(&mut self, part: &Part, delay: Option<NodeId>) -> Vec<(&'static str, Value)> {
        let (clock, stream) = self.time(&part.prefix, delay);
        let step = clock.scalars()[0];
        let mut given = vec![("Clock", clock), ("Stream", stream)];
        if part.model.has_common_draws() {
            let [stream, element] = COMMON.map(|name| self.constant(&format!("{}{name}", part.prefix)));
            given.push((COMMON_DRAWS, self.draws(stream, element, step)));
        }
        given
    }

    /// A current that changes by what arrives, summed in integers: it does not drift.
    pub(super) fn held(&mut self, port: usize) -> (Value, NodeId) {
        let plane = self.state.len() as u32;
        let name = format!("held_{port}");
        self.state.push((name.clone(), Scalar::I32));
        let before = self.leaf(&format!("state_{name}"), Ty::I32, Rate::Lane, Leaf::State(plane));
        let change = self.leaf(&format!("arrival_{port}"), Ty::I32, Rate::Lane, Leaf::Arrival(port as u32));
        let now = self.graph.binary(Op::Add, before, change);
        let scale = self.constant(&format!("scale_{port}"));
        let level = self.graph.convert(now, Ty::F32);
        (Value::Scalar(now), self.graph.binary(Op::Mul, level, scale))
    }

    /// A population of sources.
    pub(super) fn generator(mut self, recipe: &Recipe, part: &Part, reached: &[bool]) -> Result<Composed> {
        let mut given = self.generator_time(part, None);
        let spikes = recipe.first_held();
        let mut next = vec![];
        let (mut arrived, mut held) = (reached[..spikes].iter().enumerate(), spikes..);
        let input = structure(recipe.model.inputs(), |member| {
            if !member.tag().is_some_and(|tag| tag.continuous) {
                let (port, reached) = arrived.next().expect("every port is counted");
                return Value::Scalar(self.arrival(port, *reached));
            }
            let (state, level) = self.held(held.next().expect("every level is held"));
            next.extend(state.scalars());
            Value::Scalar(level)
        });
        given.push(("Input", input));
        let before = self.state(part);
        let (state, value) = self.generate(part, "spikes", &before, &given)?;
        let zero = self.graph.f32(0.0);
        let fired = self.graph.binary(Op::Ne, value, zero);
        next.extend(state.scalars());
        let found = Found { next, fired: Some(fired), value: Some(value), ..Found::default() };
        Ok(self.finish(found))
    }

    /// Elements that receive the events of a schedule and send for it.
    pub(super) fn relay(mut self, recipe: &Recipe, recorded: &[(usize, usize)]) -> Result<Composed> {
        let amount = self.arrival(0, true);
        let zero = self.graph.f32(0.0);
        let spike = Spike { when: self.graph.binary(Op::Ne, amount, zero), amount };
        let mut found = Found::default();
        let mut states = vec![Value::Composite(vec![])];
        let seen = self.send(recipe, spike, &mut states, &mut found)?;
        self.keep(recipe, (&states, &seen), recorded, &mut found);
        Ok(self.finish(found))
    }
}
