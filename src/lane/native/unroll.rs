//! Several vectors in one round, which share what is the same for all of them: random numbers come four at once.

use super::micro::{Arg, Compare, Constants, Home, Micro, Order, Two, Value};

/// Vectors of a round.
pub const VECTORS: usize = 4;

/// Whether vectors of a round would share anything.
pub fn is_worthwhile(micros: &[Micro]) -> bool {
    micros.iter().any(|micro| matches!(micro, Micro::Chunk))
}

/// The same for the vectors of a round, one after the other; `constants` are those that micro-instructions name.
pub fn unrolled(micros: &[Micro], constants: &mut Constants) -> Vec<Micro> {
    let truth = [constants.number(0), constants.number(!0)];
    let names = vec![Name::None; micros.len()];
    let mut unrolling = Unrolling { list: vec![], names, constants: &constants.0, truth };
    for part in 0..VECTORS {
        for (value, micro) in micros.iter().enumerate() {
            unrolling.add(value, *micro, part);
        }
    }
    unrolling.list
}

/// Vectors that go through a list side by side: an operation waits for the one before it, and the CPU looks ahead for a
/// hundred operations only. The more, the better, as long as they have registers.
pub const SIDE_BY_SIDE: [usize; 2] = [4, 2];

/// Whether vectors may go side by side: nothing is called, no slots of the frame, no numbers of lanes.
pub fn is_possible(micros: &[Micro]) -> bool {
    !micros.iter().any(|micro| {
        matches!(
            micro,
            Micro::Load(Home::Slot(_))
                | Micro::Store(Home::Slot(_), _)
                | Micro::Call(..)
                | Micro::Lane(_)
                | Micro::Low
                | Micro::Chunk
                | Micro::Part(_)
        )
    })
}

/// The same for several vectors, each operation for all of them before the next.
pub fn side_by_side(micros: &[Micro], vectors: usize) -> Vec<Micro> {
    let mut list = vec![];
    let mut names: Vec<Vec<Value>> = vec![];
    for micro in micros {
        let mut own = vec![list.len(); vectors];
        if let Micro::Spread(_) = micro {
            list.push(*micro);
        } else {
            for (part, own) in own.iter_mut().enumerate() {
                *own = list.len();
                list.push(renamed(*micro, part, &|value| names[value][part]));
            }
        }
        names.push(own);
    }
    list
}

/// What a value is called in the new list.
#[derive(Clone, Copy)]
enum Name {
    None,
    /// The same in all vectors
    Shared(Value),
    /// In the current one
    Own(Value),
    /// All ones or 0, in the current one
    Known(bool),
}

struct Unrolling<'a> {
    list: Vec<Micro>,
    names: Vec<Name>,
    constants: &'a [u32],
    /// Numbers of the constants for false and true
    truth: [usize; 2],
}

impl Unrolling<'_> {
    fn add(&mut self, value: Value, micro: Micro, part: usize) {
        if let Name::Shared(_) = self.names[value] {
            return;
        }
        if let Some(name) = self.known(micro, part) {
            self.names[value] = name;
            return;
        }
        micro.reads().for_each(|read| self.settle(read));
        let name = |value: Value| match self.names[value] {
            Name::Shared(value) | Name::Own(value) => value,
            Name::Known(_) | Name::None => unreachable!("it was made a value"),
        };
        self.list.push(renamed(micro, part, &name));
        let own = self.list.len() - 1;
        let depends = matches!(micro, Micro::Load(_) | Micro::Lane(_) | Micro::Part(_))
            || !micro.is_value()
            || micro.reads().any(|read| !matches!(self.names[read], Name::Shared(_)));
        self.names[value] = if depends { Name::Own(own) } else { Name::Shared(own) };
    }

    /// A comparison of the number of the vector, or a choice by one.
    fn known(&self, micro: Micro, part: usize) -> Option<Name> {
        match micro {
            Micro::Two(Two::Compare(Compare::Unsigned(order)), a, Arg::Constant(k)) => {
                let at = match a {
                    a if self.is_part(a, part) => part as u32,
                    _ => return None,
                };
                let limit = self.constants[k];
                Some(Name::Known(match order {
                    Order::Eq => at == limit,
                    Order::Ne => at != limit,
                    Order::Lt => at < limit,
                    Order::Le => at <= limit,
                    Order::Gt => at > limit,
                    Order::Ge | Order::NotLt => at >= limit,
                }))
            }
            Micro::Select(condition, accept, Arg::Value(reject)) => match self.names[condition] {
                Name::Known(holds) => Some(match self.names[if holds { accept } else { reject }] {
                    // the choice differs from vector to vector
                    Name::Shared(value) => Name::Own(value),
                    name => name,
                }),
                _ => None,
            },
            _ => None,
        }
    }

    /// Makes a value of what is known.
    fn settle(&mut self, value: Value) {
        if let Name::Known(holds) = self.names[value] {
            self.list.push(Micro::Spread(Arg::Constant(self.truth[usize::from(holds)])));
            self.names[value] = Name::Own(self.list.len() - 1);
        }
    }

    fn is_part(&self, value: Value, part: usize) -> bool {
        matches!(self.names[value], Name::Own(own) if self.list[own] == Micro::Part(part))
    }
}

/// A micro-instruction of a vector of the round, with the new names of what it reads.
fn renamed(micro: Micro, part: usize, name: &dyn Fn(Value) -> Value) -> Micro {
    let arg = |arg: Arg| if let Arg::Value(value) = arg { Arg::Value(name(value)) } else { arg };
    let home = |home: Home| if let Home::Plane(k, _) = home { Home::Plane(k, part) } else { home };
    match micro {
        Micro::Load(from) => Micro::Load(home(from)),
        Micro::Spread(from) => Micro::Spread(arg(from)),
        Micro::Lane(_) => Micro::Lane(part),
        Micro::Part(_) => Micro::Part(part),
        Micro::One(one, a) => Micro::One(one, name(a)),
        Micro::Two(two, a, b) => Micro::Two(two, name(a), arg(b)),
        Micro::Fma(a, b, c) => Micro::Fma(name(a), name(b), arg(c)),
        Micro::Select(a, b, c) => Micro::Select(name(a), name(b), arg(c)),
        Micro::TwoIf(two, a, b, c) => Micro::TwoIf(two, name(a), name(b), arg(c)),
        Micro::Xor3(a, b, c) => Micro::Xor3(name(a), name(b), arg(c)),
        Micro::Odd(a, b) => Micro::Odd(name(a), name(b)),
        Micro::Call(number, a, b) => Micro::Call(number, name(a), b.map(name)),
        Micro::Rare { all, fast, x, list } => {
            Micro::Rare { all: name(all), fast: name(fast), x: name(x), list }
        }
        Micro::Store(to, value) => Micro::Store(home(to), name(value)),
        Micro::StoreBits(plane, _, value) => Micro::StoreBits(plane, part, name(value)),
        Micro::Low | Micro::Chunk | Micro::Input => micro,
    }
}
