//! Spikes from outside, between two advances: a closed loop with the world.

use super::Rollout;
use crate::compile::connect::quantise;
use crate::compile::recipe::Set;
use crate::error::{Error, Result};
use crate::model::instance::spike_ports;
use crate::model::value::{Given, Value};
use crate::network::target::port_for;
use crate::network::view::Slice;
use crate::network::{PopulationId, View};
use crate::program::{Event, Leaf};
use crate::unit::{Quantity, Time, ms};

impl Rollout {
    /// Makes elements of a population with a schedule spike at times to come: each spike is an index within `senders`
    /// and a time, a multiple of dt after [`Rollout::time_ms`]. They travel through the projections of the senders, in
    /// every trial, and are recorded as theirs.
    ///
    /// ```
    /// use synfire::models::{iaf_psc_exp, spike_generator};
    /// use synfire::network::rule::all_to_all;
    /// use synfire::unit::{ms, pA};
    /// use synfire::{Device, Network, Rollout};
    ///
    /// let mut network = Network::new(0.1 * ms)?;
    /// let world = network.population("world", 3, spike_generator())?;
    /// let cells = network.population("cells", 10, iaf_psc_exp())?;
    /// network.project(&world, &cells, all_to_all()).weight(5000.0 * pA).delay(1.0 * ms).build()?;
    /// let mut rollout = Rollout::new(&network, &Device::cpu())?;
    /// rollout.advance(10.0 * ms)?;
    /// rollout.inject_spikes(&world, [(0, 10.5 * ms), (2, 12.0 * ms)])?;
    /// rollout.advance(10.0 * ms)?;
    /// assert!(rollout.recording().rate_hz("cells").is_some_and(|rate| rate > 0.0));
    /// # Ok::<(), synfire::Error>(())
    /// ```
    ///
    /// # Errors
    /// Senders without a schedule, an index outside the view, a time that is past or no multiple of dt, or at which
    /// the sender spikes already.
    pub fn inject_spikes(
        &mut self,
        senders: &View,
        spikes: impl IntoIterator<Item = (u32, Quantity<Time>)>,
    ) -> Result<()> {
        self.network.own(senders)?;
        let mut events = vec![];
        for (index, time) in spikes {
            if index >= senders.len() {
                let expected = format!("an index below {}", senders.len());
                return Err(Error::Value { what: "a sender".into(), expected, got: index.to_string() });
            }
            let slice = senders.slice(index..=index)?.slices()[0];
            self.events_of(&slice, time, &mut events)?;
        }
        for event in &events {
            let same = |known: &Event| (known.step, known.element) == (event.step, event.element);
            let scheduled = &self.program().events;
            let begin = scheduled.partition_point(|known| known.step < event.step);
            let scheduled = scheduled[begin..].iter().take_while(|known| known.step == event.step);
            // the scales of the ports are made for one spike of a sender in a step
            if scheduled.chain(&self.injected).any(same) || events.iter().filter(|it| same(it)).count() > 1 {
                let time = (event.step + 1) as f64 * self.program().dt_ms;
                return Err(Error::network(format!("a sender spikes twice at {time} ms; inject one spike")));
            }
        }
        self.injected.extend(events);
        self.injected.sort_by_key(|event| (event.step, event.element));
        Ok(())
    }

    /// Adds the events of one spike, in every copy.
    fn events_of(&self, slice: &Slice, time: Quantity<Time>, events: &mut Vec<Event>) -> Result<()> {
        let population = self.network.get(slice.population);
        let model = &population.settings.model;
        if model.function("event").is_none() {
            return Err(Error::network(format!(
                "population `{}` (`{}`) has no schedule to inject spikes into; project from a generator with one, or \
                 inject into a port",
                population.name,
                model.name()
            )));
        }
        let relayed = self.is_relayed(slice.population);
        // what is kept at the source hears of a spike a step earlier
        let first = self.step + u64::from(relayed);
        let step = self.steps(time)?.checked_sub(1).filter(|step| *step >= first);
        let Some(step) = step else {
            let expected = format!("after {} ms", first as f64 * self.program().dt_ms);
            let what = format!("the time of a spike of population `{}`", population.name);
            return Err(Error::Value { what, expected, got: format!("{} ms", time.value_in(ms)) });
        };
        let located = &self.program().populations[slice.population.0 as usize];
        let first = located.first.expect("scheduled populations have elements") + slice.first;
        for copy in 0..self.program().copies() {
            let mut add = |set: Set, step| {
                let element = first + copy * located.stride + set.offset(located.size);
                events.push(Event { step, element, value: 1.0 });
            };
            if relayed {
                add(Set::Early, step - 1);
            }
            add(Set::Positive, step);
            add(Set::Counts, step);
        }
        Ok(())
    }

    /// Whether something is kept at the sources of a population.
    fn is_relayed(&self, population: PopulationId) -> bool {
        let sends = |view: &View| view.slices().iter().any(|slice| slice.population == population);
        let projections = self.network.projections().iter().filter(|projection| projection.sender.is_some());
        projections.into_iter().any(|it| sends(&it.from) || (it.back.is_some() && sends(&it.to)))
    }

    /// Adds a spike of this weight to what arrives at a port of `view` in the next step, in every trial: a quantity in
    /// the port's unit, a list with one for each element, no distribution. The port is that of the neuron that takes
    /// the weight's sign, or the named one.
    ///
    /// # Errors
    /// A port that does not exist or where no projection ends (its resolution follows from its projections), a wrong
    /// unit, a weight that is too large for what arrives with it.
    pub fn inject(&mut self, view: &View, port: &str, weight: impl Into<Given>) -> Result<()> {
        self.network.own(view)?;
        let given = weight.into();
        let mut offset = 0;
        let mut arrivals = vec![];
        for slice in view.slices() {
            let (number, numbers) = self.arrival(slice, port, &given, (offset, view.len()))?;
            offset += slice.len;
            for copy in 0..self.program().copies() {
                let span = self.span(slice, copy).expect("neurons are updated");
                arrivals.push((span, number, numbers.clone()));
            }
        }
        arrivals.into_iter().try_for_each(|(span, port, amounts)| self.engine.arrive(span, port, &amounts))
    }

    /// The position of a port and what arrives there, in units of its scale.
    fn arrival(
        &self,
        slice: &Slice,
        port: &str,
        given: &Given,
        (offset, len): (u32, u32),
    ) -> Result<(usize, Vec<i32>)> {
        let population = self.network.get(slice.population);
        let model = &population.settings.model;
        let ports: Vec<_> = spike_ports(model).collect();
        let Some(number) = ports.iter().position(|member| member.name == port) else {
            let known = ports.iter().map(|member| member.name.as_str());
            return Err(Error::unknown("spike port", port, format!("`{}`", model.name()), known));
        };
        let what = format!("what arrives at `{port}` of population `{}`", population.name);
        let value = given.resolve(&what, &ports[number].tag().expect("inputs have tags").unit)?;
        let numbers = match value {
            Value::Constant(value) => vec![value; slice.len as usize],
            Value::Each(values) if values.len() == len as usize => {
                values[offset as usize..][..slice.len as usize].to_vec()
            }
            Value::Each(values) => {
                return Err(Error::network(format!(
                    "{what} is a list of {} values for {len} elements",
                    values.len()
                )));
            }
            Value::Random(_) => return Err(Error::network(format!("{what} is one weight or a list"))),
        };
        let place = self.program().populations[slice.population.0 as usize].place;
        let (kernel, member) = place.expect("only neurons have ports");
        let place = (kernel as usize, member as usize);
        let read = |leaf: &Leaf| *leaf == Leaf::Arrival(number as u32);
        if !self.program().kernels[place.0].leaves.iter().any(|(_, leaf)| read(leaf)) {
            return Err(Error::network(format!(
                "no projection ends on `{port}` of population `{}`; make one, its weights say how finely weights add up",
                population.name
            )));
        }
        let about = self.program().ports.iter().find(|about| about.place == place && about.number == number);
        let scale = about.expect("every port has a scale").scale;
        let amount = |weight: f64| match port_for(model, Some(port), weight) {
            Some(_) => quantise(weight, scale).map_err(|_| Error::Value {
                what: what.clone(),
                expected: format!("at most {}, as the network was built", f64::from(i32::MAX) / scale),
                got: weight.to_string(),
            }),
            None => Err(Error::network(format!("{what} is {weight}, a sign that the port does not take"))),
        };
        Ok((number, numbers.into_iter().map(amount).collect::<Result<_>>()?))
    }
}
