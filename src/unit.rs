//! Physical quantities: a number, a power of ten and a dimension that the compiler checks.
//!
//! ```
//! use synfire::unit::{Quantity, Time, ms, s};
//! let delay: Quantity<Time> = 1.5 * ms;
//! assert_eq!((0.0015 * s).value_in(ms), delay.value_in(ms));
//! ```
//!
//! Import units by name: a constant such as `s` or `V` that a glob import brings would also match in patterns.
//!
//! Inside the engine a value is a plain number in the unit of its tag ([`table`] lists the units); the
//! conversion happens once, where the value enters.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, Div, Mul, Neg, Sub};

pub mod table;

pub use table::{Symbol, find};

/// A physical dimension, as a type: [`Time`], [`Voltage`], …
pub trait Dimension: Copy + fmt::Debug + Send + Sync + 'static {
    /// The name that error messages use, in lower case: `time`.
    const NAME: &'static str;
}

/// A number with a dimension: `value · 10^exponent` in SI units.
#[derive(Clone, Copy, Debug)]
pub struct Quantity<D> {
    value: f64,
    exponent: i8,
    dimension: PhantomData<D>,
}

/// A unit of a dimension, such as [`ms`]; multiply a number with it to get a [`Quantity`].
#[derive(Clone, Copy, Debug)]
pub struct Unit<D> {
    exponent: i8,
    dimension: PhantomData<D>,
}

/// A power of ten, exact in `f64` for every prefix in use; division keeps `0.1 ms → s → ms` exact.
fn scale(value: f64, exponent: i8) -> f64 {
    if exponent < 0 {
        value / 10f64.powi(-i32::from(exponent))
    } else {
        value * 10f64.powi(i32::from(exponent))
    }
}

impl<D: Dimension> Quantity<D> {
    /// The number in `unit`.
    pub fn value_in(self, unit: Unit<D>) -> f64 {
        scale(self.value, self.exponent - unit.exponent)
    }

    /// The number and the power of ten that makes it an SI value.
    pub fn parts(self) -> (f64, i8) {
        (self.value, self.exponent)
    }
}

impl<D> Mul<Unit<D>> for f64 {
    type Output = Quantity<D>;
    fn mul(self, unit: Unit<D>) -> Quantity<D> {
        Quantity { value: self, exponent: unit.exponent, dimension: PhantomData }
    }
}

impl<D> Mul<f64> for Quantity<D> {
    type Output = Quantity<D>;
    fn mul(self, factor: f64) -> Quantity<D> {
        Quantity { value: self.value * factor, ..self }
    }
}

impl<D> Div<f64> for Quantity<D> {
    type Output = Quantity<D>;
    fn div(self, divisor: f64) -> Quantity<D> {
        Quantity { value: self.value / divisor, ..self }
    }
}

impl<D> Neg for Quantity<D> {
    type Output = Quantity<D>;
    fn neg(self) -> Quantity<D> {
        Quantity { value: -self.value, ..self }
    }
}

impl<D> Add for Quantity<D> {
    type Output = Quantity<D>;
    fn add(self, other: Quantity<D>) -> Quantity<D> {
        let exponent = self.exponent.min(other.exponent);
        let value =
            scale(self.value, self.exponent - exponent) + scale(other.value, other.exponent - exponent);
        Quantity { value, exponent, dimension: PhantomData }
    }
}

impl<D> Sub for Quantity<D> {
    type Output = Quantity<D>;
    fn sub(self, other: Quantity<D>) -> Quantity<D> {
        self + -other
    }
}

impl<D: Dimension> PartialEq for Quantity<D> {
    fn eq(&self, other: &Self) -> bool {
        (*self - *other).value == 0.0
    }
}

/// One row a dimension: its type, then its units with the power of ten to SI.
macro_rules! dimensions {
    ($($(#[$doc:meta])* $name:ident, $text:literal: $($unit:ident $symbol:literal $exponent:literal),*;)*) => {
        $($(#[$doc])* #[derive(Clone, Copy, Debug)] pub struct $name;
          impl Dimension for $name { const NAME: &'static str = $text; }
          $(#[doc = concat!("The unit ", $symbol, ".")] #[allow(non_upper_case_globals, reason = "units are written as in print")]
            pub const $unit: Unit<$name> = Unit { exponent: $exponent, dimension: PhantomData };)*)*
    };
}

dimensions! {
    /// Durations: membrane time constants, delays.
    Time, "time": s "s" 0, ms "ms" -3, us "us" -6;
    /// Electric potential.
    Voltage, "voltage": V "V" 0, mV "mV" -3, uV "uV" -6;
    /// Electric current.
    Current, "current": A "A" 0, mA "mA" -3, uA "uA" -6, nA "nA" -9, pA "pA" -12;
    /// Electric conductance.
    Conductance, "conductance": S "S" 0, mS "mS" -3, uS "uS" -6, nS "nS" -9, pS "pS" -12;
    /// Electric resistance.
    Resistance, "resistance": Gohm "Gohm" 9, Mohm "Mohm" 6, kohm "kohm" 3, ohm "ohm" 0;
    /// Electric capacitance.
    Capacitance, "capacitance": F "F" 0, uF "uF" -6, nF "nF" -9, pF "pF" -12;
    /// Rates: of events, of decay; 1 kHz is 1/ms.
    Frequency, "frequency": kHz "kHz" 3, Hz "Hz" 0;
    /// Change of an electric potential in time.
    Slope, "voltage per time": mV_per_ms "mV/ms" 0;
    /// Steepness of a dependence on a potential.
    InverseVoltage, "inverse voltage": per_mV "1/mV" 3;
    /// Amount of a substance in a volume.
    Concentration, "concentration": mM "mM" 0;
    /// Rates of binding.
    RatePerConcentration, "rate per concentration": per_mM_ms "1/(mM ms)" 3;
    /// Pure numbers; a plain `f64` stands for one.
    Dimensionless, "number": one "1" 0;
}

impl From<f64> for Quantity<Dimensionless> {
    fn from(value: f64) -> Self {
        value * one
    }
}

/// Converts `value`, given in a unit with power of ten `from`, to a unit with power of ten `to`.
pub fn rescale(value: f64, from: i8, to: i8) -> f64 {
    scale(value, from - to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversion_is_exact_for_decimal_prefixes() {
        assert_eq!((0.1 * ms).value_in(ms), 0.1);
        assert_eq!((1.5 * s).value_in(ms), 1500.0);
        assert_eq!((20.0 * mV).value_in(V), 0.02);
        assert_eq!((1.0 * s + 5.0 * ms).value_in(ms), 1005.0);
    }

    #[test]
    fn every_constant_is_in_the_table() {
        for (symbol, dimension, exponent) in [
            ("ms", Time::NAME, -3),
            ("pA", Current::NAME, -12),
            ("Hz", Frequency::NAME, 0),
            ("mV/ms", Slope::NAME, 0),
        ] {
            let found = find(symbol).expect("a unit of the table");
            assert_eq!((found.dimension, found.exponent), (dimension, exponent));
        }
    }
}
