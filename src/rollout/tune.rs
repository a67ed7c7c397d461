//! Reading and setting parameters, currents and state of a network in progress.
//!
//! *How it works.* A value is set on the description, and the constants of the kernels concerned are computed from it
//! as they are when a network is built: see [`retune`](mod@retune). State is written where it lies. No synapse is touched.

use super::Rollout;
use crate::compile::constants::{from_word, word};
use crate::compile::recipe::{self, Use};
use crate::compile::retune::{self, Retuned};
use crate::device::Span;
use crate::error::{Error, Result};
use crate::model::instance::Kind;
use crate::model::reflect::Member;
use crate::model::value::Given;
use crate::model::{Model, Role};
use crate::network::set::{kind_in, numbers, of_slice};
use crate::network::view::Slice;
use crate::network::{Network, View};

impl Rollout {
    /// Sets a parameter, a constant current into a port or a state variable of `view`, from the next step on.
    ///
    /// The value is a quantity, a list with one for each element of the view, or a distribution. It counts in every
    /// trial. Parameters change alone: what had its default from one keeps its value, and so does a potential that
    /// a model counts from one.
    ///
    /// ```
    /// use synfire::models::iaf_psc_exp;
    /// use synfire::unit::{mV, ms, pA};
    /// use synfire::{Device, Network, Rollout};
    ///
    /// let mut network = Network::new(0.1 * ms)?;
    /// let cells = network.population("cells", 10, iaf_psc_exp())?;
    /// let mut rollout = Rollout::new(&network, &Device::cpu())?;
    /// rollout.advance(100.0 * ms)?;
    /// rollout.set(&cells.slice(..5)?, "I_e", 500.0 * pA)?;
    /// rollout.set(&cells, "V_m", -60.0 * mV)?;
    /// rollout.advance(100.0 * ms)?;
    /// let potentials = rollout.get(&cells, "V_m")?;
    /// assert!(potentials[0] > potentials[9]);
    /// # Ok::<(), synfire::Error>(())
    /// ```
    ///
    /// # Errors
    /// An unknown name, a wrong unit, a value outside its bounds; a column of a schedule, which is fixed when the network
    /// is built; a rate that lets more spikes arrive than the network was built for. Nothing is set then.
    pub fn set(&mut self, view: &View, name: &str, value: impl Into<Given>) -> Result<()> {
        let given = value.into();
        if self.kind(view, name)? == Kind::Init {
            return self.set_state(view, name, &given);
        }
        let mut network = self.network.clone();
        network.set(view, name, &given)?;
        self.retune(network, view)
    }

    /// The values of a parameter, a constant current into a port or a state variable, one for each element of `view`,
    /// in the unit of its tag; one trial after the other where there are several.
    ///
    /// # Errors
    /// An unknown name, a device that fails.
    pub fn get(&mut self, view: &View, name: &str) -> Result<Vec<f64>> {
        let kind = self.kind(view, name)?;
        let mut out = vec![];
        for (copy, trial) in self.network.trials().enumerate() {
            for slice in view.slices() {
                if kind == Kind::Init {
                    out.extend(self.state(slice, name, copy as u32)?);
                    continue;
                }
                let numbers = numbers(&self.network, slice, trial, kind, name);
                out.extend((slice.first..slice.first + slice.len).map(|k| numbers.at(k as usize)));
            }
        }
        Ok(out)
    }

    /// What the name stands for in the models of the view: the same in all.
    fn kind(&self, view: &View, name: &str) -> Result<Kind> {
        self.network.own(view)?;
        let mut found = None;
        for slice in view.slices() {
            let population = self.network.get(slice.population);
            let kind = kind_in(population, name)?;
            if found.is_some_and(|found| found != kind) {
                let text =
                    format!("`{name}` is state in one population and a parameter in another; set it on each");
                return Err(Error::network(text));
            }
            found = Some(kind);
        }
        Ok(found.expect("a view has at least one slice"))
    }

    /// Brings the kernels to the parameters of a changed description.
    fn retune(&mut self, network: Network, view: &View) -> Result<()> {
        let new = recipe::recipes(&network)?;
        retune::check_bounds(&self.network, &network, &new)?;
        let program = self.engine.program().clone();
        let drives = |slice: &Slice| network.get(slice.population).settings.model.role() == Role::Generator;
        // a generator acts in the kernels of all its targets
        let all = view.slices().iter().any(drives);
        let own = |kernel: &usize| {
            let place = |slice: &Slice| program.populations[slice.population.0 as usize].place;
            all || view.slices().iter().filter_map(place).any(|(k, _)| k as usize == *kernel)
        };
        let concerned = (0..program.kernels.len()).filter(own);
        let retuned = concerned.map(|k| Ok((k, retune::retune(&network, &new, &program, k)?)));
        let retuned = retuned.collect::<Result<Vec<_>>>()?;
        drop(program);
        let origins = self.moved_origins(&network, view);
        for (k, retuned) in retuned {
            match retuned {
                Retuned::Constants(words) => self.engine.set_constants(k, words)?,
                Retuned::Kernel(kernel) => self.engine.set_kernel(k, *kernel)?,
            }
        }
        let mut kept = vec![];
        for (slice, name) in origins {
            for copy in 0..self.program().copies() {
                kept.push((slice, name.clone(), copy, self.state(&slice, &name, copy)?));
            }
        }
        self.network = network;
        for (slice, name, copy, values) in kept {
            self.write_state(&slice, &name, copy, &|k| values[k])?;
        }
        Ok(())
    }

    /// State variables that are kept relative to a parameter that differs in `network`.
    fn moved_origins(&self, network: &Network, view: &View) -> Vec<(Slice, String)> {
        let mut moved = vec![];
        for slice in view.slices() {
            let model = &network.get(slice.population).settings.model;
            for member in model.state() {
                let Some(origin) = origin(member) else { continue };
                let of = |network: &Network| {
                    let trials = network.trials();
                    trials
                        .map(|trial| numbers(network, slice, trial, Kind::Param, origin))
                        .collect::<Vec<_>>()
                };
                if of(network) != of(&self.network) {
                    moved.push((*slice, member.name.clone()));
                }
            }
        }
        moved
    }

    fn set_state(&mut self, view: &View, name: &str, given: &Given) -> Result<()> {
        let mut writes = vec![];
        for copy in 0..self.program().copies() {
            let mut offset = 0;
            for slice in view.slices() {
                let population = self.network.get(slice.population);
                let (k, member) = state_member(&population.settings.model, name);
                let place = format!("`{name}` of population `{}`", population.name);
                let value = given.resolve(&place, &member.tag().expect("state has tags").unit)?;
                let values = recipe::stream(&self.network, Use::Values, slice.population.0 as usize);
                let trial = self.network.trials().start + copy;
                let stream = values.of_trial(trial).child(Kind::Init as u32 * 256 + k as u32);
                let numbers = of_slice(&place, &value, slice, (offset, view.len()), population.size, stream)?;
                writes.push((*slice, copy, numbers));
                offset += slice.len;
            }
        }
        writes
            .into_iter()
            .try_for_each(|(slice, copy, numbers)| self.write_state(&slice, name, copy, &|k| numbers[k]))
    }

    fn state(&mut self, slice: &Slice, name: &str, copy: u32) -> Result<Vec<f64>> {
        let (span, variable) = self.plane(slice, name, copy);
        let words = self.engine.state(span, variable)?;
        let scalar = self.program().kernels[span.kernel].state[variable].1;
        let origins = self.origins(slice, name, copy);
        Ok(words.iter().zip(origins).map(|(word, origin)| from_word(scalar, *word) + origin).collect())
    }

    fn write_state(
        &mut self,
        slice: &Slice,
        name: &str,
        copy: u32,
        values: &dyn Fn(usize) -> f64,
    ) -> Result<()> {
        let (span, variable) = self.plane(slice, name, copy);
        let scalar = self.program().kernels[span.kernel].state[variable].1;
        let origins = self.origins(slice, name, copy);
        let words: Vec<u32> =
            origins.iter().enumerate().map(|(k, origin)| word(scalar, values(k) - origin)).collect();
        self.engine.set_state(span, variable, &words)
    }

    /// Where a state variable of the slice lies.
    fn plane(&self, slice: &Slice, name: &str, copy: u32) -> (Span, usize) {
        let span = self.span(slice, copy).expect("only what is updated has state");
        let planes = &self.program().kernels[span.kernel].state;
        (span, planes.iter().position(|(known, _)| known == name).expect("the name was looked up"))
    }

    /// The elements of a slice in a copy, where they are updated.
    pub(super) fn span(&self, slice: &Slice, copy: u32) -> Option<Span> {
        let program = self.program();
        let (kernel, member) = program.populations[slice.population.0 as usize].place?;
        let kernel = kernel as usize;
        let member = program.members_of(&program.kernels[kernel], copy).start + member as usize;
        Some(Span { kernel, member, first: slice.first, len: slice.len })
    }

    /// What a state variable is counted from, for each element of the slice.
    fn origins(&self, slice: &Slice, name: &str, copy: u32) -> Vec<f64> {
        let (_, member) = state_member(&self.network.get(slice.population).settings.model, name);
        let Some(parameter) = origin(member) else { return vec![0.0; slice.len as usize] };
        let trial = self.network.trials().start + copy;
        let numbers = numbers(&self.network, slice, trial, Kind::Param, parameter);
        (slice.first..slice.first + slice.len).map(|k| numbers.at(k as usize)).collect()
    }
}

fn origin(member: &Member) -> Option<&String> {
    member.tag().and_then(|tag| tag.from.as_ref())
}

fn state_member<'m>(model: &'m Model, name: &str) -> (usize, &'m Member) {
    let found = model.state().iter().enumerate().find(|(_, member)| member.name == name);
    found.expect("the name was looked up")
}
