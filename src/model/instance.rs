//! A model with the values that a user set on it.

use super::integrator::Integrator;
use super::tag::{Tag, TagUnit, Term};
use super::value::{Given, Number, Value};
use super::{Member, Model};
use crate::error::{Error, Result};
use crate::random::Stream;
use crate::unit::table::{self, Symbol};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A model and the values given for it; names and units are checked by [`Instance::settle`], which
/// [`Network`](crate::Network) calls.
#[derive(Clone, Debug)]
pub struct Instance {
    pub(super) model: Arc<Model>,
    pub(super) given: Vec<(Kind, String, Given)>,
    pub(super) integrator: Integrator,
}

/// What a given value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A parameter, or a column of a schedule.
    Param,
    /// A state variable's value at the start.
    Init,
    /// A constant current into a port.
    Input,
}

/// A model with checked values in the units of its tags; what is not set has the default of its tag.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The model.
    pub model: Arc<Model>,
    /// Values that were set, by kind and name.
    pub values: BTreeMap<(Kind, String), Value>,
    /// Columns of the schedule: a list for every element, or one list for all.
    pub schedule: BTreeMap<String, Vec<Vec<f64>>>,
    /// The unit of the values that are in that of a port, where one was given.
    pub port: Option<Symbol>,
}

impl PartialEq for Settings {
    fn eq(&self, other: &Self) -> bool {
        self.model.is_same(&other.model) && self.values == other.values && self.schedule == other.schedule
    }
}

/// Numbers of one member for the elements of a population.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// The same for all.
    Same(f64),
    /// One per element.
    Each(Vec<f64>),
}

impl Numbers {
    /// The number of one element.
    pub fn at(&self, element: usize) -> f64 {
        match self {
            Numbers::Same(value) => *value,
            Numbers::Each(values) => values[element],
        }
    }
}

impl Instance {
    /// The model with the defaults of its tags.
    pub fn new(model: Arc<Model>) -> Instance {
        let integrator = model.integrator().unwrap_or_default();
        Instance { model, given: vec![], integrator }
    }

    /// The model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Sets a parameter by name.
    pub fn set(self, name: &str, value: impl Into<Given>) -> Instance {
        self.with(Kind::Param, name, value.into())
    }

    /// Sets the value of a state variable at the start.
    pub fn init(self, name: &str, value: impl Into<Given>) -> Instance {
        self.with(Kind::Init, name, value.into())
    }

    /// Sets a constant current into a port.
    pub fn input(self, name: &str, value: impl Into<Given>) -> Instance {
        self.with(Kind::Input, name, value.into())
    }

    /// Sets a value of any kind; a later value replaces an earlier one.
    pub fn with(mut self, kind: Kind, name: &str, value: Given) -> Instance {
        self.given.retain(|(other, known, _)| (*other, known.as_str()) != (kind, name));
        self.given.push((kind, name.to_string(), value));
        self
    }

    /// Checks every name, unit, length and bound; `place` names the owner: `` population `exc` ``.
    ///
    /// # Errors
    /// One sentence that names the parameter and what would be right.
    pub fn settle(&self, place: &str, size: u32) -> Result<Settings> {
        let (model, given) = self.for_counts(place)?;
        let mut settings =
            Settings { model: model.clone(), values: BTreeMap::new(), schedule: BTreeMap::new(), port: None };
        for (kind, name, given) in &given {
            let what = format!("`{name}` of {place}");
            let (tag, scheduled) = tag_of(&model, *kind, name)?;
            if tag.unit == TagUnit::Port {
                settings.port = Some(port_unit(&what, given, settings.port)?);
            }
            if scheduled {
                settings.schedule.insert(name.clone(), columns(&what, given, tag, size)?);
                continue;
            }
            let value = given.resolve(&what, &tag.unit)?;
            if let Value::Each(values) = &value
                && values.len() != size as usize
            {
                let text =
                    format!("{what} is a list of {} values, {place} has {size} elements", values.len());
                return Err(Error::network(text));
            }
            settings.values.insert((*kind, name.clone()), value);
        }
        settings.check_columns(place)?;
        settings.check(place, size, None)?;
        Ok(settings)
    }
}

/// The tag of a member by name, and whether it is a column of the schedule.
fn tag_of<'m>(model: &'m Model, kind: Kind, name: &str) -> Result<(&'m Tag, bool)> {
    let word = match kind {
        Kind::Param => "parameter",
        Kind::Init => "state variable",
        Kind::Input => "current port",
    };
    let members = members_of(model, kind);
    let Some(member) = members.iter().find(|member| member.name == name) else {
        let known = members.iter().map(|member| member.name.as_str());
        return Err(Error::unknown(word, name, format!("`{}`", model.name()), known));
    };
    let scheduled = kind == Kind::Param && model.members("Schedule").iter().any(|column| column.name == name);
    Ok((member.tag.as_ref().expect("every member of these structs has a tag"), scheduled))
}

/// What values of a kind can be set on.
pub(super) fn members_of(model: &Model, kind: Kind) -> Vec<&Member> {
    match kind {
        Kind::Param => model.params().iter().chain(model.members("Schedule")).collect(),
        Kind::Init => model.state().iter().collect(),
        Kind::Input => continuous(model).collect(),
    }
}

/// The unit of values that are in that of a port: all have one of the same dimension, or none has.
fn port_unit(what: &str, given: &Given, known: Option<Symbol>) -> Result<Symbol> {
    let one = table::find("1").expect("the table has the unit 1");
    let unit = known.or(given.unit()).unwrap_or(one);
    let alike = |number: &&Number| number.unit.map_or("number", |(dimension, _)| dimension) == unit.dimension;
    match given.numbers().into_iter().find(|number| !alike(number)) {
        None => Ok(unit),
        Some(other) => {
            let (expected, got) = (format!("a {} like the other values", unit.dimension), other.text());
            Err(Error::Value { what: what.into(), expected, got })
        }
    }
}

/// The inputs of a model that are currents.
pub fn continuous(model: &Model) -> impl Iterator<Item = &Member> {
    model.inputs().iter().filter(|member| member.tag().is_some_and(|tag| tag.continuous))
}

/// The inputs of a model that sum spikes.
pub fn spike_ports(model: &Model) -> impl Iterator<Item = &Member> {
    model.inputs().iter().filter(|member| member.tag().is_some_and(|tag| !tag.continuous && !tag.presynaptic))
}

fn columns(what: &str, given: &Given, tag: &Tag, size: u32) -> Result<Vec<Vec<f64>>> {
    let list = |given: &Given| match given.resolve(what, &tag.unit)? {
        Value::Each(values) => Ok(values.to_vec()),
        Value::Constant(value) => Ok(vec![value]),
        Value::Random(_) => Err(Error::network(format!("{what} is a list of numbers, not a distribution"))),
    };
    match given {
        Given::Lists(lists) if lists.len() == size as usize => lists.iter().map(list).collect(),
        Given::Lists(lists) => Err(Error::network(format!(
            "{what} has {} lists for {size} elements; give one list each",
            lists.len()
        ))),
        one => Ok(vec![list(one)?]),
    }
}

impl Settings {
    /// The unit of the current that a generator makes, where it makes one; 1 where it is that of the port.
    pub fn current_unit(&self) -> Option<Symbol> {
        if !self.model.makes_currents() {
            return None;
        }
        let members = self.model.params().iter().chain(self.model.members("Schedule"));
        let units = members.filter_map(|member| match &member.tag()?.unit {
            TagUnit::Unit(unit) => Some(*unit),
            _ => None,
        });
        let mut currents = units.filter(|unit| unit.dimension == "current");
        Some(self.port.or(currents.next()).unwrap_or(table::find("1").expect("the table has the unit 1")))
    }

    /// The numbers of every member of `Params` (or `State`, with [`Kind::Init`]), drawn from `stream`.
    pub fn numbers(&self, kind: Kind, size: u32, stream: Option<Stream>) -> BTreeMap<String, Numbers> {
        match kind {
            Kind::Param => self.draw_all(kind, size, stream, &BTreeMap::new()),
            Kind::Init => self.initial(size, stream, stream),
            Kind::Input => self.inputs(size, stream),
        }
    }

    /// The numbers of every member of `State` at the start, drawn from `own`, with parameters drawn from `stream`.
    pub fn initial(
        &self,
        size: u32,
        stream: Option<Stream>,
        own: Option<Stream>,
    ) -> BTreeMap<String, Numbers> {
        self.draw_all(Kind::Init, size, own, &self.numbers(Kind::Param, size, stream))
    }

    /// What was set, or the defaults; these may name a member before them, or one that is `known`.
    fn draw_all(
        &self,
        kind: Kind,
        size: u32,
        stream: Option<Stream>,
        known: &BTreeMap<String, Numbers>,
    ) -> BTreeMap<String, Numbers> {
        let members = if kind == Kind::Init { self.model.state() } else { self.model.params() };
        let mut out: BTreeMap<String, Numbers> = BTreeMap::new();
        for (k, member) in members.iter().enumerate() {
            let default = member.tag().and_then(|tag| tag.default.clone()).unwrap_or(Term::Number(0.0));
            let numbers = match (self.values.get(&(kind, member.name.clone())), default) {
                (Some(value), _) => {
                    draw(value, size, stream.map(|stream| stream.child(kind as u32 * 256 + k as u32)))
                }
                (None, Term::Number(value)) => Numbers::Same(value),
                (None, Term::Name(name)) => {
                    out.get(&name).or_else(|| known.get(&name)).cloned().expect("defaults name a parameter")
                }
            };
            out.insert(member.name.clone(), numbers);
        }
        out
    }

    fn inputs(&self, size: u32, stream: Option<Stream>) -> BTreeMap<String, Numbers> {
        let ports = continuous(&self.model).enumerate().map(|(k, member)| {
            let key = (Kind::Input, member.name.clone());
            let stream = stream.map(|stream| stream.child(Kind::Input as u32 * 256 + k as u32));
            let numbers = self.values.get(&key).map_or(Numbers::Same(0.0), |value| draw(value, size, stream));
            (key.1, numbers)
        });
        ports.collect()
    }

    /// Checks the bounds of every parameter; drawn values only where there is a stream to draw from.
    ///
    /// # Errors
    /// [`Error::Value`] with the bound.
    pub fn check(&self, place: &str, size: u32, stream: Option<Stream>) -> Result<()> {
        let numbers = self.numbers(Kind::Param, size, stream);
        for member in self.model.params() {
            let Some(tag) = member.tag() else { continue };
            for bound in &tag.bounds {
                let limit = match &bound.term {
                    Term::Number(limit) => Numbers::Same(*limit),
                    Term::Name(name) => numbers.get(name).cloned().expect("bounds name a parameter"),
                };
                let value = &numbers[&member.name];
                let elements = match (value, &limit) {
                    (Numbers::Same(_), Numbers::Same(_)) => 1,
                    _ => size as usize,
                };
                // a drawn value without a stream is NaN: it is checked when it is drawn
                let breaks =
                    |k: &usize| !value.at(*k).is_nan() && !bound.relation.holds(value.at(*k), limit.at(*k));
                let Some(k) = (0..elements).find(|k| breaks(k) && !limit.at(*k).is_nan()) else { continue };
                let unit = match &tag.unit {
                    TagUnit::Unit(unit) if unit.symbol != "1" => format!(" {}", unit.symbol),
                    _ => String::new(),
                };
                let name = match &bound.term {
                    Term::Name(name) => format!(" (`{name}`)"),
                    Term::Number(_) => String::new(),
                };
                let expected = format!("{} {}{unit}{name}", bound.relation.text(), limit.at(k));
                let got = format!("{}{unit}", value.at(k));
                return Err(Error::Value { what: format!("`{}` of {place}", member.name), expected, got });
            }
        }
        Ok(())
    }

    /// Columns of a schedule have one row per event.
    fn check_columns(&self, place: &str) -> Result<()> {
        let Some(first) = self.model.members("Schedule").first() else { return Ok(()) };
        let times = self.schedule.get(&first.name);
        for (name, lists) in &self.schedule {
            for (k, list) in lists.iter().enumerate() {
                let rows = times.map_or(0, |times| times[k.min(times.len() - 1)].len());
                if list.len() != rows {
                    let text =
                        format!("`{name}` of {place} has {} values for {rows} `{}`", list.len(), first.name);
                    return Err(Error::network(text));
                }
            }
        }
        Ok(())
    }
}

fn draw(value: &Value, size: u32, stream: Option<Stream>) -> Numbers {
    match value {
        Value::Constant(value) => Numbers::Same(*value),
        Value::Each(values) => Numbers::Each(values.to_vec()),
        Value::Random(distribution) => match stream {
            None => Numbers::Same(f64::NAN),
            Some(stream) => {
                let mut values = vec![0.0; size as usize];
                distribution.fill(stream, 0, &mut values);
                Numbers::Each(values)
            }
        },
    }
}
