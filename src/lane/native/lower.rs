//! Instructions as micro-instructions: one list of instructions becomes one [`Segment`].

use super::allocate::allocate;
use super::math;
use super::micro::{Arg, Builder, Compare, Constants, Home, Micro, One, Order, Two, Value};
use super::unroll;
use crate::lane::graph::Ty;
use crate::lane::isa::{Instruction, Layout, Place, Special, What};
use crate::lane::math::KEPT;
use crate::lane::op::Op;
use std::collections::{BTreeSet, HashMap};

/// Straight code.
#[derive(Debug)]
pub struct Segment {
    pub micros: Vec<Micro>,
    /// How many vectors they compute
    pub vectors: usize,
}

impl Segment {
    /// Whether its vectors share what depends on their numbers.
    pub fn needs_alignment(&self) -> bool {
        self.micros.iter().any(|micro| matches!(micro, Micro::Chunk))
    }
}

/// The list for `exprel` among [`Places::rare`].
const EXPREL: usize = 0;

/// What is known about places.
pub struct Places<'a> {
    pub layout: &'a Layout,
    pub constants: Constants,
    /// Operations that are called as functions
    pub calls: Vec<(Op, Ty)>,
    /// Whether the kernel is one list
    pub is_direct: bool,
    /// Lists that are seldom needed
    pub rare: Vec<Vec<Micro>>,
}

impl<'a> Places<'a> {
    pub fn new(layout: &'a Layout, is_direct: bool) -> Places<'a> {
        let mut constants = Constants::default();
        let mut b = Builder::new(&mut constants);
        let x = b.push(Micro::Input);
        math::exprel(&mut b, x);
        let rare = vec![b.list];
        Places { layout, constants, calls: vec![], is_direct, rare }
    }

    /// The list as micro-instructions; slots in `live` are needed after it.
    pub fn segment(&mut self, list: &[Instruction], live: &BTreeSet<usize>) -> Segment {
        let mut lowering = Lowering {
            layout: self.layout,
            calls: &mut self.calls,
            is_direct: self.is_direct,
            b: Builder::new(&mut self.constants),
            known: HashMap::new(),
            written: BTreeSet::new(),
        };
        list.iter().for_each(|instruction| lowering.instruction(instruction));
        for slot in lowering.written.intersection(live).copied().collect::<Vec<_>>() {
            let home = Home::Slot(slot);
            let value = lowering.known[&home];
            lowering.b.push(Micro::Store(home, value));
        }
        let micros = lowering.b.list;
        if unroll::is_worthwhile(&micros) {
            let micros = unroll::unrolled(&micros, &mut self.constants);
            return Segment { micros, vectors: unroll::VECTORS };
        }
        if self.is_direct && unroll::is_possible(&micros) {
            let segments = unroll::SIDE_BY_SIDE
                .map(|vectors| Segment { micros: unroll::side_by_side(&micros, vectors), vectors });
            if let Some(segment) = segments.into_iter().find(|segment| self.fits(segment)) {
                return segment;
            }
        }
        Segment { micros, vectors: 1 }
    }

    /// Whether there are registers for all of its values.
    fn fits(&self, segment: &Segment) -> bool {
        allocate(&segment.micros, &self.rare, self.constants.all_ones()).n_spills == 0
    }
}

struct Lowering<'a, 'c> {
    layout: &'a Layout,
    calls: &'a mut Vec<(Op, Ty)>,
    is_direct: bool,
    b: Builder<'c>,
    /// The value that a plane or slot holds
    known: HashMap<Home, Value>,
    /// Slots
    written: BTreeSet<usize>,
}

use Arg::Value as V;

impl Lowering<'_, '_> {
    fn instruction(&mut self, instruction: &Instruction) {
        let args: Vec<Arg> = instruction.operands.iter().flatten().map(|place| self.arg(*place)).collect();
        let value = match instruction.what {
            What::Special(special) => self.special(special, instruction.d, &args),
            What::Op(op, from) => Some(self.op(op, from, &args, &instruction.operands)),
        };
        if let Some(value) = value {
            self.set(instruction.d, value);
        }
    }

    fn arg(&mut self, place: Place) -> Arg {
        match place {
            Place::Scalar(k) => match self.layout.constants[k] {
                Some(bits) => self.b.bits(bits),
                None => Arg::Scalar(k),
            },
            Place::Index => Arg::Index,
            Place::Leaf(k) => V(self.load(Home::Plane(k, 0))),
            Place::Output(k) => V(self.load(Home::Plane(self.layout.leaves + k, 0))),
            Place::Slot(k) => V(self.load(Home::Slot(k))),
        }
    }

    fn load(&mut self, home: Home) -> Value {
        let b = &mut self.b;
        *self.known.entry(home).or_insert_with(|| b.push(Micro::Load(home)))
    }

    fn set(&mut self, place: Place, value: Value) {
        match place {
            Place::Slot(k) => {
                self.known.insert(Home::Slot(k), value);
                self.written.insert(k);
            }
            Place::Output(k) => {
                let home = Home::Plane(self.layout.leaves + k, 0);
                self.known.insert(home, value);
                self.b.push(Micro::Store(home, value));
            }
            other => unreachable!("{other:?} is never written"),
        }
    }

    /// Updates take what the destination holds.
    fn special(&mut self, special: Special, d: Place, args: &[Arg]) -> Option<Value> {
        let a = args[0];
        Some(match special {
            Special::Copy | Special::Spread => self.b.value(a),
            Special::Count => {
                let lane = self.b.push(Micro::Lane(0));
                self.b.two(Two::AddI, V(lane), a)
            }
            Special::Keep => {
                let (mask, old) = (self.b.value(a), self.arg(d));
                self.b.select(mask, args[1], old)
            }
            Special::And => {
                let old = self.arg(d);
                self.b.two(Two::And, old, a)
            }
            Special::AndNot => {
                let old = self.arg(d);
                self.b.two(Two::NotAnd, a, old)
            }
            Special::Pack => {
                let (Place::Output(k), value) = (d, self.b.value(a)) else {
                    unreachable!("bits are outputs")
                };
                self.b.push(Micro::StoreBits(self.layout.leaves + k, 0, value));
                return None;
            }
        })
    }

    fn op(&mut self, op: Op, from: Ty, args: &[Arg], places: &[Option<Place>; 3]) -> Value {
        match args {
            [a] => self.one(op, from, *a),
            [a, b] => self.two(op, from, (*a, *b), places[1]),
            [a, b, c] => {
                let condition = self.b.value(*a);
                if *c == self.b.bits(0) {
                    return self.b.two(Two::And, V(condition), *b);
                }
                self.b.select(condition, *b, *c)
            }
            _ => unreachable!("operations have up to three operands"),
        }
    }

    fn one(&mut self, op: Op, from: Ty, a: Arg) -> Value {
        let is_float = from == Ty::F32;
        let x = self.b.value(a);
        let b = &mut self.b;
        match op {
            Op::Bitcast | Op::StopGradient => x,
            Op::Neg if is_float => {
                let sign = b.bits(0x8000_0000);
                b.two(Two::Xor, V(x), sign)
            }
            Op::Neg => {
                let zero = b.bits(0);
                b.two(Two::SubI, zero, V(x))
            }
            Op::Not => {
                let all = b.bits(!0);
                b.two(Two::Xor, V(x), all)
            }
            Op::Abs if is_float => {
                let rest = b.bits(0x7fff_ffff);
                b.two(Two::And, V(x), rest)
            }
            Op::Abs if from == Ty::I32 => {
                let zero = b.bits(0);
                let negative = b.two(Two::SubI, zero, V(x));
                b.two(Two::MaxI, V(x), V(negative))
            }
            Op::Abs => x,
            Op::Sign if is_float => math::sign(b, x),
            Op::Sign => {
                let (low, high) = (b.bits(!0), b.bits(1));
                let x = b.two(Two::MaxI, V(x), low);
                b.two(Two::MinI, V(x), high)
            }
            Op::Floor => b.one(One::Round(9), a),
            Op::Ceil => b.one(One::Round(10), a),
            Op::Trunc => b.one(One::Round(11), a),
            Op::Round => b.one(One::Round(8), a),
            Op::Sqrt => b.one(One::Sqrt, a),
            Op::InverseSqrt => {
                let root = b.one(One::Sqrt, a);
                let one = b.float(1.0);
                b.two(Two::Div, one, V(root))
            }
            Op::Reciprocal => {
                let one = b.float(1.0);
                b.two(Two::Div, one, V(x))
            }
            Op::Exp => math::exp(b, x),
            Op::Exp2 => math::exp2(b, x),
            Op::Log => math::log(b, x),
            Op::Log2 => math::log2(b, x),
            Op::Exprel => math::exprel_near(b, x, EXPREL),
            Op::Spike => {
                let (zero, one) = (b.float(0.0), b.float(1.0));
                let fired = b.compare(Order::Ge, x, zero);
                b.two(Two::And, V(fired), one)
            }
            Op::Flush => {
                let kept = b.bits(KEPT);
                b.two(Two::Keep, V(x), kept)
            }
            Op::ToF32 if from == Ty::I32 => b.one(One::FromI32, a),
            Op::ToF32 => b.one(One::FromU32, a),
            Op::ToI32 if is_float => math::to_i32(b, x),
            Op::ToU32 if is_float => math::to_u32(b, x),
            _ => self.call(op, from, x, None),
        }
    }

    /// Parts of an element's number that the vectors of a round share: `i & 15`, `i >> 6`, and what tells them apart:
    /// `(i >> 4) & 3`.
    fn part_of_index(&mut self, op: Op, x: Arg, second: Option<Place>) -> Option<Value> {
        let (V(x), Some(Place::Scalar(k)), true) = (x, second, self.is_direct) else { return None };
        let bits = self.layout.constants[k]?;
        let is_index = |value: Value| match self.b.list[value] {
            Micro::Two(Two::AddI, lane, Arg::Index) => matches!(self.b.list[lane], Micro::Lane(_)),
            _ => false,
        };
        let micro = match (op, bits, self.b.list[x]) {
            (Op::And, 15, _) if is_index(x) => Micro::Low,
            (Op::Shr, 6, _) if is_index(x) => Micro::Chunk,
            (Op::And, 3, Micro::One(One::ShrUBy(4), i)) if is_index(i) => Micro::Part(0),
            _ => return None,
        };
        Some(self.b.push(micro))
    }

    fn two(&mut self, op: Op, from: Ty, (x, y): (Arg, Arg), second: Option<Place>) -> Value {
        if let Some(value) = self.part_of_index(op, x, second) {
            return value;
        }
        let order = |order: Order| match from {
            Ty::F32 => Two::Compare(Compare::Float(order)),
            Ty::I32 => Two::Compare(Compare::Signed(order)),
            Ty::U32 | Ty::Bool => Two::Compare(Compare::Unsigned(order)),
        };
        let two = match (op, from) {
            (Op::Lt, _) => order(Order::Lt),
            (Op::Le, _) => order(Order::Le),
            (Op::Gt, _) => order(Order::Gt),
            (Op::Ge, _) => order(Order::Ge),
            (Op::Eq, _) => order(Order::Eq),
            (Op::Ne, _) => order(Order::Ne),
            (Op::Add, Ty::F32) => Two::Add,
            (Op::Sub, Ty::F32) => Two::Sub,
            (Op::Mul, Ty::F32) => Two::Mul,
            (Op::Div, Ty::F32) => Two::Div,
            // the second where it is smaller
            (Op::Min, Ty::F32) => return self.b.two(Two::Min, y, x),
            (Op::Max, Ty::F32) => return self.b.two(Two::Max, y, x),
            (Op::Rem, Ty::F32) => {
                let quotient = self.b.two(Two::Div, x, y);
                let whole = self.b.one(One::Round(11), V(quotient));
                let product = self.b.two(Two::Mul, V(whole), y);
                return self.b.two(Two::Sub, x, V(product));
            }
            (Op::Add, _) => Two::AddI,
            (Op::Sub, _) => Two::SubI,
            (Op::Mul, _) => Two::MulI,
            (Op::Min, Ty::I32) => Two::MinI,
            (Op::Max, Ty::I32) => Two::MaxI,
            (Op::Min, _) => Two::MinU,
            (Op::Max, _) => Two::MaxU,
            (Op::And, _) => Two::And,
            (Op::Or, _) => Two::Or,
            (Op::Xor, _) => Two::Xor,
            (Op::MulHi, _) => return math::mul_high(&mut self.b, x, y),
            (Op::Shl | Op::Shr, _) => return self.shift(op, from, (x, y), second),
            _ => {
                let (x, y) = (self.b.value(x), self.b.value(y));
                return self.call(op, from, x, Some(y));
            }
        };
        self.b.two(two, x, y)
    }

    /// Shifts take the number modulo 32.
    fn shift(&mut self, op: Op, from: Ty, (x, y): (Arg, Arg), second: Option<Place>) -> Value {
        let known = match second {
            Some(Place::Scalar(k)) => self.layout.constants[k],
            _ => None,
        };
        if let Some(by) = known.map(|bits| bits & 31) {
            let one = match (op, from) {
                (Op::Shl, _) => One::ShlBy(by),
                (_, Ty::I32) => One::ShrIBy(by),
                _ => One::ShrUBy(by),
            };
            return self.b.one(one, x);
        }
        let two = match (op, from) {
            (Op::Shl, _) => Two::Shl,
            (_, Ty::I32) => Two::ShrI,
            _ => Two::ShrU,
        };
        let low = self.b.bits(31);
        let by = self.b.two(Two::And, y, low);
        self.b.two(two, x, V(by))
    }

    fn call(&mut self, op: Op, from: Ty, x: Value, y: Option<Value>) -> Value {
        let known = self.calls.iter().position(|known| *known == (op, from));
        let number = known.unwrap_or_else(|| {
            self.calls.push((op, from));
            self.calls.len() - 1
        });
        self.b.push(Micro::Call(number, x, y))
    }
}
