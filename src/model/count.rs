//! Models with lists whose length the user chooses: any number of ports, any number of terms.
//!
//! *How it works.* Such a model declares `const PORTS = 1u;`, or any other name, and holds what each of them has in arrays
//! of that length, in `Params`, `State`, `Input` and `Derived`. A population has as many of them as the lists that the user
//! gives have values: the model is read again with that number, and every element of an array is a member like any
//! other, with a name of its own (`tau_syn_2`; a port itself is `2`). Nothing after this module knows of arrays but the
//! pass that calls the model's functions.
//!
//! A generator may say by a function `ports` how long its arrays are for its parameters, say the steps of a dead time.

use super::instance::{Kind, Numbers, Settings, members_of};
use super::integrator::is_free;
use super::reflect::Member;
use super::value::Given;
use super::{Instance, Model};
use crate::compile::constants::Evaluation;
use crate::error::{Error, Result};
use std::sync::Arc;

/// The most members of a kind: streams of random values are numbered by it.
const MEMBERS: usize = 256;

/// The most elements of arrays whose length follows from parameters.
const MOST_COUNTED: u32 = 512;

/// The count of ports; a generator may say by a function `ports` how long the arrays of that length are.
const PORTS: &str = "PORTS";

type Values = Vec<(Kind, String, Given)>;

impl Model {
    /// The lengths that users choose, by the names of the constants: `PORTS`.
    pub fn counts(&self) -> &[(String, u32)] {
        &self.reflection.counts
    }

    /// How many ports it has, where it has any number of them.
    pub fn ports(&self) -> Option<u32> {
        self.counts().iter().find(|(name, _)| name == PORTS).map(|(_, n)| *n)
    }

    /// The longest lists of a count for which the members of each kind can be numbered; it has `now` values.
    fn longest(&self, count: &str, now: u32) -> usize {
        let most = |members: &[Member]| {
            let listed = members.iter().filter(|member| member.count.as_deref() == Some(count)).count();
            MEMBERS.saturating_sub(members.len() - listed) / (listed / now.max(1) as usize).max(1)
        };
        most(self.params()).min(most(self.state()))
    }

    /// Whether `other` says the same under the same name.
    pub fn is_same(&self, other: &Model) -> bool {
        let says_the_same = || (&self.name, self.role, &self.text) == (&other.name, other.role, &other.text);
        std::ptr::eq(self, other) || says_the_same()
    }

    /// Whether `other` is this model with lists of any length and any integrator.
    pub(crate) fn is_same_but_for_counts(&self, other: &Model) -> bool {
        fn lines(model: &Model) -> impl Iterator<Item = &str> {
            let chosen =
                |line: &str| model.counts().iter().any(|(name, _)| line.starts_with(&declares(name)));
            model.text.lines().filter(move |line| !chosen(line) && !is_free(line))
        }
        let says_the_same = || self.role == other.role && lines(self).eq(lines(other));
        std::ptr::eq(self, other) || (self.name == other.name && says_the_same())
    }

    /// The names of the elements of an array, in order; none where there is no array of this name.
    fn elements(&self, kind: Kind, list: &str) -> Vec<String> {
        let members = members_of(self, kind).into_iter();
        members.filter(|member| member.list.as_deref() == Some(list)).map(|it| it.name.clone()).collect()
    }

    /// The constant that is the length of an array.
    fn count_of(&self, kind: Kind, list: &str) -> Option<&str> {
        let mut members = members_of(self, kind).into_iter();
        members.find(|member| member.list.as_deref() == Some(list))?.count.as_deref()
    }
}

/// How a model declares a length: with this, at the start of a line.
fn declares(name: &str) -> String {
    format!("const {name} =")
}

impl Instance {
    /// The model with lists as long as those that were given, and with the integrator that was chosen; every value by
    /// member.
    pub(super) fn for_counts(&self, place: &str) -> Result<(Arc<Model>, Values)> {
        let mut model = self.model.clone();
        for (count, now) in self.model.counts() {
            let longest = model.longest(count, *now);
            if let Some(n) = self.chosen(count, longest, place)?
                && n != *now
            {
                model = Arc::new(model.with_constant(&declares(count), n)?);
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
                let text = format!("`{name}` of {place} has {n} values, the other lists {}", elements.len());
                return Err(Error::network(text));
            }
            let each = elements.into_iter().enumerate();
            values.extend(each.map(|(k, element)| (*kind, element, at(given, k))));
        }
        Ok((model, values))
    }

    /// The length of the lists of parameters that were given for a count; none where none was.
    fn chosen(&self, count: &str, longest: usize, place: &str) -> Result<Option<u32>> {
        let lists = self.given.iter().filter(|(kind, name, _)| {
            *kind == Kind::Param && self.model.count_of(Kind::Param, name) == Some(count)
        });
        let lengths: Vec<(&String, usize)> =
            lists.filter_map(|(_, name, given)| Some((name, length(given)?))).collect();
        let [(first, n), rest @ ..] = lengths.as_slice() else { return Ok(None) };
        if let Some((name, other)) = rest.iter().find(|(_, other)| other != n) {
            let text =
                format!("`{first}` of {place} has {n} values and `{name}` {other}; give as many of both");
            return Err(Error::network(text));
        }
        if !(1..=longest).contains(n) {
            let (what, expected) =
                (format!("`{first}` of {place}"), format!("a list of 1 to {longest} values"));
            return Err(Error::Value { what, expected, got: format!("{n}") });
        }
        Ok(Some(*n as u32))
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
            Some(n) if self.model.ports() != Some(n) => {
                self.model = Arc::new(self.model.with_constant(&declares(PORTS), n)?);
            }
            _ => {}
        }
        Ok(())
    }
}

/// How many values a list has; none for what holds for all of them.
fn length(given: &Given) -> Option<usize> {
    match given {
        Given::Each(values) => Some(values.len()),
        Given::Lists(lists) => Some(lists.len()),
        Given::Words(words) => Some(words.len()),
        Given::Constant(_) | Given::Random(..) | Given::Word(_) => None,
    }
}

/// The `k`-th value.
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
    use crate::network::rule::all_to_all;
    use crate::unit::{mV, ms, pA};

    /// Two lists with an element for each port, one of any length.
    const LISTS: &str = "//! Lists.
const PORTS = 1u;
const TERMS = 1u;
struct Params {
    /// Time constant [ms] = 2, > 0
    tau_syn: array<f32, PORTS>,
    /// Reversal potential [mV] = 0
    E_rev: array<f32, PORTS>,
    /// Growth [mV] = 0
    q: array<f32, TERMS>,
}
struct State {
    /// Current [pA] = 0
    I_syn: array<f32, PORTS>,
    /// Terms [mV] = 0
    term: array<f32, TERMS>,
}
struct Input {
    /// Spikes [pA]
    port: array<f32, PORTS>,
}
fn update(p: Params, s: State, x: Input) -> State {
    var next = s;
    for (var k = 0u; k < PORTS; k++) {
        next.I_syn[k] += x.port[k] / p.tau_syn[k];
    }
    for (var k = 0u; k < TERMS; k++) {
        next.term[k] += p.q[k];
    }
    return next;
}";

    fn cell() -> Instance {
        Instance::new(Model::from_wgsl("lists", LISTS).expect("it is valid"))
    }

    fn times(values: &[f64]) -> Given {
        Given::from(crate::model::Amount::from(values.iter().map(|value| *value * ms).collect::<Vec<_>>()))
    }

    fn names(cell: Instance) -> Result<Vec<String>> {
        let settings = cell.settle("population `cells`", 2)?;
        Ok(settings.model.params().iter().map(|member| member.name.clone()).collect())
    }

    #[test]
    fn a_population_has_as_many_of_each_as_its_lists_have_values() -> Result<()> {
        let lists = names(cell().set("tau_syn", times(&[1.0, 2.0])).set("q", vec![0.0, 1.0, 2.0]))?;
        assert_eq!(lists, ["tau_syn_1", "tau_syn_2", "E_rev_1", "E_rev_2", "q_1", "q_2", "q_3"]);
        assert_eq!(names(cell())?, ["tau_syn_1", "E_rev_1", "q_1"]);
        Ok(())
    }

    #[test]
    fn says_what_is_wrong_with_a_list() {
        let three = || cell().set("tau_syn", times(&[1.0, 2.0, 3.0]));
        for (cell, part) in [
            (
                three().set("E_rev", vec![0.0, -85.0]),
                "`tau_syn` of population `cells` has 3 values and `E_rev` 2; give as many of both",
            ),
            (
                three().init("I_syn", vec![1.0]),
                "`I_syn` of population `cells` has 1 values, the other lists 3",
            ),
            (three().set("tau_syn", times(&[])), "must be a list of 1 to 127 values, got 0"),
            (
                three().set("tau_syn", times(&[1.0, -2.0, 3.0])),
                "`tau_syn_2` of population `cells` must be > 0 ms",
            ),
        ] {
            let message = names(cell).expect_err(part).to_string();
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_port_that_does_not_exist_is_named() -> Result<()> {
        let mut network = crate::Network::new(0.1 * ms)?;
        let cells = network.population("cells", 2, cell().set("tau_syn", times(&[1.0, 2.0])))?;
        let wrong = network.project(&cells, &cells, all_to_all()).weight(1.0 * pA).port("3").build();
        let message = wrong.expect_err("there are two ports").to_string();
        assert!(message.contains("no port `3` in `lists`"), "{message}");
        Ok(())
    }

    #[test]
    fn trials_keep_the_lengths_of_lists() -> Result<()> {
        let mut network = crate::Network::new(0.1 * ms)?;
        let own = |taus: &[f64]| cell().set("tau_syn", times(taus));
        let cells = network.population("cells", 2, own(&[1.0, 2.0]))?;
        network.set_each_trial(&cells, [own(&[1.0, 2.0]), own(&[3.0, 2.0])])?;
        for (wrong, part) in [
            (own(&[3.0]), "in trial 1 keeps the length of its lists of PORTS, 2, got 1"),
            (
                own(&[1.0, 2.0]).set("q", vec![1.0 * mV; 4]),
                "in trial 1 keeps the length of its lists of TERMS, 1, got 4",
            ),
        ] {
            let found = network.set_each_trial(&cells, [own(&[1.0, 2.0]), wrong]);
            let message = found.expect_err(part).to_string();
            assert!(message.contains(part), "{message}");
        }
        Ok(())
    }

    #[test]
    fn an_array_without_a_chosen_length_is_refused() {
        let model = |text: &str| Model::from_wgsl("own", text).expect_err("it is refused").to_string();
        let fixed = model("struct Params {\n /// Time [ms] = 2\n tau: array<f32, 3>,\n}");
        assert!(fixed.contains("own.wgsl:3") && fixed.contains("declare `const PORTS = 1u;`"), "{fixed}");
        let inside = model(
            "/* */ const PORTS = 1u;\nstruct Params {\n /// Time [ms] = 2\n tau: array<f32, PORTS>,\n}",
        );
        assert!(inside.contains("own.wgsl:4") && inside.contains("on a line of its own"), "{inside}");
    }
}
