//! Statements: blocks, branches, and the lanes that leave them.

use naga::{Block, Expression, Handle, Span, Statement, SwitchCase, SwitchValue};

use super::expression::word;
use super::{Frame, Lowering, Operand, Value};
use crate::lane::error::Error;
use crate::lane::graph::NodeId;
use crate::lane::op::Op;

/// Lanes that left a block, with the variables as they were then.
#[derive(Clone)]
pub struct Exit {
    /// Which lanes; `None` is all that entered
    pub condition: Option<NodeId>,
    pub vars: Vec<Value>,
    pub value: Option<Value>,
}

/// How lanes leave a block before its end.
#[derive(Clone, Copy, PartialEq)]
pub enum Way {
    Break,
    Continue,
    Return,
}

/// What happened in a block.
#[derive(Default)]
pub struct Flow {
    pub broken: Option<Exit>,
    pub continued: Option<Exit>,
    pub returned: Option<Exit>,
    /// Lanes that have left in any way
    pub gone: Option<NodeId>,
    /// No lane reaches the end
    pub dead: bool,
}

impl Flow {
    pub fn way(&mut self, way: Way) -> &mut Option<Exit> {
        match way {
            Way::Break => &mut self.broken,
            Way::Continue => &mut self.continued,
            Way::Return => &mut self.returned,
        }
    }
}

impl<'a> Lowering<'a> {
    /// Runs the statements of `block` after the first `skip`.
    pub fn block(&mut self, frame: &mut Frame<'a>, block: &'a Block, skip: usize) -> Result<Flow, Error> {
        let mut flow = Flow::default();
        for (statement, span) in block.span_iter().skip(skip) {
            if flow.dead {
                break;
            }
            self.budget = self
                .budget
                .checked_sub(1)
                .ok_or_else(|| self.error(*span, "the function is too long once its loops are unrolled"))?;
            self.statement(frame, &mut flow, statement, *span)?;
        }
        Ok(flow)
    }

    fn statement(
        &mut self,
        frame: &mut Frame<'a>,
        flow: &mut Flow,
        statement: &'a Statement,
        span: Span,
    ) -> Result<(), Error> {
        match statement {
            Statement::Emit(range) => {
                for handle in range.clone() {
                    self.emit(frame, handle)?;
                }
            }
            Statement::Block(block) => self.within(frame, flow, block)?,
            Statement::Store { pointer, value } => {
                let place = self.place(frame, *pointer)?;
                let value = self.value(frame, *value)?;
                if let (Value::Scalar(id), Some(name)) = (&value, self.name_of(frame, *pointer)) {
                    self.graph.suggest_name(*id, &name);
                }
                self.store(&place, &value);
            }
            Statement::Return { value } => {
                let value = value.map(|value| self.value(frame, value)).transpose()?;
                self.leave(flow, Way::Return, value);
            }
            Statement::Break => self.leave(flow, Way::Break, None),
            Statement::Continue => self.leave(flow, Way::Continue, None),
            Statement::If { condition, accept, reject } => {
                let condition = self.scalar(frame, *condition)?;
                if let Some(bits) = self.graph.constant_bits(condition) {
                    return self.within(frame, flow, if bits != 0 { accept } else { reject });
                }
                let otherwise = self.graph.not(condition);
                self.branch(frame, flow, &[(condition, accept), (otherwise, reject)], false)?;
            }
            Statement::Switch { selector, cases } => {
                let selector = self.scalar(frame, *selector)?;
                self.switch(frame, flow, selector, cases, span)?;
            }
            Statement::Loop { body, continuing, break_if } => {
                self.repeat(frame, flow, body, continuing, *break_if, span)?;
            }
            Statement::Call { function, arguments, result } => {
                let value = self.call(frame, *function, arguments, span)?;
                if let (Some(result), Some(value)) = (result, value) {
                    frame.values.insert(*result, Operand::Value(value));
                }
            }
            Statement::ControlBarrier(_) | Statement::MemoryBarrier(_) => {
                return Err(self.error(span, "barriers do not exist on a lane"));
            }
            Statement::Atomic { .. } | Statement::ImageAtomic { .. } => {
                return Err(self.error(span, "atomics do not exist on a lane"));
            }
            Statement::ImageStore { .. } => return Err(self.error(span, "textures do not exist on a lane")),
            other => {
                return Err(self.error(span, format!("`{}` does not exist on a lane", word(other))));
            }
        }
        Ok(())
    }

    /// Runs a block that every lane enters.
    fn within(&mut self, frame: &mut Frame<'a>, flow: &mut Flow, block: &'a Block) -> Result<(), Error> {
        let inner = self.block(frame, block, 0)?;
        flow.dead = inner.dead;
        self.absorb(flow, inner, None);
        Ok(())
    }

    fn call(
        &mut self,
        frame: &mut Frame<'a>,
        function: Handle<naga::Function>,
        arguments: &[Handle<Expression>],
        span: Span,
    ) -> Result<Option<Value>, Error> {
        let mut args = Vec::with_capacity(arguments.len());
        for &argument in arguments {
            let operand = self.operand(frame, argument)?;
            // naga's SPIR-V writer panics on these, so that both devices refuse them (wgpu #4540).
            if matches!(&operand, Operand::Place(place) if !place.path.is_empty()) {
                let span = frame.function.expressions.get_span(argument);
                return Err(self.error(span, "a pointer argument must point to a whole variable"));
            }
            args.push(operand);
        }
        let name = self.source.module().functions[function].name.as_deref().unwrap_or_default();
        let values: Vec<Value> = args
            .iter()
            .filter_map(|arg| if let Operand::Value(value) = arg { Some(value.clone()) } else { None })
            .collect();
        if values.len() == args.len()
            && let Some(answer) = self.calls.call(self.graph, name, &values)
        {
            return answer.map(Some).map_err(|message| self.error(span, message));
        }
        if let Some(value) = self.intrinsic(name, &args, span)? {
            return Ok(Some(value));
        }
        self.function(function, args)
    }

    fn switch(
        &mut self,
        frame: &mut Frame<'a>,
        flow: &mut Flow,
        selector: NodeId,
        cases: &'a [SwitchCase],
        span: Span,
    ) -> Result<(), Error> {
        let mut arms: Vec<(NodeId, &'a Block, bool)> = Vec::new();
        let (mut here, mut default) = (self.graph.bool(false), false);
        let mut any = here;
        for case in cases {
            match case.value {
                SwitchValue::Default => default = true,
                SwitchValue::I32(k) => here = self.or_equals(here, selector, k as u32),
                SwitchValue::U32(k) => here = self.or_equals(here, selector, k),
            }
            if case.fall_through && !case.body.is_empty() {
                return Err(self.error(span, "a case of a switch must not fall through"));
            }
            if !case.fall_through {
                any = self.graph.binary(Op::Or, any, here);
                arms.push((here, &case.body, std::mem::take(&mut default)));
                here = self.graph.bool(false);
            }
        }
        let none = self.graph.not(any);
        let mut chosen = Vec::with_capacity(arms.len());
        for (here, body, default) in arms {
            let here = if default { self.graph.binary(Op::Or, here, none) } else { here };
            match self.graph.constant_bits(here) {
                Some(0) => {}
                Some(_) => return self.branch(frame, flow, &[(here, body)], true),
                None => chosen.push((here, body)),
            }
        }
        self.branch(frame, flow, &chosen, true)
    }

    fn or_equals(&mut self, condition: NodeId, selector: NodeId, k: u32) -> NodeId {
        let here = self.equals(selector, k);
        self.graph.binary(Op::Or, condition, here)
    }

    /// Runs arms whose conditions are disjoint and cover every lane.
    fn branch(
        &mut self,
        frame: &mut Frame<'a>,
        flow: &mut Flow,
        arms: &[(NodeId, &'a Block)],
        is_switch: bool,
    ) -> Result<(), Error> {
        let before = self.vars.clone();
        let mut merged: Option<Vec<Value>> = None;
        let mut inner = Vec::with_capacity(arms.len());
        for &(condition, block) in arms {
            self.vars = before.clone();
            let mut arm = self.block(frame, block, 0)?;
            if is_switch && let Some(exit) = arm.broken.take() {
                // `break` leaves the switch only.
                self.rejoin(exit, arm.dead);
                arm.dead = false;
            }
            if !arm.dead {
                let vars = std::mem::take(&mut self.vars);
                merged = Some(match merged {
                    None => vars,
                    Some(merged) => self.merge_all(condition, &vars, &merged),
                });
            }
            inner.push((condition, arm));
        }
        flow.dead = merged.is_none();
        self.vars = merged.unwrap_or(before);
        // Exits of different arms are disjoint: none may hide another.
        let gone_before = flow.gone;
        let mut gone = gone_before;
        for (condition, arm) in inner {
            flow.gone = gone_before;
            self.absorb(flow, arm, Some(condition));
            if flow.gone != gone_before {
                gone = self.or(gone, flow.gone);
            }
        }
        flow.gone = gone;
        Ok(())
    }

    fn or(&mut self, a: Option<NodeId>, b: Option<NodeId>) -> Option<NodeId> {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.graph.binary(Op::Or, a, b)),
            (a, b) => a.or(b),
        }
    }

    /// All remaining lanes leave now.
    pub fn leave(&mut self, flow: &mut Flow, way: Way, value: Option<Value>) {
        self.leave_where(flow, way, value, None);
        flow.dead = true;
    }

    /// The lanes of `condition` leave now.
    pub fn leave_where(
        &mut self,
        flow: &mut Flow,
        way: Way,
        value: Option<Value>,
        condition: Option<NodeId>,
    ) {
        let exit = Exit { condition, vars: self.vars.clone(), value };
        let mut inner = Flow::default();
        *inner.way(way) = Some(exit);
        self.absorb(flow, inner, None);
    }

    /// Takes over the exits of an inner block that the lanes of `condition` entered.
    pub fn absorb(&mut self, flow: &mut Flow, mut inner: Flow, condition: Option<NodeId>) {
        let gone_before = flow.gone;
        for way in [Way::Break, Way::Continue, Way::Return] {
            let Some(exit) = inner.way(way).take() else { continue };
            let Some(exit) = self.restrict(exit, condition, gone_before) else { continue };
            let leaving = exit.condition.unwrap_or_else(|| self.graph.bool(true));
            flow.gone = self.or(flow.gone, Some(leaving));
            let earlier = flow.way(way).take();
            *flow.way(way) = Some(self.join(earlier, exit));
        }
    }

    /// An exit for those lanes of `condition` that are not yet `gone`.
    fn restrict(&mut self, exit: Exit, condition: Option<NodeId>, gone: Option<NodeId>) -> Option<Exit> {
        let present = gone.map(|gone| self.graph.not(gone));
        let mut leaving = exit.condition;
        for part in [condition, present].into_iter().flatten() {
            leaving = Some(leaving.map_or(part, |all| self.graph.binary(Op::And, all, part)));
        }
        let nobody = leaving.is_some_and(|id| self.graph.constant_bits(id) == Some(0));
        (!nobody).then_some(Exit { condition: leaving, ..exit })
    }

    /// Two exits by the same way; lanes that left earlier keep what they had.
    fn join(&mut self, earlier: Option<Exit>, later: Exit) -> Exit {
        let Some(earlier) = earlier else { return later };
        let Some(condition) = earlier.condition else { return earlier };
        let vars = self.merge_all(condition, &earlier.vars, &later.vars);
        let value = match (earlier.value, later.value) {
            (Some(a), Some(b)) => Some(self.merge(condition, &a, &b)),
            (a, b) => a.or(b),
        };
        let condition = later.condition.map(|later| self.graph.binary(Op::Or, condition, later));
        Exit { condition, vars, value }
    }

    /// Lanes that had left come back; `dead` says that only they are here.
    pub fn rejoin(&mut self, exit: Exit, dead: bool) -> Option<Value> {
        self.vars = match exit.condition {
            Some(condition) if !dead => {
                let vars = std::mem::take(&mut self.vars);
                self.merge_all(condition, &exit.vars, &vars)
            }
            _ => exit.vars,
        };
        exit.value
    }
}
