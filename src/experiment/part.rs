//! Parts of a section: references to elements, connection rules, models with their parameters.

use super::node::Node;
use super::section::Reader;
use super::table::Table;
use super::value::{given, plain, whole};
use crate::error::{Error, Result};
use crate::model::instance::Kind;
use crate::model::{Instance, Model, Role, catalogue};
use crate::network::rule::{self, Connectivity};
use crate::network::{Network, View};

/// The rules by name.
const RULES: [&str; 12] = [
    "one_to_one",
    "all_to_all",
    "fixed_indegree",
    "fixed_outdegree",
    "fixed_prob",
    "fixed_total_number",
    "pairwise_bernoulli",
    "symmetric_pairwise_bernoulli",
    "pairwise_poisson",
    "edges",
    "csr",
    "coo",
];

/// `"all_to_all"`, `{ fixed_indegree = 160, autapses = false }`, `{ all_to_all = true, autapses = false }`.
pub(super) fn connectivity(node: &Node) -> Result<Connectivity> {
    if let Node::Text(name) = node {
        return named_rule(name, &Node::Bool(true));
    }
    let (mut chosen, mut autapses, mut multapses) = (None, None, None);
    for (key, node) in node.entries("`rule`")? {
        match (key.as_str(), node) {
            ("autapses", Node::Bool(allowed)) => autapses = Some(*allowed),
            ("multapses", Node::Bool(allowed)) => multapses = Some(*allowed),
            ("autapses" | "multapses", _) => return Err(node.wrong(&format!("`{key}`"), "true or false")),
            _ if chosen.is_some() => {
                return Err(Error::network("`rule` names two rules; make two projections"));
            }
            _ => chosen = Some(named_rule(key, node)?),
        }
    }
    let mut chosen = chosen
        .ok_or_else(|| Error::network(format!("`rule` names no rule; there are {}", RULES.join(", "))))?;
    chosen.autapses = autapses.unwrap_or(chosen.autapses);
    chosen.multapses = multapses.unwrap_or(chosen.multapses);
    Ok(chosen)
}

fn named_rule(name: &str, node: &Node) -> Result<Connectivity> {
    let what = format!("`{name}`");
    let count = || whole(&what, node, u32::MAX.into()).map(|count| count as u32);
    match name {
        "one_to_one" | "all_to_all" => match node {
            Node::Bool(true) if name == "one_to_one" => Ok(rule::one_to_one()),
            Node::Bool(true) => Ok(rule::all_to_all()),
            _ => Err(node.wrong(&what, "true")),
        },
        "fixed_indegree" => Ok(rule::fixed_indegree(count()?)),
        "fixed_outdegree" => Ok(rule::fixed_outdegree(count()?)),
        "fixed_prob" => Ok(rule::fixed_prob(plain(&what, node)?)),
        "fixed_total_number" => Ok(rule::fixed_total_number(whole(&what, node, u64::MAX)?)),
        "pairwise_bernoulli" => Ok(rule::pairwise_bernoulli(plain(&what, node)?)),
        "symmetric_pairwise_bernoulli" => Ok(rule::symmetric_pairwise_bernoulli(plain(&what, node)?)),
        "pairwise_poisson" => Ok(rule::pairwise_poisson(plain(&what, node)?)),
        "edges" => {
            let pairs = node.list(&what)?.iter().enumerate().map(|(k, node)| edge(k, node));
            Ok(rule::edges(pairs.collect::<Result<Vec<[u32; 2]>>>()?))
        }
        "csr" => {
            let [indptr, indices] = indices("a csr", node, ["indptr", "indices"])?;
            rule::csr(&indptr, &indices)
        }
        "coo" => {
            let [rows, columns] = indices("a coo", node, ["rows", "columns"])?;
            rule::coo(&rows, &columns)
        }
        _ => Err(Error::unknown("rule", name, "`rule`", RULES)),
    }
}

/// Two lists of whole numbers by name: `{ indptr = [0, 2], indices = [1, 4] }`.
fn indices<const N: usize>(what: &'static str, node: &Node, keys: [&str; N]) -> Result<[Vec<u32>; N]> {
    let table = Table::open(node, what, &keys)?;
    let mut lists = keys.map(|_| vec![]);
    for (key, list) in keys.iter().zip(&mut lists) {
        let what = format!("`{key}`");
        let numbers = table.need(key)?.list(&what)?.iter();
        let numbers = numbers.map(|node| whole(&what, node, u32::MAX.into()).map(|number| number as u32));
        *list = numbers.collect::<Result<_>>()?;
    }
    Ok(lists)
}

fn edge(k: usize, node: &Node) -> Result<[u32; 2]> {
    let what = format!("edge {k}");
    let index = |node: &Node| whole(&what, node, u32::MAX.into()).map(|index| index as u32);
    match node.list(&what)? {
        [source, target] => Ok([index(source)?, index(target)?]),
        other => {
            Err(Error::network(format!("{what} is a pair of source and target, got {} numbers", other.len())))
        }
    }
}

/// `64`, or `{ first = 5, count = 1 }`.
pub(super) fn trials(node: &Node) -> Result<std::ops::Range<u32>> {
    let number = |what: &str, node: &Node| whole(what, node, u32::MAX.into()).map(|number| number as u32);
    let Node::Table(_) = node else { return Ok(0..number("`trials`", node)?) };
    let table = Table::open(node, "`trials`", &["first", "count"])?;
    let first = number("`first`", table.need("first")?)?;
    let count = number("`count`", table.need("count")?)?;
    Ok(first..first.saturating_add(count))
}

impl Reader {
    /// A name, a slice, or a list of them.
    pub(super) fn view(&self, network: &Network, what: &str, node: &Node) -> Result<View> {
        let list = match node {
            Node::List(list) if list.is_empty() => {
                return Err(Error::network(format!("{what} is an empty list")));
            }
            Node::List(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        let views =
            list.iter().map(|node| self.reference(network, node.text(what)?)).collect::<Result<Vec<_>>>()?;
        let total: u64 = views.iter().map(|view| u64::from(view.len())).sum();
        if total > u64::from(u32::MAX) {
            return Err(Error::network(format!(
                "{what} has {total} elements; there may be at most {}",
                u32::MAX
            )));
        }
        Ok(sum(&views))
    }

    fn reference(&self, network: &Network, text: &str) -> Result<View> {
        network.view_scaled(text, |bound| self.scaled(bound))
    }

    /// A model by name, or from a file beside the experiment.
    pub(super) fn model(&self, name: Option<&Node>, file: Option<&Node>, role: Role) -> Result<Instance> {
        let model = match (name, file) {
            (Some(name), None) => catalogue::find(name.text("`model`")?)?,
            (None, Some(file)) => {
                let path = self.folder.join(file.text("`model_file`")?);
                let stem =
                    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
                Model::with_role(&stem, role, &super::read(&path)?)?
            }
            _ => return Err(Error::network("give either `model` or `model_file`")),
        };
        Ok(Instance::new(model))
    }

    /// A model by name, or a table of a model and its parameters.
    pub(super) fn instance(&self, what: &str, node: &Node, role: Role) -> Result<Instance> {
        if let Node::Text(_) = node {
            return self.model(Some(node), None, role);
        }
        let entries = node.entries(what)?;
        let find = |key: &str| entries.iter().find(|(known, _)| known == key).map(|(_, node)| node);
        let mut instance = self.model(find("model"), find("model_file"), role)?;
        for (key, node) in entries.iter().filter(|(key, _)| !matches!(key.as_str(), "model" | "model_file")) {
            instance = instance.set(key, given(&format!("`{key}`"), node)?);
        }
        Ok(instance)
    }
}

/// Sets every value of a table such as `params`.
pub(super) fn set_all(
    mut instance: Instance,
    what: &str,
    kind: Kind,
    node: Option<&Node>,
) -> Result<Instance> {
    let Some(node) = node else { return Ok(instance) };
    for (key, node) in node.entries(what)? {
        instance = instance.with(kind, key, given(&format!("`{key}`"), node)?);
    }
    Ok(instance)
}

/// All views in order; by halves, so that a long list is not copied for each of its elements.
fn sum(views: &[View]) -> View {
    match views {
        [one] => one.clone(),
        _ => {
            let (left, right) = views.split_at(views.len() / 2);
            sum(left) + sum(right)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::node::from_toml;
    use super::*;

    fn rule_of(text: &str) -> Result<Connectivity> {
        let root = from_toml(&format!("x = {text}")).expect("it is TOML");
        connectivity(&root.entries("root").expect("a table")[0].1)
    }

    #[test]
    fn every_rule_is_read_by_its_own_name() {
        for name in RULES {
            let value = match name {
                "one_to_one" | "all_to_all" => "true",
                "edges" => "[[0, 1], [2, 5]]",
                "csr" => "{ indptr = [0, 1, 1], indices = [4] }",
                "coo" => "{ rows = [0], columns = [4] }",
                _ => "1",
            };
            let read = rule_of(&format!("{{ {name} = {value}, multapses = false }}")).expect(name);
            let of_list = ["csr", "coo"].contains(&name);
            assert_eq!(read.rule.name(), if of_list { "edges" } else { name });
            assert!(!read.multapses);
        }
        assert_eq!(rule_of("\"all_to_all\"").expect("a rule"), rule::all_to_all());
    }

    #[test]
    fn says_what_is_wrong_with_a_rule() {
        for (text, part) in [
            ("\"al_to_all\"", "did you mean `all_to_all`?"),
            ("\"fixed_indegree\"", "`fixed_indegree` must be a whole number in 0..=4294967295, got true"),
            ("{ fixed_indegree = -1 }", "got -1"),
            ("{ fixed_indegree = 1.5 }", "got 1.5"),
            ("{ fixed_indegree = 3, edges = [] }", "two rules"),
            ("{ autapses = false }", "names no rule"),
            ("{ all_to_all = true, autapses = 0 }", "`autapses` must be true or false"),
            ("{ edges = [[0, 1], [2]] }", "edge 1 is a pair"),
            ("{ edges = [[0, 4294967296]] }", "edge 0 must be a whole number"),
            ("{ csr = { indptr = [0, 2], indices = [1] } }", "ends with the number of indices, 1; got 2"),
            ("{ coo = { rows = [0, 2] } }", "columns"),
            ("7", "`rule` must be a table, got 7"),
        ] {
            let message = rule_of(text).expect_err(part).to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
