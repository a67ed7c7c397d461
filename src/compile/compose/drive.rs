//! What drives an element from outside: stimuli, currents of known times, and elements that only send.

use super::send::Spike;
use super::{Builder, Composed, Found, Part};
use crate::compile::recipe::Recipe;
use crate::error::Result;
use crate::lane::{self, NodeId, Op, Rate, Ty, Value};
use crate::model::reflect::Scalar;
use crate::program::Leaf;

impl Builder<'_> {
    /// The new state of a stimulus, and what it adds to its port in this step.
    pub(super) fn stimulus(&mut self, part: &Part, current: bool) -> Result<(Value, NodeId)> {
        let delay = self.constant(&format!("{}delay", part.prefix));
        let (clock, stream) = self.time(&part.prefix, Some(delay));
        let function = if current { "current" } else { "spikes" };
        let (latency, step) = (self.constant(&format!("{}latency", part.prefix)), self.step());
        let late = self.graph.binary(Op::Sub, delay, latency);
        let begun = self.graph.binary(Op::Ge, step, late);
        let before = self.state(part);
        let (after, amount) = self.generate(part, function, &before, (&clock, &stream))?;
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
        (clock, stream): (&Value, &Value),
    ) -> Result<(Value, NodeId)> {
        let mut state = before.clone();
        if part.model.function("update").is_some() {
            let own = [("State", &state), ("Clock", clock), ("Stream", stream)];
            state = self.call(part, "update", &own, &mut lane::NoCalls)?;
        }
        let own = [("State", &state), ("Clock", clock), ("Stream", stream)];
        let amount = self.call(part, function, &own, &mut lane::NoCalls)?.scalars()[0];
        Ok((state, amount))
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
    pub(super) fn generator(mut self, part: &Part) -> Result<Composed> {
        let (clock, stream) = self.time("", None);
        let before = self.state(part);
        let (state, value) = self.generate(part, "spikes", &before, (&clock, &stream))?;
        let zero = self.graph.f32(0.0);
        let fired = self.graph.binary(Op::Ne, value, zero);
        let next = state.scalars();
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
