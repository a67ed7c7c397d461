//! Second pass: one graph for all populations that are updated alike.
//!
//! The functions of the neuron, its synapses, their outputs and its stimuli are inlined into one lane graph. The
//! engine adds what lies between them: arrivals are scaled, synaptic currents are summed, spikes reset the
//! neuron. Populations share a graph where their parts and the shape of their constants are equal.

use super::constants::{self, Entry, flat, ty};
use super::recipe::{Recipe, Recipes};
use crate::error::Result;
use crate::lane::{self, Calls, Graph, LeafId, NodeId, Op, Rate, Source, Ty, Value};
use crate::model::instance::{continuous, spike_ports};
use crate::model::reflect::Scalar;
use crate::model::{Model, Role};
use crate::network::Network;
use crate::network::projection::Receptor;
use crate::program::{Constant, Leaf};

/// A graph and the recipes that share it.
#[derive(Debug)]
pub struct Group {
    /// The graph with its leaves and outputs.
    pub composed: Composed,
    /// Positions of the recipes.
    pub recipes: Vec<usize>,
    /// The constants of each recipe, in every trial, dead ones included.
    pub entries: Vec<Vec<Vec<Entry>>>,
    /// What is recorded, as (part, member of its State): part 0 is the neuron, part k + 1 receptor k.
    pub recorded: Vec<(usize, usize)>,
}

/// The update of one element as a graph.
#[derive(Debug)]
pub struct Composed {
    /// The graph.
    pub graph: Graph,
    /// What each live leaf stands for; constants are numbered as in the entries.
    pub leaves: Vec<(LeafId, Leaf)>,
    /// New state.
    pub next: Vec<NodeId>,
    /// Whether it spikes.
    pub fired: Option<NodeId>,
    /// What a spike carries.
    pub value: Option<NodeId>,
    /// Recorded values.
    pub recorded: Vec<NodeId>,
    /// State planes.
    pub state: Vec<(String, Scalar)>,
}

/// Groups the recipes and composes a graph for each group.
///
/// # Errors
/// A model that the lane graph refuses, with its line.
pub fn groups(network: &Network, recipes: &Recipes) -> Result<Vec<Group>> {
    struct Alike {
        key: (String, Vec<Constant>, Vec<(usize, bool)>),
        recipes: Vec<usize>,
        entries: Vec<Vec<Vec<Entry>>>,
        recorded: Vec<(usize, usize)>,
        reached: Vec<bool>,
    }
    let mut alike: Vec<Alike> = vec![];
    for (k, recipe) in recipes.populations.iter().enumerate() {
        let entries = recipes.constants(network, k)?;
        let constants = entries[0].iter().map(|entry| entry.constant.clone()).collect();
        let ports = recipe.stimuli.iter().map(|stimulus| (stimulus.port, stimulus.is_current())).collect();
        let key = (recipe.title(), constants, ports);
        let recorded = super::layout::recorded(network, recipe);
        let reached = recipes.reached_ports(network, k);
        match alike.iter_mut().find(|group| group.key == key) {
            Some(group) => {
                group.recipes.push(k);
                group.entries.push(entries);
                group.recorded.extend(recorded);
                group.reached.iter_mut().zip(reached).for_each(|(any, one)| *any |= one);
            }
            None => alike.push(Alike { key, recipes: vec![k], entries: vec![entries], recorded, reached }),
        }
    }
    let compose = |mut group: Alike| {
        group.recorded.sort_unstable();
        group.recorded.dedup();
        let recipe = &recipes.populations[group.recipes[0]];
        let composed = compose(recipe, &group.entries[0][0], &group.recorded, &group.reached)?;
        Ok(Group { composed, recipes: group.recipes, entries: group.entries, recorded: group.recorded })
    };
    alike.into_iter().map(compose).collect()
}

/// A part of an update: a model with its text and the prefix of its constants.
struct Part<'a> {
    model: &'a Model,
    source: Source,
    prefix: String,
}

impl<'a> Part<'a> {
    fn new(model: &'a Model, prefix: String) -> Result<Part<'a>> {
        Ok(Part { model, source: constants::source(model)?, prefix })
    }
}

/// The graph being built, with the leaves made so far.
struct Builder<'a> {
    graph: Graph,
    entries: &'a [Entry],
    leaves: Vec<(NodeId, Leaf)>,
    state: Vec<(String, Scalar)>,
}

/// The engine's own functions while a model is inlined: the sum of the synaptic currents.
#[derive(Default)]
struct Currents<'a> {
    outputs: Vec<(&'a Part<'a>, Value, NodeId)>,
}

impl Calls for Currents<'_> {
    fn call(
        &mut self,
        graph: &mut Graph,
        function: &str,
        args: &[Value],
    ) -> Option<std::result::Result<Value, String>> {
        if function != "currents" {
            return None;
        }
        let [Value::Scalar(constant), Value::Scalar(potential)] = args else {
            return Some(Err("`currents` takes the injected current and the potential".into()));
        };
        let mut sum = *constant;
        for (part, params, conductance) in &self.outputs {
            let signature = part.model.function("current").expect("outputs have `current`");
            let args = signature.arguments.iter().map(|(_, type_name)| match type_name.as_str() {
                "Params" => params.clone(),
                "Input" => Value::Composite(vec![Value::Scalar(*conductance)]),
                _ => Value::Scalar(*potential),
            });
            let args: Vec<Value> = args.collect();
            match lane::inline(graph, &part.source, "current", &args, &mut lane::NoCalls) {
                Ok(Some(Value::Scalar(current))) => sum = graph.binary(Op::Add, sum, current),
                Ok(_) => return Some(Err("`current` must return f32".into())),
                Err(error) => return Some(Err(error.to_string())),
            }
        }
        Some(Ok(Value::Scalar(sum)))
    }
}

fn compose(
    recipe: &Recipe,
    entries: &[Entry],
    recorded: &[(usize, usize)],
    reached: &[bool],
) -> Result<Composed> {
    let mut builder = Builder { graph: Graph::new(), entries, leaves: vec![], state: vec![] };
    let neuron = Part::new(&recipe.model, String::new())?;
    if recipe.model.role() == Role::Generator {
        return builder.generator(&neuron);
    }
    let mut arrivals: Vec<NodeId> =
        reached.iter().enumerate().map(|(port, reached)| builder.arrival(port, *reached)).collect();
    let mut currents: Vec<NodeId> =
        continuous(&recipe.model).map(|member| builder.constant(&format!("input_{}", member.name))).collect();
    for (k, stimulus) in recipe.stimuli.iter().enumerate() {
        let part = Part::new(&stimulus.model, stimulus.prefix(k))?;
        let amount = builder.stimulus(&part, stimulus.is_current())?;
        let sum =
            if stimulus.is_current() { &mut currents[stimulus.port] } else { &mut arrivals[stimulus.port] };
        *sum = builder.graph.binary(Op::Add, *sum, amount);
    }
    builder.neuron(recipe, &neuron, &arrivals, &currents, recorded)
}

impl Builder<'_> {
    fn leaf(&mut self, name: &str, ty: Ty, rate: Rate, leaf: Leaf) -> NodeId {
        let node = self.graph.leaf(name, ty, rate);
        if !self.leaves.iter().any(|(known, _)| *known == node) {
            self.leaves.push((node, leaf));
        }
        node
    }

    fn constant(&mut self, name: &str) -> NodeId {
        let k = self
            .entries
            .iter()
            .position(|entry| entry.constant.name == name)
            .expect("a recipe lists its constants");
        let constant = &self.entries[k].constant;
        let rate = if constant.each { Rate::Lane } else { Rate::Uniform };
        self.leaf(name, ty(constant.scalar), rate, Leaf::Constant(k as u32))
    }

    fn step(&mut self) -> NodeId {
        self.leaf("step", Ty::U32, Rate::Step, Leaf::Step)
    }

    /// What arrived at a port, in its unit; nothing where no projection ends.
    fn arrival(&mut self, port: usize, reached: bool) -> NodeId {
        if !reached {
            return self.graph.f32(0.0);
        }
        let sum = self.leaf(&format!("arrival_{port}"), Ty::I32, Rate::Lane, Leaf::Arrival(port as u32));
        let sum = self.graph.convert(sum, Ty::F32);
        let scale = self.constant(&format!("scale_{port}"));
        self.graph.binary(Op::Mul, sum, scale)
    }

    /// `Params` or `Derived` of a part.
    fn constants(&mut self, part: &Part, owner: &str) -> Value {
        let prefix =
            if owner == "Derived" { format!("{}derived_", part.prefix) } else { part.prefix.clone() };
        let members = part.model.members(owner).iter().map(|member| match member.length {
            None => Value::Scalar(self.constant(&format!("{prefix}{}", member.name))),
            Some(length) => Value::Composite(
                (0..length)
                    .map(|k| Value::Scalar(self.constant(&format!("{prefix}{}_{k}", member.name))))
                    .collect(),
            ),
        });
        Value::Composite(members.collect())
    }

    /// New planes for the state of a part.
    fn state(&mut self, part: &Part) -> Value {
        let planes = flat(part.model.state()).into_iter().map(|(name, scalar)| {
            let plane = self.state.len() as u32;
            let name = format!("{}{name}", part.prefix);
            self.state.push((name.clone(), scalar));
            Value::Scalar(self.leaf(&format!("state_{name}"), ty(scalar), Rate::Lane, Leaf::State(plane)))
        });
        Value::Composite(planes.collect())
    }

    /// Calls a function of a part; `own` supplies State, Input and whatever else the caller knows by type name.
    fn call(
        &mut self,
        part: &Part,
        function: &str,
        own: &[(&str, &Value)],
        calls: &mut dyn Calls,
    ) -> Result<Value> {
        let signature = part.model.function(function).expect("the caller has looked it up");
        let mut args = vec![];
        for (name, type_name) in &signature.arguments {
            let known = own.iter().find(|(known, _)| known == type_name || known == name);
            args.push(match (known, type_name.as_str()) {
                (Some((_, value)), _) => (*value).clone(),
                (None, owner @ ("Params" | "Derived")) => self.constants(part, owner),
                (None, _) => Value::Scalar(self.constant("dt")),
            });
        }
        let result = lane::inline(&mut self.graph, &part.source, function, &args, calls);
        let value = result.map_err(|error| constants::fault(part.model, error))?;
        Ok(value.expect("signatures are checked"))
    }

    /// Clock and random stream of a generator that acts `delay` steps later.
    fn time(&mut self, prefix: &str, delay: Option<NodeId>) -> (Value, Value) {
        let step = self.step();
        let step = delay.map_or(step, |delay| self.graph.binary(Op::Sub, step, delay));
        let seed = Value::Composite(vec![
            Value::Scalar(self.constant("seed_low")),
            Value::Scalar(self.constant("seed_high")),
        ]);
        let stream = Value::Scalar(self.constant(&format!("{prefix}stream")));
        let element = Value::Scalar(self.graph.index());
        let clock = Value::Composite(vec![Value::Scalar(step), Value::Scalar(self.constant("dt"))]);
        (clock, Value::Composite(vec![seed, stream, element, Value::Scalar(step)]))
    }

    /// What a stimulus adds to its port in this step.
    fn stimulus(&mut self, part: &Part, current: bool) -> Result<NodeId> {
        let delay = self.constant(&format!("{}delay", part.prefix));
        let (clock, stream) = self.time(&part.prefix, Some(delay));
        let function = if current { "current" } else { "spikes" };
        let amount =
            self.call(part, function, &[("Clock", &clock), ("Stream", &stream)], &mut lane::NoCalls)?;
        let weight = self.constant(&format!("{}weight", part.prefix));
        let amount = self.graph.binary(Op::Mul, amount.scalars()[0], weight);
        let step = self.step();
        let begun = self.graph.binary(Op::Ge, step, delay);
        let zero = self.graph.f32(0.0);
        Ok(self.graph.select(begun, amount, zero))
    }

    /// A population of sources.
    fn generator(mut self, part: &Part) -> Result<Composed> {
        let (clock, stream) = self.time("", None);
        let value =
            self.call(part, "spikes", &[("Clock", &clock), ("Stream", &stream)], &mut lane::NoCalls)?;
        let value = value.scalars()[0];
        let zero = self.graph.f32(0.0);
        let fired = self.graph.binary(Op::Ne, value, zero);
        Ok(self.finish(vec![], Some(fired), Some(value), vec![]))
    }

    /// The receptors' new states, and what the neuron asks of their outputs.
    fn receptors<'p>(
        &mut self,
        receptors: &[Receptor],
        parts: &'p [(Part<'p>, Part<'p>)],
        arrivals: &[NodeId],
    ) -> Result<(Vec<Value>, Currents<'p>)> {
        let mut arrivals = arrivals.iter().copied();
        let mut states = vec![];
        let mut currents = Currents::default();
        for (receptor, (synapse, output)) in receptors.iter().zip(parts) {
            let input = spike_ports(&receptor.synapse.model)
                .map(|_| Value::Scalar(arrivals.next().expect("a port has an arrival")));
            let input = Value::Composite(input.collect());
            let state = self.state(synapse);
            let state = match receptor.synapse.model.function("update") {
                Some(_) => {
                    self.call(synapse, "update", &[("State", &state), ("Input", &input)], &mut lane::NoCalls)?
                }
                None => state,
            };
            let own = [("State", &state), ("Input", &input)];
            let conductance = self.call(synapse, "output", &own, &mut lane::NoCalls)?.scalars()[0];
            currents.outputs.push((output, self.constants(output, "Params"), conductance));
            states.push(state);
        }
        Ok((states, currents))
    }

    fn neuron(
        mut self,
        recipe: &Recipe,
        part: &Part,
        arrivals: &[NodeId],
        currents: &[NodeId],
        recorded: &[(usize, usize)],
    ) -> Result<Composed> {
        let own_ports = spike_ports(&recipe.model).count();
        let parts: Vec<(Part, Part)> = (recipe.receptors.iter().enumerate())
            .map(|(k, receptor)| {
                let part = |model| Part::new(model, format!("{}_{k}_", Model::name(model)));
                Ok((part(&receptor.synapse.model)?, part(&receptor.output.model)?))
            })
            .collect::<Result<_>>()?;
        let (mut spikes, mut injected) = (arrivals.iter(), currents.iter());
        let input = recipe.model.inputs().iter().map(|member| {
            let continuous = member.tag().is_some_and(|tag| tag.continuous);
            let node = if continuous { injected.next() } else { spikes.next() };
            Value::Scalar(*node.expect("every input has a value"))
        });
        let input = Value::Composite(input.collect());
        let before = self.state(part);
        let (synapses, mut calls) = self.receptors(&recipe.receptors, &parts, &arrivals[own_ports..])?;
        let (clock, stream) = self.time("", None);
        let about = |state| [("State", state), ("Input", &input), ("Clock", &clock), ("Stream", &stream)];
        let mut state = match recipe.model.function("update") {
            Some(_) => self.call(part, "update", &about(&before), &mut calls)?,
            None => before,
        };
        let (mut fired, mut value) = (None, None);
        if recipe.model.function("spikes").is_some() {
            let amount = self.call(part, "spikes", &about(&state), &mut calls)?.scalars()[0];
            let zero = self.graph.f32(0.0);
            fired = Some(self.graph.binary(Op::Ne, amount, zero));
            value = Some(amount);
        } else if recipe.model.function("threshold").is_some() {
            let distance = self.call(part, "threshold", &about(&state), &mut calls)?.scalars()[0];
            let zero = self.graph.f32(0.0);
            fired = Some(self.graph.binary(Op::Ge, distance, zero));
        }
        if let (Some(fired), Some(_)) = (fired, recipe.model.function("reset")) {
            let reset = self.call(part, "reset", &about(&state), &mut calls)?;
            let chosen = reset.scalars().into_iter().zip(state.scalars());
            let chosen = chosen.map(|(after, before)| Value::Scalar(self.graph.select(fired, after, before)));
            state = Value::Composite(chosen.collect());
        }
        let states: Vec<&Value> = std::iter::once(&state).chain(&synapses).collect();
        let recorded = recorded.iter().map(|(part, member)| {
            let node = states[*part].scalars()[*member];
            let tag = if *part == 0 { recipe.model.state()[*member].tag() } else { None };
            match tag.and_then(|tag| tag.from.as_ref()) {
                Some(origin) => {
                    let origin = self.constant(origin);
                    self.graph.binary(Op::Add, node, origin)
                }
                None => node,
            }
        });
        let recorded = recorded.collect();
        let next = states.iter().flat_map(|state| state.scalars()).collect();
        Ok(self.finish(next, fired, value, recorded))
    }

    fn finish(
        self,
        next: Vec<NodeId>,
        fired: Option<NodeId>,
        value: Option<NodeId>,
        recorded: Vec<NodeId>,
    ) -> Composed {
        let outputs: Vec<NodeId> =
            next.iter().chain(&fired).chain(&value).chain(&recorded).copied().collect();
        let live = self.graph.reach(&outputs);
        let leaves = (self.leaves.iter())
            .filter(|(node, _)| live[node.index()])
            .map(|(node, leaf)| (self.graph.leaf_of(*node).expect("it was made as a leaf"), *leaf))
            .collect();
        let Builder { graph, state, .. } = self;
        Composed { graph, leaves, next, fired, value, recorded, state }
    }
}
