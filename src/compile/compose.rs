//! Second pass: one graph for all populations that are updated alike.
//!
//! The functions of the neuron, its synapses, their outputs and its stimuli are inlined into one lane graph. The
//! engine adds what lies between them: arrivals are scaled, synaptic currents are summed, spikes reset the
//! neuron. Populations share a graph where their parts and the shape of their constants are equal.

mod currents;
mod drive;
mod group;
mod send;

use super::constants::{self, Entry, structure, ty};
use super::recipe::{Recipe, part_prefix};
use crate::error::Result;
use crate::lane::{self, Calls, Graph, LeafId, NodeId, Op, Rate, Source, Ty, Value};
use crate::model::instance::{Settings, continuous, spike_ports};
use crate::model::reflect::Scalar;
use crate::model::{Model, Role};
use crate::network::projection::Receptor;
use crate::program::{Constant, Leaf, Outlet};
use currents::{Current, Currents};
pub use group::{Group, groups};

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
    /// What is sent beside spikes.
    pub outlets: Vec<Outlet>,
    /// Recorded values.
    pub recorded: Vec<NodeId>,
    /// State planes.
    pub state: Vec<(String, Scalar)>,
    /// Names of the constants that stand in the graph as 0.
    pub off: Vec<String>,
}

/// The number of the `k`-th receptor's dynamics among the parts of a recipe.
pub fn part_of_receptor(k: usize) -> usize {
    1 + k
}

/// The numbers of short-term plasticity and receptor dynamics of the `k`-th sender.
pub fn parts_of_sender(recipe: &Recipe, k: usize) -> [usize; 2] {
    let first = 1 + recipe.receptors.len() + 2 * k;
    [first, first + 1]
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

    fn of(settings: &'a Settings, prefix: String) -> Result<Part<'a>> {
        Part::new(&settings.model, prefix)
    }
}

/// The graph being built, with the leaves made so far.
struct Builder<'a> {
    graph: Graph,
    entries: &'a [Entry],
    /// Constants that are 0 and stand in the graph as such.
    off: Vec<bool>,
    leaves: Vec<(NodeId, Leaf)>,
    state: Vec<(String, Scalar)>,
    /// New states of the stimuli and held currents, whose planes come first.
    before: Vec<Value>,
}

/// The graph of recipes that are updated alike; `entries` are those of every recipe in every trial.
///
/// # Errors
/// A model that the lane graph refuses, with its line.
pub(super) fn compose(
    recipe: &Recipe,
    entries: &[Vec<Vec<Entry>>],
    recorded: &[(usize, usize)],
    reached: &[bool],
) -> Result<Composed> {
    let (all, entries) = (entries.iter().flatten(), &entries[0][0]);
    let off = (0..entries.len()).map(|k| all.clone().all(|entries| is_off(&entries[k]))).collect();
    let mut builder =
        Builder { graph: Graph::new(), entries, off, leaves: vec![], state: vec![], before: vec![] };
    let neuron = Part::new(&recipe.model, String::new())?;
    if recipe.relays.is_some() {
        return builder.relay(recipe, recorded);
    }
    if recipe.model.role() == Role::Generator {
        return builder.generator(recipe, &neuron, reached);
    }
    let mut states = vec![];
    let spikes = recipe.first_held();
    let mut arrivals: Vec<NodeId> =
        reached[..spikes].iter().enumerate().map(|(port, reached)| builder.arrival(port, *reached)).collect();
    let mut currents: Vec<NodeId> =
        continuous(&recipe.model).map(|member| builder.constant(&format!("input_{}", member.name))).collect();
    for (k, stimulus) in recipe.stimuli.iter().enumerate() {
        let part = Part::new(&stimulus.model, stimulus.prefix(k))?;
        let (state, amount) = builder.stimulus(&part, stimulus.is_current())?;
        states.push(state);
        let sum =
            if stimulus.is_current() { &mut currents[stimulus.port] } else { &mut arrivals[stimulus.port] };
        *sum = builder.graph.binary(Op::Add, *sum, amount);
    }
    for (k, input) in recipe.held.iter().enumerate() {
        let (state, amount) = builder.held(spikes + k);
        states.push(state);
        currents[*input] = builder.graph.binary(Op::Add, currents[*input], amount);
    }
    builder.before = states;
    builder.neuron(recipe, &neuron, &arrivals, &currents, recorded)
}

/// Whether a derived whole number is 0: a model says so what it leaves out, and the graph has none of it.
pub(super) fn is_off(entry: &Entry) -> bool {
    let Constant { name, scalar, each } = &entry.constant;
    *scalar == Scalar::U32 && !each && entry.words == [0] && name.contains("derived_")
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
        if self.off[k] {
            return self.graph.u32(0);
        }
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
        structure(part.model.members(owner), |member| {
            Value::Scalar(self.constant(&format!("{prefix}{}", member.name)))
        })
    }

    /// New planes for the state of a part.
    fn state(&mut self, part: &Part) -> Value {
        structure(part.model.state(), |member| {
            let plane = self.state.len() as u32;
            let name = format!("{}{}", part.prefix, member.name);
            self.state.push((name.clone(), member.scalar));
            let ty = ty(member.scalar);
            Value::Scalar(self.leaf(&format!("state_{name}"), ty, Rate::Lane, Leaf::State(plane)))
        })
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
            let known = own.iter().find(|(known, _)| known == name);
            let known = known.or_else(|| own.iter().find(|(known, _)| known == type_name));
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
        let clock = Value::Composite(vec![Value::Scalar(step), Value::Scalar(self.constant("dt"))]);
        let stream = self.constant(&format!("{prefix}stream"));
        let element = self.graph.index();
        (clock, self.draws(stream, element, step))
    }

    /// A random stream.
    fn draws(&mut self, stream: NodeId, element: NodeId, step: NodeId) -> Value {
        let seed = ["seed_low", "seed_high"].map(|word| Value::Scalar(self.constant(word)));
        let counter = [stream, element, step].map(Value::Scalar);
        Value::Composite([Value::Composite(seed.to_vec())].into_iter().chain(counter).collect())
    }

    /// The receptors' new states, and what the neuron asks of their outputs.
    fn receptors<'p>(
        &mut self,
        receptors: &[Receptor],
        parts: &'p [(Option<Part<'p>>, Part<'p>)],
        arrivals: &[NodeId],
    ) -> Result<(Vec<Value>, Currents<'p>)> {
        let mut arrivals = arrivals.iter().copied();
        let mut states = vec![];
        let mut currents = Currents::default();
        for (receptor, (synapse, output)) in receptors.iter().zip(parts) {
            let mut arrived = || arrivals.next().expect("a port has an arrival");
            let (state, conductance) = match synapse {
                None => (Value::Composite(vec![]), arrived()),
                Some(synapse) => {
                    let input = spike_ports(synapse.model).map(|_| Value::Scalar(arrived()));
                    let input = Value::Composite(input.collect());
                    let before = self.state(synapse);
                    self.receptor(synapse, before, &input)?
                }
            };
            let weights =
                receptor.sums_weights().then(|| self.constant(&format!("{}weights", output.prefix)));
            let params = self.constants(output, "Params");
            currents.outputs.push(Current { part: output, params, conductance, weights });
            states.push(state);
        }
        Ok((states, currents))
    }

    /// New state of receptor dynamics, and what they put out.
    fn receptor(&mut self, part: &Part, mut state: Value, input: &Value) -> Result<(Value, NodeId)> {
        if part.model.function("update").is_some() {
            let own = [("State", &state), ("Input", input)];
            state = self.call(part, "update", &own, &mut lane::NoCalls)?;
        }
        let own = [("State", &state), ("Input", input)];
        let output = self.call(part, "output", &own, &mut lane::NoCalls)?.scalars()[0];
        Ok((state, output))
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
        let parts: Vec<(Option<Part>, Part)> = (recipe.receptors.iter().enumerate())
            .map(|(k, receptor)| {
                let Receptor { synapse, output } = receptor;
                let synapse = synapse.as_ref().map(|synapse| Part::of(synapse, part_prefix(synapse, k)));
                Ok((synapse.transpose()?, Part::of(output, part_prefix(output, k))?))
            })
            .collect::<Result<_>>()?;
        let (mut spikes, mut injected) = (arrivals.iter(), currents.iter());
        let input = structure(recipe.model.inputs(), |member| {
            let continuous = member.tag().is_some_and(|tag| tag.continuous);
            let node = if continuous { injected.next() } else { spikes.next() };
            Value::Scalar(*node.expect("every input has a value"))
        });
        let before = self.state(part);
        let (synapses, mut calls) = self.receptors(&recipe.receptors, &parts, &arrivals[own_ports..])?;
        let (clock, stream) = self.time("", None);
        let about = |state| [("State", state), ("Input", &input), ("Clock", &clock), ("Stream", &stream)];
        let mut state = match recipe.model.function("update") {
            Some(_) => self.call(part, "update", &about(&before), &mut calls)?,
            None => before,
        };
        let mut found = Found::default();
        if recipe.model.function("spikes").is_some() {
            let amount = self.call(part, "spikes", &about(&state), &mut calls)?.scalars()[0];
            let zero = self.graph.f32(0.0);
            found.fired = Some(self.graph.binary(Op::Ne, amount, zero));
            found.value = Some(amount);
        } else if recipe.model.function("threshold").is_some() {
            let distance = self.call(part, "threshold", &about(&state), &mut calls)?.scalars()[0];
            let zero = self.graph.f32(0.0);
            found.fired = Some(self.graph.binary(Op::Ge, distance, zero));
        }
        if let (Some(fired), Some(_)) = (found.fired, recipe.model.function("reset")) {
            let reset = self.call(part, "reset", &about(&state), &mut calls)?;
            let chosen = reset.scalars().into_iter().zip(state.scalars());
            let chosen = chosen.map(|(after, before)| Value::Scalar(self.graph.select(fired, after, before)));
            state = Value::Composite(chosen.collect());
        }
        let mut states = vec![state];
        states.extend(synapses);
        let spike = self.spike(&found);
        let seen = self.send(recipe, spike, &mut states, &mut found)?;
        self.keep(recipe, (&states, &seen), recorded, &mut found);
        Ok(self.finish(found))
    }

    /// Takes down the new state and what is recorded: the new state too, but what was sent for this step.
    fn keep(
        &mut self,
        recipe: &Recipe,
        (states, seen): (&[Value], &[Value]),
        recorded: &[(usize, usize)],
        found: &mut Found,
    ) {
        let first_sender = states.len() - seen.len();
        let value = |(part, member): &(usize, usize)| match part.checked_sub(first_sender) {
            Some(k) => seen[k].scalars()[*member],
            None if *part == 0 => self.absolute(recipe, *member, states[0].scalars()[*member]),
            None => states[*part].scalars()[*member],
        };
        found.recorded = recorded.iter().map(value).collect();
        found.next = self.before.iter().chain(states).flat_map(|state| state.scalars()).collect();
    }

    fn finish(self, found: Found) -> Composed {
        let Found { next, fired, value, outlets, recorded } = found;
        let sent = outlets.iter().flat_map(|outlet| outlet.when.into_iter().chain([outlet.value]));
        let outputs: Vec<NodeId> =
            next.iter().chain(&fired).chain(&value).chain(&recorded).copied().chain(sent).collect();
        let live = self.graph.reach(&outputs);
        let leaves = (self.leaves.iter())
            .filter(|(node, _)| live[node.index()])
            .map(|(node, leaf)| (self.graph.leaf_of(*node).expect("it was made as a leaf"), *leaf))
            .collect();
        let Builder { graph, state, entries, off, .. } = self;
        let off =
            entries.iter().zip(off).filter(|(_, off)| *off).map(|(entry, _)| entry.constant.name.clone());
        let off = off.collect();
        Composed { graph, leaves, next, fired, value, outlets, recorded, state, off }
    }
}

/// What the parts of an update have come to.
#[derive(Default)]
struct Found {
    next: Vec<NodeId>,
    fired: Option<NodeId>,
    value: Option<NodeId>,
    outlets: Vec<Outlet>,
    recorded: Vec<NodeId>,
}
