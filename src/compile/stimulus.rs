//! Generators: parts of their targets' updates, or populations of sources.
//!
//! A current acts inside the update of its target. So does a random train, because every target has a train of
//! its own: the update draws it. Where a target has many trains, or a recording asks for them, the engine makes
//! a population with one source an edge instead.

use super::connect::{EdgeDelay, EdgeValue, Segment, TargetSegment, Wiring, for_each_edge};
use super::constants::{self, Entry};
use super::recipe::{Recipe, Recipes, Set, Synaptic, Use, Way, stream};
use super::wire::{counts_events, edge_delays, edge_values};
use crate::error::{Error, Result};
use crate::model::instance::{Kind, Numbers, continuous};
use crate::model::reflect::Scalar;
use crate::model::{Model, Role};
use crate::network::projection::{Carries, Projection};
use crate::network::record::What;
use crate::network::target::port_for;
use crate::network::{Network, PopulationId};
use crate::random::Stream;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most currents that one port of a target can have.
const MAX_CURRENTS: usize = 16;

/// The most random trains that the update of a target draws itself; more become sources.
const MAX_TRAINS: usize = 4;

/// A generator that acts inside the update of a population.
#[derive(Clone, Debug)]
pub struct Stimulus {
    /// Its model.
    pub model: Arc<Model>,
    /// Position among the continuous inputs (a current) or the spike ports (a train).
    pub port: usize,
    /// Its parameters, as each target sees them.
    pub params: BTreeMap<String, Numbers>,
    /// Weight for each target; 0 where it does not reach.
    pub weight: Numbers,
    /// Delay in steps for each target.
    pub delay: Numbers,
    /// Steps of the delay that are none: it acts from the start.
    pub latency: u32,
    /// Number of its random stream.
    pub stream: u32,
    /// The element of a generator that each target has its train from.
    pub elements: Vec<(PopulationId, u32)>,
}

/// The constants of the random numbers that all targets of an element have in common.
pub(super) const COMMON: [&str; 2] = ["common_stream", "common_element"];

impl Stimulus {
    /// Whether it makes currents, not spikes.
    pub fn is_current(&self) -> bool {
        self.model.function("current").is_some()
    }

    /// The prefix of its constants.
    pub fn prefix(&self, k: usize) -> String {
        format!("{}_{k}_", self.model.name())
    }

    /// Its constants, as the `k`-th stimulus.
    ///
    /// # Errors
    /// A `derive` that cannot be lowered.
    pub fn constants(&self, k: usize, dt: f64) -> Result<Vec<Entry>> {
        let prefix = self.prefix(k);
        let mut entries = vec![
            Entry::numbers(&format!("{prefix}weight"), Scalar::F32, &self.weight),
            Entry::numbers(&format!("{prefix}delay"), Scalar::U32, &self.delay),
            Entry::shared(&format!("{prefix}latency"), Scalar::U32, self.latency),
            Entry::shared(&format!("{prefix}stream"), Scalar::U32, self.stream),
        ];
        if self.model.has_common_draws() {
            entries.extend(common_draws(&prefix, &self.elements));
        }
        entries.extend(constants::of_model(&prefix, &self.model, &self.params, dt)?);
        Ok(entries)
    }
}

/// What tells the random numbers of one element's targets from those of another's.
pub(super) fn common_draws(prefix: &str, elements: &[(PopulationId, u32)]) -> [Entry; 2] {
    // the number of a stream does not depend on the seed
    let all = Stream::new(0, 0).child(Use::Common as u32);
    let stream = gather(elements.iter().map(|(id, _)| f64::from(all.child(id.0).stream)).collect());
    let element = gather(elements.iter().map(|(_, element)| f64::from(*element)).collect());
    let [first, second] = COMMON.map(|name| format!("{prefix}{name}"));
    [Entry::numbers(&first, Scalar::U32, &stream), Entry::numbers(&second, Scalar::U32, &element)]
}

/// Edges from the generators of one population into one port of a target population.
#[derive(Debug)]
struct Reached {
    recipe: usize,
    port: usize,
    generators: PopulationId,
    latency: u32,
    edges: Vec<Reach>,
}

/// One edge from a generator to a target element.
#[derive(Clone, Copy, Debug)]
struct Reach {
    target: u32,
    generator: u32,
    weight: f64,
    delay: u32,
}

/// Turns every projection into stimuli or into rows of synapses.
pub(super) fn attach(network: &Network, recipes: &mut Recipes) -> Result<()> {
    for (k, projection) in network.projections().iter().enumerate() {
        let source = network.get(projection.from.slices()[0].population);
        let model = source.settings.model.clone();
        if model.is_random() && (!model.inputs().is_empty() || ends_on_generators(network, projection)) {
            make_sources(network, recipes, k, projection)?;
            continue;
        }
        if model.role() == Role::Neuron || model.is_scheduled() {
            let row = |set, way| Synaptic { projection: k, made: None, set, way };
            recipes.synaptic.extend(sets(network, projection)?.into_iter().map(|set| row(set, Way::There)));
            if projection.back.is_some() {
                recipes.synaptic.push(row(Set::Positive, Way::Back));
            }
            continue;
        }
        let reached = reached(network, recipes, k, projection)?;
        let deepest = reached.iter().map(|reached| depth(&reached.edges)).max().unwrap_or(0);
        let currents = projection.carries == Carries::Currents;
        if currents && deepest > MAX_CURRENTS {
            let text = format!(
                "projection `{}` gives a target {deepest} currents; at most {MAX_CURRENTS} reach one port, add them up in fewer generators",
                projection.name
            );
            return Err(Error::network(text));
        }
        if currents || deepest <= MAX_TRAINS {
            for reached in reached {
                add_stimuli(network, recipes, &reached);
            }
        } else {
            make_sources(network, recipes, k, projection)?;
        }
    }
    for (k, _) in network.populations().iter().enumerate().filter(|(k, _)| recorded(network, *k)) {
        let id = PopulationId(k as u32);
        let size = network.get(id).size;
        let generators: Vec<(PopulationId, u32)> = (0..size).map(|element| (id, element)).collect();
        let name = network.get(id).name.clone();
        let number = stream(network, Use::Noise, k).stream;
        let recipe = sources(network, recipes.trial, &generators, Some(id), name, number)?;
        recipes.populations.push(recipe);
    }
    Ok(())
}

/// Whether what a projection brings is what generators make their spikes of.
pub(super) fn ends_on_generators(network: &Network, projection: &Projection) -> bool {
    let slices = projection.to.slices().iter();
    slices.map(|slice| network.get(slice.population)).any(|it| it.settings.model.role() == Role::Generator)
}

/// The sets of elements that send through a projection.
fn sets(network: &Network, projection: &Projection) -> Result<Vec<Set>> {
    if projection.sender.is_some() || projection.carries == Carries::Levels {
        // relays send for scheduled populations; changes of a current keep their sign
        return Ok(vec![Set::Positive]);
    }
    let sources = projection.from.slices().iter().map(|slice| slice.population);
    let scheduled: Vec<_> = sources.filter(|id| network.get(*id).settings.model.is_scheduled()).collect();
    if scheduled.is_empty() {
        return Ok(vec![Set::Positive]);
    }
    if counts_events(network, projection) {
        return Ok(vec![Set::Counts]);
    }
    for id in scheduled {
        for trial in 0..network.get(id).variants().len() as u32 {
            let events = super::schedule::of_trial(network, id.0 as usize, trial, "event")?;
            if events.iter().any(|(_, _, value)| *value < 0.0) {
                return Ok(vec![Set::Positive, Set::Negative]);
            }
        }
    }
    Ok(vec![Set::Positive])
}

/// Whether the spikes of a random generator are recorded.
fn recorded(network: &Network, population: usize) -> bool {
    let random = network.populations()[population].settings.model.is_random();
    let named = |record: &crate::network::Record| {
        !matches!(record.what, What::Trace { .. })
            && record.from.slices().iter().any(|slice| slice.population.0 as usize == population)
    };
    random && network.records().iter().any(named)
}

/// The edges of a projection by target population and port; numbers are local to populations.
fn reached(network: &Network, recipes: &Recipes, k: usize, projection: &Projection) -> Result<Vec<Reached>> {
    // numbers that no two elements share: positions in the two views
    let n_sources = projection.from.len();
    let n_targets = projection.to.len();
    let wiring = Wiring {
        name: projection.name.clone(),
        connectivity: projection.connectivity.clone(),
        sources: vec![Segment { gid: 0, len: n_sources }],
        targets: vec![TargetSegment { gid: n_sources, len: n_targets, slot: [0, 0] }],
        weight: edge_values(&projection.weight),
        delay: edge_delays(network, projection),
        stream: stream(network, Use::Edges, k),
    };
    let mut out: Vec<Reached> = vec![];
    let mut unreachable = false;
    let currents = projection.carries == Carries::Currents;
    for_each_edge(&wiring, |edge| {
        let (slice, target) = locate(projection.to.slices(), edge.target);
        let recipe = recipes.of(slice).expect("projections end on neurons");
        let receiver = &recipes.populations[recipe];
        let port = match &projection.receptor {
            _ if currents => Some(receiver.current_input(projection)),
            Some(receptor) => receiver.receptor_port(receptor),
            None => port_for(&receiver.model, projection.port.as_deref(), edge.weight),
        };
        let Some(port) = port else {
            unreachable = true;
            return;
        };
        let (generators, generator) = locate(projection.from.slices(), edge.source);
        let reach = Reach { target, generator, weight: edge.weight, delay: edge.delay };
        let alike =
            |known: &&mut Reached| (known.recipe, known.port, known.generators) == (recipe, port, generators);
        match out.iter_mut().find(alike) {
            Some(known) => known.edges.push(reach),
            None => {
                let latency = if currents { projection.latency } else { 0 };
                out.push(Reached { recipe, port, generators, latency, edges: vec![reach] });
            }
        }
    })?;
    if unreachable {
        return Err(Error::network(format!(
            "projection `{}` draws weights that no port of its targets takes",
            projection.name
        )));
    }
    Ok(out)
}

/// The population and element at `position` of a view.
pub(super) fn locate(slices: &[crate::network::view::Slice], mut position: u32) -> (PopulationId, u32) {
    for slice in slices {
        if position < slice.len {
            return (slice.population, slice.first + position);
        }
        position -= slice.len;
    }
    unreachable!("positions lie within the view")
}

/// The most edges that one target has.
fn depth(edges: &[Reach]) -> usize {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    edges.iter().for_each(|edge| *counts.entry(edge.target).or_default() += 1);
    counts.values().copied().max().unwrap_or(0)
}

/// One stimulus for the first edge of every target, one for the second, …
fn add_stimuli(network: &Network, recipes: &mut Recipes, reached: &Reached) {
    let Reached { recipe, port, generators, latency, edges } = reached;
    let (recipe, port) = (*recipe, *port);
    let size = recipes.populations[recipe].size as usize;
    let source = network.get(*generators);
    let model = source.settings.model.clone();
    let values = stream(network, Use::Values, generators.0 as usize);
    let params = source.of_trial(recipes.trial).numbers(Kind::Param, source.size, Some(values));
    for rank in 0..depth(edges) {
        let mut chosen: Vec<Option<Reach>> = vec![None; size];
        let mut seen: Vec<usize> = vec![0; size];
        for edge in edges {
            let target = edge.target as usize;
            if seen[target] == rank {
                chosen[target] = Some(*edge);
            }
            seen[target] += 1;
        }
        let any = chosen.iter().flatten().next().copied().expect("a rank below the depth has an edge");
        let pick = |value: &dyn Fn(&Reach) -> f64, absent: Option<f64>| {
            let values = chosen.iter().map(|edge| edge.as_ref().map_or(absent.unwrap_or(value(&any)), value));
            gather(values.collect())
        };
        let params = (params.iter())
            .map(|(name, numbers)| (name.clone(), pick(&|edge| numbers.at(edge.generator as usize), None)))
            .collect();
        let part = recipes.populations[recipe].stimuli.len();
        let stimulus = Stimulus {
            model: model.clone(),
            port,
            params,
            weight: pick(&|edge| edge.weight, Some(0.0)),
            delay: pick(&|edge| f64::from(edge.delay), None),
            latency: *latency,
            stream: stream(network, Use::Noise, recipe).child(1 + part as u32).stream,
            elements: match model.has_common_draws() {
                true => chosen.iter().map(|edge| (*generators, edge.unwrap_or(any).generator)).collect(),
                false => vec![],
            },
        };
        recipes.populations[recipe].stimuli.push(stimulus);
    }
}

/// One number where all are equal.
fn gather(values: Vec<f64>) -> Numbers {
    match values.first() {
        Some(first) if values.iter().all(|value| value == first) => Numbers::Same(*first),
        _ => Numbers::Each(values),
    }
}

/// A population with one source for every edge of the projection.
fn make_sources(network: &Network, recipes: &mut Recipes, k: usize, projection: &Projection) -> Result<()> {
    let wiring = Wiring {
        name: projection.name.clone(),
        connectivity: projection.connectivity.clone(),
        sources: vec![Segment { gid: 0, len: projection.from.len() }],
        targets: vec![TargetSegment { gid: projection.from.len(), len: projection.to.len(), slot: [0, 0] }],
        weight: EdgeValue::Constant(1.0),
        delay: EdgeDelay::Constant(1),
        stream: stream(network, Use::Edges, k),
    };
    let mut generators = vec![];
    for_each_edge(&wiring, |edge| generators.push(locate(projection.from.slices(), edge.source)))?;
    if generators.is_empty() {
        return Ok(());
    }
    let number = stream(network, Use::Noise, k).child(0).stream;
    let name = format!("{} sources", projection.name);
    let recipe = sources(network, recipes.trial, &generators, None, name, number)?;
    recipes.synaptic.push(Synaptic {
        projection: k,
        made: Some(recipes.populations.len()),
        set: Set::Positive,
        way: Way::There,
    });
    recipes.populations.push(recipe);
    Ok(())
}

/// A population whose elements are the given elements of a random generator.
fn sources(
    network: &Network,
    trial: u32,
    generators: &[(PopulationId, u32)],
    population: Option<PopulationId>,
    name: String,
    stream_number: u32,
) -> Result<Recipe> {
    let mut known: BTreeMap<PopulationId, BTreeMap<String, Numbers>> = BTreeMap::new();
    for (id, _) in generators {
        known.entry(*id).or_insert_with(|| {
            let values = stream(network, Use::Values, id.0 as usize);
            network.get(*id).of_trial(trial).numbers(Kind::Param, network.get(*id).size, Some(values))
        });
    }
    let model = |id: &PopulationId| &network.get(*id).settings.model;
    let first = model(&generators[0].0);
    if known.keys().any(|id| !Arc::ptr_eq(model(id), first)) {
        return Err(Error::network(format!(
            "{name}: generators of different models; make one projection for each"
        )));
    }
    let each = |name: &String| {
        let values = generators.iter().map(|(id, element)| known[id][name].at(*element as usize));
        (name.clone(), gather(values.collect()))
    };
    let params = known[&generators[0].0].keys().map(each).collect();
    Ok(Recipe {
        name,
        population,
        size: generators.len() as u32,
        model: first.clone(),
        params,
        inputs: continuous(first).map(|member| (member.name.clone(), Numbers::Same(0.0))).collect(),
        receptors: vec![],
        held: (0..continuous(first).count()).collect(),
        senders: vec![],
        relays: None,
        sends_for: generators.to_vec(),
        stimuli: vec![],
        bound: 1.0,
        stream: stream_number,
    })
}
