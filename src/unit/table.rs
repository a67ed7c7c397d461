//! Units by their symbol, for tags in models and strings in experiment files.
//!
//! This file stands alone: the build script compiles it too.

/// A unit as it is written in a tag: its symbol, dimension and power of ten to SI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// As written: `mV`.
    pub symbol: &'static str,
    /// The dimension's name: `voltage`.
    pub dimension: &'static str,
    /// The Rust type of the dimension: `Voltage`.
    pub rust: &'static str,
    /// Power of ten to the SI unit.
    pub exponent: i8,
}

const fn unit(symbol: &'static str, dimension: &'static str, rust: &'static str, exponent: i8) -> Symbol {
    Symbol { symbol, dimension, rust, exponent }
}

/// Every unit.
pub const UNITS: &[Symbol] = &[
    unit("s", "time", "Time", 0),
    unit("ms", "time", "Time", -3),
    unit("us", "time", "Time", -6),
    unit("V", "voltage", "Voltage", 0),
    unit("mV", "voltage", "Voltage", -3),
    unit("uV", "voltage", "Voltage", -6),
    unit("A", "current", "Current", 0),
    unit("mA", "current", "Current", -3),
    unit("uA", "current", "Current", -6),
    unit("nA", "current", "Current", -9),
    unit("pA", "current", "Current", -12),
    unit("S", "conductance", "Conductance", 0),
    unit("mS", "conductance", "Conductance", -3),
    unit("uS", "conductance", "Conductance", -6),
    unit("nS", "conductance", "Conductance", -9),
    unit("pS", "conductance", "Conductance", -12),
    unit("Gohm", "resistance", "Resistance", 9),
    unit("Mohm", "resistance", "Resistance", 6),
    unit("kohm", "resistance", "Resistance", 3),
    unit("ohm", "resistance", "Resistance", 0),
    unit("F", "capacitance", "Capacitance", 0),
    unit("uF", "capacitance", "Capacitance", -6),
    unit("nF", "capacitance", "Capacitance", -9),
    unit("pF", "capacitance", "Capacitance", -12),
    unit("kHz", "frequency", "Frequency", 3),
    unit("Hz", "frequency", "Frequency", 0),
    unit("1/ms", "frequency", "Frequency", 3),
    unit("mV/ms", "voltage per time", "Slope", 0),
    unit("1/mV", "inverse voltage", "InverseVoltage", 3),
    unit("mM", "concentration", "Concentration", 0),
    unit("1/(mM ms)", "rate per concentration", "RatePerConcentration", 3),
    unit("1", "number", "Dimensionless", 0),
];

/// The unit with this symbol.
pub fn find(symbol: &str) -> Option<Symbol> {
    UNITS.iter().copied().find(|unit| unit.symbol == symbol)
}
