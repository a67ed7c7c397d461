//! Models with any number of ports.
//!
//! *How it works.* Such a model declares `const PORTS = 1u;` and holds what each port has in arrays of that length,
//! in `Params`, `State`, `Input` and `Derived`. A population has as many ports as the lists that the user gives have
//! values: the model is read again with that number, and every element of an array is a member like any other, with
//! a name of its own (`tau_syn_2`; the port itself is `2`). Nothing after this module knows of arrays but the pass
//! that calls the model's functions.
//!
//! A generator may say by a function `ports` how long its arrays are for its parameters, say the steps of a dead time.

use super::instance::{Kind, Numbers, Settings, members_of};
use super::integrator::is_free;
use super::reflect::{Member, PORTS};
use super::value::Given;
use super::{Instance, Model};
use crate::compile::constants::Evaluation;
use crate::error::{Error, Result};
use std::sync::Arc;

/// The most members of a kind: streams of random values are numbered by it.
const MEMBERS: usize = 256;

/// The most elements of arrays whose length follows from parameters.
const MOST_COUNTED: u32 = 512;

type Values = Vec<(Kind, String, Given)>;

impl Model {
    /// How many ports the model's arrays are for; none where the number of ports is fixed.
    pub fn ports(&self) -> Option<u32> {
        self.reflection.ports
    }

    /// The most ports for which the members of each kind can be numbered.
    fn most_ports(&self) -> usize {
        let most = |members: &[Member]| {
            let listed = members.iter().filter(|member| member.list.is_some()).count();
            let of_each = listed / self.ports().unwrap_or(1).max(1) as usize;
            MEMBERS.saturating_sub(members.len() - listed) / of_each.max(1)
        };
        most(self.params()).min(most(self.state()))
    }

    /// Whether `other` says the same under the same name.
    pub fn is_same(&self, other: &Model) -> bool {
        let says_the_same = || (&self.name, self.role, &self.text) == (&other.name, other.role, &other.text);
        std::ptr::eq(self, other) || says_the_same()
    }

    /// Whether `other` is this model with any number of ports and any integrator.
    pub(crate) fn is_same_but_for_ports(&self, other: &Model) -> bool {
        fn lines(model: &Model) -> impl Iterator<Item = &str> {
            model.text.lines().filter(|line| !line.starts_with(PORTS) && !is_free(line))
        }
        let says_the_same = || self.role == other.role && lines(self).eq(lines(other));
        std::ptr::eq(self, other) || (self.name == other.name && says_the_same())
    }

    /// The same model with `n` ports.
    fn with_ports(&self, n: u32) -> Result<Model> {
        self.with_constant(PORTS, n)
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
            let text =
                format!("`{first}` of {place} has {n} values and `{name}` {other}; give one for each port");
            return Err(Error::network(text));
        }
        let mut model = self.model.clone();
        if let Some((name, n)) = lengths.first() {
            let most = model.most_ports();
            if !(1..=most).contains(n) {
                let (what, expected) =
                    (format!("`{name}` of {place}"), format!("a list of 1 to {most} values"));
                return Err(Error::Value { what, expected, got: format!("{n}") });
            }
            if model.ports() != Some(*n as u32) {
                model = Arc::new(model.with_ports(*n as u32)?);
            }
        }
        if self.integrator != model.integrator().unwrap_or_default() {
            model = Arc::new(model.with_integrator(self.integrator, place)?);
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

impl Settings {
    /// How long the model's arrays have to be for its parameters, where its function `ports` says it.
    ///
    /// # Errors
    /// A parameter that it depends on is drawn, or the arrays would be too long.
    pub(crate) fn counted_ports(&self, place: &str, size: u32, dt: f64) -> Result<Option<u32>> {
        if self.model.function("ports").is_none() {
            return Ok(None);
        }
        let evaluation = Evaluation::new(&self.model, "ports")?;
        let params = self.numbers(Kind::Param, size, None);
        let read = || params.iter().filter(|(name, _)| evaluation.reads(name));
        let is_drawn = |numbers: &Numbers| matches!(numbers, Numbers::Same(value) if value.is_nan());
        if let Some((name, _)) = read().find(|(_, numbers)| is_drawn(numbers)) {
            let text =
                format!("`{name}` of {place} says how much is kept; give a number, not a distribution");
            return Err(Error::network(text));
        }
        let at = |element: usize| {
            let value = |owner: &str, name: &str| if owner == "f32" { dt } else { params[name].at(element) };
            evaluation.run(&value)[0].to_bits()
        };
        let all_alike = read().all(|(_, numbers)| matches!(numbers, Numbers::Same(_)));
        let n = (0..if all_alike { 1 } else { size as usize }).map(at).max().unwrap_or(1);
        if n > MOST_COUNTED {
            let names: Vec<String> = read().map(|(name, _)| format!("`{name}`")).collect();
            let text = format!(
                "{} of {place} asks for {n} numbers each; at most {MOST_COUNTED} are kept",
                names.join(", ")
            );
            return Err(Error::network(text));
        }
        Ok(Some(n.max(1)))
    }

    /// Makes the model's arrays as long as its parameters say.
    ///
    /// # Errors
    /// As [`Settings::counted_ports`].
    pub(crate) fn count_ports(&mut self, place: &str, size: u32, dt: f64) -> Result<()> {
        match self.counted_ports(place, size, dt)? {
            Some(n) if self.model.ports() != Some(n) => self.model = Arc::new(self.model.with_ports(n)?),
            _ => {}
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{aeif_cond_alpha_multisynapse, iaf_psc_exp_multisynapse};
    use crate::network::rule::all_to_all;
    use crate::unit::{Quantity, Time, mV, ms, nS, pA};

    fn settled(cell: impl Into<Instance>) -> Result<Vec<String>> {
        let settings = cell.into().settle("population `cells`", 2)?;
        Ok(settings.model.params().iter().map(|member| member.name.clone()).collect())
    }

    fn times(values: &[f64]) -> Vec<Quantity<Time>> {
        values.iter().map(|value| *value * ms).collect()
    }

    #[test]
    fn a_population_has_as_many_ports_as_its_lists_have_values() -> Result<()> {
        let names = settled(aeif_cond_alpha_multisynapse().tau_syn(times(&[1.0, 2.0, 3.0])))?;
        let lists = names.iter().filter(|name| name.starts_with("tau_syn") || name.starts_with("E_rev"));
        let expected = ["E_rev_1", "E_rev_2", "E_rev_3", "tau_syn_1", "tau_syn_2", "tau_syn_3"];
        assert_eq!(lists.collect::<Vec<_>>(), expected);
        assert!(settled(iaf_psc_exp_multisynapse())?.contains(&"tau_syn_1".to_string()));
        Ok(())
    }

    #[test]
    fn says_what_is_wrong_with_a_list() {
        let cell = || aeif_cond_alpha_multisynapse().tau_syn(times(&[1.0, 2.0, 3.0]));
        for (cell, part) in [
            (
                cell().E_rev(vec![0.0 * mV, -85.0 * mV]),
                "`tau_syn` of population `cells` has 3 values and `E_rev` 2",
            ),
            (cell().init_g(vec![1.0 * nS]), "`g` of population `cells` has 1 values for 3 ports"),
            (cell().tau_syn(vec![]), "must be a list of 1 to 121 values, got 0"),
            (cell().tau_syn(times(&[1.0, -2.0, 3.0])), "`tau_syn_2` of population `cells` must be > 0 ms"),
        ] {
            let message = settled(cell).expect_err(part).to_string();
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_port_that_does_not_exist_is_named() -> Result<()> {
        let mut network = crate::Network::new(0.1 * ms)?;
        let cell = iaf_psc_exp_multisynapse().tau_syn(times(&[1.0, 2.0]));
        let cells = network.population("cells", 2, cell)?;
        let wrong = network.project(&cells, &cells, all_to_all()).weight(1.0 * pA).port("3").build();
        let message = wrong.expect_err("there are two ports").to_string();
        assert!(message.contains("no port `3` in `iaf_psc_exp_multisynapse`"), "{message}");
        Ok(())
    }

    #[test]
    fn trials_keep_the_number_of_ports() -> Result<()> {
        let mut network = crate::Network::new(0.1 * ms)?;
        let cell = |taus: &[f64]| iaf_psc_exp_multisynapse().tau_syn(times(taus));
        let cells = network.population("cells", 2, cell(&[1.0, 2.0]))?;
        network.set_each_trial(&cells, [cell(&[1.0, 2.0]), cell(&[3.0, 2.0])])?;
        let wrong = network.set_each_trial(&cells, [cell(&[1.0, 2.0]), cell(&[3.0])]);
        let message = wrong.expect_err("the second trial has one port").to_string();
        assert!(
            message.contains("in trial 1 keeps the 2 ports of its population, got values for 1"),
            "{message}"
        );
        Ok(())
    }

    #[test]
    fn an_array_that_is_no_list_of_ports_is_refused() {
        let model = |text: &str| Model::from_wgsl("own", text).expect_err("it is refused").to_string();
        let fixed = model("struct Params {\n /// Time [ms] = 2\n tau: array<f32, 3>,\n}");
        assert!(fixed.contains("own.wgsl:3") && fixed.contains("declare `const PORTS = 1u;`"), "{fixed}");
        let inside = model("/* */ const PORTS = 1u;");
        assert!(inside.contains("on a line of its own"), "{inside}");
    }
}
