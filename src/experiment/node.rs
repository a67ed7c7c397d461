//! The tree that an experiment file is read into, whatever its format: keys keep their order.

use crate::error::{Error, Result};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;

/// A value of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// A whole number; wide enough for both formats.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A table, in the order of the file.
    Table(Vec<(String, Node)>),
}

/// Reads a TOML text.
pub(super) fn from_toml(text: &str) -> Result<Node> {
    toml::from_str(text).map_err(|error| {
        let message = one_line(error.message());
        let Some(span) = error.span() else { return Error::network(message) };
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Error::network(format!("line {line}, column {column}: {message}"))
    })
}

/// Reads a JSON text.
pub(super) fn from_json(text: &str) -> Result<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let whole = one_line(&error.to_string());
        let message = whole.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&whole);
        Error::network(format!("line {line}, column {column}: {message}"))
    })
}

fn one_line(message: &str) -> String {
    message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
}

impl Node {
    /// What it is, for errors: `a list`.
    pub(super) fn kind(&self) -> String {
        match self {
            Node::Integer(number) => number.to_string(),
            Node::Float(number) => number.to_string(),
            Node::Bool(value) => value.to_string(),
            Node::Text(text) => format!("`{text}`"),
            Node::List(_) => "a list".into(),
            Node::Table(_) => "a table".into(),
        }
    }

    /// An error: `what` should have been something else.
    pub(super) fn wrong(&self, what: &str, expected: &str) -> Error {
        Error::Value { what: what.into(), expected: expected.into(), got: self.kind() }
    }

    /// The text of a string.
    pub(super) fn text(&self, what: &str) -> Result<&str> {
        match self {
            Node::Text(text) => Ok(text),
            _ => Err(self.wrong(what, "a string")),
        }
    }

    /// The elements of a list.
    pub(super) fn list(&self, what: &str) -> Result<&[Node]> {
        match self {
            Node::List(list) => Ok(list),
            _ => Err(self.wrong(what, "a list")),
        }
    }

    /// The entries of a table.
    pub(super) fn entries(&self, what: &str) -> Result<&[(String, Node)]> {
        match self {
            Node::Table(entries) => Ok(entries),
            _ => Err(self.wrong(what, "a table")),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Node, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

/// The key under which the TOML reader hands over dates.
const DATE: &str = "$__toml_private_datetime";

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number, a string, a list or a table")
    }

    fn visit_bool<E>(self, value: bool) -> std::result::Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> std::result::Result<Node, E> {
        Ok(Node::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> std::result::Result<Node, E> {
        Ok(Node::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> std::result::Result<Node, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> std::result::Result<Node, E> {
        Ok(Node::Text(value.into()))
    }

    fn visit_unit<E: de::Error>(self) -> std::result::Result<Node, E> {
        Err(E::custom("null is no value; leave the key out"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Node, A::Error> {
        let mut list = vec![];
        while let Some(node) = seq.next_element()? {
            list.push(node);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Node, A::Error> {
        let (mut entries, mut keys) = (vec![], BTreeSet::new());
        while let Some(key) = map.next_key::<String>()? {
            if key == DATE {
                return Err(de::Error::custom("a date is no value of an experiment"));
            }
            if !keys.insert(key.clone()) {
                return Err(de::Error::custom(format!("there are two keys `{key}`")));
            }
            entries.push((key, map.next_value()?));
        }
        Ok(Node::Table(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_read_the_same_in_order() {
        let toml = from_toml("z = 1\na = [1.5, \"x\"]\n[m.n]\nb = true").expect("it is TOML");
        let json = from_json(r#"{"z": 1, "a": [1.5, "x"], "m": {"n": {"b": true}}}"#).expect("it is JSON");
        assert_eq!(toml, json);
        let keys: Vec<&str> =
            toml.entries("root").expect("a table").iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["z", "a", "m"]);
    }

    #[test]
    fn errors_are_one_line_with_a_place() {
        let deep = format!("{}x = 1", "a.".repeat(100_000));
        for (text, part) in [
            ("a = 1\nb = = 2", "line 2, column 5"),
            ("a = 1\na = 2", "line 2"),
            ("a = 1979-05-27", "a date is no value"),
            (&deep, "recursion limit"),
            (&format!("a = {}", "[".repeat(100_000)), "cannot recurse further"),
        ] {
            let message = from_toml(text).expect_err(part).to_string();
            assert!(message.contains(part) && !message.contains('\n'), "{message}");
        }
        for (text, part) in [
            ("{\n\"a\": nul}", "line 2, column"),
            ("{\"a\": null}", "null is no value"),
            ("{\"a\": 1, \"a\": 2}", "two keys `a`"),
            ("{\"a\": 1e999}", "number out of range"),
            ("", "line 1, column 0"),
            (&"[".repeat(100_000), "recursion limit"),
        ] {
            let message = from_json(text).expect_err(part).to_string();
            assert!(message.contains(part) && !message.contains('\n'), "{message}");
        }
    }
}
