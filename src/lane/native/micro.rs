//! Vector instructions on values: what a list of instructions becomes before it has registers.

use std::collections::HashMap;

/// Lanes of a vector.
pub const LANES: usize = 16;

/// A value: the number of the micro-instruction that makes it.
pub type Value = usize;

/// Memory with room for a vector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Home {
    /// A plane, by its number in the table; which of the vectors that are computed in one round
    Plane(usize, usize),
    /// A slot of the frame
    Slot(usize),
}

/// An operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Arg {
    /// A value in a register
    Value(Value),
    /// A constant for all lanes, by its number
    Constant(usize),
    /// A scalar for all lanes, by its number
    Scalar(usize),
    /// The number of the first element of the run
    Index,
}

/// An operation with two operands, of which the second may be in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Two {
    Add,
    Sub,
    Mul,
    Div,
    /// `a < b ? a : b`
    Min,
    /// `a > b ? a : b`
    Max,
    AddI,
    SubI,
    MulI,
    MinI,
    MaxI,
    MinU,
    MaxU,
    And,
    /// `!a & b`
    NotAnd,
    Or,
    Xor,
    Shl,
    ShrI,
    ShrU,
    /// `a` where it has any of the bits of `b`, else 0
    Keep,
    /// Products of the even lanes, 64 bits each
    MulEven,
    Compare(Compare),
}

impl Two {
    /// Whether it can be done in some lanes only.
    pub fn may_be_masked(self) -> bool {
        matches!(self, Two::Add | Two::Sub | Two::Mul | Two::AddI | Two::SubI)
    }
}

/// A comparison; its result is all ones or 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Compare {
    Float(Order),
    Signed(Order),
    Unsigned(Order),
}

/// Which order holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Order {
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    /// Greater, equal, or one of them is NaN; only of floats
    NotLt,
}

impl Order {
    /// The same with exchanged operands.
    pub fn flipped(self) -> Order {
        match self {
            Order::Lt => Order::Gt,
            Order::Le => Order::Ge,
            Order::Gt => Order::Lt,
            Order::Ge => Order::Le,
            same => same,
        }
    }
}

/// An operation with one operand in a register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum One {
    /// Rounding, by the mode of `vrndscaleps`
    Round(u32),
    Sqrt,
    FromI32,
    FromU32,
    /// Towards zero
    ToI32,
    /// Towards zero
    ToU32,
    ShlBy(u32),
    ShrIBy(u32),
    ShrUBy(u32),
    /// To the right by 32 bits, of 64
    HighHalf,
}

/// One vector instruction.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Micro {
    Load(Home),
    /// One value for all lanes
    Spread(Arg),
    /// Number of each lane in this run, in one of the vectors of a round
    Lane(usize),
    /// 0 to 15
    Low,
    /// Number of the element over 64, where runs begin at multiples of that and a round is 64 lanes
    Chunk,
    /// Which of the vectors of a round it is
    Part(usize),
    One(One, Value),
    Two(Two, Value, Arg),
    /// `a * b + c` with one rounding
    Fma(Value, Value, Arg),
    /// `b` where `a`, else `c`; bit by bit
    Select(Value, Value, Arg),
    /// The operation on `a` and `c` where the mask holds, else `a`: `a`, mask, `c`
    TwoIf(Two, Value, Value, Arg),
    /// `a ^ b ^ c`
    Xor3(Value, Value, Arg),
    /// Even lanes of the first, odd lanes of the second
    Odd(Value, Value),
    /// A function on vectors in memory, by its number
    Call(usize, Value, Option<Value>),
    /// What a list of its own takes, in its place 0
    Input,
    /// `fast` where `all` holds in every lane; otherwise what a list of its own makes of `x`
    Rare {
        all: Value,
        fast: Value,
        x: Value,
        list: usize,
    },
    Store(Home, Value),
    /// One bit for each lane: plane, which of the vectors of a round, value
    StoreBits(usize, usize, Value),
}

impl Micro {
    /// The values that it reads.
    pub fn reads(&self) -> impl Iterator<Item = Value> + use<> {
        let value = |arg: Arg| if let Arg::Value(value) = arg { Some(value) } else { None };
        let values = match *self {
            Micro::Load(_) | Micro::Lane(_) | Micro::Low | Micro::Chunk | Micro::Part(_) | Micro::Input => {
                [None; 3]
            }
            Micro::Rare { all, fast, x, .. } => [Some(fast), Some(x), Some(all)],
            Micro::Spread(arg) => [value(arg), None, None],
            Micro::One(_, a) | Micro::Store(_, a) | Micro::StoreBits(_, _, a) => [Some(a), None, None],
            Micro::Two(_, a, b) => [Some(a), value(b), None],
            Micro::Fma(a, b, c)
            | Micro::Select(a, b, c)
            | Micro::TwoIf(_, a, b, c)
            | Micro::Xor3(a, b, c) => [Some(a), Some(b), value(c)],
            Micro::Odd(a, b) => [Some(a), Some(b), None],
            Micro::Call(_, a, b) => [Some(a), b, None],
        };
        values.into_iter().flatten()
    }

    /// Whether it makes a value.
    pub fn is_value(&self) -> bool {
        !matches!(self, Micro::Store(..) | Micro::StoreBits(..))
    }
}

/// Constants that all lanes share, each once.
#[derive(Default)]
pub struct Constants(pub Vec<u32>);

impl Constants {
    pub fn number(&mut self, bits: u32) -> usize {
        let known = self.0.iter().position(|known| *known == bits);
        known.unwrap_or_else(|| {
            self.0.push(bits);
            self.0.len() - 1
        })
    }

    /// The number of the constant with all bits set, if there is one.
    pub fn all_ones(&self) -> Option<usize> {
        self.0.iter().position(|bits| *bits == !0)
    }
}

/// A list of micro-instructions in the making.
pub struct Builder<'a> {
    pub list: Vec<Micro>,
    constants: &'a mut Constants,
    spread: HashMap<Arg, Value>,
}

/// Methods named after operations push one micro-instruction and return its value.
impl<'a> Builder<'a> {
    pub fn new(constants: &'a mut Constants) -> Builder<'a> {
        Builder { list: vec![], constants, spread: HashMap::new() }
    }

    pub fn push(&mut self, micro: Micro) -> Value {
        self.list.push(micro);
        self.list.len() - 1
    }

    pub fn bits(&mut self, bits: u32) -> Arg {
        Arg::Constant(self.constants.number(bits))
    }

    pub fn float(&mut self, value: f32) -> Arg {
        self.bits(value.to_bits())
    }

    /// An operand in a register.
    pub fn value(&mut self, arg: Arg) -> Value {
        if let Arg::Value(value) = arg {
            return value;
        }
        if let Some(known) = self.spread.get(&arg) {
            return *known;
        }
        let value = self.push(Micro::Spread(arg));
        self.spread.insert(arg, value);
        value
    }

    pub fn one(&mut self, one: One, a: Arg) -> Value {
        let a = self.value(a);
        self.push(Micro::One(one, a))
    }

    pub fn two(&mut self, two: Two, a: Arg, b: Arg) -> Value {
        let is_value = |arg: Arg| matches!(arg, Arg::Value(_));
        let (two, a, b) = match two {
            _ if is_value(a) => (two, a, b),
            Two::Add | Two::Mul | Two::AddI | Two::MulI | Two::And | Two::Or | Two::Xor => (two, b, a),
            Two::Compare(compare) if is_value(b) => (Two::Compare(compare.flipped()), b, a),
            _ => (two, a, b),
        };
        if let Some(fused) = self.fused(two, a, b) {
            return self.push(fused);
        }
        let a = self.value(a);
        // the only one whose lanes are no 32 bits
        let b = if two == Two::MulEven { Arg::Value(self.value(b)) } else { b };
        self.push(Micro::Two(two, a, b))
    }

    /// Two operations in one: random numbers and counts are made of these.
    fn fused(&self, two: Two, a: Arg, b: Arg) -> Option<Micro> {
        let micro =
            |arg: Arg| if let Arg::Value(value) = arg { Some((value, self.list[value])) } else { None };
        let (x, first) = micro(a)?;
        match (two, first) {
            (Two::Xor, Micro::Two(Two::Xor, p, Arg::Value(q))) => Some(Micro::Xor3(p, q, b)),
            (Two::AddI, _) => match micro(b)? {
                (_, Micro::Two(Two::And, mask, amount @ Arg::Constant(_)))
                    if matches!(self.list[mask], Micro::Two(Two::Compare(_), ..)) =>
                {
                    Some(Micro::TwoIf(Two::AddI, x, mask, amount))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a value is the same in all lanes.
    pub fn is_spread(&self, value: Value) -> bool {
        matches!(self.list[value], Micro::Spread(_))
    }

    pub fn fma(&mut self, a: Value, b: Value, c: Arg) -> Value {
        self.push(Micro::Fma(a, b, c))
    }

    pub fn select(&mut self, condition: Value, accept: Arg, reject: Arg) -> Value {
        let accept = self.value(accept);
        if let Micro::Two(two, a, b) = self.list[accept]
            && Arg::Value(a) == reject
            && two.may_be_masked()
        {
            return self.push(Micro::TwoIf(two, a, condition, b));
        }
        self.push(Micro::Select(condition, accept, reject))
    }

    pub fn compare(&mut self, order: Order, a: Value, b: Arg) -> Value {
        self.two(Two::Compare(Compare::Float(order)), Arg::Value(a), b)
    }
}

impl Compare {
    fn flipped(self) -> Compare {
        match self {
            Compare::Float(order) => Compare::Float(order.flipped()),
            Compare::Signed(order) => Compare::Signed(order.flipped()),
            Compare::Unsigned(order) => Compare::Unsigned(order.flipped()),
        }
    }
}
