//! The machine instructions of each micro-instruction.

use super::{
    Assembler, CALL, CHUNK, CONSTANTS, FRAME, MASK, MASKS, ODD, OFFSET, SCALARS, TABLE, TEMPORARY, VECTOR,
    VECTORS,
};
use crate::lane::native::allocate::{Operand as At, Register};
use crate::lane::native::micro::{Arg, Compare, LANES, Micro, One, Order, Two};
use iced_x86::IcedError;
use iced_x86::code_asm::*;

fn immediate(order: Order) -> u32 {
    match order {
        Order::Eq => 0,
        Order::Lt => 1,
        Order::Le => 2,
        Order::Ne => 4,
        Order::Ge | Order::NotLt => 5,
        Order::Gt => 6,
    }
}

/// For f32: comparisons with NaN do not hold, but for "not equal".
fn float_immediate(order: Order) -> u32 {
    match order {
        Order::Eq => 0x00,
        Order::Lt => 0x11,
        Order::Le => 0x12,
        Order::Ne => 0x04,
        Order::Ge => 0x1d,
        Order::Gt => 0x1e,
        Order::NotLt => 0x15,
    }
}

/// One instruction with its last operand in a register or in memory.
macro_rules! with {
    ($a:expr, $name:ident, $first:expr, $second:expr, $last:expr $(; $immediate:expr)?) => {
        match $last {
            Operand::Register(last) => $a.$name($first, $second, last $(, $immediate)?),
            Operand::Memory(last) => $a.$name($first, $second, last $(, $immediate)?),
        }
    };
}

/// A destination of which only the lanes of a mask are written.
fn under(d: AsmRegisterZmm, mask: AsmRegisterK) -> AsmRegisterZmm {
    match mask {
        _ if mask == k1 => d.k1(),
        _ if mask == k2 => d.k2(),
        _ if mask == k3 => d.k3(),
        _ if mask == k4 => d.k4(),
        _ if mask == k5 => d.k5(),
        _ if mask == k6 => d.k6(),
        _ => d.k7(),
    }
}

#[derive(Clone, Copy)]
enum Operand {
    Register(AsmRegisterZmm),
    Memory(AsmMemoryOperand),
}

impl Assembler<'_> {
    /// A truth value in a mask register.
    pub(super) fn as_mask(&mut self, at: At) -> Result<AsmRegisterK, IcedError> {
        match at {
            At::Mask(mask) => Ok(MASKS[mask]),
            At::Vector(register) => {
                self.a.vpmovd2m(MASK, VECTORS[register])?;
                Ok(MASK)
            }
        }
    }

    /// A micro-instruction whose result is a mask.
    pub(super) fn mask(&mut self, micro: Micro, d: AsmRegisterK, reads: [At; 3]) -> Result<(), IcedError> {
        let Micro::Two(two, _, arg) = micro else { unreachable!("{micro:?} makes no mask") };
        if let Two::Compare(compare) = two {
            let last = self.operand(arg, reads[1])?;
            return self.compare(compare, d, VECTORS[reads[0].vector()], last);
        }
        let a = self.as_mask(reads[0])?;
        if !matches!(arg, Arg::Value(_)) {
            return self.a.knotw(d, a);
        }
        let b = self.as_mask(reads[1])?;
        match two {
            Two::And => self.a.kandw(d, a, b),
            Two::Or => self.a.korw(d, a, b),
            Two::Xor => self.a.kxorw(d, a, b),
            Two::NotAnd => self.a.kandnw(d, a, b),
            other => unreachable!("{other:?} makes no mask"),
        }
    }

    fn compare(
        &mut self,
        compare: Compare,
        d: AsmRegisterK,
        a: AsmRegisterZmm,
        b: Operand,
    ) -> Result<(), IcedError> {
        match compare {
            Compare::Float(order) => with!(self.a, vcmpps, d, a, b; float_immediate(order)),
            Compare::Signed(order) => with!(self.a, vpcmpd, d, a, b; immediate(order)),
            Compare::Unsigned(order) => with!(self.a, vpcmpud, d, a, b; immediate(order)),
        }
    }

    /// The lanes of a vector where a mask holds, 0 elsewhere.
    fn chosen(&mut self, d: AsmRegisterZmm, mask: AsmRegisterK, vector: Operand) -> Result<(), IcedError> {
        match vector {
            Operand::Register(register) => self.a.vmovdqa32(under(d, mask).z(), register),
            Operand::Memory(memory) => self.a.vpbroadcastd(under(d, mask).z(), memory),
        }
    }

    /// An operand; `at` is where it is if it is a value.
    fn operand(&mut self, arg: Arg, at: At) -> Result<Operand, IcedError> {
        Ok(match arg {
            Arg::Value(_) => Operand::Register(VECTORS[at.vector()]),
            Arg::Constant(k) => Operand::Memory(dword_bcst(CONSTANTS + (VECTOR + 4 * k) as i32)),
            Arg::Scalar(k) => Operand::Memory(dword_bcst(SCALARS + (4 * k) as i32)),
            Arg::Index => {
                self.a.mov(TEMPORARY, qword_ptr(TABLE + (8 * self.needs.planes) as i32))?;
                Operand::Memory(dword_bcst(TEMPORARY))
            }
        })
    }

    /// A scalar or constant in memory.
    fn word(&mut self, arg: Arg) -> Result<AsmMemoryOperand, IcedError> {
        Ok(match arg {
            Arg::Value(_) => unreachable!("values are in registers"),
            Arg::Constant(k) => dword_ptr(CONSTANTS + (VECTOR + 4 * k) as i32),
            Arg::Scalar(k) => dword_ptr(SCALARS + (4 * k) as i32),
            Arg::Index => {
                self.a.mov(TEMPORARY, qword_ptr(TABLE + (8 * self.needs.planes) as i32))?;
                dword_ptr(TEMPORARY)
            }
        })
    }

    /// The lanes where a mask holds from `accept`, the others from `reject`.
    fn blend(
        &mut self,
        d: AsmRegisterZmm,
        mask: AsmRegisterK,
        accept: At,
        reject: (Arg, At),
    ) -> Result<(), IcedError> {
        let accept = VECTORS[accept.vector()];
        match reject {
            (Arg::Value(_), at) => self.a.vpblendmd(under(d, mask), VECTORS[at.vector()], accept),
            (arg, _) => {
                let word = self.word(arg)?;
                self.a.vpbroadcastd(d, word)?;
                self.a.vmovdqa32(under(d, mask), accept)
            }
        }
    }

    /// Operations of a mask and a vector.
    fn masked(
        &mut self,
        micro: Micro,
        d: AsmRegisterZmm,
        mask: AsmRegisterK,
        reads: [At; 3],
    ) -> Result<(), IcedError> {
        match micro {
            Micro::Select(_, _, reject) => self.blend(d, mask, reads[1], (reject, reads[2])),
            Micro::Two(two, _, arg) => {
                let vector = match arg {
                    Arg::Value(_) => Operand::Register(VECTORS[reads[1].vector()]),
                    arg => Operand::Memory(self.word(arg)?),
                };
                if two == Two::And {
                    return self.chosen(d, mask, vector);
                }
                self.a.knotw(MASK, mask)?;
                self.chosen(d, MASK, vector)
            }
            other => unreachable!("{other:?} takes no mask"),
        }
    }

    pub(super) fn micro(&mut self, micro: Micro, result: Register, reads: [At; 3]) -> Result<(), IcedError> {
        let d = VECTORS[result];
        if let Micro::StoreBits(plane, part, _) = micro {
            let mask = self.as_mask(reads[0])?;
            // a bit for every 4 bytes of a plane
            self.a.mov(TEMPORARY, OFFSET)?;
            self.a.shr(TEMPORARY, 5)?;
            self.a.add(TEMPORARY, qword_ptr(TABLE + (8 * plane) as i32))?;
            return self.a.kmovw(word_ptr(TEMPORARY + (2 * part) as i32), mask);
        }
        match (micro, reads) {
            (Micro::Two(..) | Micro::Select(..), [At::Mask(mask), ..]) => {
                return self.masked(micro, d, MASKS[mask], reads);
            }
            // the other way round
            (Micro::Two(Two::And, ..), [vector, At::Mask(mask), _]) => {
                let vector = Operand::Register(VECTORS[vector.vector()]);
                return self.chosen(d, MASKS[mask], vector);
            }
            _ => {}
        }
        let [a, b, _] = reads.map(|at| if let At::Vector(k) = at { VECTORS[k] } else { zmm0 });
        match micro {
            Micro::Load(home) => {
                let memory = self.home(home)?;
                self.a.vmovdqu32(d, memory)
            }
            Micro::Store(home, _) => {
                let memory = self.home(home)?;
                self.a.vmovdqu32(memory, a)
            }
            Micro::Spread(arg) => {
                let memory = self.word(arg)?;
                self.a.vpbroadcastd(d, memory)
            }
            Micro::Low => self.a.vmovdqu32(d, zmmword_ptr(CONSTANTS)),
            Micro::Chunk => {
                // 256 bytes of a plane are 64 lanes
                self.a.mov(eax, ebx)?;
                self.a.shr(eax, 8)?;
                self.a.add(eax, dword_ptr(FRAME + (CHUNK * VECTOR) as i32))?;
                self.a.vpbroadcastd(d, eax)
            }
            Micro::Part(part) => {
                self.a.mov(eax, part as u32)?;
                self.a.vpbroadcastd(d, eax)
            }
            Micro::Lane(part) => {
                self.a.mov(eax, ebx)?;
                self.a.shr(eax, 2)?;
                self.a.add(eax, (part * LANES) as i32)?;
                self.a.vpbroadcastd(d, eax)?;
                self.a.vpaddd(d, d, zmmword_ptr(CONSTANTS))
            }
            Micro::One(one, _) => self.one(one, d, a),
            Micro::Two(two, _, arg) => {
                let last = self.operand(arg, reads[1])?;
                self.two(two, d, a, last)
            }
            Micro::Fma(_, _, arg) => {
                let last = self.operand(arg, reads[2])?;
                with!(self.a, vfmadd213ps, d, b, last)
            }
            Micro::Select(_, _, arg) => {
                let last = self.operand(arg, reads[2])?;
                with!(self.a, vpternlogd, d, b, last; 0xca)
            }
            Micro::TwoIf(two, _, _, arg) => {
                let mask = self.as_mask(reads[1])?;
                let last = self.operand(arg, reads[2])?;
                let lanes = under(d, mask);
                match two {
                    Two::Add => with!(self.a, vaddps, lanes, d, last),
                    Two::Sub => with!(self.a, vsubps, lanes, d, last),
                    Two::Mul => with!(self.a, vmulps, lanes, d, last),
                    Two::AddI => with!(self.a, vpaddd, lanes, d, last),
                    Two::SubI => with!(self.a, vpsubd, lanes, d, last),
                    other => unreachable!("{other:?} is done in all lanes"),
                }
            }
            Micro::Xor3(_, _, arg) => {
                let last = self.operand(arg, reads[2])?;
                with!(self.a, vpternlogd, d, b, last; 0x96)
            }
            Micro::Odd(..) => self.a.vmovdqa32(under(d, ODD), b),
            Micro::Input | Micro::StoreBits(..) | Micro::Rare { .. } => unreachable!("written elsewhere"),
            Micro::Call(number, _, second) => self.call(number, d, a, second.map(|_| b)),
        }
    }

    fn one(&mut self, one: One, d: AsmRegisterZmm, a: AsmRegisterZmm) -> Result<(), IcedError> {
        match one {
            One::Round(mode) => self.a.vrndscaleps(d, a, mode),
            One::Sqrt => self.a.vsqrtps(d, a),
            One::FromI32 => self.a.vcvtdq2ps(d, a),
            One::FromU32 => self.a.vcvtudq2ps(d, a),
            One::ToI32 => self.a.vcvttps2dq(d, a),
            One::ToU32 => self.a.vcvttps2udq(d, a),
            One::ShlBy(by) => self.a.vpslld(d, a, by),
            One::ShrIBy(by) => self.a.vpsrad(d, a, by),
            One::ShrUBy(by) => self.a.vpsrld(d, a, by),
            One::HighHalf => self.a.vpsrlq(d, a, 32),
        }
    }

    fn two(&mut self, two: Two, d: AsmRegisterZmm, a: AsmRegisterZmm, b: Operand) -> Result<(), IcedError> {
        match two {
            Two::Add => with!(self.a, vaddps, d, a, b),
            Two::Sub => with!(self.a, vsubps, d, a, b),
            Two::Mul => with!(self.a, vmulps, d, a, b),
            Two::Div => with!(self.a, vdivps, d, a, b),
            Two::Min => with!(self.a, vminps, d, a, b),
            Two::Max => with!(self.a, vmaxps, d, a, b),
            Two::AddI => with!(self.a, vpaddd, d, a, b),
            Two::SubI => with!(self.a, vpsubd, d, a, b),
            Two::MulI => with!(self.a, vpmulld, d, a, b),
            Two::MinI => with!(self.a, vpminsd, d, a, b),
            Two::MaxI => with!(self.a, vpmaxsd, d, a, b),
            Two::MinU => with!(self.a, vpminud, d, a, b),
            Two::MaxU => with!(self.a, vpmaxud, d, a, b),
            Two::And => with!(self.a, vpandd, d, a, b),
            Two::NotAnd => with!(self.a, vpandnd, d, a, b),
            Two::Or => with!(self.a, vpord, d, a, b),
            Two::Xor => with!(self.a, vpxord, d, a, b),
            Two::Shl => with!(self.a, vpsllvd, d, a, b),
            Two::ShrI => with!(self.a, vpsravd, d, a, b),
            Two::ShrU => with!(self.a, vpsrlvd, d, a, b),
            Two::Keep => {
                with!(self.a, vptestmd, MASK, a, b)?;
                self.chosen(d, MASK, Operand::Register(a))
            }
            Two::MulEven => match b {
                Operand::Register(b) => self.a.vpmuludq(d, a, b),
                Operand::Memory(_) => unreachable!("its operands are in registers"),
            },
            Two::Compare(compare) => {
                self.compare(compare, MASK, a, b)?;
                self.a.vpmovm2d(d, MASK)
            }
        }
    }

    /// Operands and result go through the frame; everything else is there already.
    fn call(
        &mut self,
        number: usize,
        d: AsmRegisterZmm,
        a: AsmRegisterZmm,
        b: Option<AsmRegisterZmm>,
    ) -> Result<(), IcedError> {
        let [result, first, second] = [0, 1, 2].map(|k| self.vector(CALL + k));
        self.a.vmovdqu32(first, a)?;
        if let Some(b) = b {
            self.a.vmovdqu32(second, b)?;
        }
        for (argument, place) in [(rdi, CALL), (rsi, CALL + 1), (rdx, CALL + 2)] {
            self.a.lea(argument, qword_ptr(FRAME + (place * VECTOR) as i32))?;
        }
        self.a.vzeroupper()?;
        self.a.mov(rax, self.needs.calls[number])?;
        self.a.call(rax)?;
        self.odd_lanes()?;
        self.a.vmovdqu32(d, result)
    }
}
