//! The sections of an experiment file: populations and projections.

use super::node::Node;
use super::part::{connectivity, set_all};
use super::table::Table;
use super::value::{given, whole};
use crate::error::{Error, Result};
use crate::model::instance::Kind;
use crate::model::{Instance, Integrator, Role};
use crate::network::Network;
use crate::network::rule::all_to_all;
use std::path::PathBuf;

const POPULATION: [&str; 8] =
    ["model", "model_file", "size", "params", "init", "input", "integrator", "each_trial"];
/// Tables of values of a population.
const VALUES: [(&str, Kind); 3] = [("params", Kind::Param), ("init", Kind::Init), ("input", Kind::Input)];
const PROJECTION: [&str; 14] = [
    "name",
    "from",
    "to",
    "rule",
    "connectivity",
    "synapse",
    "output",
    "stp",
    "align_pre",
    "both_ways",
    "port",
    "weight",
    "weight_back",
    "delay",
];

/// Adds sections to a network.
pub(super) struct Reader {
    /// Paths of the file are relative to it.
    pub(super) folder: PathBuf,
    /// How many times as many neurons to make.
    pub(super) scale: f64,
}

impl Reader {
    /// A number of neurons, or the bound of a slice of them, scaled.
    pub(super) fn scaled(&self, count: u32) -> u32 {
        // at scale 1 exact: f64 holds every u32; halves to even, as Python and so the peers of the benchmarks round
        (f64::from(count) * self.scale).round_ties_even() as u32
    }

    /// Adds `[population.NAME]`.
    pub(super) fn population(&self, network: &mut Network, name: &str, node: &Node) -> Result<()> {
        let table = Table::open(node, "a population", &POPULATION)?;
        let size = table.get("size").map_or(Ok(1), |node| whole("`size`", node, u32::MAX.into()))? as u32;
        let mut instance = self.model(table.get("model"), table.get("model_file"), Role::Neuron)?;
        for (key, kind) in VALUES {
            instance = set_all(instance, &format!("`{key}`"), kind, table.get(key))?;
        }
        if let Some(node) = table.get("integrator") {
            instance = instance.integrator(integrator(node)?);
        }
        let size = if instance.model().role() == Role::Neuron { self.scaled(size) } else { size };
        let Some(each) = table.get("each_trial") else {
            return network.population(name, size, instance).map(|_| ());
        };
        let view = network.population(name, size, instance.clone())?;
        network.set_each_trial(&view, each_trial(instance, each)?)
    }

    /// Adds one `[[projection]]`.
    pub(super) fn projection(&self, network: &mut Network, node: &Node) -> Result<()> {
        let table = Table::open(node, "a projection", &PROJECTION)?;
        let from = self.view(network, "`from`", table.need("from")?)?;
        let to = self.view(network, "`to`", table.need("to")?)?;
        let rule = table.get("rule").map_or_else(|| Ok(all_to_all()), connectivity)?;
        let mut builder = network.project(&from, &to, rule);
        if let Some(name) = table.get("name") {
            builder = builder.name(name.text("`name`")?);
        }
        if let Some(port) = table.get("port") {
            builder = match port {
                // where ports are a list, they are numbered
                Node::Integer(number) => builder.port(&number.to_string()),
                name => builder.port(name.text("`port`")?),
            };
        }
        if let Some(weight) = table.get("weight") {
            builder = builder.weight(given("`weight`", weight)?);
        }
        if let Some(delay) = table.get("delay") {
            builder = builder.delay(given("`delay`", delay)?);
        }
        if let Some(form) = table.get("connectivity") {
            builder = match form.text("`connectivity`")? {
                "stored" => builder,
                "procedural" => builder.procedural(),
                _ => return Err(form.wrong("`connectivity`", "`stored` or `procedural`")),
            };
        }
        if let Some(synapse) = table.get("synapse") {
            builder = builder.synapse(self.instance("`synapse`", synapse, Role::Synapse)?);
        }
        if let Some(output) = table.get("output") {
            builder = builder.output(self.instance("`output`", output, Role::Output)?);
        }
        if let Some(stp) = table.get("stp") {
            builder = builder.stp(self.instance("`stp`", stp, Role::Synapse)?);
        }
        if table.is_true("align_pre")? {
            builder = builder.align_pre();
        }
        if table.is_true("both_ways")? {
            builder = builder.both_ways();
        }
        if let Some(weight) = table.get("weight_back") {
            builder = builder.weight_back(given("`weight_back`", weight)?);
        }
        builder.build()
    }
}

/// `"adaptive"`, or `{ rk4 = 4 }` for four fixed sub-steps.
fn integrator(node: &Node) -> Result<Integrator> {
    match node {
        Node::Text(text) if text == "adaptive" => Ok(Integrator::Adaptive),
        Node::Table(entries) if entries.len() == 1 && entries[0].0 == "rk4" => {
            Ok(Integrator::Rk4(whole("`rk4`", &entries[0].1, u32::MAX.into())? as u32))
        }
        _ => Err(node.wrong("`integrator`", "\"adaptive\" or a number of sub-steps such as { rk4 = 4 }")),
    }
}

/// The model of a population in every trial; `node` has lists of values, one for every trial.
fn each_trial(instance: Instance, node: &Node) -> Result<Vec<Instance>> {
    let table = Table::open(node, "`each_trial`", &VALUES.map(|(key, _)| key))?;
    let mut lists = vec![];
    for (key, kind) in VALUES {
        let Some(values) = table.get(key) else { continue };
        for (name, list) in values.entries(&format!("`{key}`"))? {
            let list = list.list(&format!("`{name}` of `each_trial`"))?;
            lists.push((kind, name, list));
        }
    }
    let (_, first, values) = lists.first().ok_or_else(|| Error::network("`each_trial` names no value"))?;
    let n = values.len();
    if let Some((_, name, list)) = lists.iter().find(|(_, _, list)| list.len() != n) {
        let text = format!(
            "`each_trial` has {n} values of `{first}` and {} of `{name}`; one for every trial",
            list.len()
        );
        return Err(Error::network(text));
    }
    let of_trial = |trial: usize| {
        lists.iter().try_fold(instance.clone(), |instance, (kind, name, list)| {
            Ok(instance.with(*kind, name, given(&format!("`{name}`"), &list[trial])?))
        })
    };
    (0..n).map(of_trial).collect()
}
