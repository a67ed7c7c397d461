//! Tangents and exponential Euler.

use super::*;

/// Central difference of `output` over `leaf`, in f64.
fn difference(graph: &Graph, output: NodeId, leaf: LeafId, at: &dyn Fn(LeafId) -> f64) -> f64 {
    let step = 1e-6 * (1.0 + at(leaf).abs());
    let value = |delta: f64| {
        let number = |id: LeafId| Number::F(at(id) + if id == leaf { delta } else { 0.0 });
        evaluate(graph, &[output], &number)[0].as_f64()
    };
    (value(step) - value(-step)) / (2.0 * step)
}

#[test]
fn tangents_equal_finite_differences() {
    let bodies = [
        "x * x * y - 3.0 / x",
        "exp(-x * y) + exp2(x) + log(x + 3.0) + log2(x + 4.0)",
        "sqrt(x + 2.0) * inverseSqrt(y + 3.0)",
        "sin(x) * cos(x * y) + tan(0.3 * x) + tanh(x) + atan(x * y)",
        "pow(x + 2.0, y) + x % 0.7",
        "min(x, y) * max(x, 2.0 * y) + abs(x - y)",
        "select(x * x, y * x, x > y) + clamp(x, -0.4, 0.4)",
        "mix(x, y, x * 0.5) + smoothstep(-1.0, 2.0, x) + sinh(x) + cosh(x * y)",
        "exprel(x) + exprel(x * 0.01) + exprel(3.0 * x)",
    ];
    for body in bodies {
        let text = format!(
            "fn exprel(z: f32) -> f32 {{ return (exp(z) - 1.0) / z; }}
             fn f(x: f32, y: f32) -> f32 {{ return {body}; }}"
        );
        let mut model = lower(&text, "f").expect("valid");
        let (x, y) = (model.graph.leaf("x", Ty::F32, Rate::Lane), model.graph.leaf("y", Ty::F32, Rate::Lane));
        for wrt in [x, y] {
            let slope = tangent(&mut model.graph, model.outputs[0], wrt).expect("no loops");
            for k in 0..50 {
                let at = |leaf: LeafId| f64::from(random(k, leaf.index() as u32 + 3)) * 2.0 - 0.9;
                let leaf = model.graph.leaf_of(wrt).expect("a leaf");
                let expected = difference(&model.graph, model.outputs[0], leaf, &at);
                let found = evaluate(&model.graph, &[slope], &|leaf| Number::F(at(leaf)))[0].as_f64();
                assert!(
                    (found - expected).abs() < 1e-5 * (1.0 + expected.abs()),
                    "{body}: {found} {expected}"
                );
            }
        }
    }
}

const LEAKY: &str = "
    struct P { tau: f32, E: f32, R: f32, dt: f32 }
    fn exp_euler(x: f32, drift: f32, dt: f32) -> f32 { return x + dt * drift; }
    fn f(p: P, V: f32, I: f32) -> f32 {
        return exp_euler(V, (p.E - V + p.R * I) / p.tau, p.dt);
    }";

#[test]
fn exponential_euler_solves_the_leaky_integrator_exactly() {
    let model = lower(LEAKY, "f").expect("valid");
    for k in 0..50 {
        let (tau, v, i) = (2.0 + 20.0 * random(k, 0), -80.0 + 40.0 * random(k, 1), 3.0 * random(k, 2));
        let at = |leaf: LeafId| match model.graph.leaves()[leaf.index()].name.as_str() {
            "p.tau" => tau,
            "p.E" => -65.0f32,
            "p.R" => 2.0,
            "p.dt" => 0.1,
            "V" => v,
            _ => i,
        };
        let rest = -65.0 + 2.0 * f64::from(i);
        let exact = rest + (f64::from(v) - rest) * (-f64::from(0.1f32) / f64::from(tau)).exp();
        let wide = reference(&model, &|leaf| at(leaf).to_bits())[0].as_f64();
        assert!((wide - exact).abs() < 1e-11, "{wide} {exact}");
        for isa in isas() {
            let bits = run(&model, isa, 1, &|leaf, _| at(leaf).to_bits())[0][0];
            assert!((f64::from(f32::from_bits(bits)) - exact).abs() < 2e-5, "{isa:?}");
        }
    }
}

#[test]
fn exponential_euler_takes_interior_nodes_as_variables() {
    // x is the doubled input: the slope with respect to it is -3, not -6.
    let text = "
        fn exp_euler(x: f32, drift: f32, dt: f32) -> f32 { return x + dt * drift; }
        fn f(a: f32) -> f32 { let x = 2.0 * a; return exp_euler(x, 1.0 - 3.0 * x + sin(a), 0.5); }";
    let model = lower(text, "f").expect("valid");
    let a = 0.7f64;
    let (x, drift) = (2.0 * a, 1.0 - 6.0 * a + a.sin());
    let expected = x + 0.5 * ((-1.5f64).exp_m1() / -1.5) * drift;
    let found = evaluate(&model.graph, &model.outputs, &|_| Number::F(a))[0].as_f64();
    assert!((found - expected).abs() < 1e-12);
}

#[test]
fn exponential_euler_without_a_slope_is_euler() {
    let text = "
        fn exp_euler(x: f32, drift: f32, dt: f32) -> f32 { return x + dt * drift; }
        fn f(x: f32, y: f32) -> f32 { return exp_euler(x, 3.0 * y, 0.5); }";
    let model = lower(text, "f").expect("valid");
    assert!(model.graph.ids().all(|id| model.graph.node(id).op != Op::Exprel));
    let found = evaluate(&model.graph, &model.outputs, &|_| Number::F(2.0))[0].as_f64();
    assert_eq!(found, 5.0);
}

#[test]
fn derivatives_do_not_pass_spikes_and_stops() {
    let text = "
        fn spike(x: f32) -> f32 { return select(0.0, 1.0, x >= 0.0); }
        fn stop_gradient(x: f32) -> f32 { return x; }
        fn f(x: f32) -> f32 { return spike(x) + stop_gradient(x * x) + floor(x) + 2.0 * x; }";
    let mut model = lower(text, "f").expect("valid");
    let x = model.graph.leaf("x", Ty::F32, Rate::Lane);
    let slope = tangent(&mut model.graph, model.outputs[0], x).expect("no loops");
    assert_eq!(model.graph.constant_f32(slope), Some(2.0));
}
