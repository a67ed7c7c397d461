//! The constants of a population's parts, as words: parameters, derived values, weights, seeds.
//!
//! `derive` runs here, in double precision, so that every device shares its bits.

use crate::error::{Error, Result};
use crate::lane::{self, NoCalls, Rate, Source, Ty, Value};
use crate::model::Model;
use crate::model::instance::Numbers;
use crate::model::reflect::{Member, Scalar};
use crate::program::Constant;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A constant with its words: one for all elements, or one per element.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Name, type, and whether every element has its own.
    pub constant: Constant,
    /// One word, or one per element.
    pub words: Vec<u32>,
}

impl Entry {
    /// A constant that all elements share.
    pub fn shared(name: &str, scalar: Scalar, word: u32) -> Entry {
        Entry { constant: Constant { name: name.into(), scalar, each: false }, words: vec![word] }
    }

    /// A constant from numbers.
    pub fn numbers(name: &str, scalar: Scalar, numbers: &Numbers) -> Entry {
        let (each, words) = match numbers {
            Numbers::Same(value) => (false, vec![word(scalar, *value)]),
            Numbers::Each(values) => (true, values.iter().map(|value| word(scalar, *value)).collect()),
        };
        Entry { constant: Constant { name: name.into(), scalar, each }, words }
    }
}

/// The names of the seed's words.
pub const SEED: [&str; 2] = ["seed_low", "seed_high"];

/// Spreads what all of `size` elements share, where `like` has a value for each.
pub fn align(entries: &mut [Entry], like: &[Entry], size: u32) {
    let differing =
        entries.iter_mut().zip(like).filter(|(entry, like)| like.constant.each && !entry.constant.each);
    for (entry, _) in differing {
        entry.constant.each = true;
        entry.words = vec![entry.words[0]; size as usize];
    }
}

/// Replaces the seed.
pub fn set_seed(entries: &mut [Entry], seed: u64) {
    for (name, word) in SEED.iter().zip([seed as u32, (seed >> 32) as u32]) {
        entries
            .iter_mut()
            .filter(|entry| entry.constant.name == *name)
            .for_each(|entry| entry.words = vec![word]);
    }
}

/// The number of a constant by name, for one element.
pub fn number(entries: &[Entry], name: &str, element: usize) -> f64 {
    let entry = entries.iter().find(|entry| entry.constant.name == name);
    let entry = entry.expect("a recipe lists its constants");
    from_word(entry.constant.scalar, entry.words[element.min(entry.words.len() - 1)])
}

/// The number that a word holds.
pub fn from_word(scalar: Scalar, word: u32) -> f64 {
    match scalar {
        Scalar::F32 => f64::from(f32::from_bits(word)),
        Scalar::I32 => f64::from(word as i32),
        Scalar::U32 => f64::from(word),
    }
}

/// The word that holds `value`; conversion saturates.
pub fn word(scalar: Scalar, value: f64) -> u32 {
    match scalar {
        Scalar::F32 => (value as f32).to_bits(),
        Scalar::I32 => value as i32 as u32,
        Scalar::U32 => value as u32,
    }
}

/// The lane type of a scalar.
pub fn ty(scalar: Scalar) -> Ty {
    match scalar {
        Scalar::F32 => Ty::F32,
        Scalar::I32 => Ty::I32,
        Scalar::U32 => Ty::U32,
    }
}

/// A fault of the lane graph as a fault of the model.
pub fn fault(model: &Model, error: lane::Error) -> Error {
    let file = format!("{}.wgsl", model.name());
    let message = match error.source_line.trim() {
        "" => error.message,
        line => format!("{} in `{line}`", error.message),
    };
    Error::Model { file, line: error.line.max(1) as usize, message }
}

/// Parses a model's text for the lane graph.
///
/// # Errors
/// [`Error::Model`] where it is no valid WGSL.
pub fn source(model: &Model) -> Result<Source> {
    Source::parse(model.name(), model.text()).map_err(|error| fault(model, error))
}

/// The entries of a model's `Params` and `Derived`, in this order, with names that begin with `prefix`.
///
/// # Errors
/// [`Error::Model`] where `derive` cannot be lowered.
pub fn of_model(
    prefix: &str,
    model: &Model,
    params: &BTreeMap<String, Numbers>,
    dt: f64,
) -> Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = (model.params().iter())
        .map(|member| {
            Entry::numbers(&format!("{prefix}{}", member.name), member.scalar, &params[&member.name])
        })
        .collect();
    if model.function("derive").is_some() {
        entries.extend(derived(prefix, model, params, dt)?);
    }
    Ok(entries)
}

fn derived(prefix: &str, model: &Model, params: &BTreeMap<String, Numbers>, dt: f64) -> Result<Vec<Entry>> {
    let evaluate = Evaluation::new(model, "derive")?;
    // elements that differ only in what `derive` does not read have the same results
    let differing: Vec<&Vec<f64>> = (params.iter())
        .filter_map(|(name, numbers)| match numbers {
            Numbers::Each(values) if evaluate.reads(name) => Some(values),
            _ => None,
        })
        .collect();
    let at = |element: usize| {
        // a plain argument is the time step; a parameter may be called dt too
        evaluate.run(&|owner, name| if owner == "f32" { dt } else { params[name].at(element) })
    };
    let (distinct, kinds) = distinct(&differing);
    let rows: Vec<Vec<lane::Number>> = distinct.into_par_iter().map(at).collect();
    let columns = model.members("Derived").iter();
    let entries = columns.enumerate().map(|(k, Member { name, scalar, .. })| {
        let words: Vec<u32> = rows.iter().map(|row| row[k].to_bits()).collect();
        let each = words.iter().any(|word| *word != words[0]);
        let words = if each { kinds.iter().map(|kind| words[*kind]).collect() } else { vec![words[0]] };
        Entry { constant: Constant { name: format!("{prefix}derived_{name}"), scalar: *scalar, each }, words }
    });
    Ok(entries.collect())
}

/// The first element of every kind, and the kind of every element: those of a kind have equal values in all lists.
fn distinct(lists: &[&Vec<f64>]) -> (Vec<usize>, Vec<usize>) {
    let Some(first) = lists.first() else { return (vec![0], vec![0]) };
    let mut known: BTreeMap<Vec<u64>, usize> = BTreeMap::new();
    let (mut firsts, mut kinds) = (vec![], vec![]);
    for element in 0..first.len() {
        let key = lists.iter().map(|values| values[element].to_bits()).collect();
        let kind = *known.entry(key).or_insert_with(|| {
            firsts.push(element);
            firsts.len() - 1
        });
        kinds.push(kind);
    }
    (firsts, kinds)
}

/// A struct of a model from the values of its members; elements of an array lie together.
pub fn structure(members: &[Member], mut value: impl FnMut(&Member) -> Value) -> Value {
    let fields = members.chunk_by(|one, next| one.list.is_some() && one.list == next.list);
    let fields = fields.map(|field| match field {
        [one] if one.list.is_none() => value(one),
        elements => Value::Composite(elements.iter().map(&mut value).collect()),
    });
    Value::Composite(fields.collect())
}

/// A function of a model, evaluated in double precision on the host.
pub struct Evaluation {
    graph: lane::Graph,
    outputs: Vec<lane::NodeId>,
}

impl Evaluation {
    /// Lowers `function`; its arguments are leaves, named by struct and member.
    ///
    /// # Errors
    /// [`Error::Model`] where it cannot be lowered.
    pub fn new(model: &Model, function: &str) -> Result<Evaluation> {
        let source = source(model)?;
        let mut graph = lane::Graph::new();
        let signature = model.function(function).expect("the caller has looked it up");
        let mut args = vec![];
        for (name, type_name) in &signature.arguments {
            args.push(match type_name.as_str() {
                "f32" => Value::Scalar(graph.leaf(&format!("f32.{name}"), Ty::F32, Rate::Uniform)),
                "Stream" => stream(&mut graph),
                owner => leaves(&mut graph, owner, model.members(owner)),
            });
        }
        let result = lane::inline(&mut graph, &source, function, &args, &mut NoCalls);
        let value = result.map_err(|error| fault(model, error))?.expect("the signature was checked");
        Ok(Evaluation { outputs: value.scalars(), graph })
    }

    /// Whether the results depend on an argument's member of this name.
    pub fn reads(&self, name: &str) -> bool {
        let live = self.graph.reach(&self.outputs);
        let read = self.graph.ids().filter(|id| live[id.index()]).filter_map(|id| self.graph.leaf_of(id));
        let members = read.map(|leaf| self.graph.leaves()[leaf.index()].name.split_once('.'));
        members.flatten().any(|(_, member)| member == name)
    }

    /// The results for arguments by struct (`f32` for plain ones) and member.
    pub fn run(&self, value: &dyn Fn(&str, &str) -> f64) -> Vec<lane::Number> {
        let leaf = |id: lane::LeafId| {
            let leaf = &self.graph.leaves()[id.index()];
            let (owner, member) = leaf.name.split_once('.').expect("leaves are named by struct and member");
            let value = value(owner, member);
            match leaf.ty {
                Ty::F32 => lane::Number::F(value),
                Ty::I32 => lane::Number::I(value as i32),
                Ty::U32 => lane::Number::U(value as u32),
                Ty::Bool => lane::Number::B(value != 0.0),
            }
        };
        lane::evaluate(&self.graph, &self.outputs, &leaf)
    }
}

fn stream(graph: &mut lane::Graph) -> Value {
    let mut word = |name| Value::Scalar(graph.leaf(&format!("Stream.{name}"), Ty::U32, Rate::Uniform));
    let seed = Value::Composite(vec![word("seed_low"), word("seed_high")]);
    Value::Composite(vec![seed, word("stream"), word("element"), word("step")])
}

fn leaves(graph: &mut lane::Graph, owner: &str, members: &[Member]) -> Value {
    structure(members, |Member { name, scalar, .. }| {
        Value::Scalar(graph.leaf(&format!("{owner}.{name}"), ty(*scalar), Rate::Uniform))
    })
}
