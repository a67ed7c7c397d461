//! WGSL functions into the lane graph, by symbolic execution.
//!
//! # How it works
//!
//! A function is run once with graph nodes for values. Structs, arrays and vectors become lists of scalars;
//! calls are inlined; both arms of an `if` are run and merged by selects. `return`, `break` and `continue`
//! set aside the variables of the lanes that leave, and these are merged where the flow meets again: that
//! keeps loop counters constant, so that loops unroll by folding.
//!
//! `expression` computes values, `builtin` knows WGSL's functions, `place` reads and writes variables,
//! `flow` runs statements, `repeat` runs loops.

mod builtin;
mod expression;
mod flow;
mod place;
mod repeat;

use std::collections::HashMap;

use naga::{Expression, Handle, Scalar, ScalarKind, Span, Type, TypeInner};

use super::error::Error;
use super::graph::{Graph, NodeId, Ty};
use super::source::Source;
use super::tangent::tangent;
use place::Place;

/// A WGSL value as graph nodes: structs, arrays and vectors as lists in member order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// f32, i32, u32 or bool
    Scalar(NodeId),
    /// Members of a struct, elements of an array or vector
    Composite(Vec<Value>),
}

impl Value {
    /// All scalars, in member order.
    pub fn scalars(&self) -> Vec<NodeId> {
        let mut scalars = Vec::new();
        self.collect(&mut scalars);
        scalars
    }

    fn collect(&self, into: &mut Vec<NodeId>) {
        match self {
            Value::Scalar(id) => into.push(*id),
            Value::Composite(parts) => parts.iter().for_each(|part| part.collect(into)),
        }
    }

    /// The same shape with each scalar replaced.
    pub fn map(&self, f: &mut dyn FnMut(NodeId) -> NodeId) -> Value {
        match self {
            Value::Scalar(id) => Value::Scalar(f(*id)),
            Value::Composite(parts) => Value::Composite(parts.iter().map(|part| part.map(f)).collect()),
        }
    }

    /// Combines two values scalar by scalar; a scalar meets every element of a composite.
    fn zip(&self, other: &Value, f: &mut dyn FnMut(NodeId, NodeId) -> NodeId) -> Value {
        match (self, other) {
            (Value::Scalar(a), Value::Scalar(b)) => Value::Scalar(f(*a, *b)),
            (Value::Composite(a), Value::Composite(b)) => {
                Value::Composite(a.iter().zip(b).map(|(a, b)| a.zip(b, f)).collect())
            }
            (Value::Composite(a), b) => Value::Composite(a.iter().map(|a| a.zip(b, f)).collect()),
            (a, Value::Composite(b)) => Value::Composite(b.iter().map(|b| a.zip(b, f)).collect()),
        }
    }
}

/// What the engine puts in place of WGSL functions, by name; asked before a call is inlined.
///
/// A loop body may be run several times while its form is decided, so that an answer must depend on the
/// arguments only.
pub trait Calls {
    /// The value of `function(args)`, or `None` to inline its WGSL body.
    fn call(&mut self, graph: &mut Graph, function: &str, args: &[Value]) -> Option<Result<Value, String>>;
}

/// Replaces nothing.
pub struct NoCalls;

impl Calls for NoCalls {
    fn call(&mut self, _: &mut Graph, _: &str, _: &[Value]) -> Option<Result<Value, String>> {
        None
    }
}

/// Runs `function` of `source` on `args` inside `graph` and returns its value, if it has one.
///
/// # Errors
/// With the place in the file, where the function does not exist, takes other arguments, or uses something
/// that has no meaning on a lane.
pub fn inline(
    graph: &mut Graph,
    source: &Source,
    function: &str,
    args: &[Value],
    calls: &mut dyn Calls,
) -> Result<Option<Value>, Error> {
    let handle = source
        .find(function)
        .ok_or_else(|| source.error(Span::UNDEFINED, format!("there is no function `{function}`")))?;
    let mut lowering = Lowering { graph, source, calls, vars: Vec::new(), budget: STATEMENTS };
    let declared = &source.module().functions[handle];
    if declared.arguments.len() != args.len() {
        let wanted = declared.arguments.len();
        let message = format!("`{function}` takes {wanted} arguments, got {}", args.len());
        return Err(source.error(source.module().functions.get_span(handle), message));
    }
    for (argument, value) in declared.arguments.iter().zip(args) {
        let span = source.module().functions.get_span(handle);
        let shape = lowering.zero(argument.ty, span)?;
        if !lowering.same_shape(&shape, value) {
            let name = argument.name.as_deref().unwrap_or("_");
            return Err(source.error(span, format!("argument `{name}` of `{function}` has another type")));
        }
    }
    lowering.function(handle, args.iter().cloned().map(Operand::Value).collect())
}

/// One step of exponential Euler: `x + dt * exprel(dt * J) * drift` with `J` the derivative of `drift` with
/// respect to `x`, and plain Euler where `J` is zero.
///
/// # Errors
/// Where `x` is a constant, or `drift` depends on it through a loop.
pub fn exp_euler(graph: &mut Graph, x: NodeId, drift: NodeId, dt: NodeId) -> Result<NodeId, Error> {
    use super::op::Op;
    if graph.constant_bits(x).is_some() {
        return Err(Error::new("the first argument of `exp_euler` must be a variable, not a constant"));
    }
    let slope = tangent(graph, drift, x)?;
    let mut increment = graph.binary(Op::Mul, dt, drift);
    if graph.constant_f32(slope) != Some(0.0) {
        let z = graph.binary(Op::Mul, dt, slope);
        let phi = graph.unary(Op::Exprel, z);
        increment = graph.binary(Op::Mul, increment, phi);
    }
    Ok(graph.binary(Op::Add, x, increment))
}

/// Statements that one `inline` may run: a model that needs more is a runaway.
const STATEMENTS: usize = 200_000;

/// A value, or a pointer to a variable.
#[derive(Clone, Debug)]
enum Operand {
    Value(Value),
    Place(Place),
}

/// The state of one `inline`.
struct Lowering<'a> {
    graph: &'a mut Graph,
    source: &'a Source,
    calls: &'a mut dyn Calls,
    /// Every local variable of every function that is being run
    vars: Vec<Value>,
    budget: usize,
}

/// One function that is being run.
struct Frame<'a> {
    handle: Handle<naga::Function>,
    function: &'a naga::Function,
    args: Vec<Operand>,
    values: HashMap<Handle<Expression>, Operand>,
    locals: HashMap<Handle<naga::LocalVariable>, usize>,
}

impl<'a> Lowering<'a> {
    fn error(&self, span: Span, message: impl Into<String>) -> Error {
        self.source.error(span, message)
    }

    /// Runs a function to its end.
    fn function(
        &mut self,
        handle: Handle<naga::Function>,
        args: Vec<Operand>,
    ) -> Result<Option<Value>, Error> {
        let function: &'a naga::Function = &self.source.module().functions[handle];
        let first = self.vars.len();
        let (values, locals) = (HashMap::new(), HashMap::new());
        let mut frame = Frame { handle, function, args, values, locals };
        for (local, variable) in function.local_variables.iter() {
            let span = function.local_variables.get_span(local);
            let value = match variable.init {
                Some(init) => self.value(&mut frame, init)?,
                None => self.zero(variable.ty, span)?,
            };
            frame.locals.insert(local, self.vars.len());
            self.vars.push(value);
        }
        let flow = self.block(&mut frame, &function.body, 0)?;
        let returned = flow.returned.and_then(|exit| self.rejoin(exit, flow.dead));
        self.vars.truncate(first);
        Ok(returned)
    }

    /// The zero value of a type.
    fn zero(&mut self, ty: Handle<Type>, span: Span) -> Result<Value, Error> {
        let types = &self.source.module().types;
        Ok(match &types[ty].inner {
            TypeInner::Scalar(scalar) => self.zero_scalar(*scalar, span)?,
            TypeInner::Vector { size, scalar } => {
                Value::Composite(vec![self.zero_scalar(*scalar, span)?; *size as usize])
            }
            TypeInner::Array { base, size: naga::ArraySize::Constant(n), .. } => {
                Value::Composite(vec![self.zero(*base, span)?; n.get() as usize])
            }
            TypeInner::Struct { members, .. } => {
                let members: Result<_, _> = members.iter().map(|member| self.zero(member.ty, span)).collect();
                Value::Composite(members?)
            }
            inner => return Err(self.error(span, unsupported_type(inner))),
        })
    }

    fn zero_scalar(&mut self, scalar: Scalar, span: Span) -> Result<Value, Error> {
        let ty =
            ty_of(scalar).ok_or_else(|| self.error(span, unsupported_type(&TypeInner::Scalar(scalar))))?;
        Ok(Value::Scalar(self.graph.constant(ty, 0)))
    }

    fn same_shape(&self, a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Scalar(a), Value::Scalar(b)) => self.graph.ty(*a) == self.graph.ty(*b),
            (Value::Composite(a), Value::Composite(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.same_shape(a, b))
            }
            _ => false,
        }
    }

    /// `accept` where `condition`, else `reject`, scalar by scalar.
    fn merge(&mut self, condition: NodeId, accept: &Value, reject: &Value) -> Value {
        accept.zip(reject, &mut |a, b| self.graph.select(condition, a, b))
    }

    fn merge_all(&mut self, condition: NodeId, accept: &[Value], reject: &[Value]) -> Vec<Value> {
        accept.iter().zip(reject).map(|(a, b)| self.merge(condition, a, b)).collect()
    }
}

fn ty_of(scalar: Scalar) -> Option<Ty> {
    match (scalar.kind, scalar.width) {
        (ScalarKind::Float, 4) => Some(Ty::F32),
        (ScalarKind::Sint, 4) => Some(Ty::I32),
        (ScalarKind::Uint, 4) => Some(Ty::U32),
        (ScalarKind::Bool, _) => Some(Ty::Bool),
        _ => None,
    }
}

fn unsupported_type(inner: &TypeInner) -> String {
    let what = match inner {
        TypeInner::Scalar(_) | TypeInner::Vector { .. } => {
            return "only f32, i32, u32 and bool exist on a lane, no 16-bit and no 64-bit types".to_string();
        }
        TypeInner::Matrix { .. } => "matrices",
        TypeInner::Atomic(_) => "atomics",
        TypeInner::Pointer { .. } | TypeInner::ValuePointer { .. } => "pointers",
        TypeInner::Array { .. } => "arrays without a constant size",
        TypeInner::Image { .. } | TypeInner::Sampler { .. } => "textures",
        _ => "values of this type",
    };
    format!("{what} do not exist on a lane: use scalars, vectors, structs and arrays of them")
}
