//! Kernels against the f64 evaluation.

use super::*;

/// Every kind of control flow and most operations.
pub const TORTURE: &str = "
const TABLE: array<f32, 4> = array<f32, 4>(0.5, 1.5, -2.0, 4.0);
struct P { a: f32, b: f32, n: i32 }
struct S { v: f32, w: vec2<f32>, seed: u32, count: i32, on: u32 }
fn spike(x: f32) -> f32 { return select(0.0, 1.0, x >= 0.0); }
fn mulhi(a: u32, b: u32) -> u32 { return 0u; }
fn next(seed: ptr<function, u32>) -> f32 {
    let x = *seed * 747796405u + 2891336453u;
    let y = ((x >> ((x >> 28u) + 4u)) ^ x) * 277803737u;
    *seed = (y >> 22u) ^ y;
    return f32(*seed >> 8u) / 16777216.0;
}
fn early(x: f32) -> f32 {
    if (x < -1.0) { return -1.0; }
    if (x > 1.0) { if (x > 2.0) { return 2.0; } return x * 0.5; }
    return x;
}
fn update(p: P, s: S) -> S {
    var o = s;
    var seed = s.seed;
    o.v = early(s.v) + next(&seed) * p.a + tanh(s.w.x) * p.b / p.a;
    for (var k = 0; k < 6; k++) {
        if (k == 2) { continue; }
        if (o.v * f32(k) > 3.0) { break; }
        o.v += 0.25 * f32(k) + sin(o.v);
    }
    switch s.count % 4 {
        case 0: { o.w = s.w.yx; }
        case 1, 2: { o.w = s.w * 2.0; if (s.v > 0.5) { break; } o.w.y += 1.0; }
        default: { o.w = vec2(dot(s.w, s.w), length(s.w)); }
    }
    var list = array<f32, 3>(s.v, s.w.x, s.w.y);
    list[s.seed % 3u] = TABLE[s.seed % 4u];
    o.v += list[1] + list[(s.seed >> 4u) % 3u];
    let q = s.count / 3 + s.count % 5 - (s.count / max(p.n, -1));
    o.count = min(q, 1000) ^ (s.count << 3u) & (s.count >> 1u);
    o.seed = seed + mulhi(s.seed, 0x9E3779B9u) + u32(abs(s.v) * 10.0) + s.seed / 7u % 13u;
    if (s.on != 0u && o.v > 0.0 || s.count < -50) { o.on = 0u; } else { o.on = s.on + 1u; }
    o.w.x += spike(s.v) + pow(abs(s.v) + 0.1, 1.7) + log(abs(s.w.y) + 1.0) + atan2(s.v, s.w.x) + fract(s.v);
    o.w.y += floor(s.v) + round(s.w.x) + sign(s.w.y) + exp2(s.v * 0.1) + cosh(s.v) + asin(clamp(s.v, -0.9, 0.9));
    return o;
}";

/// Loops with ends that depend on data: uniform, per lane, nested, left by return.
pub const LOOPS: &str = "
struct P { parts: u32, rate: f32 }
struct S { v: f32, seed: u32 }
struct O { sum: f32, steps: u32, a: u32, b: u32, hit: f32, nested: u32, shared_sum: f32 }
fn halve(x: f32) -> f32 {
    var y = x;
    for (var k = 0; k < 100; k++) {
        if (y < 0.1) { return y + f32(k); }
        y *= 0.75;
    }
    return -1.0;
}
fn update(p: P, s: S) -> O {
    var o: O;
    for (var k = 0u; k < p.parts; k++) {
        if (k >= 32u) { break; }
        o.sum += s.v * f32(k + 1u) / p.rate;
    }
    for (var k = 0u; k < p.parts; k++) {
        if (k >= 64u) { break; }
        o.shared_sum += p.rate / f32(k + 1u);
    }
    var x = abs(s.v) + 0.5;
    loop {
        if (o.steps >= 50u) { break; }
        x *= 1.3;
        o.steps += 1u;
        if (x > 100.0) { break; }
    }
    o.a = 1u; o.b = s.seed % 17u;
    for (var k = 0u; k < 40u; k++) {
        if (k == s.seed % 29u) { break; }
        if (k % 5u == 3u) { continue; }
        let t = o.a; o.a = o.b; o.b = t + o.b * 3u;
    }
    o.hit = halve(abs(s.v) * 10.0 + 0.05);
    for (var i = 0u; i < 20u; i++) {
        if (i > s.seed % 11u) { break; }
        for (var j = 0u; j < 30u; j++) {
            if (j * i > s.seed % 37u) { break; }
            o.nested += i ^ j;
        }
    }
    return o;
}";

/// Leaky integrate and fire with two conductance synapses.
pub const COBA: &str = "
struct P { E_L: f32, V_th: f32, V_reset: f32, tau: f32, ref_steps: u32, E_ex: f32, E_in: f32,
           tau_ex: f32, tau_in: f32, I_e: f32, dt: f32 }
struct S { V: f32, g_ex: f32, g_in: f32, refractory: u32 }
struct X { ex: f32, inh: f32 }
struct O { V: f32, g_ex: f32, g_in: f32, refractory: u32, fired: f32 }
fn spike(x: f32) -> f32 { return select(0.0, 1.0, x >= 0.0); }
fn exp_euler(x: f32, drift: f32, dt: f32) -> f32 { return x + dt * drift; }
fn update(p: P, s: S, x: X) -> O {
    var o: O;
    o.g_ex = s.g_ex * exp(-p.dt / p.tau_ex) + x.ex;
    o.g_in = s.g_in * exp(-p.dt / p.tau_in) + x.inh;
    let drift = (p.E_L - s.V + o.g_ex * (p.E_ex - s.V) + o.g_in * (p.E_in - s.V) + p.I_e) / p.tau;
    let V = exp_euler(s.V, drift, p.dt);
    let resting = s.refractory > 0u;
    o.V = select(V, s.V, resting);
    o.refractory = select(0u, s.refractory - 1u, resting);
    o.fired = spike(o.V - p.V_th);
    if (o.fired > 0.0) { o.V = p.V_reset; o.refractory = p.ref_steps; }
    return o;
}";

/// Bits of the leaf called `name` (with `_` for `.`) in a lane.
pub fn input(name: &str, ty: Ty, lane: usize) -> u32 {
    let k = name.bytes().map(u32::from).sum();
    let r = random(lane as u32, k);
    let f = match name {
        "p_a" => 1.75,
        "p_b" => -0.6,
        "p_rate" => 3.0,
        "p_E_L" | "p_V_reset" => -60.0,
        "p_V_th" => -50.0,
        "p_tau" | "p_I_e" => 20.0,
        "p_E_ex" => 0.0,
        "p_E_in" => -80.0,
        "p_tau_ex" => 5.0,
        "p_tau_in" => 10.0,
        "p_dt" => 0.1,
        "s_V" => -60.0 + 12.0 * r,
        "s_g_ex" | "s_g_in" => 0.5 * r,
        _ => 6.0 * r - 3.0,
    };
    match (name, ty) {
        ("p_n", _) => 7,
        ("p_parts", _) => 20,
        ("p_ref_steps", _) => 20,
        ("s_refractory" | "s_on", _) => hash(lane as u32, k) % 3,
        (_, Ty::F32) => f.to_bits(),
        (_, Ty::I32) => (hash(lane as u32, k) as i32 >> 20) as u32,
        (_, Ty::U32) => hash(lane as u32, k),
        (_, Ty::Bool) => 0,
    }
}

/// Runs on all instruction sets; counts lanes that differ from f64 (they sit at a threshold).
fn differing(text: &str, lanes: usize, tolerance: f64) -> usize {
    let model = lower(text, "update").unwrap_or_else(|error| panic!("{error}"));
    let leaf = |id: LeafId, lane: usize| {
        let leaf = &model.graph.leaves()[id.index()];
        input(&leaf.name.replace('.', "_"), leaf.ty, lane)
    };
    let mut fused: Option<Vec<Vec<u32>>> = None;
    let mut worst = 0;
    for isa in isas() {
        let planes = run(&model, isa, lanes, &leaf);
        let mut count = 0;
        for lane in 0..lanes {
            let expected = reference(&model, &|id| leaf(id, lane));
            let agree = model.outputs.iter().zip(&planes).zip(&expected).all(|((&id, plane), &expected)| {
                agrees(model.graph.ty(id), plane[lane], expected, tolerance)
            });
            count += usize::from(!agree);
        }
        worst = worst.max(count);
        if isa != Isa::Baseline {
            assert!(fused.as_ref().is_none_or(|fused| *fused == planes), "{isa:?} differs from AVX2");
            fused = Some(planes);
        }
    }
    worst
}

#[test]
fn torture_agrees_with_f64_on_every_instruction_set() {
    // A difference of one ulp decides a branch in a few lanes.
    let differing = differing(TORTURE, 3000, 2e-5);
    assert!(differing <= 6, "{differing} lanes differ");
}

#[test]
fn loops_agree_with_f64_on_every_instruction_set() {
    let model = lower(LOOPS, "update").expect("valid");
    let regions = |ids: &[NodeId]| model.graph.reach(ids).iter().filter(|live| **live).count();
    assert!(regions(&model.outputs) > 0);
    let bounds: Vec<u32> = model.graph.regions.iter().map(|region| region.max_iterations).collect();
    assert!(bounds.contains(&33) && bounds.contains(&50) && bounds.contains(&100), "{bounds:?}");
    let differing = differing(LOOPS, 2000, 2e-5);
    assert!(differing <= 2, "{differing} lanes differ");
}

#[test]
fn coba_agrees_with_f64_on_every_instruction_set() {
    assert_eq!(differing(COBA, 1111, 1e-5), 0);
}

#[test]
fn state_updates_in_place() {
    // A swap, a rotation through a kept value, and a value that others still read.
    let text = "
        struct S { a: f32, b: f32, c: f32, d: f32 }
        fn update(s: S) -> S { return S(s.b, s.a, s.c + s.a * s.d, s.c); }";
    let model = lower(text, "update").expect("valid");
    let leaves: Vec<LeafId> = model.graph.leaf_ids().collect();
    let outputs: Vec<Output> =
        model.outputs.iter().zip(&leaves).map(|(&node, &leaf)| Output::over(node, leaf)).collect();
    for isa in isas() {
        let kernel = Kernel::compile_for(isa, &model.graph, &outputs, &[]).expect("same types");
        let lanes = 700;
        let stride = lanes_up(lanes);
        let mut arena: Vec<u32> = (0..4 * stride).map(|k| (random(k as u32, 9) + 1.0).to_bits()).collect();
        let before: Vec<f32> = arena.iter().map(|&bits| f32::from_bits(bits)).collect();
        let planes = Planes {
            leaves: kernel.leaves().iter().map(|leaf| leaf.index() * stride).collect(),
            outputs: (0..4).map(|k| k * stride).collect(),
        };
        let scalars = kernel.at_step(&kernel.uniforms(&|_| 0), &|_| 0);
        kernel.run(&mut arena, &planes, lanes, 0, &scalars, &mut Scratch::default());
        for lane in 0..lanes {
            let old = |k: usize| before[k * stride + lane];
            let new = |k: usize| f32::from_bits(arena[k * stride + lane]);
            assert_eq!([new(0), new(1), new(3)], [old(1), old(0), old(2)], "{isa:?}");
            assert!((new(2) - (old(2) + old(0) * old(3))).abs() < 1e-6);
        }
    }
}

fn lanes_up(lanes: usize) -> usize {
    lanes.next_multiple_of(LANES)
}

#[test]
fn elements_know_their_number_and_steps_their_time() {
    let mut graph = Graph::new();
    let index = graph.index();
    let (step, scale) = (graph.leaf("t", Ty::U32, Rate::Step), graph.leaf("p", Ty::U32, Rate::Uniform));
    let offset = graph.binary(Op::Mul, step, scale);
    let sum = graph.binary(Op::Add, index, offset);
    let model = Model { graph, outputs: vec![index, sum, offset] };
    for isa in isas() {
        let planes = run(&model, isa, 1030, &|id, _| if id.index() == 0 { 5 } else { 100 });
        for (lane, number) in (1000..2030).enumerate() {
            assert_eq!([planes[0][lane], planes[1][lane], planes[2][lane]], [number, number + 500, 500]);
        }
    }
}

#[test]
fn scalars_of_different_rates_keep_their_places() {
    let mut graph = Graph::new();
    let x = graph.leaf("x", Ty::F32, Rate::Lane);
    let (now, once) = (graph.leaf("t", Ty::F32, Rate::Step), graph.leaf("p", Ty::F32, Rate::Uniform));
    let scaled = graph.binary(Op::Mul, x, now);
    let sum = graph.binary(Op::Add, scaled, once);
    let kernel = Kernel::compile(&graph, &[Output::new(sum)], &[]).expect("plain");
    let uniforms = kernel.uniforms(&|_| 10f32.to_bits());
    let scalars = kernel.at_step(&uniforms, &|_| 2f32.to_bits());
    let mut arena = vec![3f32.to_bits(); 2 * LANES];
    let planes = Planes { leaves: vec![0], outputs: vec![LANES] };
    kernel.run(&mut arena, &planes, LANES, 0, &scalars, &mut Scratch::default());
    assert_eq!(f32::from_bits(arena[LANES]), 16.0);
}

#[test]
fn decays_are_flushed_to_zero() {
    let mut graph = Graph::new();
    let g = graph.leaf("g", Ty::F32, Rate::Lane);
    let leaf = graph.leaf_of(g).expect("a leaf");
    let half = graph.f32(0.5);
    let next = graph.binary(Op::Mul, g, half);
    let kernel = Kernel::compile(&graph, &[Output::over(next, leaf)], &[]).expect("same type");
    let mut arena = vec![6e-29f32.to_bits(); LANES];
    let planes = Planes { leaves: vec![0], outputs: vec![0] };
    let scalars = kernel.at_step(&kernel.uniforms(&|_| 0), &|_| 0);
    kernel.run(&mut arena, &planes, LANES, 0, &scalars, &mut Scratch::default());
    assert_eq!(f32::from_bits(arena[0]), 3e-29);
    kernel.run(&mut arena, &planes, LANES, 0, &scalars, &mut Scratch::default());
    assert_eq!(arena[0], 0);
}

#[test]
#[should_panic(expected = "overlaps leaf")]
fn planes_that_overlap_are_refused() {
    let mut graph = Graph::new();
    let x = graph.leaf("x", Ty::F32, Rate::Lane);
    let next = graph.binary(Op::Add, x, x);
    let kernel = Kernel::compile(&graph, &[Output::new(next)], &[]).expect("plain");
    let scalars = kernel.at_step(&kernel.uniforms(&|_| 0), &|_| 0);
    let planes = Planes { leaves: vec![0], outputs: vec![32] };
    kernel.run(&mut [0; 256], &planes, 64, 0, &scalars, &mut Scratch::default());
}

#[test]
fn calls_are_answered_by_the_engine() {
    struct Twice;
    impl Calls for Twice {
        fn call(
            &mut self,
            graph: &mut Graph,
            function: &str,
            args: &[Value],
        ) -> Option<Result<Value, String>> {
            match (function, args) {
                ("draw", [Value::Scalar(x)]) => Some(Ok(Value::Scalar(graph.binary(Op::Add, *x, *x)))),
                ("never", _) => Some(Err("`never` is not for models".to_string())),
                _ => None,
            }
        }
    }
    let text = "fn draw(x: f32) -> f32 { return 0.0; } fn never() {}
        fn f(x: f32) -> f32 { return draw(x); }
        fn g() { never(); }";
    let source = Source::parse("m.wgsl", text).expect("valid");
    let mut graph = Graph::new();
    let x = Value::Scalar(graph.leaf("x", Ty::F32, Rate::Lane));
    let value = inline(&mut graph, &source, "f", &[x], &mut Twice).expect("answered");
    let outputs = value.expect("f returns").scalars();
    assert_eq!(evaluate(&graph, &outputs, &|_| Number::F(4.0)), [Number::F(8.0)]);
    let error = inline(&mut graph, &source, "g", &[], &mut Twice).err().map(|error| error.to_string());
    assert!(error.is_some_and(|text| text.starts_with("m.wgsl:3:18: `never` is not for models")));
}
