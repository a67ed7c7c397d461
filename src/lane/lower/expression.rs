//! Expressions.

use naga::{BinaryOperator, Expression, Handle, Literal, RelationalFunction, Span, TypeInner, UnaryOperator};

use super::place::{Place, Step};
use super::{Frame, Lowering, Operand, Value, ty_of, unsupported_type};
use crate::lane::error::Error;
use crate::lane::graph::{NodeId, Ty};
use crate::lane::op::Op;

impl<'a> Lowering<'a> {
    pub fn value(&mut self, frame: &mut Frame<'a>, handle: Handle<Expression>) -> Result<Value, Error> {
        match self.operand(frame, handle)? {
            Operand::Value(value) => Ok(value),
            Operand::Place(_) => {
                let span = frame.function.expressions.get_span(handle);
                Err(self.error(span, "a pointer cannot be used as a value"))
            }
        }
    }

    pub fn scalar(&mut self, frame: &mut Frame<'a>, handle: Handle<Expression>) -> Result<NodeId, Error> {
        match self.value(frame, handle)? {
            Value::Scalar(id) => Ok(id),
            Value::Composite(_) => {
                let span = frame.function.expressions.get_span(handle);
                Err(self.error(span, "a scalar was expected here"))
            }
        }
    }

    pub fn place(&mut self, frame: &mut Frame<'a>, handle: Handle<Expression>) -> Result<Place, Error> {
        match self.operand(frame, handle)? {
            Operand::Place(place) => Ok(place),
            Operand::Value(_) => {
                let span = frame.function.expressions.get_span(handle);
                Err(self.error(span, "a variable was expected here"))
            }
        }
    }

    pub fn operand(&mut self, frame: &mut Frame<'a>, handle: Handle<Expression>) -> Result<Operand, Error> {
        if let Some(operand) = frame.values.get(&handle) {
            return Ok(operand.clone());
        }
        let operand = self.compute(frame, handle)?;
        // A load outside its `Emit` would freeze a variable.
        if !matches!(frame.function.expressions[handle], Expression::Load { .. }) {
            frame.values.insert(handle, operand.clone());
        }
        Ok(operand)
    }

    /// Runs an expression now, whatever was computed before.
    pub fn emit(&mut self, frame: &mut Frame<'a>, handle: Handle<Expression>) -> Result<(), Error> {
        let operand = self.compute(frame, handle)?;
        if let (Operand::Value(Value::Scalar(id)), Some(name)) =
            (&operand, frame.function.named_expressions.get(&handle))
        {
            self.graph.suggest_name(*id, name);
        }
        frame.values.insert(handle, operand);
        Ok(())
    }

    fn compute(&mut self, frame: &mut Frame<'a>, handle: Handle<Expression>) -> Result<Operand, Error> {
        let span = frame.function.expressions.get_span(handle);
        self.check_type(frame, handle, span)?;
        let value = match &frame.function.expressions[handle] {
            Expression::Literal(literal) => self.literal(literal, span)?,
            Expression::Constant(constant) => {
                let module = self.source.module();
                self.global(module.constants[*constant].init)?
            }
            Expression::ZeroValue(ty) => self.zero(*ty, span)?,
            Expression::Compose { ty, components } => {
                let parts: Result<Vec<_>, _> = components.iter().map(|c| self.value(frame, *c)).collect();
                compose(&self.source.module().types[*ty].inner, parts?)
            }
            Expression::Splat { size, value } => {
                Value::Composite(vec![self.value(frame, *value)?; *size as usize])
            }
            Expression::Swizzle { size, vector, pattern } => {
                let parts = self.parts(frame, *vector)?;
                let chosen = pattern[..*size as usize].iter().map(|c| parts[*c as usize].clone());
                Value::Composite(chosen.collect())
            }
            Expression::FunctionArgument(k) => return Ok(frame.args[*k as usize].clone()),
            Expression::LocalVariable(local) => {
                return Ok(Operand::Place(Place { var: frame.locals[local], path: Vec::new() }));
            }
            Expression::AccessIndex { base, index } => {
                return self.access(frame, *base, Step::Member(*index as usize));
            }
            Expression::Access { base, index } => {
                let index = self.scalar(frame, *index)?;
                let step = match self.graph.constant_bits(index) {
                    Some(k) => self.checked(frame, *base, k, span)?,
                    None => Step::Element(index),
                };
                return self.access(frame, *base, step);
            }
            Expression::Load { pointer } => {
                let place = self.place(frame, *pointer)?;
                self.load(&place)
            }
            Expression::Unary { op, expr } => {
                let op = if *op == UnaryOperator::Negate { Op::Neg } else { Op::Not };
                let value = self.value(frame, *expr)?;
                value.map(&mut |x| self.graph.unary(op, x))
            }
            Expression::Binary { op, left, right } => {
                let (left, right) = (self.value(frame, *left)?, self.value(frame, *right)?);
                let op = binary(*op);
                left.zip(&right, &mut |a, b| self.graph.binary(op, a, b))
            }
            Expression::Select { condition, accept, reject } => {
                let condition = self.value(frame, *condition)?;
                let (accept, reject) = (self.value(frame, *accept)?, self.value(frame, *reject)?);
                self.select(&condition, &accept, &reject)
            }
            Expression::Math { fun, arg, arg1, arg2, arg3 } => {
                let mut args = Vec::new();
                for arg in [Some(*arg), *arg1, *arg2, *arg3].into_iter().flatten() {
                    args.push(self.value(frame, arg)?);
                }
                self.math(*fun, &args, span)?
            }
            Expression::As { expr, kind, convert } => {
                let scalar = naga::Scalar { kind: *kind, width: convert.unwrap_or(4) };
                let to = ty_of(scalar)
                    .ok_or_else(|| self.error(span, unsupported_type(&TypeInner::Scalar(scalar))))?;
                let value = self.value(frame, *expr)?;
                let converts = convert.is_some();
                value.map(&mut |x| {
                    if converts { self.graph.convert(x, to) } else { self.graph.bitcast(x, to) }
                })
            }
            Expression::Relational { fun, argument } => {
                let op = match fun {
                    RelationalFunction::All => Op::And,
                    RelationalFunction::Any => Op::Or,
                    _ => return Err(self.error(span, "NaN cannot be tested for: WGSL may assume it away")),
                };
                let parts = self.value(frame, *argument)?.scalars();
                let all = parts[1..].iter().fold(parts[0], |all, part| self.graph.binary(op, all, *part));
                Value::Scalar(all)
            }
            Expression::GlobalVariable(variable) => {
                let name = self.source.module().global_variables[*variable].name.as_deref();
                let name = name.unwrap_or("_");
                let message =
                    format!("`{name}` is a global variable: a lane function sees its arguments only");
                return Err(self.error(span, message));
            }
            Expression::Override(_) => {
                return Err(self.error(span, "overrides have no value on a lane: use `const`"));
            }
            Expression::ImageSample { .. } | Expression::ImageLoad { .. } | Expression::ImageQuery { .. } => {
                return Err(self.error(span, "textures do not exist on a lane"));
            }
            Expression::AtomicResult { .. } => return Err(self.error(span, "atomics do not exist on a lane")),
            other => return Err(self.error(span, format!("`{}` does not exist on a lane", word(other)))),
        };
        Ok(Operand::Value(value))
    }

    fn check_type(&self, frame: &Frame<'a>, handle: Handle<Expression>, span: Span) -> Result<(), Error> {
        let types = &self.source.module().types;
        let inner = self.source.info()[frame.handle][handle].ty.inner_with(types);
        let supported = match inner {
            TypeInner::Scalar(scalar) | TypeInner::Vector { scalar, .. } => ty_of(*scalar).is_some(),
            TypeInner::Matrix { .. } => false,
            _ => true,
        };
        if supported { Ok(()) } else { Err(self.error(span, unsupported_type(inner))) }
    }

    fn parts(&mut self, frame: &mut Frame<'a>, handle: Handle<Expression>) -> Result<Vec<Value>, Error> {
        match self.value(frame, handle)? {
            Value::Composite(parts) => Ok(parts),
            scalar @ Value::Scalar(_) => Ok(vec![scalar]),
        }
    }

    fn access(
        &mut self,
        frame: &mut Frame<'a>,
        base: Handle<Expression>,
        step: Step,
    ) -> Result<Operand, Error> {
        Ok(match self.operand(frame, base)? {
            Operand::Value(value) => Operand::Value(self.part(value, &[step])),
            Operand::Place(mut place) => {
                place.path.push(step);
                Operand::Place(place)
            }
        })
    }

    /// A constant index, checked against the length.
    fn checked(
        &mut self,
        frame: &mut Frame<'a>,
        base: Handle<Expression>,
        k: u32,
        span: Span,
    ) -> Result<Step, Error> {
        let value = match self.operand(frame, base)? {
            Operand::Value(value) => value,
            Operand::Place(place) => self.load(&place),
        };
        match value {
            Value::Composite(parts) if (k as usize) < parts.len() => Ok(Step::Member(k as usize)),
            _ => Err(self.error(span, format!("index {k} is out of bounds"))),
        }
    }

    fn select(&mut self, condition: &Value, accept: &Value, reject: &Value) -> Value {
        match (condition, accept, reject) {
            (Value::Composite(conditions), Value::Composite(a), Value::Composite(b)) => {
                let parts = conditions.iter().zip(a.iter().zip(b));
                Value::Composite(parts.map(|(c, (a, b))| self.select(c, a, b)).collect())
            }
            (Value::Scalar(condition), a, b) => self.merge(*condition, a, b),
            _ => unreachable!("naga checks the shapes of select"),
        }
    }

    fn literal(&mut self, literal: &Literal, span: Span) -> Result<Value, Error> {
        Ok(Value::Scalar(match *literal {
            Literal::F32(x) => self.graph.f32(x),
            Literal::I32(x) => self.graph.i32(x),
            Literal::U32(x) => self.graph.u32(x),
            Literal::Bool(x) => self.graph.bool(x),
            _ => return Err(self.error(span, unsupported_type(&TypeInner::Scalar(literal.scalar())))),
        }))
    }

    /// A module constant.
    fn global(&mut self, handle: Handle<Expression>) -> Result<Value, Error> {
        let module = self.source.module();
        let span = module.global_expressions.get_span(handle);
        Ok(match &module.global_expressions[handle] {
            Expression::Literal(literal) => self.literal(literal, span)?,
            Expression::Constant(constant) => self.global(module.constants[*constant].init)?,
            Expression::ZeroValue(ty) => self.zero(*ty, span)?,
            Expression::Compose { components, ty } => {
                let parts: Result<Vec<_>, _> = components.iter().map(|c| self.global(*c)).collect();
                compose(&module.types[*ty].inner, parts?)
            }
            Expression::Splat { size, value } => Value::Composite(vec![self.global(*value)?; *size as usize]),
            other => {
                return Err(self.error(span, format!("`{}` is no constant on a lane", word(other))));
            }
        })
    }
}

/// `vec3(v.xy, z)` flattens its parts, structs and arrays do not. The type of a bool literal is kept.
fn compose(inner: &TypeInner, parts: Vec<Value>) -> Value {
    if !matches!(inner, TypeInner::Vector { .. }) {
        return Value::Composite(parts);
    }
    let scalars = parts.iter().flat_map(Value::scalars);
    Value::Composite(scalars.map(Value::Scalar).collect())
}

fn binary(op: BinaryOperator) -> Op {
    match op {
        BinaryOperator::Add => Op::Add,
        BinaryOperator::Subtract => Op::Sub,
        BinaryOperator::Multiply => Op::Mul,
        BinaryOperator::Divide => Op::Div,
        BinaryOperator::Modulo => Op::Rem,
        BinaryOperator::Equal => Op::Eq,
        BinaryOperator::NotEqual => Op::Ne,
        BinaryOperator::Less => Op::Lt,
        BinaryOperator::LessEqual => Op::Le,
        BinaryOperator::Greater => Op::Gt,
        BinaryOperator::GreaterEqual => Op::Ge,
        BinaryOperator::And | BinaryOperator::LogicalAnd => Op::And,
        BinaryOperator::InclusiveOr | BinaryOperator::LogicalOr => Op::Or,
        BinaryOperator::ExclusiveOr => Op::Xor,
        BinaryOperator::ShiftLeft => Op::Shl,
        BinaryOperator::ShiftRight => Op::Shr,
    }
}

/// The variant's name, for messages about what has no sentence of its own.
pub fn word(what: &impl std::fmt::Debug) -> String {
    let text = format!("{what:?}");
    text.split(['{', '(', ' ']).next().unwrap_or_default().to_string()
}

impl Lowering<'_> {
    /// The type of a value's scalars.
    pub fn ty(&self, value: &Value) -> Ty {
        value.scalars().first().map_or(Ty::F32, |id| self.graph.ty(*id))
    }
}
