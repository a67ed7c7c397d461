//! Machine code for AVX-512, through an assembler library.
//!
//! A function is `fn(table, frame, scalars, constants, bytes)`: pointers to planes and slots, memory for spilled values,
//! values that all lanes share, and 4 times the number of lanes, rounded up to vectors. One vector after the other goes
//! through all of the code.

mod encode;

use super::allocate::{Machine, Operand as At, RARE_PLACES, REGISTERS, Register, allocate};
use super::lower::Segment;
use super::micro::{Home, LANES, Micro};
use iced_x86::IcedError;
use iced_x86::code_asm::*;
use std::collections::BTreeMap;

/// Bytes of a vector.
const VECTOR: usize = 4 * LANES;

// The frame: result and operands of calls, what lists of their own spill, the first chunk, what others spill.
const CALL: usize = 0;
const RARE: usize = 3;
const CHUNK: usize = RARE + RARE_PLACES;
const SPILLS: usize = CHUNK + 1;

/// What the code needs beside itself.
pub struct Needs {
    /// Number of planes in the table; a pointer to the first element's number follows, and slots
    pub planes: usize,
    /// Planes that are set to 0 once they are read
    pub consumed: Vec<usize>,
    /// Addresses of the functions that are called
    pub calls: Vec<u64>,
    /// Lists that are seldom needed
    pub rare: Vec<Vec<Micro>>,
    /// The number of the constant with all bits set
    pub all_ones: Option<usize>,
}

/// Machine code, where the function of each segment begins, and the vectors of its frame.
pub struct Assembled {
    pub bytes: Vec<u8>,
    pub entries: Vec<usize>,
    pub frame: usize,
}

// Registers that calls leave alone
const OFFSET: AsmRegister64 = rbx;
const END: AsmRegister64 = r12;
const FRAME: AsmRegister64 = r13;
const TABLE: AsmRegister64 = r14;
const SCALARS: AsmRegister64 = r15;
const CONSTANTS: AsmRegister64 = rbp;
/// For addresses
const TEMPORARY: AsmRegister64 = rax;
/// Pointers of the planes that are used most, where nothing is called
const POINTERS: [AsmRegister64; 8] = [rdi, rsi, rdx, rcx, r8, r9, r10, r11];
/// Registers of [`super::masks`], one for the moment, and the odd lanes
const MASKS: [AsmRegisterK; super::masks::REGISTERS] = [k1, k2, k3, k4, k5];
const MASK: AsmRegisterK = k6;
const ODD: AsmRegisterK = k7;
const KEPT: [AsmRegister64; 6] = [OFFSET, END, FRAME, TABLE, SCALARS, CONSTANTS];

const VECTORS: [AsmRegisterZmm; REGISTERS] = [
    zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
    zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30,
    zmm31,
];

pub fn assemble(segments: &[Segment], needs: &Needs) -> Result<Assembled, IcedError> {
    let mut assembled = Assembled { bytes: vec![], entries: vec![], frame: 0 };
    for segment in segments {
        let a = CodeAssembler::new(64)?;
        let pointers = pointers(segment, needs);
        let mut assembler = Assembler { a, needs, pointers, n_spills: 0, seldom: vec![] };
        assembler.function(segment)?;
        assembled.frame = assembled.frame.max(SPILLS + assembler.n_spills);
        // functions begin at cache lines
        assembled.bytes.resize(assembled.bytes.len().next_multiple_of(VECTOR), 0xcc);
        assembled.entries.push(assembled.bytes.len());
        assembled.bytes.extend(assembler.a.assemble(0)?);
    }
    Ok(assembled)
}

struct Assembler<'a> {
    a: CodeAssembler,
    needs: &'a Needs,
    pointers: BTreeMap<usize, AsmRegister64>,
    n_spills: usize,
    seldom: Vec<Seldom>,
}

/// Code beside the way.
struct Seldom {
    begin: CodeLabel,
    back: CodeLabel,
    code: Vec<Machine>,
    result: Register,
    from: Register,
}

/// Registers for the planes that are used most.
fn pointers(segment: &Segment, needs: &Needs) -> BTreeMap<usize, AsmRegister64> {
    if segment.micros.iter().any(|micro| matches!(micro, Micro::Call(..))) {
        return BTreeMap::new();
    }
    let mut count: BTreeMap<usize, usize> = needs.consumed.iter().map(|plane| (*plane, 1)).collect();
    for micro in &segment.micros {
        if let Micro::Load(home) | Micro::Store(home, _) = micro {
            *count.entry(needs.place(*home)).or_default() += 1;
        }
    }
    let mut places: Vec<usize> = count.keys().copied().collect();
    places.sort_by_key(|place| std::cmp::Reverse(count[place]));
    places.into_iter().zip(POINTERS).collect()
}

impl Needs {
    /// Place of a pointer in the table.
    fn place(&self, home: Home) -> usize {
        match home {
            Home::Plane(k, _) => k,
            Home::Slot(k) => self.planes + 1 + k,
        }
    }
}

impl Assembler<'_> {
    fn vector(&self, number: usize) -> AsmMemoryOperand {
        zmmword_ptr(FRAME + (number * VECTOR) as i32)
    }

    fn function(&mut self, segment: &Segment) -> Result<(), IcedError> {
        for register in KEPT {
            self.a.push(register)?;
        }
        // calls want the stack at a multiple of 16
        self.a.sub(rsp, 8)?;
        for (register, argument) in [(TABLE, rdi), (FRAME, rsi), (SCALARS, rdx), (CONSTANTS, rcx), (END, r8)]
        {
            self.a.mov(register, argument)?;
        }
        self.a.xor(ebx, ebx)?;
        self.odd_lanes()?;
        self.first_chunk()?;
        for (plane, register) in self.pointers.clone() {
            self.a.mov(register, qword_ptr(TABLE + (8 * plane) as i32))?;
        }
        let mut next = self.a.create_label();
        self.a.set_label(&mut next)?;
        self.segment(segment)?;
        if !self.needs.consumed.is_empty() {
            self.a.vpxord(zmm0, zmm0, zmm0)?;
        }
        for plane in self.needs.consumed.clone() {
            for part in 0..segment.vectors {
                let memory = self.plane(plane, part)?;
                self.a.vmovdqu32(memory, zmm0)?;
            }
        }
        self.a.add(OFFSET, (segment.vectors * VECTOR) as i32)?;
        self.a.cmp(OFFSET, END)?;
        self.a.jb(next)?;
        self.a.vzeroupper()?;
        self.a.add(rsp, 8)?;
        for register in KEPT.into_iter().rev() {
            self.a.pop(register)?;
        }
        self.a.ret()?;
        for Seldom { mut begin, back, code, result, from } in std::mem::take(&mut self.seldom) {
            self.a.set_label(&mut begin)?;
            self.machine(code, RARE)?;
            self.a.vmovdqa32(VECTORS[result], VECTORS[from])?;
            self.a.jmp(back)?;
        }
        Ok(())
    }

    /// The mask of odd lanes, which calls do not keep.
    fn odd_lanes(&mut self) -> Result<(), IcedError> {
        self.a.mov(eax, 0xaaaa_u32)?;
        self.a.kmovw(ODD, eax)
    }

    /// The current vector of a plane, or one of the next.
    fn plane(&mut self, place: usize, part: usize) -> Result<AsmMemoryOperand, IcedError> {
        let beyond = (part * VECTOR) as i32;
        if let Some(register) = self.pointers.get(&place) {
            return Ok(zmmword_ptr(*register + OFFSET + beyond));
        }
        self.a.mov(TEMPORARY, qword_ptr(TABLE + (8 * place) as i32))?;
        Ok(zmmword_ptr(TEMPORARY + OFFSET + beyond))
    }

    fn home(&mut self, home: Home) -> Result<AsmMemoryOperand, IcedError> {
        let part = if let Home::Plane(_, part) = home { part } else { 0 };
        self.plane(self.needs.place(home), part)
    }

    /// The number of the first element over 64, for [`Micro::Chunk`].
    fn first_chunk(&mut self) -> Result<(), IcedError> {
        self.a.mov(TEMPORARY, qword_ptr(TABLE + (8 * self.needs.planes) as i32))?;
        self.a.mov(eax, dword_ptr(TEMPORARY))?;
        self.a.shr(eax, 6)?;
        self.a.mov(dword_ptr(FRAME + (CHUNK * VECTOR) as i32), eax)
    }

    fn segment(&mut self, segment: &Segment) -> Result<(), IcedError> {
        let allocated = allocate(&segment.micros, &self.needs.rare, self.needs.all_ones);
        self.n_spills = self.n_spills.max(allocated.n_spills);
        self.machine(allocated.code, SPILLS)
    }

    /// Writes code whose spilled values lie from a vector of the frame on.
    fn machine(&mut self, code: Vec<Machine>, places: usize) -> Result<(), IcedError> {
        for machine in code {
            match machine {
                Machine::Spill(register, place) => {
                    let memory = self.vector(places + place);
                    self.a.vmovdqu32(memory, VECTORS[register])?;
                }
                Machine::Reload(register, place) => {
                    let memory = self.vector(places + place);
                    self.a.vmovdqu32(VECTORS[register], memory)?;
                }
                Machine::Move(to, from) => self.a.vmovdqa32(VECTORS[to], VECTORS[from])?,
                Machine::Do(micro, At::Mask(result), reads) => self.mask(micro, MASKS[result], reads)?,
                Machine::Do(micro, At::Vector(result), reads) => self.micro(micro, result, reads)?,
                Machine::Rare { all, result, code, from } => {
                    let mask = self.as_mask(all)?;
                    let (begin, mut back) = (self.a.create_label(), self.a.create_label());
                    self.a.kortestw(mask, mask)?;
                    // the carry says that all bits are set
                    self.a.jae(begin)?;
                    self.a.set_label(&mut back)?;
                    self.a.nop()?;
                    self.seldom.push(Seldom { begin, back, code, result, from });
                }
            }
        }
        Ok(())
    }
}
