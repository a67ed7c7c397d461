//! A table of an experiment file with the keys that it may have.

use super::node::Node;
use crate::error::{Error, Result};

/// A table whose keys are all known.
pub(super) struct Table<'a> {
    what: &'static str,
    entries: &'a [(String, Node)],
}

impl<'a> Table<'a> {
    /// The table of `node`; a key that is not `known` is an error.
    pub(super) fn open(node: &'a Node, what: &'static str, known: &[&str]) -> Result<Table<'a>> {
        let entries = node.entries(what)?;
        match entries.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            Some((key, _)) => Err(Error::unknown("key", key, what, known.iter().copied())),
            None => Ok(Table { what, entries }),
        }
    }

    /// The value of a key, if it is there.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|(known, _)| known == key).map(|(_, node)| node)
    }

    /// Whether a key is there and true.
    pub(super) fn is_true(&self, key: &str) -> Result<bool> {
        match self.get(key) {
            None => Ok(false),
            Some(Node::Bool(value)) => Ok(*value),
            Some(other) => Err(other.wrong(&format!("`{key}`"), "true or false")),
        }
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &str) -> Result<&'a Node> {
        self.get(key).ok_or_else(|| Error::network(format!("{} needs `{key}`", self.what)))
    }
}
