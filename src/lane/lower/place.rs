//! Variables: where a pointer points to, reading and writing there.

use super::{Frame, Lowering, Value};
use crate::lane::graph::NodeId;
use crate::lane::op::Op;
use naga::{Expression, Handle};

/// A variable, or a part of it.
#[derive(Clone, Debug)]
pub struct Place {
    pub var: usize,
    pub path: Vec<Step>,
}

/// One step from a value to a part of it.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Member(usize),
    /// An index that differs between lanes
    Element(NodeId),
}

impl Lowering<'_> {
    pub fn load(&mut self, place: &Place) -> Value {
        let value = self.vars[place.var].clone();
        self.part(value, &place.path)
    }

    pub fn store(&mut self, place: &Place, value: &Value) {
        let current = self.vars[place.var].clone();
        self.vars[place.var] = self.with_part(current, &place.path, value, None);
    }

    /// Follows `path` into `value`; an index that differs between lanes becomes a chain of selects.
    pub fn part(&mut self, value: Value, path: &[Step]) -> Value {
        let Some((&step, rest)) = path.split_first() else { return value };
        let Value::Composite(mut parts) = value else { unreachable!("naga checks what can be indexed") };
        match step {
            Step::Member(k) => {
                let part = parts.swap_remove(k);
                self.part(part, rest)
            }
            Step::Element(index) => {
                let mut parts = parts.into_iter().map(|part| self.part(part, rest)).collect::<Vec<_>>();
                let mut chosen = parts.remove(0);
                for (k, part) in parts.into_iter().enumerate() {
                    let here = self.equals(index, k as u32 + 1);
                    chosen = self.merge(here, &part, &chosen);
                }
                chosen
            }
        }
    }

    /// `current` with the part at `path` replaced, in the lanes of `guard` only.
    fn with_part(&mut self, current: Value, path: &[Step], new: &Value, guard: Option<NodeId>) -> Value {
        let Some((&step, rest)) = path.split_first() else {
            return guard.map_or_else(|| new.clone(), |guard| self.merge(guard, new, &current));
        };
        let Value::Composite(mut parts) = current else { unreachable!("naga checks what can be indexed") };
        match step {
            Step::Member(k) => {
                let old = parts[k].clone();
                parts[k] = self.with_part(old, rest, new, guard);
            }
            Step::Element(index) => {
                for (k, part) in parts.iter_mut().enumerate() {
                    let here = self.equals(index, k as u32);
                    let guard = guard.map_or(here, |guard| self.graph.binary(Op::And, guard, here));
                    *part = self.with_part(part.clone(), rest, new, Some(guard));
                }
            }
        }
        Value::Composite(parts)
    }

    pub fn equals(&mut self, index: NodeId, k: u32) -> NodeId {
        let k = self.graph.constant(self.graph.ty(index), k);
        self.graph.binary(Op::Eq, index, k)
    }

    /// The name that WGSL gives to what a pointer points to: of the member, else of the variable.
    pub fn name_of(&self, frame: &Frame<'_>, pointer: Handle<Expression>) -> Option<String> {
        match frame.function.expressions[pointer] {
            Expression::LocalVariable(local) => frame.function.local_variables[local].name.clone(),
            Expression::FunctionArgument(k) => frame.function.arguments[k as usize].name.clone(),
            Expression::AccessIndex { base, index } => {
                let types = &self.source.module().types;
                let mut inner = self.source.info()[frame.handle][base].ty.inner_with(types);
                if let naga::TypeInner::Pointer { base, .. } = inner {
                    inner = &types[*base].inner;
                }
                match inner {
                    naga::TypeInner::Struct { members, .. } => members[index as usize].name.clone(),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}
