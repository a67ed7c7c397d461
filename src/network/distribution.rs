//! Values drawn at random: weights, delays, parameters and initial values.

use crate::Error;
use crate::random::{
    Stream, exp, ln, ln_1p, normal_mass, normal_pair, normal_probability, normal_quantile, uniform_pair,
};

/// A distribution over numbers in the unit of whatever receives them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Normal distribution.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        std: f64,
    },
    /// Normal distribution with values outside `low..=high` drawn again (NEST's `redraw`).
    TruncatedNormal {
        /// Mean before truncation.
        mean: f64,
        /// Standard deviation before truncation.
        std: f64,
        /// Smallest value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// Exponential of a normal number; `mean` and `std` are those of the normal number, as in NEST.
    Lognormal {
        /// Mean of the logarithm.
        mean: f64,
        /// Standard deviation of the logarithm.
        std: f64,
    },
    /// Uniform distribution.
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Exponential distribution.
    Exponential {
        /// Mean: the inverse of the rate. A negative mean gives negative values.
        mean: f64,
    },
}

impl Distribution {
    /// The distribution of `factor` times as much, for a factor above 0.
    pub fn times(self, factor: f64) -> Distribution {
        use Distribution::{Exponential, Lognormal, Normal, TruncatedNormal, Uniform};
        match self {
            Normal { mean, std } => Normal { mean: mean * factor, std: std * factor },
            TruncatedNormal { mean, std, low, high } => TruncatedNormal {
                mean: mean * factor,
                std: std * factor,
                low: low * factor,
                high: high * factor,
            },
            // its mean is that of the logarithm
            Lognormal { mean, std } => Lognormal { mean: mean + crate::random::ln(factor), std },
            Uniform { low, high } => Uniform { low: low * factor, high: high * factor },
            Exponential { mean } => Exponential { mean: mean * factor },
        }
    }

    /// Checks the parameters.
    pub fn validate(&self) -> Result<(), Error> {
        let fail = |text: String| Err(Error::Distribution(text));
        let (name, numbers) = self.parameters();
        if let Some((parameter, value)) = numbers.iter().find(|(_, value)| !value.is_finite()) {
            return fail(format!("`{parameter}` of `{name}` is a finite number, got {value}"));
        }
        if let Some((_, std)) = numbers.iter().find(|(parameter, value)| *parameter == "std" && *value < 0.0)
        {
            return fail(format!("`std` of `{name}` is at least 0, got {std}"));
        }
        match *self {
            Self::Uniform { low, high } | Self::TruncatedNormal { low, high, .. } if low > high => {
                fail(format!("`low` of `{name}` is at most `high`, got {low} and {high}"))
            }
            Self::TruncatedNormal { mean, std, low, high } => {
                let kept = match std {
                    0.0 => f64::from(u8::from((low..=high).contains(&mean))),
                    _ => normal_mass((low - mean) / std, (high - mean) / std),
                };
                // 1e-4: ten thousand draws for one value, and values that say little about mean and std
                if kept < 1e-4 {
                    return fail(format!(
                        "`{name}` keeps almost no value: {low} to {high} holds {kept:.1e} of a normal distribution of \
                         mean {mean} and std {std}"
                    ));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The value of one element; the same for the same stream and element.
    pub fn sample(&self, stream: Stream, element: u32) -> f64 {
        let mut value = [0.0];
        self.fill(stream, u64::from(element), &mut value);
        value[0]
    }

    /// The first `out.len()` values of a series; value `i` depends on the stream, the series and `i` only.
    ///
    /// A series is the element of the counter: an index in the low 32 bits, and above them whatever tells series of
    /// one stream apart, in the top 8 bits. The 24 bits between count the redraws of truncated values.
    pub fn fill(&self, stream: Stream, series: u64, out: &mut [f64]) {
        match *self {
            Self::Normal { mean, std } => fill(stream, series, out, normal_pair, |z| mean + std * z),
            Self::Lognormal { mean, std } => fill(stream, series, out, normal_pair, |z| exp(mean + std * z)),
            Self::Uniform { low, high } => {
                fill(stream, series, out, |pair| pair, |u| (low + (high - low) * u).clamp(low, high));
            }
            Self::Exponential { mean } => fill(stream, series, out, |pair| pair, |u| -mean * ln(u)),
            Self::TruncatedNormal { mean, std, low, high } => {
                let value = |z: f64| mean + std * z;
                fill(stream, series, out, normal_pair, value);
                for (i, value) in out.iter_mut().enumerate() {
                    let mut attempt = 0;
                    while !(low..=high).contains(value) {
                        attempt += 1;
                        let words = stream.words(series + (attempt << 32), (i / 2) as u32);
                        *value = mean + std * normal_pair(uniform_pair(words))[i % 2];
                    }
                }
            }
        }
    }

    /// The value that a number of this distribution is below with probability `p` in 0..=0.5, or above, if `upper`.
    pub(crate) fn quantile(&self) -> Box<dyn Fn(f64, bool) -> f64> {
        let normal = |p: f64, upper: bool| if upper { -normal_quantile(p) } else { normal_quantile(p) };
        match *self {
            Self::Normal { mean, std } => Box::new(move |p, upper| mean + std * normal(p, upper)),
            Self::Lognormal { mean, std } => Box::new(move |p, upper| exp(mean + std * normal(p, upper))),
            Self::Uniform { low, high } => {
                Box::new(move |p, upper| low + (high - low) * if upper { 1.0 - p } else { p })
            }
            Self::Exponential { mean } => {
                Box::new(move |p, upper| -mean * if upper { ln(p) } else { ln_1p(-p) })
            }
            Self::TruncatedNormal { mean, std: 0.0, .. } => Box::new(move |_, _| mean),
            Self::TruncatedNormal { mean, std, low, high } => {
                let [below, within] = [(low - mean) / std, (high - mean) / std].map(normal_probability);
                let (above, kept) = (1.0 - within, within - below);
                Box::new(move |p, upper| {
                    let tail = p * kept + if upper { above } else { below };
                    let z = if tail > 0.5 { normal(1.0 - tail, !upper) } else { normal(tail, upper) };
                    (mean + std * z).clamp(low, high)
                })
            }
        }
    }

    fn parameters(&self) -> (&'static str, Vec<(&'static str, f64)>) {
        match *self {
            Self::Normal { mean, std } => ("normal", vec![("mean", mean), ("std", std)]),
            Self::TruncatedNormal { mean, std, low, high } => {
                ("truncated_normal", vec![("mean", mean), ("std", std), ("low", low), ("high", high)])
            }
            Self::Lognormal { mean, std } => ("lognormal", vec![("mean", mean), ("std", std)]),
            Self::Uniform { low, high } => ("uniform", vec![("low", low), ("high", high)]),
            Self::Exponential { mean } => ("exponential", vec![("mean", mean)]),
        }
    }
}

/// Draws at a time: each step below is a loop over as many, short enough for the fastest cache and long enough for the
/// compiler to make vectors of it.
const DRAWS: usize = 32;

/// Two values from each draw.
#[inline]
fn fill(
    stream: Stream,
    series: u64,
    out: &mut [f64],
    pair: impl Fn([f64; 2]) -> [f64; 2],
    value: impl Fn(f64) -> f64,
) {
    for (first, out) in (0..).step_by(DRAWS).zip(out.chunks_mut(2 * DRAWS)) {
        let mut values = [[0.0; 2]; DRAWS];
        let values = &mut values[..out.len().div_ceil(2)];
        for (draw, values) in (first..).zip(values.iter_mut()) {
            *values = uniform_pair(stream.words(series, draw));
        }
        values.iter_mut().for_each(|values| *values = pair(*values).map(&value));
        out.copy_from_slice(&values.as_flattened()[..out.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: Stream = Stream::new(42, 3);

    /// Mean and standard deviation of 200,000 values.
    fn moments(distribution: Distribution) -> (f64, f64) {
        let mut values = vec![0.0; 200_000];
        distribution.validate().expect("valid");
        distribution.fill(STREAM, 9, &mut values);
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt())
    }

    #[test]
    fn moments_are_right() {
        // truncation of a standard normal number to 0..1: mean (phi(0) - phi(1)) / (Phi(1) - Phi(0))
        let cases = [
            (Distribution::Normal { mean: -3.0, std: 2.0 }, -3.0, 2.0),
            (Distribution::Lognormal { mean: 0.5, std: 0.5 }, 1.868_246, 0.995_637),
            (Distribution::Uniform { low: 2.0, high: 5.0 }, 3.5, 3.0 / 12f64.sqrt()),
            (Distribution::Exponential { mean: 4.0 }, 4.0, 4.0),
            (Distribution::TruncatedNormal { mean: 1.0, std: 2.0, low: 1.0, high: 3.0 }, 1.919_725, 0.569_6),
        ];
        for (distribution, mean, std) in cases {
            let (m, s) = moments(distribution);
            let tolerance = 4.0 * std / 200_000f64.sqrt();
            assert!((m - mean).abs() < tolerance, "{distribution:?}: mean {m}");
            assert!((s - std).abs() < 3.0 * tolerance, "{distribution:?}: std {s}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_drawn_values() {
        let half = |distribution: Distribution| {
            let quantile = distribution.quantile();
            let mut values = vec![0.0; 100_001];
            distribution.fill(STREAM, 2, &mut values);
            values.sort_by(f64::total_cmp);
            for (p, upper, at) in
                [(0.1, false, 10_000), (0.4, false, 40_000), (0.5, true, 50_000), (0.1, true, 90_000)]
            {
                let spread = values[90_000] - values[10_000];
                let error = (quantile(p, upper) - values[at]) / spread;
                // the quantile of 100,000 values spreads by 0.004 of this at most
                assert!(error.abs() < 0.012, "{distribution:?} {p} {upper}: {error}");
            }
        };
        half(Distribution::Normal { mean: -3.0, std: 2.0 });
        half(Distribution::Lognormal { mean: 0.5, std: 0.5 });
        half(Distribution::Uniform { low: 2.0, high: 5.0 });
        half(Distribution::Exponential { mean: 4.0 });
        half(Distribution::TruncatedNormal { mean: 1.0, std: 2.0, low: 1.0, high: 3.0 });
        half(Distribution::TruncatedNormal { mean: 0.0, std: 1.0, low: -4.0, high: -1.0 });
    }

    #[test]
    fn truncated_values_stay_inside() {
        let distribution = Distribution::TruncatedNormal { mean: 1.5, std: 0.75, low: 0.1, high: 1.6 };
        let mut values = vec![0.0; 10_000];
        distribution.fill(STREAM, 0, &mut values);
        assert!(values.iter().all(|x| (0.1..=1.6).contains(x)));
    }

    #[test]
    fn a_value_depends_on_its_place_only() {
        let distribution = Distribution::TruncatedNormal { mean: 0.0, std: 1.0, low: 0.5, high: 2.0 };
        let (mut few, mut many) = (vec![0.0; 5], vec![0.0; 77]);
        distribution.fill(STREAM, 4, &mut few);
        distribution.fill(STREAM, 4, &mut many);
        assert_eq!(few, many[..5]);
        assert_eq!(distribution.sample(STREAM, 4), few[0]);
    }

    #[test]
    fn errors_name_the_parameter() {
        let cases = [
            (Distribution::Normal { mean: 0.0, std: -1.0 }, "`std` of `normal` is at least 0, got -1"),
            (
                Distribution::Uniform { low: 2.0, high: 1.0 },
                "`low` of `uniform` is at most `high`, got 2 and 1",
            ),
            (
                Distribution::Exponential { mean: f64::NAN },
                "`mean` of `exponential` is a finite number, got NaN",
            ),
            (
                Distribution::TruncatedNormal { mean: 0.0, std: 1.0, low: 8.0, high: 9.0 },
                "`truncated_normal` keeps almost no value: 8 to 9 holds",
            ),
        ];
        for (distribution, message) in cases {
            let error = distribution.validate().expect_err("invalid").to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
