//! Graphs as WGSL statements for the GPU.
//!
//! What is printed is the optimised graph, so that both devices do the same operations. What all lanes share
//! comes first.

mod expression;

use std::collections::BTreeMap;
use std::fmt::Write;

use super::error::Error;
use super::graph::{Graph, LeafId, NodeId, Rate};
use super::optimise::optimise;
use super::region::RegionId;
use super::schedule::{Schedule, Step};

/// WGSL text that computes the outputs of a graph.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Printed {
    /// Functions that the statements call, for the top level of the module
    pub helpers: String,
    /// The statements, for the body of a function
    pub statements: String,
    /// One expression per output, valid after the statements
    pub outputs: Vec<String>,
}

/// Prints what computes `outputs`. `leaf` is the expression that reads a leaf, `index` the u32 number of the
/// element, `indent` the white space before each statement.
///
/// Drivers are free to contract and reorder float arithmetic, and each does it in its own way. So where the
/// result of one operation enters another, the text says `rounded(x)`: the caller defines this function as x in a
/// way that no driver sees through, and every device then rounds as the CPU does.
///
/// # Errors
/// Where an operation has no WGSL.
pub fn print(
    graph: &Graph,
    outputs: &[NodeId],
    leaf: &dyn Fn(LeafId) -> String,
    index: &str,
    indent: &str,
) -> Result<Printed, Error> {
    let (graph, outputs) = optimise(graph, outputs);
    let rates = graph.rates();
    let schedule = Schedule::new(&graph, &outputs, &|id| rates[id.index()] == Rate::Const);
    let mut printer = Printer {
        uses: uses(&graph, &outputs),
        live: graph.reach(&outputs),
        constants: constants(&graph, &rates),
        texts: vec![None; graph.len()],
        nested: vec![false; graph.len()],
        numbers: BTreeMap::new(),
        helpers: Helpers::default(),
        text: String::new(),
        graph: &graph,
        stored: &outputs,
        schedule: &schedule,
        leaf,
        index,
        rates: &rates,
    };
    printer.leaves(indent);
    let (shared, lanes): (Vec<Step>, Vec<Step>) =
        schedule.top().iter().copied().partition(|step| printer.rate(*step) < Rate::Lane);
    if !shared.is_empty() {
        let _ = writeln!(printer.text, "{indent}// the same for every element");
        printer.steps(&shared, None, indent)?;
        let _ = writeln!(printer.text);
    }
    printer.steps(&lanes, None, indent)?;
    let outputs = outputs.iter().map(|&output| printer.output(output, indent)).collect::<Result<_, _>>()?;
    Ok(Printed { helpers: printer.helpers.text(), statements: printer.text, outputs })
}

/// How often each node is read.
fn uses(graph: &Graph, outputs: &[NodeId]) -> Vec<u32> {
    let mut uses = vec![0; graph.len()];
    let live = graph.reach(outputs);
    for id in graph.ids().filter(|id| live[id.index()]) {
        graph.for_each_input(id, &mut |input| uses[input.index()] += 1);
    }
    outputs.iter().for_each(|output| uses[output.index()] += 1);
    uses
}

/// The bits of every node that is known when the graph is printed.
fn constants(graph: &Graph, rates: &[Rate]) -> Vec<Option<u32>> {
    let known: Vec<NodeId> = graph.ids().filter(|id| rates[id.index()] == Rate::Const).collect();
    let scalar = super::evaluate::Scalar::new(graph, known.clone(), Vec::new());
    let mut constants = vec![None; graph.len()];
    for (id, bits) in known.into_iter().zip(scalar.run(graph, &|_| 0, &[])) {
        constants[id.index()] = Some(bits);
    }
    constants
}

/// Helper functions that were used.
#[derive(Default)]
struct Helpers {
    mulhi: bool,
    exponential: bool,
}

impl Helpers {
    fn text(&self) -> String {
        let mut text = String::new();
        if self.mulhi {
            text.push_str(MULHI);
        }
        if self.exponential {
            text.push_str(EXPONENTIAL);
        }
        text
    }
}

const MULHI: &str = "\
/// High 32 bits of the 64-bit product.
fn high_product(a: u32, b: u32) -> u32 {
    let low = (a & 0xffffu) * (b & 0xffffu);
    let left = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
    let right = (a & 0xffffu) * (b >> 16u) + (left & 0xffffu);
    return (a >> 16u) * (b >> 16u) + (left >> 16u) + (right >> 16u);
}
";

const EXPONENTIAL: &str = include_str!("print/exponential.wgsl");

struct Printer<'a> {
    graph: &'a Graph,
    stored: &'a [NodeId],
    schedule: &'a Schedule,
    rates: &'a [Rate],
    live: Vec<bool>,
    uses: Vec<u32>,
    constants: Vec<Option<u32>>,
    leaf: &'a dyn Fn(LeafId) -> String,
    index: &'a str,
    /// How each printed node is referred to
    texts: Vec<Option<String>>,
    /// Whether that is an expression, and not a name
    nested: Vec<bool>,
    /// How often each name was given out
    numbers: BTreeMap<String, u32>,
    helpers: Helpers,
    text: String,
}

impl Printer<'_> {
    fn rate(&self, step: Step) -> Rate {
        match step {
            Step::Node(id) => self.rates[id.index()],
            Step::Loop(region) => {
                let region = self.graph.region(region);
                region.carried.first().map_or(Rate::Lane, |id| self.rates[id.index()])
            }
        }
    }

    fn steps(&mut self, steps: &[Step], home: Option<RegionId>, indent: &str) -> Result<(), Error> {
        for &step in steps {
            match step {
                Step::Node(id) => self.statement(id, home, indent)?,
                Step::Loop(region) => self.region(region, indent)?,
            }
        }
        Ok(())
    }

    /// Names a node, or keeps its expression for the one place that reads it.
    fn statement(&mut self, id: NodeId, home: Option<RegionId>, indent: &str) -> Result<(), Error> {
        let expression = self.expression(id)?;
        let named = self.graph.name(id).is_some();
        // 48: longer lines are hard to read
        let once = self.uses[id.index()] == 1 && !self.stored.contains(&id);
        let nests = once && home.is_none() && !named && expression.len() <= 48;
        if nests {
            self.texts[id.index()] = Some(expression);
            self.nested[id.index()] = true;
            return Ok(());
        }
        let name = self.fresh(id, "t");
        let _ = writeln!(self.text, "{indent}let {name} = {expression};");
        self.texts[id.index()] = Some(name);
        Ok(())
    }

    /// Reads leaves once where reading takes more than a name.
    fn leaves(&mut self, indent: &str) {
        for id in self.graph.ids() {
            let Some(leaf) = self.graph.leaf_of(id).filter(|_| self.uses[id.index()] > 1) else { continue };
            let text = (self.leaf)(leaf);
            if text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') {
                continue;
            }
            let hint: String = self.graph.leaves()[leaf.index()].name.clone();
            let hint = hint.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
            let name = self.numbered(&hint);
            let _ = writeln!(self.text, "{indent}let {name} = {text};");
            self.texts[id.index()] = Some(name);
        }
    }

    /// An output as a name or constant, so that storing one output does not change another.
    fn output(&mut self, id: NodeId, indent: &str) -> Result<String, Error> {
        let text = self.operand(id)?;
        if self.constants[id.index()].is_some() || self.texts[id.index()].is_some() {
            return Ok(text);
        }
        let name = self.fresh(id, "out");
        let _ = writeln!(self.text, "{indent}let {name} = {text};");
        self.texts[id.index()] = Some(name.clone());
        Ok(name)
    }

    /// A name for a node that no other has.
    fn fresh(&mut self, id: NodeId, otherwise: &str) -> String {
        let hint = self.graph.name(id).unwrap_or(otherwise).to_string();
        self.numbered(&hint)
    }

    fn numbered(&mut self, hint: &str) -> String {
        let hint = hint.trim_matches('_').to_string();
        let number = self.numbers.entry(hint.clone()).or_insert(0);
        *number += 1;
        format!("{hint}_{number}")
    }

    fn region(&mut self, id: RegionId, indent: &str) -> Result<(), Error> {
        let region = self.graph.region(id);
        let slots = region.live_slots(&self.live);
        for &slot in &slots {
            let initial = self.operand(region.initial[slot])?;
            let carried = region.carried[slot];
            let name = self.fresh(region.next[slot], "carried");
            let ty = self.graph.ty(carried).name();
            let _ = writeln!(self.text, "{indent}var {name}: {ty} = {initial};");
            self.texts[carried.index()] = Some(name);
        }
        let deeper = format!("{indent}    ");
        let (head, rest) = self.schedule.body(id).split_at(self.schedule.heads[id.index()]);
        let _ = writeln!(self.text, "{indent}loop {{");
        self.steps(head, Some(id), &deeper)?;
        let condition = self.factor(region.condition)?;
        if self.constants[region.condition.index()].is_none_or(|bits| bits == 0) {
            let _ = writeln!(self.text, "{deeper}if !{condition} {{ break; }}");
        }
        self.steps(rest, Some(id), &deeper)?;
        let leave = self.operand(region.leave)?;
        let mut moves = Vec::new();
        for &slot in &slots {
            let (next, carried) = (region.next[slot], region.carried[slot]);
            if next == carried {
                continue;
            }
            let mut value = self.operand(next)?;
            // What another slot carries is about to change.
            if region.carried.contains(&next) {
                let name = self.fresh(next, "before");
                let _ = writeln!(self.text, "{deeper}let {name} = {value};");
                value = name;
            }
            moves.push((self.operand(carried)?, value));
        }
        for (name, value) in moves {
            let _ = writeln!(self.text, "{deeper}{name} = {value};");
        }
        if self.constants[region.leave.index()].is_none_or(|bits| bits != 0) {
            let _ = writeln!(self.text, "{deeper}if {leave} {{ break; }}");
        }
        let _ = writeln!(self.text, "{indent}}}");
        Ok(())
    }
}
