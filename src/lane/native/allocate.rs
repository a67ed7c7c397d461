//! Registers for the values of a segment.
//!
//! Values are made once, so a value that has to leave its register is stored at most once; the one whose next use is
//! farthest leaves first (Belady 1966). Values that all lanes share are not stored but read again.

use super::masks::masks;
use super::micro::{Micro, Value};

/// Vector registers.
pub const REGISTERS: usize = 32;
/// Registers that a list of its own gets, and places of the frame for those that it has too few of.
const RARE_REGISTERS: usize = 10;
pub const RARE_PLACES: usize = 8;

/// A register's number.
pub type Register = usize;

/// What the assembler writes.
#[derive(Clone, PartialEq, Debug)]
pub enum Machine {
    /// Register to a place in the frame
    Spill(Register, usize),
    /// From there
    Reload(Register, usize),
    /// First from second
    Move(Register, Register),
    /// The micro-instruction, with the register of its result, and of each value that it reads
    Do(Micro, Operand, [Operand; 3]),
    /// Where the mask does not hold in every lane, the code, and its result to the register
    Rare { all: Operand, result: Register, code: Vec<Machine>, from: Register },
}

/// Where a value is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Operand {
    Vector(Register),
    Mask(usize),
}

impl Operand {
    /// The vector register.
    pub fn vector(self) -> Register {
        match self {
            Operand::Vector(register) => register,
            Operand::Mask(_) => unreachable!("only operations of masks get masks"),
        }
    }
}

/// The code of a segment, and how many places of the frame it uses.
pub struct Allocated {
    pub code: Vec<Machine>,
    pub n_spills: usize,
}

/// `rare` are the lists of their own, `all_ones` is the number of that constant.
pub fn allocate(micros: &[Micro], rare: &[Vec<Micro>], all_ones: Option<usize>) -> Allocated {
    let mut allocation = Allocation::new(micros, rare, all_ones, (0..REGISTERS).collect());
    (0..micros.len()).for_each(|position| allocation.micro(position));
    Allocated { code: allocation.code, n_spills: allocation.n_spills }
}

struct Allocation<'a> {
    micros: &'a [Micro],
    rare: &'a [Vec<Micro>],
    all_ones: Option<usize>,
    masks: Vec<Option<usize>>,
    /// Registers that may be used
    pool: Vec<Register>,
    /// Positions where each value is read
    uses: Vec<Vec<usize>>,
    register_of: Vec<Option<Register>>,
    value_in: [Option<Value>; REGISTERS],
    /// Where in the frame a value has been stored
    spilled: Vec<Option<usize>>,
    /// Places of the frame that are free
    free: Vec<usize>,
    n_spills: usize,
    code: Vec<Machine>,
    /// Registers that the current micro-instruction reads
    busy: Vec<Register>,
}

impl<'a> Allocation<'a> {
    fn new(
        micros: &'a [Micro],
        rare: &'a [Vec<Micro>],
        all_ones: Option<usize>,
        pool: Vec<Register>,
    ) -> Allocation<'a> {
        let mut uses: Vec<Vec<usize>> = vec![vec![]; micros.len()];
        for (position, micro) in micros.iter().enumerate() {
            micro.reads().for_each(|value| uses[value].push(position));
        }
        Allocation {
            micros,
            rare,
            all_ones,
            masks: masks(micros, all_ones),
            pool,
            uses,
            register_of: vec![None; micros.len()],
            value_in: [None; REGISTERS],
            spilled: vec![None; micros.len()],
            free: vec![],
            n_spills: 0,
            code: vec![],
            busy: vec![],
        }
    }

    fn micro(&mut self, position: usize) {
        let micro = self.micros[position];
        // what nobody reads is not computed
        if micro.is_value() && self.uses[position].is_empty() {
            return;
        }
        self.busy.clear();
        let mut reads = [Operand::Vector(0); 3];
        let values: Vec<Value> = micro.reads().collect();
        for (read, value) in reads.iter_mut().zip(&values) {
            *read = match self.masks[*value] {
                Some(mask) => Operand::Mask(mask),
                None => Operand::Vector(self.fetch(*value, position)),
            };
            if let Operand::Vector(register) = *read {
                self.busy.push(register);
            }
        }
        if let Micro::Call(..) = micro {
            self.save_all(position);
        }
        if let Micro::Rare { .. } = micro {
            self.make_room(position);
        }
        let first_dies = values.first().is_some_and(|value| self.is_last_use(*value, position));
        values.iter().for_each(|value| self.release(*value, position));
        if let Some(mask) = self.masks[position] {
            return self.code.push(Machine::Do(micro, Operand::Mask(mask), reads));
        }
        if !micro.is_value() {
            return self.code.push(Machine::Do(micro, Operand::Vector(0), reads));
        }
        let result = match (micro, reads[0]) {
            // a mask chooses: the result is begun before the last operand is read
            (_, Operand::Mask(_)) => self.take(position, true),
            // these replace their first operand
            (
                Micro::Fma(..)
                | Micro::Select(..)
                | Micro::TwoIf(..)
                | Micro::Xor3(..)
                | Micro::Odd(..)
                | Micro::Rare { .. },
                Operand::Vector(first),
            ) => {
                let result = if first_dies { first } else { self.take(position, true) };
                if !first_dies {
                    self.code.push(Machine::Move(result, first));
                    reads[0] = Operand::Vector(result);
                }
                result
            }
            _ => self.take(position, false),
        };
        self.value_in[result] = Some(position);
        self.register_of[position] = Some(result);
        match micro {
            Micro::Rare { list, .. } => self.seldom(list, result, reads),
            _ => self.code.push(Machine::Do(micro, Operand::Vector(result), reads)),
        }
    }

    /// The list of its own, with the registers that hold nothing.
    fn seldom(&mut self, list: usize, result: Register, [_, x, all]: [Operand; 3]) {
        let is_free = |register: &Register| self.value_in[*register].is_none() && *register != x.vector();
        let pool: Vec<Register> = (0..REGISTERS).filter(is_free).collect();
        let micros = &self.rare[list];
        let mut own = Allocation::new(micros, &[], self.all_ones, pool);
        // masks that the main way needs later stay in their registers
        own.masks.fill(None);
        own.uses[micros.len() - 1].push(micros.len());
        own.register_of[0] = Some(x.vector());
        (1..micros.len()).for_each(|position| own.micro(position));
        assert!(own.n_spills <= RARE_PLACES, "a list of its own fits its registers");
        let from = own.register_of[micros.len() - 1].expect("its last micro-instruction gives its result");
        self.code.push(Machine::Rare { all, result, code: own.code, from });
    }

    /// Frees registers for a list of its own.
    fn make_room(&mut self, position: usize) {
        while self.value_in.iter().filter(|value| value.is_none()).count() < RARE_REGISTERS {
            let register = self.farthest(position);
            self.evict(register);
        }
    }

    fn next_use(&self, value: Value, position: usize) -> usize {
        let uses = &self.uses[value];
        uses.get(uses.partition_point(|at| *at < position)).copied().unwrap_or(usize::MAX)
    }

    fn is_last_use(&self, value: Value, position: usize) -> bool {
        self.next_use(value, position + 1) == usize::MAX
    }

    /// A register that holds the value.
    fn fetch(&mut self, value: Value, position: usize) -> Register {
        if let Some(register) = self.register_of[value] {
            return register;
        }
        let register = self.take(position, false);
        self.code.push(match (self.spilled[value], self.micros[value]) {
            (_, spread @ Micro::Spread(_)) => {
                Machine::Do(spread, Operand::Vector(register), [Operand::Vector(0); 3])
            }
            (Some(place), _) => Machine::Reload(register, place),
            (None, micro) => unreachable!("{micro:?} left its register without a trace"),
        });
        self.value_in[register] = Some(value);
        self.register_of[value] = Some(register);
        register
    }

    /// A free register; if there is none, the value that is needed last leaves its own. `beside` the operands: not one of
    /// theirs, even where they are not read again.
    fn take(&mut self, position: usize, beside: bool) -> Register {
        let is_empty = |register: &Register| {
            self.value_in[*register].is_none() && !(beside && self.busy.contains(register))
        };
        if let Some(register) = self.pool.iter().copied().find(is_empty) {
            return register;
        }
        let register = self.farthest(position);
        self.evict(register);
        register
    }

    /// The register whose value is needed last, and not now.
    fn farthest(&self, position: usize) -> Register {
        let candidates = self.pool.iter().copied().filter(|register| !self.busy.contains(register));
        let farthest = candidates.max_by_key(|register| {
            self.value_in[*register].map_or(0, |value| self.next_use(value, position))
        });
        farthest.expect("there are more registers than operands")
    }

    fn evict(&mut self, register: Register) {
        let Some(value) = self.value_in[register].take() else { return };
        self.register_of[value] = None;
        self.save(value, register);
    }

    fn save(&mut self, value: Value, register: Register) {
        if self.spilled[value].is_some() || matches!(self.micros[value], Micro::Spread(_)) {
            return;
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.n_spills += 1;
            self.n_spills - 1
        });
        self.spilled[value] = Some(place);
        self.code.push(Machine::Spill(register, place));
    }

    /// Calls keep no register.
    fn save_all(&mut self, position: usize) {
        for register in 0..REGISTERS {
            let Some(value) = self.value_in[register] else { continue };
            if !self.is_last_use(value, position) {
                self.save(value, register);
                self.value_in[register] = None;
                self.register_of[value] = None;
            }
        }
    }

    /// Frees what a value occupies where it is not read again.
    fn release(&mut self, value: Value, position: usize) {
        if !self.is_last_use(value, position) {
            return;
        }
        if let Some(register) = self.register_of[value].take()
            && self.pool.contains(&register)
        {
            self.value_in[register] = None;
        }
        self.free.extend(self.spilled[value].take());
    }
}
