//! The quantile function of the normal distribution, from additions, multiplications, divisions and square roots only.

use super::ln;

/// Numerators and denominators of the approximations, highest power first (Wichura (1988), algorithm AS 241,
/// doi:10.2307/2347330): for |p - 1/2| up to 0.425, and for r = sqrt(-ln p) up to 5 and above.
const CENTRE: [[f64; 8]; 2] = [
    [
        2.509_080_928_730_122_7e3,
        3.343_057_558_358_813e4,
        6.726_577_092_700_87e4,
        4.592_195_393_154_987e4,
        1.373_169_376_550_946e4,
        1.971_590_950_306_551_3e3,
        1.331_416_678_917_843_8e2,
        3.387_132_872_796_366_5,
    ],
    [
        5.226_495_278_852_854e3,
        2.872_908_573_572_194_3e4,
        3.930_789_580_009_271e4,
        2.121_379_430_158_659_7e4,
        5.394_196_021_424_751e3,
        6.871_870_074_920_579e2,
        4.231_333_070_160_091e1,
        1.0,
    ],
];
const FLANK: [[f64; 8]; 2] = [
    [
        7.745_450_142_783_414e-4,
        2.272_384_498_926_918_4e-2,
        2.417_807_251_774_506e-1,
        1.270_458_252_452_368_4,
        3.647_848_324_763_204_5,
        5.769_497_221_460_691,
        4.630_337_846_156_546,
        1.423_437_110_749_683_5,
    ],
    [
        1.050_750_071_644_416_9e-9,
        5.475_938_084_995_345e-4,
        1.519_866_656_361_645_7e-2,
        1.481_039_764_274_800_8e-1,
        6.897_673_349_851e-1,
        1.676_384_830_183_803_8,
        2.053_191_626_637_759,
        1.0,
    ],
];
const TAIL: [[f64; 8]; 2] = [
    [
        2.010_334_399_292_288_1e-7,
        2.711_555_568_743_487_6e-5,
        1.242_660_947_388_078_4e-3,
        2.653_218_952_657_612_4e-2,
        2.965_605_718_285_048_7e-1,
        1.784_826_539_917_291_3,
        5.463_784_911_164_114,
        6.657_904_643_501_103,
    ],
    [
        2.044_263_103_389_939_8e-15,
        1.421_511_758_316_446e-7,
        1.846_318_317_510_054_8e-5,
        7.868_691_311_456_133e-4,
        1.487_536_129_085_061_5e-2,
        1.369_298_809_227_358e-1,
        5.998_322_065_558_88e-1,
        1.0,
    ],
];

/// The number, at most 0, that a standard normal number is below with probability `p` in 0..=0.5; relative error
/// below 1e-14.
pub fn normal_quantile(p: f64) -> f64 {
    let quotient = |[above, below]: [[f64; 8]; 2], x: f64| {
        let at = |terms: [f64; 8]| terms.into_iter().fold(0.0, |sum, term| sum * x + term);
        at(above) / at(below)
    };
    let q = p - 0.5;
    if q >= -0.425 {
        return q * quotient(CENTRE, 0.180_625 - q * q);
    }
    // 1e-300: the smallest number that `ln` takes is larger than 2.3e-308
    let r = (-ln(p.max(1e-300))).sqrt();
    if r <= 5.0 { -quotient(FLANK, r - 1.6) } else { -quotient(TAIL, r - 5.0) }
}

/// The probability that a standard normal number is below `x`.
pub fn normal_probability(x: f64) -> f64 {
    // 110 halvings of 0.5 reach the last bit wherever a normal number of 32 random bits can lie
    let (mut low, mut high) = (0.0, 0.5);
    for _ in 0..110 {
        let middle = 0.5 * (low + high);
        if normal_quantile(middle) < -x.abs() { low = middle } else { high = middle }
    }
    if x > 0.0 { 1.0 - high } else { high }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_quantiles() {
        // statistics.NormalDist().inv_cdf of Python 3.12
        for (p, z) in [
            (0.5, 0.0),
            (0.3, -0.524_400_512_708_040_9),
            (0.05, -1.644_853_626_951_472_2),
            (1e-5, -4.264_890_793_922_825),
            (1e-10, -6.361_340_902_404_056),
            (1e-20, -9.262_340_089_798_407),
        ] {
            assert!((normal_quantile(p) - z).abs() < 1e-13, "{} at {p}", normal_quantile(p));
            assert!((normal_probability(z) / p - 1.0).abs() < 1e-12);
            assert!((normal_probability(-z) - (1.0 - p)).abs() < 1e-12);
        }
    }
}
