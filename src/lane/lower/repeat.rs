//! Loops: unrolled while that is short, kept as a region otherwise.

use std::collections::BTreeSet;

use naga::{Block, Expression, Handle, Span, Statement};

use super::flow::{Flow, Way};
use super::{Frame, Lowering, Operand, Value};
use crate::lane::bound::max_iterations;
use crate::lane::error::Error;
use crate::lane::graph::NodeId;

/// The longest unrolled loop, in iterations and nodes: where every lane leaves in the same iteration, and
/// where that depends on data.
const CONSTANT: (u32, usize) = (256, 4000);
const DEPENDENT: (u32, usize) = (8, 400);

/// The parts of naga's loop statement.
#[derive(Clone, Copy)]
struct Loop<'a> {
    body: &'a Block,
    continuing: &'a Block,
    break_if: Option<Handle<Expression>>,
}

impl<'a> Lowering<'a> {
    pub fn repeat(
        &mut self,
        frame: &mut Frame<'a>,
        flow: &mut Flow,
        body: &'a Block,
        continuing: &'a Block,
        break_if: Option<Handle<Expression>>,
        span: Span,
    ) -> Result<(), Error> {
        let repeated = Loop { body, continuing, break_if };
        let before = self.vars.clone();
        let mut exits = match self.unroll(frame, repeated)? {
            Some(exits) => exits,
            None => {
                // What the attempt left in the graph is not reachable, and so costs nothing.
                self.vars = before;
                self.region(frame, repeated, span)?
            }
        };
        match exits.broken.take() {
            Some(exit) => {
                self.rejoin(exit, true);
            }
            None => flow.dead = true,
        }
        self.absorb(flow, exits, None);
        Ok(())
    }

    /// Runs iterations until no lane is left, or gives up with `None`. Returns all exits.
    fn unroll(&mut self, frame: &mut Frame<'a>, repeated: Loop<'a>) -> Result<Option<Flow>, Error> {
        let start = self.graph.len();
        let mut exits = Flow::default();
        for iteration in 0.. {
            let gone = exits.gone.map(|gone| self.graph.constant_bits(gone));
            let limit = if gone == Some(None) { DEPENDENT } else { CONSTANT };
            let over = iteration >= limit.0 || self.graph.len() - start > limit.1;
            if exits.dead || gone.flatten().is_some_and(|bits| bits != 0) {
                return Ok(Some(exits));
            }
            if over {
                return Ok(None);
            }
            let dead = self.iteration(frame, repeated, &mut exits, 0)?;
            exits.dead = dead;
        }
        Ok(None)
    }

    /// Runs the body after `skip` statements, then what continues. Returns whether no lane reached the end.
    fn iteration(
        &mut self,
        frame: &mut Frame<'a>,
        repeated: Loop<'a>,
        exits: &mut Flow,
        skip: usize,
    ) -> Result<bool, Error> {
        let mut inner = self.block(frame, repeated.body, skip)?;
        let continued = inner.continued.take();
        let mut dead = inner.dead;
        self.absorb(exits, inner, None);
        if let Some(exit) = continued {
            self.rejoin(exit, dead);
            dead = false;
        }
        if dead {
            return Ok(true);
        }
        let inner = self.block(frame, repeated.continuing, 0)?;
        self.absorb(exits, inner, None);
        let Some(condition) = repeated.break_if else { return Ok(false) };
        frame.values.remove(&condition);
        let condition = self.scalar(frame, condition)?;
        match self.graph.constant_bits(condition) {
            Some(0) => Ok(false),
            Some(_) => {
                self.leave_where(exits, Way::Break, None, None);
                Ok(true)
            }
            None => {
                self.leave_where(exits, Way::Break, None, Some(condition));
                Ok(false)
            }
        }
    }

    /// Runs the body once on carried values. Returns the exits of the finished loop.
    fn region(&mut self, frame: &mut Frame<'a>, repeated: Loop<'a>, span: Span) -> Result<Flow, Error> {
        let changed: Vec<usize> = assigned(frame, repeated).into_iter().collect();
        let result = frame.function.result.as_ref().filter(|_| returns(repeated.body));
        let result = result.map(|result| self.zero(result.ty, span)).transpose()?;
        let mut initial: Vec<NodeId> = changed.iter().flat_map(|&var| self.vars[var].scalars()).collect();
        let (n_vars, may_return) = (initial.len(), returns(repeated.body));
        initial.push(self.graph.bool(false));
        initial.extend(result.iter().flat_map(Value::scalars));

        let before = self.vars.clone();
        let region = self.graph.open_region(initial);
        let carried = self.graph.region(region).carried.clone();
        self.set_vars(&changed, &carried);
        let (condition, skip) = self.leading_break(frame, repeated.body)?;
        let mut exits = Flow::default();
        let dead = self.iteration(frame, repeated, &mut exits, skip)?;
        let leave = if dead { Some(self.graph.bool(true)) } else { exits.gone };
        let leave = leave.unwrap_or_else(|| self.graph.bool(false));
        let returned = exits.returned.as_ref().map(|exit| exit.condition);
        let returned = match returned {
            None => self.graph.bool(false),
            Some(None) => self.graph.bool(true),
            Some(Some(condition)) => condition,
        };
        let value = exits.returned.as_ref().and_then(|exit| exit.value.clone());
        let mut dead = dead;
        for exit in [exits.broken, exits.returned].into_iter().flatten() {
            self.rejoin(exit, dead);
            dead = false;
        }
        let mut next: Vec<NodeId> = changed.iter().flat_map(|&var| self.vars[var].scalars()).collect();
        next.push(returned);
        next.extend(value.or(result).iter().flat_map(Value::scalars));
        let (region, results) = self.graph.close_region(condition, leave, next);
        let bound = max_iterations(self.graph, region).ok_or_else(|| {
            self.error(
                span,
                "this loop has no constant upper bound: add one, e.g. `if (k >= 64u) { break; }`",
            )
        })?;
        self.graph.bound_region(region, bound);

        self.vars = before;
        self.set_vars(&changed, &results);
        let mut exits = Flow::default();
        if may_return {
            let shape =
                frame.function.result.as_ref().map(|result| self.zero(result.ty, span)).transpose()?;
            let value = shape.map(|shape| refill(&shape, &mut results[n_vars + 1..].iter().copied()));
            self.leave_where(&mut exits, Way::Return, value, Some(results[n_vars]));
        }
        self.leave_where(&mut exits, Way::Break, None, None);
        Ok(exits)
    }

    /// Puts `scalars` into variables, in order.
    fn set_vars(&mut self, vars: &[usize], scalars: &[NodeId]) {
        let mut scalars = scalars.iter().copied();
        for &var in vars {
            self.vars[var] = refill(&self.vars[var], &mut scalars);
        }
    }

    /// The `if (!condition) { break; }` with which `for` and `while` begin: the condition to go on, and the
    /// number of statements it takes.
    fn leading_break(&mut self, frame: &mut Frame<'a>, body: &'a Block) -> Result<(NodeId, usize), Error> {
        for (k, statement) in body.iter().enumerate() {
            match statement {
                Statement::Emit(range) => {
                    for handle in range.clone() {
                        self.emit(frame, handle)?;
                    }
                }
                Statement::If { condition, accept, reject } => {
                    let breaks = |block: &Block| matches!(&**block, [Statement::Break]);
                    let leaves_if_true = breaks(accept) && reject.is_empty();
                    let stays_if_true = breaks(reject) && accept.is_empty();
                    if !(leaves_if_true || stays_if_true) {
                        break;
                    }
                    let condition = self.scalar(frame, *condition)?;
                    let stays = if leaves_if_true { self.graph.not(condition) } else { condition };
                    return Ok((stays, k + 1));
                }
                _ => break,
            }
        }
        Ok((self.graph.bool(true), 0))
    }
}

/// A value of the same shape with other scalars.
fn refill(shape: &Value, scalars: &mut dyn Iterator<Item = NodeId>) -> Value {
    shape.map(&mut |old| scalars.next().unwrap_or(old))
}

/// Variables that a loop may change: those stored to, and those whose pointer is passed on.
fn assigned(frame: &Frame<'_>, repeated: Loop<'_>) -> BTreeSet<usize> {
    let mut vars = BTreeSet::new();
    let mut visit = |statement: &Statement| match statement {
        Statement::Store { pointer, .. } => vars.extend(root(frame, *pointer)),
        Statement::Call { arguments, .. } => {
            vars.extend(arguments.iter().filter_map(|&arg| root(frame, arg)))
        }
        _ => {}
    };
    walk(repeated.body, &mut visit);
    walk(repeated.continuing, &mut visit);
    vars
}

/// The variable that a pointer expression starts from.
fn root(frame: &Frame<'_>, pointer: Handle<Expression>) -> Option<usize> {
    match frame.function.expressions[pointer] {
        Expression::LocalVariable(local) => frame.locals.get(&local).copied(),
        Expression::FunctionArgument(k) => match &frame.args[k as usize] {
            Operand::Place(place) => Some(place.var),
            Operand::Value(_) => None,
        },
        Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => root(frame, base),
        _ => None,
    }
}

fn returns(block: &Block) -> bool {
    let mut found = false;
    walk(block, &mut |statement| found |= matches!(statement, Statement::Return { .. }));
    found
}

fn walk(block: &Block, visit: &mut dyn FnMut(&Statement)) {
    for statement in block.iter() {
        visit(statement);
        match statement {
            Statement::Block(block) => walk(block, visit),
            Statement::If { accept, reject, .. } => {
                walk(accept, visit);
                walk(reject, visit);
            }
            Statement::Switch { cases, .. } => cases.iter().for_each(|case| walk(&case.body, visit)),
            Statement::Loop { body, continuing, .. } => {
                walk(body, visit);
                walk(continuing, visit);
            }
            _ => {}
        }
    }
}
