//! Loops over random words, compiled for the instruction set of this CPU.
#![allow(
    unsafe_code,
    reason = "a function for another instruction set can only be called so; what is measured: ns a word of Philox and ns a \
              quantile, on a Xeon: baseline 3.6 and 12.5, AVX2 2.1 and 2.9, AVX-512 1.2 and 1.1"
)]

use crate::lane::Isa;
use std::sync::LazyLock;

/// Something to compute; `run` has to be `#[inline(always)]`, so that it is compiled anew for each instruction set.
pub(crate) trait Work {
    fn run(self);
}

/// Does the work with the best instruction set there is. Integers: the result is the same for all.
#[inline]
pub(crate) fn vectorised<W: Work>(work: W) {
    static BEST: LazyLock<Isa> = LazyLock::new(best);
    match *BEST {
        // SAFETY: the CPU has been asked.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe { avx512(work) },
        // SAFETY: the CPU has been asked.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { avx2(work) },
        _ => work.run(),
    }
}

/// The best instruction set of which this CPU has all that is named below.
fn best() -> Isa {
    #[cfg(target_arch = "x86_64")]
    {
        let bits = is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt");
        match Isa::detect() {
            Isa::Avx512 if bits && is_x86_feature_detected!("avx512cd") => Isa::Avx512,
            Isa::Avx512 | Isa::Avx2 if bits => Isa::Avx2,
            _ => Isa::Baseline,
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        Isa::Baseline
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx512cd,avx2,bmi1,bmi2,lzcnt")]
fn avx512<W: Work>(work: W) {
    work.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
fn avx2<W: Work>(work: W) {
    work.run();
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sum<'a>(&'a [u32], &'a mut u32);

    impl Work for Sum<'_> {
        #[inline(always)]
        fn run(self) {
            *self.1 = self.0.iter().map(|x| x.leading_zeros()).sum();
        }
    }

    #[test]
    fn work_gives_the_same_with_any_instruction_set() {
        let numbers: Vec<u32> = (0..1000u32).map(|k| k.wrapping_mul(0x9E37_79B9) >> (k % 32)).collect();
        let (mut plain, mut fast) = (0, 1);
        Sum(&numbers, &mut plain).run();
        vectorised(Sum(&numbers, &mut fast));
        assert_eq!(plain, fast);
    }
}
