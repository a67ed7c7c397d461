//! The loops over lanes, stamped once per instruction set.

use super::kernels::{Binary, Ternary, Unary};
use super::{CHUNK, Call};

type Chunk = [u32; CHUNK];

/// An operand of a loop: one value per lane, or one for all.
pub trait Operand: Copy {
    /// # Safety
    /// `p` points to `n` chunks that nobody writes meanwhile, or to one value.
    unsafe fn at(p: *const u32, n: usize) -> Self;

    fn lane(self, chunk: usize, lane: usize) -> u32;
}

/// One value per lane.
#[derive(Clone, Copy)]
pub struct Vector<'a>(&'a [Chunk]);

/// One value for all lanes.
#[derive(Clone, Copy)]
pub struct Shared(u32);

impl Operand for Vector<'_> {
    #[inline(always)]
    unsafe fn at(p: *const u32, n: usize) -> Self {
        // SAFETY: the caller's promise.
        Vector(unsafe { std::slice::from_raw_parts(p.cast(), n) })
    }

    #[inline(always)]
    fn lane(self, chunk: usize, lane: usize) -> u32 {
        self.0[chunk][lane]
    }
}

impl Operand for Shared {
    #[inline(always)]
    unsafe fn at(p: *const u32, _: usize) -> Self {
        // SAFETY: the caller's promise.
        Shared(unsafe { *p })
    }

    #[inline(always)]
    fn lane(self, _: usize, _: usize) -> u32 {
        self.0
    }
}

/// # Safety
/// `p` points to `n` chunks that nobody else uses meanwhile.
#[inline(always)]
unsafe fn write<'a>(p: *mut u32, n: usize) -> &'a mut [Chunk] {
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts_mut(p.cast(), n) }
}

/// The loops of one instruction set.
pub trait Loops {
    fn unary<O: Unary, A: Operand>() -> Call;
    fn binary<O: Binary, A: Operand, B: Operand>() -> Call;
    fn ternary<O: Ternary, A: Operand, B: Operand, C: Operand>() -> Call;
    /// The first operand of `O` is what the destination holds.
    fn narrow<O: Binary, A: Operand>() -> Call;
    /// The first operand of `O` is what the destination holds.
    fn update<O: Ternary, A: Operand, B: Operand>() -> Call;
    /// `d = a + lane`
    fn count() -> Call;
    /// One bit of `d` for each lane of `a`
    fn pack<A: Operand>() -> Call;
}

/// One loop: an entry with the signature of [`Call`], and inside it the loop on references, so that LLVM knows
/// that the destination overlaps nothing.
macro_rules! stamp {
    ($entry:ident, $inner:ident, $op:ident, ($($x:ident: $kind:ident),*),
     |$d:ident, $k:ident, $i:ident| $body:expr, $(#[$feature:meta])*) => {
        $(#[$feature])*
        #[inline]
        fn $inner<O: $op, $($kind: Operand),*>(n: usize, $d: &mut [Chunk], $($x: $kind),*) {
            for $k in 0..n {
                for $i in 0..CHUNK {
                    $d[$k][$i] = $body;
                }
            }
        }

        $(#[$feature])*
        #[allow(unused_variables, reason = "one signature for any number of operands")]
        unsafe fn $entry<O: $op, $($kind: Operand),*>(
            n: usize, d: *mut u32, a: *const u32, b: *const u32, c: *const u32,
        ) {
            let [$($x),*, ..] = [a, b, c];
            // SAFETY: what `Call` asks of its caller.
            unsafe { $inner::<O, $($kind),*>(n, write(d, n), $($kind::at($x, n)),*) }
        }
    };
}

macro_rules! loops {
    ($set:ident, $module:ident, $fma:expr, $(#[$feature:meta])*) => {
        /// The loops compiled for this instruction set.
        pub struct $set;

        mod $module {
            use super::*;
            stamp! { one, one_inner, Unary, (a: A),
                |d, k, i| O::apply::<{ $fma }>(a.lane(k, i)), $(#[$feature])* }
            stamp! { two, two_inner, Binary, (a: A, b: B),
                |d, k, i| O::apply::<{ $fma }>(a.lane(k, i), b.lane(k, i)), $(#[$feature])* }
            stamp! { three, three_inner, Ternary, (a: A, b: B, c: C),
                |d, k, i| O::apply::<{ $fma }>(a.lane(k, i), b.lane(k, i), c.lane(k, i)), $(#[$feature])* }
            stamp! { narrow, narrow_inner, Binary, (a: A),
                |d, k, i| O::apply::<{ $fma }>(d[k][i], a.lane(k, i)), $(#[$feature])* }
            stamp! { update, update_inner, Ternary, (a: A, b: B),
                |d, k, i| O::apply::<{ $fma }>(d[k][i], a.lane(k, i), b.lane(k, i)), $(#[$feature])* }
            stamp! { count, count_inner, Unary, (a: A),
                |d, k, i| a.lane(k, i).wrapping_add((k * CHUNK + i) as u32), $(#[$feature])* }

            $(#[$feature])*
            #[inline]
            fn pack_inner<A: Operand>(n: usize, d: &mut [[u32; 2]], a: A) {
                for k in 0..n {
                    for (half, word) in d[k].iter_mut().enumerate() {
                        *word = 0;
                        for i in 0..32 {
                            *word |= (a.lane(k, 32 * half + i) & 1) << i;
                        }
                    }
                }
            }

            $(#[$feature])*
            unsafe fn pack<A: Operand>(n: usize, d: *mut u32, a: *const u32, _: *const u32, _: *const u32) {
                // SAFETY: what `Call` asks of its caller; `d` has two words for each chunk.
                unsafe { pack_inner(n, std::slice::from_raw_parts_mut(d.cast(), n), A::at(a, n)) }
            }

            impl Loops for $set {
                fn pack<A: Operand>() -> Call { pack::<A> }
                fn unary<O: Unary, A: Operand>() -> Call { one::<O, A> }
                fn binary<O: Binary, A: Operand, B: Operand>() -> Call { two::<O, A, B> }
                fn ternary<O: Ternary, A: Operand, B: Operand, C: Operand>() -> Call { three::<O, A, B, C> }
                fn narrow<O: Binary, A: Operand>() -> Call { narrow::<O, A> }
                fn update<O: Ternary, A: Operand, B: Operand>() -> Call { update::<O, A, B> }
                fn count() -> Call { count::<crate::lane::isa::kernels::Copy, Shared> }
            }
        }
    };
}

/// A function of one operand on 16 lanes, called by machine code.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,bmi1,bmi2")]
pub unsafe extern "sysv64" fn vector_one<O: Unary>(d: *mut u32, a: *const u32, _: *const u32) {
    // SAFETY: what `VectorCall` asks of its caller.
    let (d, a) = unsafe { (&mut *d.cast::<[u32; 16]>(), &*a.cast::<[u32; 16]>()) };
    for i in 0..16 {
        d[i] = O::apply::<true>(a[i]);
    }
}

/// A function of two operands on 16 lanes, called by machine code.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,bmi1,bmi2")]
pub unsafe extern "sysv64" fn vector_two<O: Binary>(d: *mut u32, a: *const u32, b: *const u32) {
    // SAFETY: what `VectorCall` asks of its caller.
    let (d, a, b) =
        unsafe { (&mut *d.cast::<[u32; 16]>(), &*a.cast::<[u32; 16]>(), &*b.cast::<[u32; 16]>()) };
    for i in 0..16 {
        d[i] = O::apply::<true>(a[i], b[i]);
    }
}

// NEON has fused multiply-add; SSE2 has not, and there `mul_add` is a call into libm.
loops!(Baseline, baseline, cfg!(target_arch = "aarch64"),);
#[cfg(target_arch = "x86_64")]
loops!(Avx2, avx2, true, #[target_feature(enable = "avx2,fma,bmi1,bmi2")]);
#[cfg(target_arch = "x86_64")]
loops!(Avx512, avx512, true, #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,bmi1,bmi2")]);
