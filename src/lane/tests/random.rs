//! Random graphs: every instruction set gives the same bits.

use super::*;
use crate::lane::graph::Graph;

const FLOAT: [Op; 20] = [
    Op::Neg,
    Op::Abs,
    Op::Sign,
    Op::Floor,
    Op::Ceil,
    Op::Trunc,
    Op::Round,
    Op::Sqrt,
    Op::Exp,
    Op::Exprel,
    Op::Spike,
    Op::Flush,
    Op::Log,
    Op::Exp2,
    Op::Tanh,
    Op::Sin,
    Op::InverseSqrt,
    Op::Atan,
    Op::Cos,
    Op::Log2,
];
const FLOATS: [Op; 7] = [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Min, Op::Max, Op::Rem];
const INTEGERS: [Op; 12] = [
    Op::Add,
    Op::Sub,
    Op::Mul,
    Op::And,
    Op::Or,
    Op::Xor,
    Op::Min,
    Op::Max,
    Op::Shl,
    Op::Shr,
    Op::Div,
    Op::Rem,
];
const ORDERS: [Op; 6] = [Op::Lt, Op::Le, Op::Gt, Op::Ge, Op::Eq, Op::Ne];
const LOGIC: [Op; 3] = [Op::And, Op::Or, Op::Xor];

/// Nodes by type, and a source of choices.
struct Maker {
    graph: Graph,
    nodes: [Vec<NodeId>; 4],
    seed: u32,
    count: u32,
}

impl Maker {
    fn choice(&mut self, n: usize) -> usize {
        self.count += 1;
        hash(self.seed, self.count) as usize % n
    }

    /// A node of this type, mostly one of the last: deep graphs, with some values that live long.
    fn any(&mut self, ty: usize) -> NodeId {
        let n = self.nodes[ty].len();
        let back = if self.choice(4) == 0 { self.choice(n) } else { self.choice(n.min(6)) };
        self.nodes[ty][n - 1 - back]
    }

    fn add(&mut self) {
        let kind = self.choice(10);
        let ty = self.choice(3);
        let (a, b) = (self.any(ty), self.any(ty));
        let mut pick = |list: &[Op]| {
            self.count += 1;
            list[hash(self.seed, self.count) as usize % list.len()]
        };
        let (of, node) = match (kind, ty) {
            (0..2, 0) => (0, self.graph.unary(pick(&FLOAT), a)),
            (0..5, 0) => (0, self.graph.binary(pick(&FLOATS), a, b)),
            (0..5, _) => (ty, self.graph.binary(pick(&INTEGERS), a, b)),
            (5..7, _) => (3, self.graph.binary(pick(&ORDERS), a, b)),
            (7, _) => {
                let (a, b) = (self.any(3), self.any(3));
                let op = LOGIC[self.choice(3)];
                let node = if self.choice(4) == 0 { self.graph.not(a) } else { self.graph.binary(op, a, b) };
                (3, node)
            }
            (8, _) => {
                let condition = self.any(3);
                (ty, self.graph.select(condition, a, b))
            }
            _ => {
                let to = [Ty::F32, Ty::I32, Ty::U32][(ty + 1) % 3];
                ((ty + 1) % 3, self.graph.convert(a, to))
            }
        };
        self.nodes[of].push(node);
    }
}

/// A graph of some hundred nodes with leaves, scalars and constants.
fn random_model(seed: u32) -> Model {
    let mut graph = Graph::new();
    let mut nodes: [Vec<NodeId>; 4] = Default::default();
    for (k, ty) in [Ty::F32, Ty::I32, Ty::U32].into_iter().enumerate() {
        for j in 0..5 {
            let rate = if j < 3 { Rate::Lane } else { Rate::Uniform };
            nodes[k].push(graph.leaf(&format!("x{k}{j}"), ty, rate));
        }
    }
    nodes[0].extend([graph.f32(0.25), graph.f32(-3.0)]);
    nodes[1].extend([graph.i32(3), graph.i32(-1)]);
    nodes[2].extend([graph.u32(5), graph.u32(1 << 30)]);
    nodes[3].push(graph.binary(Op::Lt, nodes[0][0], nodes[0][1]));
    let mut maker = Maker { graph, nodes, seed, count: 0 };
    (0..40 + seed % 300).for_each(|_| maker.add());
    let outputs = (0..12).map(|k| maker.any([0, 1, 2, 3][k % 4])).collect();
    Model { graph: maker.graph, outputs }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    for seed in 0..60 {
        let model = random_model(seed);
        let leaf = |id: LeafId, lane: usize| {
            let k = id.index() as u32;
            let value = match model.graph.leaves()[id.index()].rate {
                Rate::Lane => lane as u32,
                _ => 7,
            };
            match model.graph.leaves()[id.index()].ty {
                // of every size, and both signs
                Ty::F32 => {
                    let size = (random(value, k + 100) * 24.0 - 16.0).exp2();
                    (if hash(value, k) & 1 == 0 { size } else { -size }).to_bits()
                }
                _ => hash(value, k) >> (hash(value, k + 50) % 32),
            }
        };
        let planes = |isa| run(&model, isa, 200, &leaf);
        // without fused multiplication the last bits differ, and casts of large numbers depend on them
        let isas: Vec<Isa> = isas().into_iter().filter(|isa| *isa != Isa::Baseline).collect();
        let Some((first, others)) = isas.split_first() else { return };
        let expected = planes(*first);
        for isa in others {
            for (k, (a, b)) in expected.iter().zip(planes(*isa)).enumerate() {
                let is_float = model.graph.ty(model.outputs[k]) == Ty::F32;
                let same = |(a, b): (&u32, &u32)| {
                    let nan = |bits: u32| is_float && f32::from_bits(bits).is_nan();
                    a == b || nan(*a) && nan(*b)
                };
                let differing = a.iter().zip(&b).position(|pair| !same(pair));
                assert_eq!(differing, None, "graph {seed}, output {k} of {isa:?}: {a:x?} {b:x?}");
            }
        }
    }
}

#[test]
fn truth_values_become_bits() {
    let mut graph = Graph::new();
    let x = graph.leaf("x", Ty::F32, Rate::Lane);
    let zero = graph.f32(0.0);
    let fired = graph.binary(Op::Gt, x, zero);
    let (lanes, value) = (700, |lane: usize| random(lane as u32, 3) - 0.5);
    for isa in isas() {
        let kernel = Kernel::compile_for(isa, &graph, &[Output::bits(fired)], &[]).expect("a bool");
        let stride = lanes_up(lanes);
        let mut arena: Vec<u32> = (0..stride).map(|lane| value(lane).to_bits()).collect();
        arena.resize(stride + stride / 32, 0);
        let planes = Planes { leaves: vec![0], outputs: vec![stride] };
        let scalars = kernel.at_step(&kernel.uniforms(&|_| 0), &|_| 0);
        kernel.run(&mut arena, &planes, lanes, 0, &scalars, &mut Scratch::default());
        for lane in 0..lanes {
            let bit = arena[stride + lane / 32] >> (lane % 32) & 1;
            assert_eq!(bit == 1, value(lane) > 0.0, "{isa:?}, lane {lane}");
        }
    }
}

#[test]
fn what_is_consumed_is_zero_afterwards() {
    let mut graph = Graph::new();
    let (x, y) = (graph.leaf("x", Ty::I32, Rate::Lane), graph.leaf("y", Ty::I32, Rate::Lane));
    let sum = graph.binary(Op::Add, x, y);
    let consumed = graph.leaf_of(x).expect("a leaf");
    for isa in isas() {
        let kernel = Kernel::compile_for(isa, &graph, &[Output::new(sum)], &[consumed]).expect("plain");
        let moving = kernel.leaves().iter().position(|leaf| *leaf == consumed).expect("it is read");
        let lanes = 600;
        let stride = lanes_up(lanes);
        // y and the sum, then two planes for x
        let mut arena: Vec<u32> = (0..4 * stride).map(|k| k as u32).collect();
        let leaves = kernel.leaves().iter().map(|_| 0).collect();
        let bound = kernel.bind(Planes { leaves, outputs: vec![stride] }, vec![moving], lanes);
        let scalars = kernel.at_step(&kernel.uniforms(&|_| 0), &|_| 0);
        let room = (&scalars, &mut Scratch::default());
        kernel.run_part(&bound, &mut arena, &[3 * stride], 128..lanes, 0, room);
        for lane in 0..lanes {
            let (own, moved) = (arena[stride + lane], arena[3 * stride + lane]);
            let expected = match lane {
                0..128 => (stride + lane, 3 * stride + lane),
                _ => (lane + 3 * stride + lane, 0),
            };
            assert_eq!((own as usize, moved as usize), expected, "{isa:?}, lane {lane}");
        }
    }
}

#[test]
fn random_words_are_shared_and_equal_everywhere() {
    let library = include_str!("../../../shaders/lib/random.wgsl").replace("//!", "//");
    let text = format!(
        "{library}
        struct S {{ v: f32 }}
        fn update(s: S, element: u32, t: u32) -> vec3<f32> {{
            let stream = Stream(vec2<u32>(7u, 9u), 3u, element, t);
            let drawn = word(stream, 0u);
            let count = select(0u, 1u, drawn > 1000u) + select(0u, 1u, drawn > 2000000000u);
            return vec3<f32>(unit_interval(drawn) + s.v, f32(count), f32(element));
        }}"
    );
    let source = Source::parse("model.wgsl", &text).expect("valid");
    let mut graph = Graph::new();
    let v = graph.leaf("v", Ty::F32, Rate::Lane);
    let step = graph.leaf("t", Ty::U32, Rate::Step);
    let index = graph.index();
    let arguments = [Value::Composite(vec![Value::Scalar(v)]), Value::Scalar(index), Value::Scalar(step)];
    let value = inline(&mut graph, &source, "update", &arguments, &mut NoCalls).expect("valid");
    let outputs: Vec<Output> = value.expect("a vector").scalars().into_iter().map(Output::new).collect();
    let lanes = 300;
    let stride = lanes_up(lanes);
    let mut expected: Option<Vec<u32>> = None;
    for isa in isas() {
        let kernel = Kernel::compile_for(isa, &graph, &outputs, &[]).expect("plain");
        let mut arena: Vec<u32> = (0..stride).map(|lane| (lane as f32).to_bits()).collect();
        arena.resize(4 * stride, 0);
        let planes = Planes { leaves: vec![0], outputs: vec![stride, 2 * stride, 3 * stride] };
        let scalars = kernel.at_step(&kernel.uniforms(&|_| 5), &|_| 5);
        kernel.run(&mut arena, &planes, lanes, 640, &scalars, &mut Scratch::default());
        let found: Vec<u32> = (1..4).flat_map(|k| arena[k * stride..k * stride + lanes].to_vec()).collect();
        assert_eq!(f32::from_bits(found[2 * lanes + 17]), 657.0, "{isa:?}");
        assert!(expected.as_ref().is_none_or(|expected| *expected == found), "{isa:?}");
        expected = Some(found);
    }
}

fn lanes_up(lanes: usize) -> usize {
    lanes.next_multiple_of(LANES)
}
