//! Values as a user gives them, and as the engine keeps them: plain numbers in the unit of their tag.

use super::tag::TagUnit;
use crate::error::{Error, Result};
use crate::network::distribution::Distribution;
use crate::unit::table::{self, Symbol};
use crate::unit::{Dimension, Dimensionless, Quantity, rescale};
use std::marker::PhantomData;
use std::sync::Arc;

/// A value in the unit of its receiver: the same for every element, one per element, or drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The same number for every element.
    Constant(f64),
    /// One number per element.
    Each(Arc<[f64]>),
    /// Drawn per element.
    Random(Distribution),
}

impl Value {
    /// The value in a unit of which `factor` make up its own.
    pub fn times(self, factor: f64) -> Value {
        if factor == 1.0 {
            return self;
        }
        match self {
            Value::Constant(value) => Value::Constant(value * factor),
            Value::Each(values) => Value::Each(values.iter().map(|value| value * factor).collect()),
            Value::Random(distribution) => Value::Random(distribution.times(factor)),
        }
    }
}

/// The unit of pure numbers.
const ONE: Symbol = Symbol { symbol: "1", dimension: "number", rust: "Dimensionless", exponent: 0 };

/// One number as given, with its unit if it had one.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// The number as written.
    pub value: f64,
    /// Dimension's name and power of ten to SI.
    pub unit: Option<(&'static str, i8)>,
}

/// A value as given, before the unit of its receiver is known.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// The same for every element.
    Constant(Number),
    /// One per element.
    Each(Vec<Number>),
    /// A list per element: the columns of a schedule, or the rows of a matrix of weights.
    Lists(Vec<Given>),
    /// Drawn: the distribution's name and its arguments by name.
    Random(String, Vec<(String, Number)>),
    /// A word, for parameters that are a choice.
    Word(String),
    /// A word per element.
    Words(Vec<String>),
}

/// A value of dimension `D`: converts from a quantity, a list of them, or [`normal`] and its like.
#[derive(Clone, Debug)]
pub struct Amount<D> {
    given: Given,
    dimension: PhantomData<D>,
}

impl<D> Amount<D> {
    fn new(given: Given) -> Self {
        Amount { given, dimension: PhantomData }
    }
}

impl<D> From<Amount<D>> for Given {
    fn from(amount: Amount<D>) -> Given {
        amount.given
    }
}

fn number<D: Dimension>(quantity: Quantity<D>) -> Number {
    let (value, exponent) = quantity.parts();
    Number { value, unit: Some((D::NAME, exponent)) }
}

impl<D: Dimension> From<Quantity<D>> for Amount<D> {
    fn from(quantity: Quantity<D>) -> Self {
        Amount::new(Given::Constant(number(quantity)))
    }
}

impl<D: Dimension> From<Vec<Quantity<D>>> for Amount<D> {
    fn from(quantities: Vec<Quantity<D>>) -> Self {
        Amount::new(Given::Each(quantities.into_iter().map(number).collect()))
    }
}

impl<D: Dimension> From<Quantity<D>> for Given {
    fn from(quantity: Quantity<D>) -> Self {
        Amount::from(quantity).into()
    }
}

impl From<f64> for Amount<Dimensionless> {
    fn from(value: f64) -> Self {
        Amount::from(Quantity::from(value))
    }
}

impl<D: Dimension> From<Vec<Quantity<D>>> for Given {
    fn from(quantities: Vec<Quantity<D>>) -> Self {
        Amount::from(quantities).into()
    }
}

impl From<f64> for Given {
    /// A plain number is in the unit of its receiver.
    fn from(value: f64) -> Self {
        Given::Constant(Number { value, unit: None })
    }
}

impl From<Vec<f64>> for Given {
    fn from(values: Vec<f64>) -> Self {
        Given::Each(values.into_iter().map(|value| Number { value, unit: None }).collect())
    }
}

impl From<Vec<Vec<f64>>> for Given {
    fn from(rows: Vec<Vec<f64>>) -> Self {
        Given::Lists(rows.into_iter().map(Given::from).collect())
    }
}

impl<D: Dimension> From<Vec<Vec<Quantity<D>>>> for Given {
    fn from(rows: Vec<Vec<Quantity<D>>>) -> Self {
        Given::Lists(rows.into_iter().map(Given::from).collect())
    }
}

impl From<&str> for Given {
    /// `"20 mV"`, or a word of a choice.
    fn from(text: &str) -> Self {
        parse_quantity(text).map_or_else(|_| Given::Word(text.to_string()), Given::Constant)
    }
}

fn random<D: Dimension>(name: &str, arguments: [(&str, Quantity<D>); 2]) -> Amount<D> {
    let arguments = arguments.map(|(name, quantity)| (name.to_string(), number(quantity)));
    Amount::new(Given::Random(name.to_string(), arguments.to_vec()))
}

/// Normally distributed values.
pub fn normal<D: Dimension>(mean: Quantity<D>, std: Quantity<D>) -> Amount<D> {
    random("normal", [("mean", mean), ("std", std)])
}

/// Normally distributed values, redrawn until they lie in `low..high`.
pub fn truncated_normal<D: Dimension>(
    mean: Quantity<D>,
    std: Quantity<D>,
    low: Quantity<D>,
    high: Quantity<D>,
) -> Amount<D> {
    let arguments = [("mean", mean), ("std", std), ("low", low), ("high", high)];
    let arguments = arguments.map(|(name, quantity)| (name.to_string(), number(quantity)));
    Amount::new(Given::Random("truncated_normal".into(), arguments.to_vec()))
}

/// Uniformly distributed values in `low..high`.
pub fn uniform<D: Dimension>(low: Quantity<D>, high: Quantity<D>) -> Amount<D> {
    random("uniform", [("low", low), ("high", high)])
}

/// Exponentially distributed values.
pub fn exponential<D: Dimension>(mean: Quantity<D>) -> Amount<D> {
    Amount::new(Given::Random("exponential".into(), vec![("mean".into(), number(mean))]))
}

/// Values whose logarithm (of the number in the receiver's unit) is normal with `mean` and `std`.
pub fn lognormal<D: Dimension>(mean: f64, std: f64) -> Amount<D> {
    let plain = |value| Number { value, unit: None };
    Amount::new(Given::Random(
        "lognormal".into(),
        vec![("mean".into(), plain(mean)), ("std".into(), plain(std))],
    ))
}

/// Reads `"20 mV"`, `"1.5"`, `"inf"`.
///
/// # Errors
/// What is wrong with the text: no number, or an unknown unit.
pub fn parse_quantity(text: &str) -> std::result::Result<Number, String> {
    let text = text.trim();
    // the longest beginning that is a number; what follows is the unit
    let mut ends = (0..=text.len().min(64)).rev().filter(|end| text.is_char_boundary(*end));
    let split = ends.find(|end| text[..*end].trim_end().parse::<f64>().is_ok()).unwrap_or(0);
    let (digits, symbol) = (text[..split].trim_end(), text[split..].trim());
    let value = digits
        .parse::<f64>()
        .map_err(|_| format!("expected a number with a unit such as `20 mV`, found `{text}`"))?;
    if symbol.is_empty() {
        return Ok(Number { value, unit: None });
    }
    let unit = table::find(symbol).ok_or_else(|| {
        let known = table::UNITS.iter().map(|unit| unit.symbol).collect::<Vec<_>>().join(", ");
        format!("no unit `{symbol}` in `{text}`; there are {known}")
    })?;
    Ok(Number { value, unit: Some((unit.dimension, unit.exponent)) })
}

impl Number {
    pub(super) fn text(&self) -> String {
        let symbol = self.unit.and_then(|(dimension, exponent)| {
            table::UNITS.iter().find(|unit| unit.dimension == dimension && unit.exponent == exponent)
        });
        match symbol {
            Some(Symbol { symbol: "1", .. }) | None => format!("{}", self.value),
            Some(unit) => format!("{} {}", self.value, unit.symbol),
        }
    }

    /// The number in `unit`; `what` names the receiver.
    ///
    /// # Errors
    /// [`Error::Unit`] where the dimensions differ, [`Error::Value`] where the number is NaN.
    pub fn value_in(&self, what: &str, unit: Symbol) -> Result<f64> {
        if self.value.is_nan() {
            return Err(Error::Value { what: what.into(), expected: "a number".into(), got: "NaN".into() });
        }
        match self.unit {
            None => Ok(self.value),
            Some((dimension, exponent)) if dimension == unit.dimension => {
                Ok(rescale(self.value, exponent, unit.exponent))
            }
            Some(_) => {
                let expected = match unit.symbol {
                    "1" => "plain number".to_string(),
                    symbol => format!("{} [{symbol}]", unit.dimension),
                };
                Err(Error::Unit { what: what.into(), expected, got: self.text() })
            }
        }
    }
}

impl Given {
    /// The value in the unit of its receiver; `what` names the receiver in errors.
    ///
    /// # Errors
    /// A wrong unit, an unknown word or distribution, or NaN.
    pub fn resolve(&self, what: &str, unit: &TagUnit) -> Result<Value> {
        let symbol = match unit {
            TagUnit::Choice(words) => return self.choice(what, words),
            TagUnit::Unit(symbol) => *symbol,
            TagUnit::Port => self.unit().unwrap_or(ONE),
            TagUnit::Spikes | TagUnit::Output => ONE,
        };
        match self {
            Given::Constant(number) => Ok(Value::Constant(number.value_in(what, symbol)?)),
            Given::Each(numbers) => {
                let numbers = numbers.iter().map(|number| number.value_in(what, symbol));
                Ok(Value::Each(numbers.collect::<Result<Vec<f64>>>()?.into()))
            }
            Given::Lists(_) => {
                Err(Error::network(format!("{what} takes one number per element, not a list each")))
            }
            Given::Random(name, arguments) => Ok(Value::Random(distribution(what, name, arguments, symbol)?)),
            Given::Word(word) => Err(no_quantity(what, std::slice::from_ref(word))),
            Given::Words(words) => Err(no_quantity(what, words)),
        }
    }

    /// Its numbers.
    pub fn numbers(&self) -> Vec<&Number> {
        match self {
            Given::Constant(number) => vec![number],
            Given::Each(numbers) => numbers.iter().collect(),
            Given::Lists(lists) => lists.iter().flat_map(Given::numbers).collect(),
            Given::Random(_, arguments) => arguments.iter().map(|(_, number)| number).collect(),
            Given::Word(_) | Given::Words(_) => vec![],
        }
    }

    /// The SI unit of a value's dimension, where it was given with a unit.
    pub fn unit(&self) -> Option<Symbol> {
        let (dimension, _) = self.numbers().first()?.unit?;
        table::UNITS
            .iter()
            .find(|unit| unit.dimension == dimension)
            .map(|unit| Symbol { exponent: 0, ..*unit })
    }

    fn choice(&self, what: &str, words: &[String]) -> Result<Value> {
        let wrong = |got: String| Error::Value { what: what.into(), expected: words.join(" or "), got };
        let position = |word: &String| {
            let position = words.iter().position(|known| known == word);
            position.map(|k| k as f64).ok_or_else(|| wrong(format!("`{word}`")))
        };
        match self {
            Given::Word(word) => position(word).map(Value::Constant),
            Given::Words(list) => {
                let positions = list.iter().map(position).collect::<Result<Vec<f64>>>()?;
                Ok(Value::Each(positions.into()))
            }
            Given::Constant(number) => Err(wrong(number.text())),
            Given::Each(_) | Given::Lists(_) | Given::Random(..) => Err(wrong("a list".into())),
        }
    }
}

/// The error of the first word that is no quantity.
fn no_quantity(what: &str, words: &[String]) -> Error {
    let message = words.iter().find_map(|word| parse_quantity(word).err()).unwrap_or_default();
    Error::network(format!("{what}: {message}"))
}

/// The distributions by name with their arguments.
const DISTRIBUTIONS: [(&str, &[&str]); 5] = [
    ("normal", &["mean", "std"]),
    ("truncated_normal", &["mean", "std", "low", "high"]),
    ("uniform", &["low", "high"]),
    ("lognormal", &["mean", "std"]),
    ("exponential", &["mean"]),
];

/// The argument names of a distribution, in order.
///
/// # Errors
/// [`Error::Unknown`] with the nearest distribution.
pub fn distribution_arguments(what: &str, name: &str) -> Result<&'static [&'static str]> {
    let found = DISTRIBUTIONS.iter().find(|(known, _)| *known == name).map(|(_, arguments)| *arguments);
    found.ok_or_else(|| {
        Error::unknown("distribution", name, what, DISTRIBUTIONS.iter().map(|(known, _)| *known))
    })
}

fn distribution(
    what: &str,
    name: &str,
    arguments: &[(String, Number)],
    unit: Symbol,
) -> Result<Distribution> {
    let known = distribution_arguments(what, name)?;
    if let Some((argument, _)) = arguments.iter().find(|(argument, _)| !known.contains(&argument.as_str())) {
        return Err(Error::unknown(
            "argument",
            argument,
            format!("`{name}` of {what}"),
            known.iter().copied(),
        ));
    }
    let get = |argument: &str| -> Result<f64> {
        let given = arguments.iter().find(|(known, _)| known == argument).map(|(_, number)| number);
        let given =
            given.ok_or_else(|| Error::network(format!("{what}: `{name}` needs {}", known.join(", "))))?;
        // the logarithm's mean and spread are plain numbers
        let unit = if name == "lognormal" { table::find("1").unwrap_or(unit) } else { unit };
        given.value_in(what, unit)
    };
    let drawn = match name {
        "normal" => Distribution::Normal { mean: get("mean")?, std: get("std")? },
        "truncated_normal" => Distribution::TruncatedNormal {
            mean: get("mean")?,
            std: get("std")?,
            low: get("low")?,
            high: get("high")?,
        },
        "uniform" => Distribution::Uniform { low: get("low")?, high: get("high")? },
        "lognormal" => Distribution::Lognormal { mean: get("mean")?, std: get("std")? },
        _ => Distribution::Exponential { mean: get("mean")? },
    };
    drawn.validate().map_err(|message| Error::network(format!("{what}: {message}")))?;
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::{mV, ms};

    #[test]
    fn reads_quantities_with_and_without_space() {
        assert_eq!(parse_quantity("20 mV").expect("a quantity").unit, Some(("voltage", -3)));
        assert_eq!(parse_quantity("1.5ms").expect("a quantity").value, 1.5);
        assert_eq!(parse_quantity("1e-3 S").expect("a quantity").value, 1e-3);
        assert_eq!(parse_quantity("inf").expect("a quantity").value, f64::INFINITY);
        assert!(parse_quantity("20 mW").err().unwrap_or_default().contains("no unit `mW`"));
    }

    #[test]
    fn converts_once_and_refuses_other_dimensions() {
        let unit = TagUnit::Unit(table::find("ms").expect("a unit"));
        assert_eq!(Given::from("0.02 s").resolve("x", &unit).expect("a value"), Value::Constant(20.0));
        let wrong = Given::from(Amount::from(20.0 * mV)).resolve("`tau_m` of population `exc`", &unit);
        let text = wrong.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(text, "`tau_m` of population `exc` is a time [ms], got 20 mV");
        let drawn = Given::from(normal(1.0 * ms, 2.0 * ms)).resolve("x", &unit).expect("a value");
        assert_eq!(drawn, Value::Random(Distribution::Normal { mean: 1.0, std: 2.0 }));
    }
}
