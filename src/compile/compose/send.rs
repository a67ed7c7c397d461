//! What is kept at the source: short-term plasticity and receptor dynamics, updated at the end of the step that spikes.
//!
//! What they send leaves with the spikes of this step and arrives, without a delay, in the next: brainpy.state updates
//! them at the beginning of that step, from the same spike.

use super::{Builder, Found, Part};
use crate::compile::recipe::{Recipe, sender_prefix};
use crate::error::Result;
use crate::lane::{self, NodeId, Op, Value};
use crate::network::projection::Sender;
use crate::program::Outlet;

/// A spike: whether there is one, and what it carries (0 where there is none).
#[derive(Clone, Copy)]
pub(super) struct Spike {
    pub when: NodeId,
    pub amount: NodeId,
}

impl Builder<'_> {
    /// The spike of this step as what is kept at the source sees it.
    pub(super) fn spike(&mut self, found: &Found) -> Spike {
        let when = found.fired.unwrap_or_else(|| self.graph.bool(false));
        let (one, zero) = (self.graph.f32(1.0), self.graph.f32(0.0));
        let amount = found.value.unwrap_or_else(|| self.graph.select(when, one, zero));
        Spike { when, amount }
    }

    /// What the element sends beside its spikes: short-term plasticity and receptor dynamics at the source.
    ///
    /// Appends their new states, and returns those before: what was sent in the step before acts in this one.
    pub(super) fn send(
        &mut self,
        recipe: &Recipe,
        spike: Spike,
        states: &mut Vec<Value>,
        found: &mut Found,
    ) -> Result<Vec<Value>> {
        let neuron = states[0].clone();
        let mut seen = vec![];
        for (k, sender) in recipe.senders.iter().enumerate() {
            let Sender { stp, synapse } = sender;
            let mut spike = spike;
            let (mut state, mut before) = (Value::Composite(vec![]), Value::Composite(vec![]));
            if let Some(stp) = stp {
                let part = Part::of(stp, sender_prefix(stp, k))?;
                let input = self.presynaptic(recipe, &part, &neuron, spike);
                before = self.state(&part);
                let own = [("State", &before), ("Input", &input)];
                state = self.call(&part, "update", &own, &mut lane::NoCalls)?;
                let own = [("State", &state), ("Input", &input)];
                let released = self.call(&part, "release", &own, &mut lane::NoCalls)?.scalars()[0];
                let released = self.bounded(&part, released)?;
                let zero = self.graph.f32(0.0);
                spike.amount = self.graph.select(spike.when, released, zero);
            }
            if stp.is_none() && synapse.is_none() {
                let own = Part::new(&recipe.model, String::new())?;
                let released =
                    self.call(&own, "release", &[("State", &neuron)], &mut lane::NoCalls)?.scalars()[0];
                let (released, zero) = (self.bounded(&own, released)?, self.graph.f32(0.0));
                spike.amount = self.graph.select(spike.when, released, zero);
            }
            states.push(state);
            seen.push(before);
            let (mut state, mut before) = (Value::Composite(vec![]), Value::Composite(vec![]));
            let outlet = match synapse {
                None => Outlet { when: Some(spike.when), value: spike.amount },
                Some(synapse) => {
                    let part = Part::of(synapse, sender_prefix(synapse, k))?;
                    let input = self.presynaptic(recipe, &part, &neuron, spike);
                    before = self.state(&part);
                    let (next, output) = self.receptor(&part, before.clone(), &input)?;
                    state = next;
                    Outlet { when: None, value: self.bounded(&part, output)? }
                }
            };
            states.push(state);
            seen.push(before);
            found.outlets.push(outlet);
        }
        Ok(seen)
    }

    /// The inputs of a model at the source: the spike, or state variables of the neuron.
    fn presynaptic(&mut self, recipe: &Recipe, part: &Part, neuron: &Value, spike: Spike) -> Value {
        let values = part.model.inputs().iter().map(|member| {
            let reads = member.tag().is_some_and(|tag| tag.presynaptic) && member.name != "spike";
            let node = if reads { self.variable(recipe, neuron, &member.name) } else { spike.amount };
            Value::Scalar(node)
        });
        Value::Composite(values.collect())
    }

    /// A state variable of the neuron, made absolute where it is kept relative to a parameter.
    fn variable(&mut self, recipe: &Recipe, neuron: &Value, name: &str) -> NodeId {
        let mut members = recipe.model.state().iter();
        let k = members.position(|member| member.name == name).expect("projections are checked");
        self.absolute(recipe, k, neuron.scalars()[k])
    }

    /// The value of the `member`-th state variable.
    pub(super) fn absolute(&mut self, recipe: &Recipe, member: usize, node: NodeId) -> NodeId {
        match recipe.model.state()[member].tag().and_then(|tag| tag.from.as_ref()) {
            Some(origin) => {
                let origin = self.constant(origin);
                self.graph.binary(Op::Add, node, origin)
            }
            None => node,
        }
    }

    /// `value`, kept within what the model says it cannot exceed: the scale of the ports relies on it.
    fn bounded(&mut self, part: &Part, value: NodeId) -> Result<NodeId> {
        let most = self.call(part, "bound", &[], &mut lane::NoCalls)?.scalars()[0];
        let least = self.graph.unary(Op::Neg, most);
        let value = self.graph.binary(Op::Min, value, most);
        Ok(self.graph.binary(Op::Max, value, least))
    }
}
