//! Setting values on a description that is there already.

use super::view::{Slice, View};
use super::{Network, Population};
use crate::compile::recipe::{Use, stream};
use crate::error::{Error, Result};
use crate::model::Role;
use crate::model::instance::{Kind, Numbers, Settings, continuous};
use crate::model::reflect::Member;
use crate::model::tag::TagUnit;
use crate::model::value::{Given, Value};
use crate::random::Stream;

impl Network {
    /// Sets a parameter, a constant current into a port or the initial value of a state variable of `view`, in every
    /// trial: a quantity, a list with one for each element of the view, or a distribution.
    ///
    /// # Errors
    /// An unknown name, a wrong unit, a value outside its bounds, a column of a schedule.
    pub(crate) fn set(&mut self, view: &View, name: &str, given: &Given) -> Result<()> {
        self.own(view)?;
        let mut changed = self.clone();
        let mut offset = 0;
        for slice in view.slices() {
            set_settings(&mut changed, slice, name, given, (offset, view.len()))?;
            offset += slice.len;
        }
        *self = changed;
        Ok(())
    }
}

/// What a name stands for in the model of a population.
///
/// # Errors
/// A name that stands for nothing, or for what is fixed when a network is built.
pub(crate) fn kind_in(population: &Population, name: &str) -> Result<Kind> {
    let model = &population.settings.model;
    let named = |member: &&Member| member.name == name;
    if model.members("Schedule").iter().any(|member| member.name == name) {
        let text = format!(
            "`{name}` of population `{}` is a schedule, fixed when the network is built; inject spikes instead",
            population.name
        );
        return Err(Error::network(text));
    }
    if model.params().iter().find(named).is_some() {
        if model.is_scheduled() {
            let text = format!(
                "`{name}` of population `{}` has made its schedule, fixed when the network is built",
                population.name
            );
            return Err(Error::network(text));
        }
        return Ok(Kind::Param);
    }
    let neuron = model.role() == Role::Neuron;
    if neuron && model.state().iter().find(named).is_some_and(|member| member.list.is_none()) {
        return Ok(Kind::Init);
    }
    if continuous(model).any(|member| member.name == name) {
        return Ok(Kind::Input);
    }
    let members =
        model.params().iter().chain(model.state().iter().filter(|_| neuron)).chain(continuous(model));
    let known = members.map(|member| member.name.as_str());
    let place = format!("population `{}` (`{}`)", population.name, model.name());
    Err(Error::unknown("parameter, state variable or current", name, place, known))
}

/// The numbers of a parameter or current for all elements of the slice's population.
pub(crate) fn numbers(network: &Network, slice: &Slice, trial: u32, kind: Kind, name: &str) -> Numbers {
    let population = network.get(slice.population);
    let values = stream(network, Use::Values, slice.population.0 as usize);
    let mut all = population.of_trial(trial).numbers(kind, population.size, Some(values));
    all.remove(name).expect("the name was looked up")
}

/// A value for the elements of a slice, which begins at `offset` of a view of `len`.
pub(crate) fn of_slice(
    place: &str,
    value: &Value,
    slice: &Slice,
    (offset, len): (u32, u32),
    size: u32,
    stream: Stream,
) -> Result<Vec<f64>> {
    let (first, count) = (slice.first as usize, slice.len as usize);
    match value {
        Value::Constant(value) => Ok(vec![*value; count]),
        Value::Each(values) if values.len() == len as usize => {
            Ok(values[offset as usize..][..count].to_vec())
        }
        Value::Each(values) => {
            Err(Error::network(format!("{place} is a list of {} values for {len} elements", values.len())))
        }
        Value::Random(distribution) => {
            let mut values = vec![0.0; size as usize];
            distribution.fill(stream, 0, &mut values);
            Ok(values[first..first + count].to_vec())
        }
    }
}

/// Sets a parameter or a current on the description, in every trial.
fn set_settings(
    network: &mut Network,
    slice: &Slice,
    name: &str,
    given: &Given,
    range: (u32, u32),
) -> Result<()> {
    let population = network.get(slice.population);
    let (kind, size) = (kind_in(population, name)?, population.size);
    let place = format!("population `{}`", population.name);
    let what = format!("`{name}` of {place}");
    let model = population.settings.model.clone();
    let (k, member) = match kind {
        Kind::Init => model.state().iter().enumerate().find(|(_, member)| member.name == name),
        Kind::Param => model.params().iter().enumerate().find(|(_, member)| member.name == name),
        Kind::Input => continuous(&model).enumerate().find(|(_, member)| member.name == name),
    }
    .expect("the name was looked up");
    // what is in the unit of a port stays in the unit that it was given in first
    let unit = match (&member.tag().expect("parameters have tags").unit, population.settings.port) {
        (TagUnit::Port, Some(unit)) => TagUnit::Unit(unit),
        (unit, _) => unit.clone(),
    };
    let value = given.resolve(&what, &unit)?;
    let dt = network.dt_ms();
    let values = stream(network, Use::Values, slice.population.0 as usize);
    let stream = values.child(kind as u32 * 256 + k as u32);
    let new = of_slice(&what, &value, slice, range, size, stream)?;
    let change = |settings: &mut Settings| {
        let known = settings.numbers(kind, size, Some(values));
        // parameters that have their default from this one keep it
        for other in model.params().iter().filter(|_| kind == Kind::Param) {
            let key = (kind, other.name.clone());
            settings.values.entry(key).or_insert_with(|| value_of(&known[&other.name]));
        }
        let whole = slice.len == size && new.iter().all(|value| *value == new[0]);
        let value = if whole {
            Value::Constant(new[0])
        } else {
            let mut all: Vec<f64> = (0..size as usize).map(|k| known[name].at(k)).collect();
            all[slice.first as usize..][..new.len()].copy_from_slice(&new);
            Value::Each(all.into())
        };
        settings.values.insert((kind, name.to_string()), value);
        settings.check(&place, size, Some(values))?;
        match settings.counted_ports(&place, size, dt)? {
            Some(n) if settings.model.ports() != Some(n) => Err(Error::network(format!(
                "`{name}` of {place} says how much is kept, fixed when the network is built"
            ))),
            _ => Ok(()),
        }
    };
    network.each_variant(slice.population, change)
}

fn value_of(numbers: &Numbers) -> Value {
    match numbers {
        Numbers::Same(value) => Value::Constant(*value),
        Numbers::Each(values) => Value::Each(values.as_slice().into()),
    }
}
