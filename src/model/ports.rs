//! Models with any number of ports.
//!
//! *How it works.* Such a model declares `const PORTS = 1u;` and holds what each port has in arrays of that length,
//! in `Params`, `State`, `Input` and `Derived`. A population has as many ports as the lists that the user gives have
//! values: the model is read again with that number, and every element of an array is a member like any other, with
//! a name of its own (`tau_syn_2`; the port itself is `2`). Nothing after this module knows of arrays but the pass
//! that calls the model's functions.

use super::instance::{Kind, members_of};
use super::reflect::{self, PORTS};
use super::value::Given;
use super::{Instance, Model};
use crate::error::{Error, Result};
use std::sync::Arc;

/// The most ports of a population. Streams of random values leave room for 256 members of a kind.
const MOST: usize = 64;

type Values = Vec<(Kind, String, Given)>;

impl Model {
    /// How many ports the model's arrays are for; none where the number of ports is fixed.
    pub fn ports(&self) -> Option<u32> {
        self.reflection.ports
    }

    /// Whether `other` says the same under the same name.
    pub fn is_same(&self, other: &Model) -> bool {
        self.name == other.name && self.role == other.role && self.text == other.text
    }

    /// Whether `other` is this model with any number of ports.
    pub(crate) fn is_same_but_for_ports(&self, other: &Model) -> bool {
        let lines = |model: &'_ Model| -> Vec<String> {
            model.text.lines().filter(|line| !line.starts_with(PORTS)).map(str::to_string).collect()
        };
        self.name == other.name && self.role == other.role && lines(self) == lines(other)
    }

    /// The same model with `n` ports.
    fn with_ports(&self, n: u32) -> Result<Model> {
        let lines = self.text.lines().map(|line| match line.starts_with(PORTS) {
            true => format!("{PORTS} = {n}u;\n"),
            false => format!("{line}\n"),
        });
        let text: String = lines.collect();
        let reflection = reflect::reflect(&text, self.own_lines).map_err(|fault| Error::Model {
            file: format!("{}.wgsl", self.name),
            line: fault.line,
            message: fault.message,
        })?;
        Ok(Model { name: self.name.clone(), text, reflection, ..*self })
    }

    /// The names of the elements of an array, in order; none where there is no array of this name.
    fn elements(&self, kind: Kind, list: &str) -> Vec<String> {
        let members = members_of(self, kind).into_iter();
        members.filter(|member| member.list.as_deref() == Some(list)).map(|it| it.name.clone()).collect()
    }
}

impl Instance {
    /// The model with as many ports as the lists of its parameters have values, and every value by member.
    pub(super) fn for_ports(&self, place: &str) -> Result<(Arc<Model>, Values)> {
        let lists = self.given.iter().filter(|(kind, name, _)| {
            *kind == Kind::Param && !self.model.elements(Kind::Param, name).is_empty()
        });
        let lengths: Vec<(&String, usize)> =
            lists.filter_map(|(_, name, given)| Some((name, length(given)?))).collect();
        if let [(first, n), rest @ ..] = lengths.as_slice()
            && let Some((name, other)) = rest.iter().find(|(_, other)| other != n)
        {
            let text = format!("`{first}` of {place} has {n} values and `{name}` {other}; give one for each port");
            return Err(Error::network(text));
        }
        let mut model = self.model.clone();
        if let Some((name, n)) = lengths.first() {
            if !(1..=MOST).contains(n) {
                let (what, expected) = (format!("`{name}` of {place}"), format!("a list of 1 to {MOST} values"));
                return Err(Error::Value { what, expected, got: format!("{n}") });
            }
            if model.ports() != Some(*n as u32) {
                model = Arc::new(model.with_ports(*n as u32)?);
            }
        }
        let mut values = vec![];
        for (kind, name, given) in &self.given {
            let elements = model.elements(*kind, name);
            if elements.is_empty() {
                values.push((*kind, name.clone(), given.clone()));
                continue;
            }
            if let Some(n) = length(given)
                && n != elements.len()
            {
                let text = format!("`{name}` of {place} has {n} values for {} ports", elements.len());
                return Err(Error::network(text));
            }
            let each = elements.into_iter().enumerate();
            values.extend(each.map(|(k, element)| (*kind, element, at(given, k))));
        }
        Ok((model, values))
    }
}

/// How many values a list has; none for what holds for all ports.
fn length(given: &Given) -> Option<usize> {
    match given {
        Given::Each(values) => Some(values.len()),
        Given::Lists(lists) => Some(lists.len()),
        Given::Words(words) => Some(words.len()),
        Given::Constant(_) | Given::Random(..) | Given::Word(_) => None,
    }
}

/// The value of the `k`-th port.
fn at(given: &Given, k: usize) -> Given {
    match given {
        Given::Each(values) => Given::Constant(values[k].clone()),
        Given::Lists(lists) => lists[k].clone(),
        Given::Words(words) => Given::Word(words[k].clone()),
        all => all.clone(),
    }
}
