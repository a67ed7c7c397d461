//! The connections of a network in progress: looking them up, and setting their weights and delays.
//!
//! Rows of synapses are read where they lie, by source. Setting a weight or a delay writes into them.

use super::Rollout;
use crate::compile::connect::{Block, Order, quantise};
use crate::compile::recipe::{Set, Way};
use crate::error::{Error, Result};
use crate::model::instance::spike_ports;
use crate::model::tag::TagUnit;
use crate::model::value::{Given, Value};
use crate::network::projection::Projection;
use crate::network::target::port_for;
use crate::network::view::Slice;
use crate::network::{PopulationId, View};
use crate::program::{Edit, Plane, Port, Program, Sources};
use crate::unit::table;
use std::collections::BTreeMap;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// An element of a population.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Element {
    /// The population.
    pub population: PopulationId,
    /// Its index there.
    pub index: u32,
}

/// A stored synapse.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// Where spikes come from.
    pub source: Element,
    /// Where they arrive.
    pub target: Element,
    /// The port they arrive at: `ex`, `expon_0.g`.
    pub port: Arc<str>,
    /// The weight in the unit of the port, as it is stored: a multiple of the port's resolution.
    pub weight: f64,
    /// The delay in ms; in the BrainPy voice with its step of latency.
    pub delay_ms: f64,
    /// Position of the projection in the network.
    pub projection: usize,
    block: usize,
    entry: u32,
}

/// Connections as they were looked up, in the order of projections, then sources.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Connections(Vec<Connection>);

impl Deref for Connections {
    type Target = [Connection];
    fn deref(&self) -> &[Connection] {
        &self.0
    }
}

impl Connections {
    /// Those for which `is_meant` holds.
    pub fn filter(&self, is_meant: impl Fn(&Connection) -> bool) -> Connections {
        Connections(self.0.iter().filter(|connection| is_meant(connection)).cloned().collect())
    }

    /// Their weights.
    pub fn weights(&self) -> Vec<f64> {
        self.0.iter().map(|connection| connection.weight).collect()
    }
}

impl Rollout {
    /// The connections from elements of `from` to elements of `to`, as they are now. Time goes with the number of
    /// connections that `from` has.
    ///
    /// Left out are projections without stored synapses (procedural ones), currents, and random generators, which are
    /// parts of their targets. In the BrainPy voice a delay between two steps has a connection for each of them.
    pub fn connections(&self, from: &View, to: &View) -> Connections {
        let planes = self.program().planes();
        let targets = Targets::new(self, &planes);
        let mut out = vec![];
        for (number, sources) in self.program().projections.iter().enumerate() {
            let Some(origin) = sources.of.filter(|origin| origin.set != Set::Negative) else { continue };
            let projection = &self.network.projections()[origin.projection];
            let view = if origin.way == Way::There { &projection.from } else { &projection.to };
            for (rows, first) in rows(view, from) {
                self.walk(number, rows.clone(), &targets, to, &mut |row, mut connection| {
                    connection.source = Element { index: first.index + row - rows.start, ..first };
                    connection.projection = origin.projection;
                    out.push(connection);
                });
            }
        }
        Connections(out)
    }

    /// Reads the rows of a projection.
    fn walk(
        &self,
        projection: usize,
        rows: Range<u32>,
        targets: &Targets,
        to: &View,
        see: &mut dyn FnMut(u32, Connection),
    ) {
        let program = self.program();
        let sources = &program.projections[projection];
        let own = |(_, block): &(usize, &Block)| block.projection == sources.rows;
        for (number, block) in program.blocks.iter().enumerate().filter(own) {
            let last = block.source_first + block.rows.len() as u32 - 1;
            for row in rows.start.max(block.source_first)..rows.end.min(last) {
                for entry in targets.entries(program, sources, block, row - block.source_first) {
                    let Some((target, plane)) = targets.find(block.slot(program.layout, entry)) else {
                        continue;
                    };
                    if !holds(to, target) {
                        continue;
                    }
                    let port = &program.ports[plane.port];
                    see(
                        row,
                        Connection {
                            source: target,
                            target,
                            port: targets.names[plane.port].clone(),
                            weight: f64::from(block.weight(entry)) / port.scale,
                            delay_ms: f64::from(block.delay(program.layout, entry)) * program.dt_ms,
                            projection,
                            block: number,
                            entry,
                        },
                    );
                }
            }
        }
    }

    /// Sets the weights of connections: a quantity in the unit of their port, or a list with one for each. Spikes that
    /// are on their way keep theirs.
    ///
    /// # Errors
    /// A wrong unit; a weight of a sign that its port does not take; weights that add up to more than the port's
    /// integers hold (build the network with the largest weights that it will have); ports that only count spikes.
    /// Nothing is set then.
    pub fn set_weights(&mut self, connections: &Connections, weight: impl Into<Given>) -> Result<()> {
        let given = weight.into();
        let weights =
            self.resolve("the weight", connections, &given, &|projection| projection.unit.clone())?;
        let (program, planes) = (self.program(), self.program().planes());
        let mut loads: BTreeMap<u32, f64> = BTreeMap::new();
        let mut edits = vec![];
        for (connection, weight) in connections.iter().zip(weights) {
            let projection = self.check_editable(connection)?;
            let (block, entry) = (&program.blocks[connection.block], connection.entry);
            let slot = block.slot(program.layout, entry);
            let port = &program.ports[find(&planes, slot).expect("slots belong to ports").port];
            let model = &self.network.get(connection.target.population).settings.model;
            if projection.receptor.is_none()
                && port_for(model, port_name(model, port.number), weight).is_none()
            {
                let expected = format!("of the sign that port `{}` takes", connection.port);
                let what = format!("a weight of projection `{}`", projection.name);
                return Err(Error::Value { what, expected, got: weight.to_string() });
            }
            let stored = quantise(weight, port.scale).map_err(|_| too_large(port, weight * port.scale))?;
            let load = loads.entry(slot).or_insert(program.loads[slot as usize]);
            *load += f64::from(stored.unsigned_abs()) - f64::from(block.weight(entry).unsigned_abs());
            edits.push(Edit {
                block: connection.block,
                entry,
                weight: stored,
                delay: block.delay(program.layout, entry),
            });
        }
        for (slot, load) in loads {
            let port = &program.ports[find(&planes, slot).expect("slots belong to ports").port];
            if load * port.most > f64::from(i32::MAX) && load > program.loads[slot as usize] {
                return Err(too_large(port, load));
            }
        }
        self.write(edits)
    }

    /// Sets the delays of connections: a time, or a list with one for each, rounded to steps. Spikes that are on their
    /// way keep theirs.
    ///
    /// # Errors
    /// A delay shorter than the shortest or longer than what the network was built for. Nothing is set then.
    pub fn set_delays(&mut self, connections: &Connections, delay: impl Into<Given>) -> Result<()> {
        let given = delay.into();
        let unit = TagUnit::Unit(table::find("ms").expect("the table has ms"));
        let delays = self.resolve("the delay", connections, &given, &|_| unit.clone())?;
        let program = self.program();
        let (least, most) = (program.window, program.longest_delay());
        let mut edits = vec![];
        for (connection, delay) in connections.iter().zip(delays) {
            self.check_editable(connection)?;
            let steps = (delay / program.dt_ms + 1e-9).round();
            if !(f64::from(least)..=f64::from(most)).contains(&steps) {
                let [least, most] = [least, most].map(|steps| f64::from(steps) * program.dt_ms);
                return Err(Error::Value {
                    what: "a delay".into(),
                    expected: format!("from {least} to {most} ms, for which the network was built"),
                    got: format!("{delay} ms"),
                });
            }
            let weight = program.blocks[connection.block].weight(connection.entry);
            edits.push(Edit {
                block: connection.block,
                entry: connection.entry,
                weight,
                delay: steps as u32,
            });
        }
        self.write(edits)
    }

    fn write(&mut self, mut edits: Vec<Edit>) -> Result<()> {
        edits.sort_by_key(|edit| (edit.block, edit.entry));
        if let Some(pair) =
            edits.windows(2).find(|it| (it[0].block, it[0].entry) == (it[1].block, it[1].entry))
        {
            let name = self.name_of(&pair[0]);
            return Err(Error::network(format!("a connection of projection `{name}` is named twice")));
        }
        if edits.is_empty() { Ok(()) } else { self.engine.edit(&edits) }
    }

    /// The projection that an edit belongs to.
    fn name_of(&self, edit: &Edit) -> &str {
        let program = self.program();
        let block = &program.blocks[edit.block];
        let slot = block.slot(program.layout, edit.entry);
        let is_own = |it: &&Sources| it.slots.iter().any(|slots| slots.contains(&slot));
        let stored = program.projections.iter().filter(|it| it.rows == block.projection);
        stored.into_iter().find(is_own).map_or("", |it| &it.name)
    }

    /// A value for each connection.
    fn resolve(
        &self,
        what: &str,
        connections: &Connections,
        given: &Given,
        unit: &dyn Fn(&Projection) -> TagUnit,
    ) -> Result<Vec<f64>> {
        let Some(first) = connections.first() else { return Ok(vec![]) };
        let of = |connection: &Connection| &self.network.projections()[connection.projection];
        let shared = unit(of(first));
        if connections.iter().any(|connection| unit(of(connection)) != shared) {
            return Err(Error::network(format!(
                "{what} of connections in different units; set them one by one"
            )));
        }
        match given.resolve(&format!("{what} of connections"), &shared)? {
            Value::Constant(value) => Ok(vec![value; connections.len()]),
            Value::Each(values) if values.len() == connections.len() => Ok(values.to_vec()),
            Value::Each(values) => Err(Error::network(format!(
                "{what} is a list of {} values for {} connections",
                values.len(),
                connections.len()
            ))),
            Value::Random(_) => Err(Error::network(format!("{what} of connections is one value or a list"))),
        }
    }

    /// The projection of a connection, if its synapses can change.
    fn check_editable(&self, connection: &Connection) -> Result<&Projection> {
        let projection = &self.network.projections()[connection.projection];
        let refused = |why: &str| Err(Error::network(format!("projection `{}` {why}", projection.name)));
        let twin = |it: &Sources| {
            it.of.is_some_and(|of| of.projection == connection.projection && of.set == Set::Negative)
        };
        if projection.unit == TagUnit::Spikes {
            return refused("ends on a port that counts spikes, whatever their weight");
        }
        if projection.receptor.as_ref().is_some_and(|receptor| receptor.sums_weights()) {
            return refused(
                "has an output that knows the sum of its weights, which is fixed when it is built",
            );
        }
        if self.program().projections.iter().any(twin) {
            return refused("has spikes with factors of either sign; its weights are fixed when it is built");
        }
        if connection.block >= self.program().blocks.len() {
            return refused("has no such connection; look connections up in this rollout");
        }
        Ok(projection)
    }
}

/// Weights that add up to `load` in units of the port's scale.
fn too_large(port: &Port, load: f64) -> Error {
    let most = f64::from(i32::MAX) / port.most / port.scale;
    Error::Value {
        what: format!("the sum of all weights to one element of `{}`", port.name),
        expected: format!("at most {most:.6}, as the network was built; build it with the largest weights"),
        got: format!("{:.6}", load / port.scale),
    }
}

/// The name of a port of the neuron's own.
fn port_name(model: &crate::Model, number: usize) -> Option<&str> {
    spike_ports(model).nth(number).map(|member| member.name.as_str())
}

fn find(planes: &[Plane], slot: u32) -> Option<&Plane> {
    let after = planes.partition_point(|plane| plane.slot <= slot);
    let plane = &planes[after.checked_sub(1)?];
    (slot - plane.slot < plane.len).then_some(plane)
}

/// Which element a ring slot belongs to.
struct Targets<'a> {
    planes: &'a [Plane],
    populations: BTreeMap<(usize, usize), PopulationId>,
    /// By port.
    names: Vec<Arc<str>>,
}

impl<'a> Targets<'a> {
    fn new(rollout: &Rollout, planes: &'a [Plane]) -> Targets<'a> {
        let populations = rollout.program().populations.iter().enumerate().filter_map(|(k, located)| {
            let (kernel, member) = located.place?;
            Some(((kernel as usize, member as usize), PopulationId(k as u32)))
        });
        // `exc.expon_0.g`: what follows the population's name
        let ports = rollout.program().ports.iter();
        let names = ports.map(|port| Arc::from(port.name.split_once('.').map_or("", |(_, name)| name)));
        Targets { planes, populations: populations.collect(), names: names.collect() }
    }

    /// The entries of a row that are of a projection, in order of targets.
    fn entries(&self, program: &Program, sources: &Sources, block: &Block, row: u32) -> Vec<u32> {
        let row = block.rows[row as usize]..block.rows[row as usize + 1];
        let slot = |entry: &u32| block.slot(program.layout, *entry);
        let is_own = |entry: &u32| sources.slots.iter().any(|slots| slots.contains(&slot(entry)));
        let mut entries: Vec<u32> = row.filter(is_own).collect();
        if block.order != Order::Target {
            entries.sort_by_cached_key(|entry| self.find(slot(entry)).map(|(target, _)| target));
        }
        entries
    }

    fn find(&self, slot: u32) -> Option<(Element, &'a Plane)> {
        let plane = find(self.planes, slot)?;
        let population = *self.populations.get(&plane.place)?;
        Some((Element { population, index: plane.first + slot - plane.slot }, plane))
    }
}

fn holds(view: &View, element: Element) -> bool {
    let within = |slice: &Slice| {
        slice.population == element.population
            && (slice.first..slice.first + slice.len).contains(&element.index)
    };
    view.slices().iter().any(within)
}

/// The rows of a projection's sources that belong to elements of `wanted`, each range with its first element.
fn rows(sources: &View, wanted: &View) -> Vec<(Range<u32>, Element)> {
    let (mut out, mut row) = (vec![], 0);
    for slice in sources.slices() {
        for other in wanted.slices().iter().filter(|other| other.population == slice.population) {
            let low = slice.first.max(other.first);
            let high = (slice.first + slice.len).min(other.first + other.len);
            if low < high {
                let first = Element { population: slice.population, index: low };
                out.push((row + low - slice.first..row + high - slice.first, first));
            }
        }
        row += slice.len;
    }
    out.sort_by_key(|(rows, _)| rows.start);
    out
}
