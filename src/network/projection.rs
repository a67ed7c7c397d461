//! Projections: which elements of a source reach which targets, through what, with which weights and delays.

use super::rule::{Connectivity, Rule};
use super::target::{Target, check_targets};
use super::view::{PopulationId, Slice, View};
use super::{Network, Population};
use crate::error::{Error, Result};
use crate::model::instance::Settings;
use crate::model::tag::TagUnit;
use crate::model::value::{Given, Number, Value};
use crate::model::{Instance, Role};
use crate::unit::table;

/// A checked projection of a network.
#[derive(Clone, Debug)]
pub struct Projection {
    /// Its name; `from_to` where the user gave none.
    pub name: String,
    /// The sources.
    pub from: View,
    /// The targets.
    pub to: View,
    /// Rule, autapses, multapses.
    pub connectivity: Connectivity,
    /// Receptor dynamics and its output, in the BrainPy voice.
    pub receptor: Option<Receptor>,
    /// The port that takes all weights; by sign of the weight where it is none.
    pub port: Option<String>,
    /// Weights in the unit of the port.
    pub weight: Value,
    /// Delays in ms, from the end of the step that spiked.
    pub delay: Value,
    /// Steps on top of the delay: 1 in the BrainPy voice, where a spike is seen in the step after it.
    pub latency: u32,
}

impl Projection {
    /// Fails where the projection is to be procedural and cannot.
    pub(super) fn check_procedural(&self, network: &Network) -> Result<()> {
        if !self.connectivity.procedural {
            return Ok(());
        }
        let place = format!("projection `{}`", self.name);
        let fits = self.connectivity.validate(self.from.len(), self.to.len(), shared(&self.from, &self.to));
        fits.map_err(|error| Error::network(format!("{place}: {error}")))?;
        for (what, value) in [("weight", &self.weight), ("delay", &self.delay)] {
            if matches!(value, Value::Each(_)) {
                let text = format!(
                    "{place} cannot be procedural: its {what} is a list; one value or a distribution is drawn anew"
                );
                return Err(Error::network(text));
            }
        }
        // the sources of a generator are made for its edges, one for each
        let sources = self.from.slices().iter().map(|slice| network.get(slice.population));
        match sources.into_iter().find(|source| source.settings.model.role() != Role::Neuron) {
            None => Ok(()),
            Some(generator) => Err(Error::network(format!(
                "{place} cannot be procedural: its source `{}` is a generator; neurons can, a `parrot_neuron` too",
                generator.name
            ))),
        }
    }
}

/// A synapse model and the output that turns its conductance into a current.
#[derive(Clone, Debug, PartialEq)]
pub struct Receptor {
    /// The receptor dynamics.
    pub synapse: Settings,
    /// Conductance to current.
    pub output: Settings,
}

/// A projection being described; nothing is added before [`ProjectionBuilder::build`].
#[must_use = "call `build` to add the projection"]
#[derive(Debug)]
pub struct ProjectionBuilder<'a> {
    network: &'a mut Network,
    name: Option<String>,
    from: View,
    to: View,
    connectivity: Connectivity,
    synapse: Option<Instance>,
    output: Option<Instance>,
    port: Option<String>,
    weight: Given,
    delay: Option<Given>,
}

impl<'a> ProjectionBuilder<'a> {
    pub(super) fn new(network: &'a mut Network, from: View, to: View, connectivity: Connectivity) -> Self {
        let weight = Given::from(1.0);
        let (name, synapse, output, port, delay) = (None, None, None, None, None);
        ProjectionBuilder { network, name, from, to, connectivity, synapse, output, port, weight, delay }
    }

    /// Names the projection; its synapse's variables are recorded as `NAME.g`.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The weights: a quantity, a list with one per edge, or a distribution. Default 1 in the port's unit.
    ///
    /// The list of an `all_to_all` has the sources of the first target first, as in NEST. A matrix may say it, too: a row
    /// for each source, as long as there are targets.
    pub fn weight(mut self, weight: impl Into<Given>) -> Self {
        self.weight = weight.into();
        self
    }

    /// The delays, rounded to steps. Default: one step; in the BrainPy voice none beyond its latency of a step.
    pub fn delay(mut self, delay: impl Into<Given>) -> Self {
        self.delay = Some(delay.into());
        self
    }

    /// The port that spikes arrive at, where the weights' signs do not say it.
    pub fn port(mut self, port: &str) -> Self {
        self.port = Some(port.into());
        self
    }

    /// Receptor dynamics at the target (BrainPy voice), or a model of the edges such as `static_synapse`.
    pub fn synapse(mut self, synapse: impl Into<Instance>) -> Self {
        self.synapse = Some(synapse.into());
        self
    }

    /// What turns the synapse's conductance into a current.
    pub fn output(mut self, output: impl Into<Instance>) -> Self {
        self.output = Some(output.into());
        self
    }

    /// Stores no synapses: targets, weights and delays are drawn anew whenever a source spikes, the same ones that
    /// would be stored. Takes no memory per synapse, and more time per spike.
    ///
    /// For `one_to_one`, `all_to_all`, `fixed_outdegree`, `fixed_prob` and `pairwise_bernoulli` between neurons, with weights
    /// and delays that are constant or of a distribution.
    pub fn procedural(mut self) -> Self {
        self.connectivity.procedural = true;
        self
    }

    /// Checks the projection and adds it to the network.
    ///
    /// # Errors
    /// One sentence on what does not fit: port, unit, rule, sizes, delay.
    pub fn build(self) -> Result<()> {
        let network = self.network;
        let title = |view: &View| network.get(view.slices()[0].population).name.clone();
        let name = self.name.unwrap_or_else(|| format!("{}_{}", title(&self.from), title(&self.to)));
        let place = format!("projection `{name}`");
        let receptor = receptor(&place, self.synapse, self.output)?;
        check_sources(network, &place, &self.from)?;
        check_targets(network, &place, &self.to)?;
        let shared = shared(&self.from, &self.to);
        let fits = self.connectivity.validate(self.from.len(), self.to.len(), shared);
        fits.map_err(|error| Error::network(format!("{place}: {error}")))?;
        for (view, word) in [(&self.from, "from"), (&self.to, "to")] {
            if let Some(twice) = overlap(view) {
                let population = &network.get(twice).name;
                return Err(Error::network(format!(
                    "{place}: `{word}` names elements of population `{population}` twice"
                )));
            }
        }
        let currents = is_current(network.get(self.from.slices()[0].population));
        let target = Target { network, place: &place, to: &self.to, receptor: receptor.as_ref(), currents };
        let unit = target.unit(self.port.as_deref())?;
        let weight = dense(&place, self.weight, &self.connectivity.rule, (self.from.len(), self.to.len()))?;
        let weight = weight.resolve(&format!("the weight of {place}"), &unit)?;
        target.check_signs(self.port.as_deref(), &weight)?;
        if matches!(self.connectivity.rule, Rule::SymmetricPairwiseBernoulli(_)) {
            // its edges go both ways
            check_targets(network, &place, &self.from)?;
            let back = Target { to: &self.from, ..target };
            if back.unit(self.port.as_deref())? != unit {
                return Err(Error::network(format!("{place}: its two ends take weights in different units")));
            }
            back.check_signs(self.port.as_deref(), &weight)?;
        }
        let latency = u32::from(receptor.is_some());
        let delay = delay(network.dt_ms, &place, self.delay, latency)?;
        for (what, value) in [("weight", &weight), ("delay", &delay)] {
            check_length(&place, what, value, &self.connectivity.rule, (self.from.len(), self.to.len()))?;
        }
        let (from, to, connectivity, port) = (self.from, self.to, self.connectivity, self.port);
        let projection = Projection { name, from, to, connectivity, receptor, port, weight, delay, latency };
        projection.check_procedural(network)?;
        network.projections.push(projection);
        Ok(())
    }
}

/// Number of elements that are in both views.
fn shared(a: &View, b: &View) -> u32 {
    let common = |x: &Slice, y: &Slice| match x.population == y.population {
        true => (x.first + x.len).min(y.first + y.len).saturating_sub(x.first.max(y.first)),
        false => 0,
    };
    let all = a.slices().iter().flat_map(|x| b.slices().iter().map(move |y| u64::from(common(x, y))));
    u32::try_from(all.sum::<u64>()).unwrap_or(u32::MAX)
}

/// A population of which two slices of the view overlap.
fn overlap(view: &View) -> Option<PopulationId> {
    let slices = view.slices();
    let meets = |(k, x): (usize, &Slice)| {
        let meets = |y: &Slice| {
            x.population == y.population && x.first < y.first + y.len && y.first < x.first + x.len
        };
        slices[..k].iter().any(meets).then_some(x.population)
    };
    slices.iter().enumerate().find_map(meets)
}

fn receptor(place: &str, synapse: Option<Instance>, output: Option<Instance>) -> Result<Option<Receptor>> {
    let Some(synapse) = synapse else {
        return match output {
            None => Ok(None),
            Some(_) => {
                Err(Error::network(format!("{place} has an output but no synapse; add one such as `expon`")))
            }
        };
    };
    match (synapse.model().role(), output) {
        (Role::Plasticity, None) if !synapse.model().is_static() => {
            let text = format!(
                "`{}` changes its weights; {place} cannot use it: only static edges run so far",
                synapse.model().name()
            );
            Err(Error::network(text))
        }
        (Role::Plasticity, None) => {
            synapse.settle(place, 1)?;
            Ok(None)
        }
        (Role::Synapse, Some(output)) if output.model().role() == Role::Output => {
            let receptor = Receptor { synapse: synapse.settle(place, 1)?, output: output.settle(place, 1)? };
            Ok(Some(receptor))
        }
        (Role::Synapse, None) => Err(Error::network(format!(
            "{place} has the synapse `{}` but no output; add one such as `coba`",
            synapse.model().name()
        ))),
        (Role::Synapse, Some(output)) => Err(Error::network(format!(
            "`{}` is a {}, not an output: {place} cannot use it",
            output.model().name(),
            output.model().role().name()
        ))),
        (role, _) => Err(Error::network(format!(
            "`{}` is a {}, not a synapse: {place} cannot use it",
            synapse.model().name(),
            role.name()
        ))),
    }
}

/// Whether the population makes currents, not spikes.
pub(crate) fn is_current(population: &Population) -> bool {
    let model = &population.settings.model;
    model.role() == Role::Generator && model.function("current").is_some()
}

fn check_sources(network: &Network, place: &str, from: &View) -> Result<()> {
    let kind = |slice: &Slice| {
        let population = network.get(slice.population);
        let random =
            population.settings.model.role() == Role::Generator && !population.settings.model.is_scheduled();
        (is_current(population), random)
    };
    let first = kind(&from.slices()[0]);
    if from.slices().iter().any(|slice| kind(slice) != first) {
        let text = format!(
            "{place} mixes generators of currents or random spikes with other sources; make two projections"
        );
        return Err(Error::network(text));
    }
    Ok(())
}

/// A matrix of weights as the list that it stands for.
fn dense(place: &str, given: Given, rule: &Rule, sizes: (u32, u32)) -> Result<Given> {
    let Given::Lists(rows) = &given else { return Ok(given) };
    let (n_sources, n_targets) = (sizes.0 as usize, sizes.1 as usize);
    if *rule != Rule::AllToAll {
        let text = format!(
            "the weight of {place} is a matrix, which {} does not take; all_to_all does",
            rule.name()
        );
        return Err(Error::network(text));
    }
    let row = |row: &Given| match row {
        Given::Each(numbers) if numbers.len() == n_targets => Some(numbers.clone()),
        _ => None,
    };
    let matrix = rows.iter().map(row).collect::<Option<Vec<Vec<Number>>>>();
    let Some(matrix) = matrix.filter(|matrix| matrix.len() == n_sources) else {
        return Err(Error::network(format!(
            "the weight of {place} is a matrix of {} rows; it has {n_sources} sources, a row of {n_targets} for each",
            rows.len()
        )));
    };
    let by_target = (0..n_targets).flat_map(|target| matrix.iter().map(move |row| row[target].clone()));
    Ok(Given::Each(by_target.collect()))
}

/// A list needs one value for each edge, and a rule that fixes the order of edges.
fn check_length(place: &str, what: &str, value: &Value, rule: &Rule, sizes: (u32, u32)) -> Result<()> {
    let Value::Each(values) = value else { return Ok(()) };
    let edges = match rule {
        Rule::Edges(pairs) => pairs.len() as u64,
        Rule::OneToOne => u64::from(sizes.0),
        Rule::AllToAll => u64::from(sizes.0) * u64::from(sizes.1),
        drawn => {
            let text = format!(
                "the {what} of {place} is a list, but {} draws its edges; give one value or a distribution",
                drawn.name()
            );
            return Err(Error::network(text));
        }
    };
    if values.len() as u64 == edges {
        return Ok(());
    }
    let plural = if values.len() == 1 { "" } else { "s" };
    Err(Error::network(format!(
        "the {what} of {place} is a list of {} value{plural}; it has {edges} edges",
        values.len()
    )))
}

fn delay(dt_ms: f64, place: &str, given: Option<Given>, latency: u32) -> Result<Value> {
    let unit = TagUnit::Unit(table::find("ms").expect("the table has ms"));
    let what = format!("the delay of {place}");
    let least = if latency == 0 { dt_ms } else { 0.0 };
    let given = given.unwrap_or(Given::Constant(Number { value: least, unit: Some(("time", -3)) }));
    let value = given.resolve(&what, &unit)?;
    let delays: Vec<f64> = match &value {
        Value::Constant(delay) => vec![*delay],
        Value::Each(delays) => delays.to_vec(),
        Value::Random(_) => vec![],
    };
    // 1e-9: decimal input such as 0.1 ms may miss dt by a rounding of f64
    match delays.iter().find(|delay| !(**delay >= least * (1.0 - 1e-9) && delay.is_finite())) {
        None => Ok(value),
        Some(delay) if latency == 0 => {
            Err(Error::Value { what, expected: format!(">= dt = {dt_ms} ms"), got: format!("{delay} ms") })
        }
        Some(delay) => Err(Error::Value { what, expected: ">= 0 ms".into(), got: format!("{delay} ms") }),
    }
}
