//! A small network of two kernels, and what it has to do by a plain loop.
//!
//! Every number is a multiple of 1/256, so that arithmetic is exact and drivers may rearrange it.

use super::NARROW;
use crate::compile::connect::{Block, Layout, Order, Weights};
use crate::lane::{Graph, NodeId, Op, Rate, Ty};
use crate::model::reflect::Scalar;
use crate::program::{Constant, Event, Kernel, Leaf, Member, Partition, Program, Recorded, Sources, Trace};

const SCALE: f32 = 1.0 / 256.0;
const THETA: f32 = 8.0;
const DEPTH: u32 = 16;

/// A synapse: ring slot, delay, weight.
type Edge = (u32, u32, i32);

/// A projection: source segments and rows.
pub struct Wires {
    segments: Vec<(u32, u32)>,
    rows: Vec<Vec<Edge>>,
    is_shared: bool,
}

/// The network: integrators `a` and `b`, clocks that spike by themselves, and inputs that only the host drives.
pub struct Net {
    pub sizes: [u32; 4],
    pub firsts: [u32; 4],
    pub wires: Vec<Wires>,
    pub window: u32,
    /// Unit of the constant input.
    pub drive: f32,
}

/// What a run gives.
#[derive(Debug, Default, PartialEq)]
pub struct Raster {
    pub spikes: Vec<Event>,
    pub traces: Vec<Vec<f32>>,
}

/// Numbers that look random.
pub struct Draw(pub u32);

impl Draw {
    pub fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(self.0 >> 4) * u64::from(n)) >> 28) as u32
    }
}

impl Net {
    /// Populations of these sizes, rows of this length, delays from `window` on.
    pub fn new(sizes: [u32; 4], fan_out: u32, window: u32) -> Net {
        let mut firsts = [0; 4];
        for k in 1..4 {
            firsts[k] = firsts[k - 1] + sizes[k - 1].next_multiple_of(64);
        }
        let mut net = Net { sizes, firsts, wires: vec![], window, drive: 0.5 };
        let [a, b, clocks, inputs] = sizes;
        let half = (firsts[0] + a / 2, a - a / 2);
        let mut draw = Draw(7);
        // both integrator populations inhibit `a`; half of `a`, the clocks and the inputs excite everyone
        let inhibition = net.rows(
            a + b,
            fan_out,
            &mut draw,
            |draw, net| net.slot(0, 1, draw),
            |draw| -draw.below(300).cast_signed(),
        );
        let excitation = net.rows(half.1 + clocks + inputs, fan_out, &mut draw, Net::any, |_| 900);
        let own = net.rows(
            b,
            fan_out,
            &mut draw,
            |draw, net| net.slot(1, 0, draw),
            |draw| draw.below(1000).cast_signed(),
        );
        net.wires = vec![
            Wires { segments: vec![(firsts[0], a), (firsts[1], b)], rows: inhibition, is_shared: false },
            Wires {
                segments: vec![half, (firsts[2], clocks), (firsts[3], inputs)],
                rows: excitation,
                is_shared: true,
            },
            Wires { segments: vec![(firsts[1], b)], rows: own, is_shared: false },
        ];
        net
    }

    fn rows(
        &self,
        n: u32,
        fan_out: u32,
        draw: &mut Draw,
        slot: impl Fn(&mut Draw, &Net) -> u32,
        weight: impl Fn(&mut Draw) -> i32,
    ) -> Vec<Vec<Edge>> {
        let mut row = |_| {
            let len = draw.below(2 * fan_out);
            (0..len).map(|_| (slot(draw, self), self.window + draw.below(5), weight(draw))).collect()
        };
        (0..n).map(&mut row).collect()
    }

    fn any(draw: &mut Draw, net: &Net) -> u32 {
        let population = draw.below(2);
        net.slot(population as usize, 0, draw)
    }

    /// Ring slot of a random element's port.
    fn slot(&self, population: usize, port: usize, draw: &mut Draw) -> u32 {
        self.slots(population)[port] + draw.below(self.sizes[population])
    }

    fn slots(&self, population: usize) -> [u32; 2] {
        let [a, b, ..] = self.sizes;
        [[0, a], [2 * a, 2 * a + b]][population]
    }

    fn drive(&self, i: u32) -> f32 {
        (i % 11) as f32 * self.drive
    }

    fn initial(i: u32) -> f32 {
        (i % 5) as f32
    }

    /// Spikes of the inputs, and one that a neuron is made to send.
    pub fn events(&self, steps: u64) -> Vec<Event> {
        let mut draw = Draw(11);
        let mut events = vec![];
        for step in (0..steps).filter(|step| step % 4 == 1) {
            let element = self.firsts[3] + draw.below(self.sizes[3]);
            events.push(Event { step, element, value: [1.0, 2.5, 0.3][draw.below(3) as usize] });
        }
        events.insert(0, Event { step: 0, element: self.firsts[0] + 1, value: 1.0 });
        events
    }

    pub fn program(&self, layout: Layout) -> Program {
        let blocks = self.wires.iter().zip(0..).map(|(wires, projection)| wires.block(projection, layout));
        let projection = |wires: &Wires| Sources {
            name: "wires".into(),
            segments: wires.segments.clone(),
            of: None,
            rows: 0,
            slots: vec![],
        };
        let slots = 2 * (self.sizes[0] + self.sizes[1]);
        let trace = |every| Trace { record: "r".into(), variable: "v".into(), every, width: 13 };
        Program {
            dt_ms: 0.5,
            seed: 1,
            trials: 0..1,
            window: self.window,
            shortest: self.window,
            depth: DEPTH,
            slots,
            elements: self.firsts[3] + self.sizes[3].next_multiple_of(64),
            kernels: vec![self.integrators(), self.clocks()],
            ports: vec![],
            partitions: vec![Partition { elements: vec![], first_slot: 0, slots }],
            layout,
            projections: self.wires.iter().map(projection).collect(),
            blocks: blocks.collect(),
            procedural: vec![],
            events: vec![],
            initial: vec![],
            traces: vec![trace(1), trace(7)],
            populations: vec![],
            synapses: 0,
            places: vec![],
            loads: vec![0.0; slots as usize],
        }
    }

    fn integrators(&self) -> Kernel {
        let mut g = Graph::new();
        let v = g.leaf("v", Ty::F32, Rate::Lane);
        let rest = g.leaf("rest", Ty::U32, Rate::Lane);
        let ports = ["ex", "inh"].map(|name| g.leaf(name, Ty::I32, Rate::Lane));
        let theta = g.leaf("theta", Ty::F32, Rate::Uniform);
        let drive = g.leaf("drive", Ty::F32, Rate::Lane);
        let leaves =
            [v, rest, ports[0], ports[1], theta, drive].map(|node| g.leaf_of(node).expect("it is a leaf"));
        let arrived = g.binary(Op::Add, ports[0], ports[1]);
        let (arrived, scale, half) = (g.convert(arrived, Ty::F32), g.f32(SCALE), g.f32(128.0));
        let halved = g.binary(Op::Mul, v, half);
        let floor = g.unary(Op::Floor, halved);
        let (current, kept) = (g.binary(Op::Mul, arrived, scale), g.binary(Op::Mul, floor, scale));
        let sum = g.binary(Op::Add, kept, current);
        let next = g.binary(Op::Add, sum, drive);
        let (zero, none, one, two) = (g.f32(0.0), g.u32(0), g.u32(1), g.u32(2));
        let (is_free, is_above) = (g.binary(Op::Eq, rest, none), g.binary(Op::Ge, next, theta));
        let fired = g.binary(Op::And, is_free, is_above);
        let after = g.select(fired, zero, next);
        let less = g.binary(Op::Sub, rest, one);
        let waiting = g.select(is_free, none, less);
        let waiting = g.select(fired, two, waiting);
        let meaning = [
            Leaf::State(0),
            Leaf::State(1),
            Leaf::Arrival(0),
            Leaf::Arrival(1),
            Leaf::Constant(0),
            Leaf::Constant(1),
        ];
        let [a, b, ..] = self.sizes;
        let member = |name: &str, population: usize, traces| Member {
            name: name.into(),
            trial: 0,
            first: self.firsts[population],
            size: self.sizes[population],
            outlets: vec![],
            state: vec![(0..self.sizes[population]).map(|i| Net::initial(i).to_bits()).collect(), vec![0]],
            constants: vec![
                vec![THETA.to_bits()],
                (0..self.sizes[population]).map(|i| self.drive(i).to_bits()).collect(),
            ],
            slots: vec![self.slots(population).to_vec()],
            traces,
        };
        let recorded = |trace, value, first, len, column| Recorded { trace, value, first, len, column };
        Kernel {
            name: "integrator".into(),
            first: 0,
            len: a.next_multiple_of(64) + b.next_multiple_of(64),
            graph: g,
            leaves: leaves.into_iter().zip(meaning).collect(),
            next: vec![after, waiting],
            fired: Some(fired),
            value: None,
            outlets: vec![],
            recorded: vec![after, waiting],
            state: vec![("v".into(), Scalar::F32), ("rest".into(), Scalar::U32)],
            ports: 2,
            off: vec![],
            constants: vec![
                Constant { name: "theta".into(), scalar: Scalar::F32, each: false },
                Constant { name: "drive".into(), scalar: Scalar::F32, each: true },
            ],
            // the columns of the second member come first
            members: vec![
                member("a", 0, vec![recorded(0, 0, 3, 10, 3), recorded(1, 1, 0, 10, 3)]),
                member("b", 1, vec![recorded(0, 0, 20, 3, 0), recorded(1, 1, 20, 3, 0)]),
            ],
        }
    }

    fn clocks(&self) -> Kernel {
        let mut g = Graph::new();
        let step = g.leaf("step", Ty::U32, Rate::Step);
        let leaf = g.leaf_of(step).expect("it is a leaf");
        let (i, seven, period, zero, three) = (g.index(), g.u32(7), g.u32(13), g.u32(0), g.u32(3));
        let phase = g.binary(Op::Mul, i, seven);
        let sum = g.binary(Op::Add, step, phase);
        let rest = g.binary(Op::Rem, sum, period);
        let fired = g.binary(Op::Eq, rest, zero);
        let third = g.binary(Op::Rem, i, three);
        let value: NodeId = g.convert(third, Ty::F32);
        Kernel {
            name: "clock".into(),
            first: self.firsts[2],
            len: self.sizes[2].next_multiple_of(64),
            graph: g,
            leaves: vec![(leaf, Leaf::Step)],
            next: vec![],
            fired: Some(fired),
            value: Some(value),
            outlets: vec![],
            recorded: vec![],
            state: vec![],
            ports: 0,
            off: vec![],
            constants: vec![],
            members: vec![Member {
                name: "clock".into(),
                trial: 0,
                first: self.firsts[2],
                size: self.sizes[2],
                outlets: vec![],
                state: vec![],
                constants: vec![],
                slots: vec![vec![]],
                traces: vec![],
            }],
        }
    }

    /// What the device has to give, by a plain loop.
    pub fn reference(&self, steps: u64, events: &[Event]) -> Raster {
        let slots = 2 * (self.sizes[0] + self.sizes[1]) as usize;
        let mut ring = vec![vec![0i32; slots]; DEPTH as usize];
        let mut state: Vec<Vec<(f32, u32)>> =
            self.sizes[..2].iter().map(|n| (0..*n).map(|i| (Net::initial(i), 0)).collect()).collect();
        let mut raster = Raster { traces: vec![vec![]; 2], ..Raster::default() };
        for step in 0..steps {
            let row = std::mem::replace(&mut ring[(step % u64::from(DEPTH)) as usize], vec![0; slots]);
            let mut found = vec![];
            for (population, state) in state.iter_mut().enumerate() {
                let [ex, inh] = self.slots(population);
                for (i, (v, rest)) in state.iter_mut().enumerate() {
                    let arrived = row[ex as usize + i] + row[inh as usize + i];
                    *v = (*v * 128.0).floor() * SCALE + arrived as f32 * SCALE + self.drive(i as u32);
                    if *rest == 0 && *v >= THETA {
                        (*v, *rest) = (0.0, 2);
                        found.push(Event { step, element: self.firsts[population] + i as u32, value: 1.0 });
                    } else {
                        *rest = rest.saturating_sub(1);
                    }
                }
            }
            for i in (0..self.sizes[2]).filter(|i| (step + u64::from(i * 7)) % 13 == 0) {
                found.push(Event { step, element: self.firsts[2] + i, value: (i % 3) as f32 });
            }
            let given = events.iter().filter(|event| event.step == step);
            for spike in found.iter().chain(given) {
                for (slot, delay, weight) in
                    self.wires.iter().filter_map(|wires| wires.row(spike.element)).flatten()
                {
                    let row = (step + u64::from(*delay)) % u64::from(DEPTH);
                    let scaled = (*weight as f32 * spike.value).round_ties_even() as i32;
                    ring[row as usize][*slot as usize] += scaled;
                }
            }
            raster.spikes.extend(found);
            raster.traces[0].extend(state[1][20..23].iter().chain(&state[0][3..13]).map(|(v, _)| *v));
            if (step + 1) % 7 == 0 {
                raster.traces[1]
                    .extend(state[1][20..23].iter().chain(&state[0][..10]).map(|(_, rest)| *rest as f32));
            }
        }
        raster
    }
}

impl Wires {
    /// Gives all synapses this delay.
    pub fn set_delay(&mut self, delay: u32) {
        self.rows.iter_mut().flatten().for_each(|edge| edge.1 = delay);
    }

    /// The row of an element, if it has one.
    fn row(&self, element: u32) -> Option<&Vec<Edge>> {
        let mut before = 0;
        for (first, len) in &self.segments {
            if (*first..first + len).contains(&element) {
                return Some(&self.rows[(before + element - first) as usize]);
            }
            before += len;
        }
        None
    }

    fn block(&self, projection: u32, layout: Layout) -> Block {
        let mut rows = vec![0];
        for row in &self.rows {
            rows.push(rows[rows.len() - 1] + row.len() as u32);
        }
        let edges = || self.rows.iter().flatten();
        let entries = match layout {
            Layout::Narrow { slot_bits } => {
                edges().map(|(slot, delay, _)| slot | delay << slot_bits).collect()
            }
            Layout::Wide => edges().flat_map(|(slot, delay, _)| [*slot, *delay]).collect(),
        };
        let weights = match self.is_shared {
            true => Weights::Shared(edges().next().map_or(0, |edge| edge.2)),
            false => Weights::Each(edges().map(|edge| edge.2).collect()),
        };
        Block { projection, partition: 0, source_first: 0, rows, entries, order: Order::Target, weights }
    }
}

/// The program of a net in which v doubles in every step from 2^100 in neuron 30 of `b`: it is infinite after 28 of them.
pub fn overflowing(net: &Net) -> Program {
    let mut program = net.program(NARROW);
    let kernel = &mut program.kernels[0];
    kernel.members[1].state[0] =
        (0..37).map(|i| if i == 30 { 2f32.powi(100) } else { 0.0 }.to_bits()).collect();
    let v = kernel.graph.leaf("v", crate::lane::Ty::F32, crate::lane::Rate::Lane);
    kernel.next[0] = kernel.graph.binary(Op::Add, v, v);
    program
}
