//! What the parts of the lane graph promise together.

mod derivative;
mod execution;
mod math;
mod printing;
mod random;
mod rejection;

use super::*;

/// A model whose functions take structs: every member becomes a leaf `argument.member`.
pub struct Model {
    pub graph: Graph,
    pub outputs: Vec<NodeId>,
}

/// Inlines `function` of `text`. The arguments `p` and `d` are uniform, `t` is of step rate, others of lane rate.
pub fn lower(text: &str, function: &str) -> Result<Model, Error> {
    let source = Source::parse("model.wgsl", text)?;
    let mut graph = Graph::new();
    let declared = source.function(function).expect("the test names a function that exists");
    let arguments: Vec<Value> = declared
        .arguments
        .iter()
        .map(|argument| {
            let name = argument.name.as_deref().unwrap_or("_");
            let rate = match name {
                "p" | "d" => Rate::Uniform,
                "t" => Rate::Step,
                _ => Rate::Lane,
            };
            bind(&mut graph, source.module(), argument.ty, name, rate)
        })
        .collect();
    let value = inline(&mut graph, &source, function, &arguments, &mut NoCalls)?;
    let outputs = value.map(|value| value.scalars()).unwrap_or_default();
    Ok(Model { graph, outputs })
}

fn bind(
    graph: &mut Graph,
    module: &naga::Module,
    ty: naga::Handle<naga::Type>,
    name: &str,
    rate: Rate,
) -> Value {
    let scalar = |scalar: &naga::Scalar| match scalar.kind {
        naga::ScalarKind::Float => Ty::F32,
        naga::ScalarKind::Sint => Ty::I32,
        naga::ScalarKind::Uint => Ty::U32,
        _ => Ty::Bool,
    };
    match &module.types[ty].inner {
        naga::TypeInner::Scalar(s) => Value::Scalar(graph.leaf(name, scalar(s), rate)),
        naga::TypeInner::Vector { size, scalar: s } => {
            let parts = (0..*size as usize).map(|k| graph.leaf(&format!("{name}.{k}"), scalar(s), rate));
            Value::Composite(parts.map(Value::Scalar).collect())
        }
        naga::TypeInner::Struct { members, .. } => {
            let member = |m: &naga::StructMember| {
                let name = format!("{name}.{}", m.name.as_deref().unwrap_or("_"));
                bind(graph, module, m.ty, &name, rate)
            };
            Value::Composite(members.iter().map(member).collect())
        }
        other => panic!("tests do not pass {other:?}"),
    }
}

/// A random number that depends on its arguments only.
pub fn hash(i: u32, k: u32) -> u32 {
    let mut x = i.wrapping_mul(747_796_405).wrapping_add(2_891_336_453 ^ k.wrapping_mul(7919));
    x = ((x >> ((x >> 28) + 4)) ^ x).wrapping_mul(277_803_737);
    (x >> 22) ^ x
}

/// Uniform in 0..1.
pub fn random(i: u32, k: u32) -> f32 {
    (hash(i, k) >> 8) as f32 / 16_777_216.0
}

/// Runs a model over lanes, with the bits of `leaf(leaf, lane)`; returns a plane per output.
pub fn run(model: &Model, isa: Isa, lanes: usize, leaf: &dyn Fn(LeafId, usize) -> u32) -> Vec<Vec<u32>> {
    let outputs: Vec<Output> = model.outputs.iter().map(|&node| Output::new(node)).collect();
    let kernel = Kernel::compile_for(isa, &model.graph, &outputs, &[]).expect("the outputs are plain");
    let stride = lanes.next_multiple_of(LANES);
    let n_leaves = kernel.leaves().len();
    let mut arena = vec![0; stride * (n_leaves + outputs.len())];
    for (k, &id) in kernel.leaves().iter().enumerate() {
        for lane in 0..stride {
            arena[k * stride + lane] = leaf(id, lane.min(lanes - 1));
        }
    }
    let planes = Planes {
        leaves: (0..n_leaves).map(|k| k * stride).collect(),
        outputs: (0..outputs.len()).map(|k| (n_leaves + k) * stride).collect(),
    };
    let uniforms = kernel.uniforms(&|id| leaf(id, 0));
    let scalars = kernel.at_step(&uniforms, &|id| leaf(id, 0));
    kernel.run(&mut arena, &planes, lanes, 1000, &scalars, &mut Scratch::default());
    planes.outputs.iter().map(|&start| arena[start..start + lanes].to_vec()).collect()
}

/// The instruction sets of this CPU.
pub fn isas() -> Vec<Isa> {
    Isa::ALL.into_iter().filter(|isa| isa.is_available()).collect()
}

/// The outputs of one lane by the f64 evaluator.
pub fn reference(model: &Model, leaf: &dyn Fn(LeafId) -> u32) -> Vec<Number> {
    let number = |id: LeafId| Number::from_bits(model.graph.leaves()[id.index()].ty, leaf(id));
    evaluate(&model.graph, &model.outputs, &number)
}

/// Whether an f32 result is near the f64 reference, or an integer equal.
pub fn agrees(ty: Ty, bits: u32, expected: Number, tolerance: f64) -> bool {
    match expected {
        Number::F(x) => {
            let y = f64::from(f32::from_bits(bits));
            (x.is_nan() && y.is_nan()) || x == y || (x - y).abs() <= tolerance * (1.0 + x.abs())
        }
        other => {
            assert_ne!(ty, Ty::F32);
            bits == other.to_bits()
        }
    }
}
