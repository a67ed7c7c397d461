//! Printed WGSL means what the graph means.

use super::*;

/// A function around the printed statements that returns its outputs in a struct.
fn wrap(model: &Model) -> String {
    let leaf = |id: LeafId| model.graph.leaves()[id.index()].name.replace('.', "_");
    let printed = print(&model.graph, &model.outputs, &leaf, "element", "    ").expect("not optimised");
    let arguments: Vec<String> = model
        .graph
        .leaves()
        .iter()
        .map(|leaf| format!("{}: {}", leaf.name.replace('.', "_"), leaf.ty.name()))
        .collect();
    let members: Vec<String> = model
        .outputs
        .iter()
        .enumerate()
        .map(|(k, &id)| format!("o{k}: {}", model.graph.ty(id).name()))
        .collect();
    format!(
        "{}fn rounded(x: f32) -> f32 {{ return x; }}\nstruct Out {{ {} }}\nfn printed({}) -> Out {{\n    let element = 0u;\n{}    return Out({});\n}}\n",
        printed.helpers,
        members.join(", "),
        arguments.join(", "),
        printed.statements,
        printed.outputs.join(", ")
    )
}

#[test]
fn printed_models_lower_to_the_same_values() {
    for text in [execution::TORTURE, execution::LOOPS, execution::COBA] {
        let model = lower(text, "update").expect("valid");
        let wgsl = wrap(&model);
        let again = lower(&wgsl, "printed").unwrap_or_else(|error| panic!("{error}\n{wgsl}"));
        for lane in 0..300 {
            let by_name = |graph: &Graph, id: LeafId| {
                let leaf = &graph.leaves()[id.index()];
                execution::input(&leaf.name.replace('.', "_"), leaf.ty, lane)
            };
            let first = reference(&model, &|id| by_name(&model.graph, id));
            let second = reference(&again, &|id| by_name(&again.graph, id));
            for (a, b) in first.iter().zip(&second) {
                let close = match (a, b) {
                    (Number::F(a), Number::F(b)) => {
                        (a - b).abs() <= 1e-6 * (1.0 + a.abs()) || a == b || a.is_nan()
                    }
                    _ => a == b,
                };
                assert!(close, "lane {lane}: {a:?} became {b:?}\n{wgsl}");
            }
        }
    }
}

#[test]
fn a_small_model_reads_well() {
    let text = "
        struct P { tau: f32, dt: f32 }
        struct S { V: f32, n: u32 }
        fn update(p: P, s: S, I: f32) -> S {
            var o = s;
            let decay = exp(-p.dt / p.tau);
            o.V = I + (s.V - I) * decay;
            if (s.n > 0u) { o.n = s.n - 1u; }
            return o;
        }";
    let model = lower(text, "update").expect("valid");
    let leaf = |id: LeafId| model.graph.leaves()[id.index()].name.clone();
    let printed = print(&model.graph, &model.outputs, &leaf, "i", "  ").expect("it has WGSL");
    let expected = "  // the same for every element
  let decay_1 = exponential((-p.dt) / p.tau);

  let V_1 = I + rounded(decay_1 * rounded(s.V - I));
  let n_1 = s.n - 1u;
  let t_1 = select(s.n, n_1, s.n > 0u);
";
    assert_eq!(printed.statements, expected);
    assert_eq!(printed.outputs, ["V_1", "t_1"]);
}

#[test]
fn printed_constants_are_valid() {
    let mut graph = Graph::new();
    let x = graph.leaf("x", Ty::F32, Rate::Lane);
    let mut sum = x;
    for value in [f32::INFINITY, -0.0, 1e-40, 3.0e38, -7.5, 16_777_216.0] {
        let value = graph.f32(value);
        sum = graph.binary(Op::Max, sum, value);
    }
    let low = graph.i32(i32::MIN);
    let outputs = vec![sum, low];
    let model = Model { graph, outputs };
    let wgsl = wrap(&model);
    lower(&wgsl, "printed").unwrap_or_else(|error| panic!("{error}\n{wgsl}"));
}
