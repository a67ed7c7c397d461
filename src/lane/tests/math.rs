//! Elementary functions against f64.

use crate::lane::math;

/// Largest error in units of the last place over a dense sample of `from..to`.
fn worst(from: f32, to: f32, f: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64) -> f64 {
    const N: usize = 400_000;
    let mut worst: f64 = 0.0;
    for k in 0..=N {
        let x = from + (to - from) * (k as f32 / N as f32);
        let (y, expected) = (f64::from(f(x)), exact(f64::from(x)));
        if (expected as f32).abs() < f32::MIN_POSITIVE {
            assert!(y.abs() <= f64::from(f32::MIN_POSITIVE), "f({x}) = {y}, expected {expected}");
            continue;
        }
        let nearest = expected as f32;
        let ulp = f64::from(f32::from_bits(nearest.abs().to_bits() + 1)) - f64::from(nearest.abs());
        worst = worst.max((y - expected).abs() / ulp);
    }
    worst
}

macro_rules! within_two_ulp {
    ($($name:ident: $from:expr => $to:expr, $exact:expr;)*) => { $(
        #[test]
        fn $name() {
            for (fused, f) in [(true, math::$name::<true> as fn(f32) -> f32), (false, math::$name::<false>)] {
                let error = worst($from, $to, f, $exact);
                assert!(error <= 2.0, "{error} ulp with fused {fused}");
            }
        }
    )* };
}

within_two_ulp! {
    exp: -87.0 => 88.7, f64::exp;
    exp2: -126.0 => 127.9, f64::exp2;
    log: 1e-6 => 20.0, f64::ln;
    log2: 1e-6 => 20.0, f64::log2;
    exprel: -100.0 => 88.0, |x| if x == 0.0 { 1.0 } else { x.exp_m1() / x };
    sin: -1e4 => 1e4, f64::sin;
    cos: -1e4 => 1e4, f64::cos;
    tan: -1e4 => 1e4, f64::tan;
    tanh: -10.0 => 10.0, f64::tanh;
    atan: -20.0 => 20.0, f64::atan;
}

#[test]
fn exprel_is_accurate_near_zero() {
    let exact = |x: f64| if x == 0.0 { 1.0 } else { x.exp_m1() / x };
    for range in [1e-6, 1e-3, 1.0] {
        assert!(worst(-range, range, math::exprel::<true>, exact) <= 2.0);
        assert!(worst(-range, range, math::exprel::<false>, exact) <= 2.0);
    }
}

#[test]
fn pow_is_within_two_ulp() {
    for y in [-3.5f32, -1.0, 0.0, 0.3, 1.0, 2.0, 4.0, 17.0] {
        let error = worst(1e-3, 30.0, |x| math::pow::<true>(x, y), |x| x.powf(f64::from(y)));
        assert!(error <= 2.0, "{error} ulp at exponent {y}");
    }
}

#[test]
fn special_values_are_kept() {
    assert_eq!(math::exp::<true>(f32::INFINITY), f32::INFINITY);
    assert_eq!(math::exp::<true>(f32::NEG_INFINITY), 0.0);
    assert_eq!(math::exprel::<true>(f32::INFINITY), f32::INFINITY);
    assert_eq!(math::exprel::<true>(f32::NEG_INFINITY), 0.0);
    assert_eq!(math::log::<true>(0.0), f32::NEG_INFINITY);
    assert_eq!(math::pow::<true>(0.0, 2.0), 0.0);
    assert_eq!(math::pow::<true>(0.0, 0.0), 1.0);
    assert!(math::exp::<true>(f32::NAN).is_nan());
    assert!(math::log::<true>(-1.0).is_nan());
}

#[test]
fn casts_saturate() {
    let cases = [(0.9, 0, 0), (-0.9, 0, 0), (-7.5, -7, 0), (3e9, 2_147_483_520, 3_000_000_000)];
    for (x, signed, unsigned) in cases {
        assert_eq!((math::to_i32(x) as i32, math::to_u32(x)), (signed, unsigned), "{x}");
    }
    assert_eq!(math::to_i32(-1e20) as i32, i32::MIN);
    assert_eq!(math::to_u32(f32::INFINITY), 4_294_967_040);
}

#[test]
fn integer_division_is_exact() {
    let edges = [0u32, 1, 2, 3, 7, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, u32::MAX - 1, u32::MAX];
    let random = (0..2000u32).map(|k| super::hash(k, 1) >> (k % 32));
    let values: Vec<u32> = edges.into_iter().chain(random).collect();
    for (k, &a) in values.iter().enumerate() {
        for &b in edges.iter().chain(&values[k..(k + 20).min(values.len())]) {
            assert_eq!(math::div_u32(a, b), a.checked_div(b).unwrap_or(a), "{a} / {b}");
            let (i, j) = (a as i32, b as i32);
            let expected = if j == 0 { i } else { i.wrapping_div(j) };
            assert_eq!(math::div_i32(a, b) as i32, expected, "{i} / {j}");
        }
    }
}
