//! Values of an experiment file: numbers, quantities, lists, distributions.

use super::node::Node;
use crate::error::{Error, Result};
use crate::model::tag::TagUnit;
use crate::model::value::{distribution_arguments, parse_quantity};
use crate::model::{Given, Number, Value};
use crate::unit::table;

/// A whole number in `0..=most`.
pub(super) fn whole(what: &str, node: &Node, most: u64) -> Result<u64> {
    let number = match node {
        Node::Integer(number) => u64::try_from(*number).ok(),
        // JSON writers print 160 as 160.0; below 2^53 every whole number is exact
        Node::Float(number) if number.fract() == 0.0 && (0.0..9e15).contains(number) => Some(*number as u64),
        _ => None,
    };
    number
        .filter(|number| *number <= most)
        .ok_or_else(|| node.wrong(what, &format!("a whole number in 0..={most}")))
}

/// A number without a unit.
pub(super) fn plain(what: &str, node: &Node) -> Result<f64> {
    match node {
        Node::Integer(number) => Ok(*number as f64),
        Node::Float(number) => Ok(*number),
        _ => Err(node.wrong(what, "a number")),
    }
}

/// A time in ms.
pub(super) fn time_ms(what: &str, node: &Node) -> Result<f64> {
    let unit = TagUnit::Unit(table::find("ms").expect("the table has ms"));
    match given(what, node)?.resolve(what, &unit)? {
        Value::Constant(time) => Ok(time),
        _ => Err(node.wrong(what, "one time")),
    }
}

/// A value of any kind, before the unit of its receiver is known.
pub(super) fn given(what: &str, node: &Node) -> Result<Given> {
    match node {
        Node::Bool(value) => Ok(Given::Word(value.to_string())),
        Node::Text(text) => Ok(Given::from(text.as_str())),
        Node::List(list) if list.iter().any(|node| matches!(node, Node::List(_))) => {
            Ok(Given::Lists(list.iter().map(|node| given(what, node)).collect::<Result<_>>()?))
        }
        Node::List(list) => match words(list) {
            Some(words) => Ok(Given::Words(words)),
            None => Ok(Given::Each(numbers(what, node)?)),
        },
        Node::Table(entries) => distribution(what, entries),
        Node::Integer(_) | Node::Float(_) => Ok(Given::Constant(number(what, node)?)),
    }
}

/// The words of a list that holds nothing but words, and at least one that is no quantity.
fn words(list: &[Node]) -> Option<Vec<String>> {
    let word = |node: &Node| match node {
        Node::Text(text) => Some(text.clone()),
        Node::Bool(value) => Some(value.to_string()),
        _ => None,
    };
    let words = list.iter().map(word).collect::<Option<Vec<String>>>()?;
    words.iter().any(|word| parse_quantity(word).is_err()).then_some(words)
}

fn number(what: &str, node: &Node) -> Result<Number> {
    match node {
        Node::Text(text) => {
            parse_quantity(text).map_err(|message| Error::network(format!("{what}: {message}")))
        }
        _ => Ok(Number { value: plain(what, node)?, unit: None }),
    }
}

fn numbers(what: &str, node: &Node) -> Result<Vec<Number>> {
    node.list(what)?.iter().map(|node| number(what, node)).collect()
}

/// `{ normal = [20.0, 2.0] }`, `{ normal = { mean = 20.0, std = 2.0 } }`, `{ exponential = 3.0 }`.
fn distribution(what: &str, entries: &[(String, Node)]) -> Result<Given> {
    let [(name, arguments)] = entries else {
        let text = format!("{what}: a distribution is a table of one key such as {{ normal = [20.0, 2.0] }}");
        return Err(Error::network(text));
    };
    let known = distribution_arguments(what, name)?;
    let named = match arguments {
        Node::Table(entries) => {
            let named = entries.iter().map(|(argument, node)| Ok((argument.clone(), number(what, node)?)));
            named.collect::<Result<Vec<_>>>()?
        }
        one => {
            let values = match one {
                Node::List(_) => numbers(what, one)?,
                _ => vec![number(what, one)?],
            };
            if values.len() != known.len() {
                let text =
                    format!("{what}: `{name}` takes {}, got {} numbers", known.join(", "), values.len());
                return Err(Error::network(text));
            }
            known.iter().map(|argument| argument.to_string()).zip(values).collect()
        }
    };
    Ok(Given::Random(name.clone(), named))
}

#[cfg(test)]
mod tests {
    use super::super::node::from_toml;
    use super::*;

    fn read(text: &str) -> Result<Given> {
        let root = from_toml(&format!("x = {text}")).expect("it is TOML");
        given("`x`", &root.entries("root").expect("a table")[0].1)
    }

    #[test]
    fn a_value_may_be_written_in_several_ways() {
        let by_place = read(r#"{ normal = ["20 mV", 2.0] }"#).expect("a value");
        assert_eq!(by_place, read(r#"{ normal = { mean = "20 mV", std = 2 } }"#).expect("a value"));
        assert_eq!(
            read("[true, false]").expect("a value"),
            Given::Words(vec!["true".into(), "false".into()])
        );
        assert_eq!(
            read("{ exponential = 3.0 }").expect("a value"),
            read("{ exponential = [3] }").expect("a value")
        );
    }

    #[test]
    fn says_what_a_value_is() {
        for (text, part) in [
            ("{ normall = [1.0, 2.0] }", "did you mean `normal`?"),
            ("{ normal = [1.0] }", "`normal` takes mean, std, got 1 numbers"),
            ("{ normal = [1.0, 2.0], uniform = [1.0, 2.0] }", "a table of one key"),
            ("{}", "a table of one key"),
            ("[1.0, true]", "`x` must be a number, got true"),
            ("[[1.0], [2.0, true]]", "`x` must be a number, got true"),
            ("[1.0, \"2 mW\"]", "no unit `mW`"),
        ] {
            let message = read(text).expect_err(part).to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
