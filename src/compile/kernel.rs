//! Assembles the WGSL text of a program's kernels.
//!
//! *How it works.* The files in `shaders/kernel/` are complete but for a few functions and constants that depend on
//! the program. These are written here and appended: WGSL does not care about order, so no text is
//! edited. The buffers that the constants point into are packed by the device from the same lists of names
//! ([`MEMBER`], [`TRACE`], [`PIECE`]).

mod delivery;

pub use delivery::{
    BLOCK_SLOTS, CHOICE, KIND, LANDING, MOST_SLICES, PIECE, PROCEDURAL, accumulate_kernel, overlap_kernel,
    propagate_kernel,
};

use crate::error::{Error, Result};
use crate::lane::{self, LeafId, NodeId, Ty};
use crate::model::catalogue;
use crate::model::reflect::{self, Scalar};
use crate::program::{GROUP, Kernel, Leaf, Program};
use std::fmt::Write;

/// Words of a member's record; the slots of its ports, the numbers of its outlets and its shared constants follow.
pub const MEMBER: [&str; 4] = ["first", "size", "traces", "traces_end"];

/// Words of a member's record before its constants: [`MEMBER`], the slots of its ports, the numbers of its outlets.
pub fn member_words(kernel: &Kernel) -> u32 {
    MEMBER.len() as u32 + kernel.ports + kernel.outlets.len() as u32
}

/// Words of one recorded value of a member.
pub const TRACE: [&str; 7] = ["number", "value", "first", "len", "column", "every", "width"];

/// How spikes find their places in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Append {
    /// Each asks for its own.
    #[default]
    Alone,
    /// The invocations of a subgroup that have one at the same time ask together: for adapters with subgroups.
    Together,
}

/// Windows of a chunk at most: the device counts the spikes of each.
pub const MOST_WINDOWS: u32 = 8192;

/// Bits of a log entry that hold the element; the others hold the step within the window.
pub const STEP_SHIFT: u32 = 28;

/// A record of `N` words, from values by name.
///
/// # Panics
/// If a name is missing: names and values are both written in this crate.
pub fn words<const N: usize>(names: [&str; N], values: [(&str, u32); N]) -> [u32; N] {
    names.map(|name| {
        let value = values.iter().find(|(other, _)| *other == name);
        value.expect("every word of a record has a value").1
    })
}

/// The text of the update kernel at this position.
///
/// # Errors
/// [`Error::Device`] where the graph cannot be written as WGSL.
pub fn update_kernel(program: &Program, kernel: usize, append: Append) -> Result<String> {
    let mut text = shipped("kernel/update");
    write_element(&mut text, &program.kernels[kernel], append)?;
    write_run_words(&mut text);
    Ok(text)
}

/// What `element` needs.
fn write_element(text: &mut String, kernel: &Kernel, append: Append) -> Result<()> {
    writes(text, format_args!("\n// {}\n", kernel.name));
    write_words(text, "member", &MEMBER);
    write_words(text, "trace", &TRACE);
    writes(text, format_args!("const trace_words: u32 = {}u;\n", TRACE.len()));
    let has_traces = kernel.members.iter().any(|member| !member.traces.is_empty());
    writes(text, format_args!("const has_traces: bool = {has_traces};\n"));
    write_structs(text, kernel);
    write_state(text, kernel);
    write_constants(text, kernel);
    write_arrivals(text, kernel);
    write_advance(text, kernel)?;
    write_recorded(text, kernel);
    write_sent(text, kernel);
    write_reserve(text, append);
    Ok(())
}

/// A file of ours and what it imports.
fn shipped(path: &str) -> String {
    let library = |path: &str| catalogue::library(path).map(str::to_string);
    let text = catalogue::library(path).expect("the kernel is shipped");
    reflect::assemble(text, &library).expect("its imports are shipped too")
}

fn writes(text: &mut String, arguments: std::fmt::Arguments) {
    text.write_fmt(arguments).expect("a string takes everything");
}

fn write_words(text: &mut String, record: &str, names: &[&str]) {
    for (k, name) in names.iter().enumerate() {
        writes(text, format_args!("const {record}_{name}: u32 = {k}u;\n"));
    }
}

/// What all kernels agree on.
fn write_run_words(text: &mut String) {
    let mask = (1u32 << STEP_SHIFT) - 1;
    text.push('\n');
    for (name, value) in
        [("most_windows", MOST_WINDOWS), ("group_elements", GROUP), ("step_shift", STEP_SHIFT)]
    {
        writes(text, format_args!("const {name}: u32 = {value}u;\n"));
    }
    writes(text, format_args!("const element_mask: u32 = {mask:#x}u;\n"));
}

fn name(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::F32 => "f32",
        Scalar::I32 => "i32",
        Scalar::U32 => "u32",
    }
}

/// A member name that is no keyword and occurs once: `V_m_0`.
fn field(name: &str, k: usize) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.trim_matches(|c: char| !c.is_ascii_alphabetic()).chars().map(plain).collect();
    format!("{}_{k}", if name.is_empty() { "x" } else { &name })
}

/// The word `source` as a value.
fn value(scalar: Scalar, source: &str) -> String {
    match scalar {
        Scalar::U32 => source.to_string(),
        _ => format!("bitcast<{}>({source})", name(scalar)),
    }
}

fn state_fields(kernel: &Kernel) -> Vec<(String, Scalar)> {
    kernel.state.iter().enumerate().map(|(k, (name, scalar))| (field(name, k), *scalar)).collect()
}

fn write_struct(text: &mut String, name: &str, members: &[(String, &str)]) {
    writes(text, format_args!("\nstruct {name} {{\n"));
    for (member, ty) in members {
        writes(text, format_args!("    {member}: {ty},\n"));
    }
    if members.is_empty() {
        // WGSL has no empty structs
        text.push_str("    nothing: u32,\n");
    }
    text.push_str("}\n");
}

fn write_structs(text: &mut String, kernel: &Kernel) {
    let state: Vec<_> =
        state_fields(kernel).into_iter().map(|(field, scalar)| (field, name(scalar))).collect();
    write_struct(text, "State", &state);
    let constants = kernel.constants.iter().enumerate().map(|(k, it)| (field(&it.name, k), name(it.scalar)));
    write_struct(text, "Constants", &constants.collect::<Vec<_>>());
    for (of_ports, ty) in [("Slots", "u32"), ("Arrivals", "i32")] {
        let ports: Vec<_> = (0..kernel.ports).map(|port| (format!("port_{port}"), ty)).collect();
        write_struct(text, of_ports, &ports);
    }
    let step =
        [("state", "State"), ("fired", "bool"), ("value", "f32")].map(|(name, ty)| (name.to_string(), ty));
    let recorded = (0..kernel.recorded.len()).map(|k| (format!("recorded_{k}"), "f32"));
    let sent =
        (0..kernel.outlets.len()).flat_map(|k| [(format!("when_{k}"), "bool"), (format!("sent_{k}"), "f32")]);
    write_struct(text, "Step", &step.into_iter().chain(recorded).chain(sent).collect::<Vec<_>>());
}

/// `load`, `store` and `is_finite`: planes of state, one after the other.
fn write_state(text: &mut String, kernel: &Kernel) {
    let fields = state_fields(kernel);
    text.push_str("\nfn load(e: u32) -> State {\n    var s: State;\n");
    for (k, (field, scalar)) in fields.iter().enumerate() {
        let word = value(*scalar, &format!("states[{k}u * elements.len + e]"));
        writes(text, format_args!("    s.{field} = {word};\n"));
    }
    text.push_str("    return s;\n}\n\nfn store(e: u32, s: State) {\n");
    for (k, (field, scalar)) in fields.iter().enumerate() {
        let word =
            if *scalar == Scalar::U32 { format!("s.{field}") } else { format!("bitcast<u32>(s.{field})") };
        writes(text, format_args!("    states[{k}u * elements.len + e] = {word};\n"));
    }
    text.push_str("}\n\n// Comparisons of NaN may be folded away, so the exponent is tested.\nfn is_finite(s: State) -> bool {\n");
    for (field, _) in fields.iter().filter(|(_, scalar)| *scalar == Scalar::F32) {
        let test = format!("(bitcast<u32>(s.{field}) & 0x7f800000u) == 0x7f800000u");
        writes(text, format_args!("    if {test} {{\n        return false;\n    }}\n"));
    }
    text.push_str("    return true;\n}\n");
}

/// `constants_of`: shared ones lie in the member's record, the others in planes after all records.
fn write_constants(text: &mut String, kernel: &Kernel) {
    text.push_str("\nfn constants_of(member: u32, e: u32) -> Constants {\n    var c: Constants;\n");
    let mut planes = 0;
    let mut shared = member_words(kernel);
    for (k, constant) in kernel.constants.iter().enumerate() {
        let word = if constant.each {
            planes += 1;
            format!("tables[elements.planes + {}u * elements.len + e]", planes - 1)
        } else {
            shared += 1;
            format!("tables[member + {}u]", shared - 1)
        };
        let word = value(constant.scalar, &word);
        writes(text, format_args!("    c.{} = {word};\n", field(&constant.name, k)));
    }
    text.push_str("    return c;\n}\n");
}

/// `slots_of` and `arrivals`: what arrives in a step is taken from the ring.
fn write_arrivals(text: &mut String, kernel: &Kernel) {
    text.push_str("\nfn slots_of(member: u32, i: u32) -> Slots {\n    var slots: Slots;\n");
    for port in 0..kernel.ports {
        let word = MEMBER.len() as u32 + port;
        writes(text, format_args!("    slots.port_{port} = tables[member + {word}u] + i;\n"));
    }
    text.push_str(
        "    return slots;\n}\n\nfn arrivals(slots: Slots, row: u32) -> Arrivals {\n    var a: Arrivals;\n",
    );
    for port in 0..kernel.ports {
        writes(text, format_args!("    a.port_{port} = take(row + slots.port_{port});\n"));
    }
    text.push_str("    return a;\n}\n");
}

fn leaf_text(kernel: &Kernel, leaf: LeafId) -> String {
    let known = kernel.leaves.iter().find(|(id, _)| *id == leaf).map(|(_, leaf)| *leaf);
    match known.expect("every leaf of a kernel stands for something") {
        Leaf::State(k) => format!("before.{}", field(&kernel.state[k as usize].0, k as usize)),
        Leaf::Arrival(port) => format!("arrived.port_{port}"),
        Leaf::Constant(k) => format!("fixed.{}", field(&kernel.constants[k as usize].name, k as usize)),
        Leaf::Step => "step".into(),
    }
}

/// `advance`: the graph.
fn write_advance(text: &mut String, kernel: &Kernel) -> Result<()> {
    let graph = &kernel.graph;
    let mut outputs: Vec<NodeId> = kernel.next.clone();
    outputs.extend(kernel.fired.iter().chain(&kernel.value).chain(&kernel.recorded));
    outputs.extend(kernel.outlets.iter().flat_map(|outlet| outlet.when.into_iter().chain([outlet.value])));
    let leaf = |leaf: LeafId| leaf_text(kernel, leaf);
    let printed = lane::print(graph, &outputs, &leaf, "i", "    ")
        .map_err(|error| Error::Device(format!("kernel `{}`: {error}", kernel.name)))?;
    let mut results = printed.outputs.iter();
    let mut take = || results.next().expect("one text for every output");
    text.push('\n');
    text.push_str(&printed.helpers);
    text.push_str(
        "\nfn advance(i: u32, step: u32, before: State, fixed: Constants, arrived: Arrivals) -> Step {\n",
    );
    text.push_str(&printed.statements);
    text.push_str("    var result: Step;\n");
    for (field, _) in state_fields(kernel) {
        writes(text, format_args!("    result.state.{field} = {};\n", take()));
    }
    if kernel.fired.is_some() {
        writes(text, format_args!("    result.fired = {};\n", take()));
    }
    let value = if kernel.value.is_some() { take().as_str() } else { "1.0" };
    writes(text, format_args!("    result.value = {value};\n"));
    for (k, id) in kernel.recorded.iter().enumerate() {
        let result = take();
        let as_float = if graph.ty(*id) == Ty::F32 { result.clone() } else { format!("f32({result})") };
        writes(text, format_args!("    result.recorded_{k} = {as_float};\n"));
    }
    for (k, outlet) in kernel.outlets.iter().enumerate() {
        let when = if outlet.when.is_some() { take().clone() } else { "true".into() };
        writes(text, format_args!("    result.when_{k} = {when};\n"));
        writes(text, format_args!("    result.sent_{k} = {};\n", take()));
    }
    text.push_str("    return result;\n}\n");
    Ok(())
}

/// `recorded`: a recorded value by number.
fn write_recorded(text: &mut String, kernel: &Kernel) {
    text.push_str("\nfn recorded(number: u32, now: Step) -> f32 {\n");
    for k in 0..kernel.recorded.len() {
        writes(text, format_args!("    if number == {k}u {{\n        return now.recorded_{k};\n    }}\n"));
    }
    text.push_str("    return 0.0;\n}\n");
}

/// `send_beside`: what is sent beside spikes, each under its own number.
fn write_sent(text: &mut String, kernel: &Kernel) {
    text.push_str("\nfn send_beside(window: Window, member: u32, i: u32, q: u32, now: Step) {\n");
    for k in 0..kernel.outlets.len() {
        let first = MEMBER.len() as u32 + kernel.ports + k as u32;
        writes(
            text,
            format_args!(
                "    if now.when_{k} && now.sent_{k} != 0.0 {{\n        append(window, tables[member + {first}u] + i, q, now.sent_{k});\n    }}\n"
            ),
        );
    }
    text.push_str("}\n");
}

/// `reserve`: the next place in the log of a window, counted from its first.
fn write_reserve(text: &mut String, append: Append) {
    text.push_str(match append {
        Append::Alone => ALONE,
        Append::Together => TOGETHER,
    });
}

const ALONE: &str = "
fn reserve(window: u32) -> u32 {
    return atomicAdd(&control.counts[window], 1u);
}
";

// only invocations that append come here: the operations are among those
const TOGETHER: &str = "
fn reserve(window: u32) -> u32 {
    let n = subgroupAdd(1u);
    let before = subgroupExclusiveAdd(1u);
    var first = 0u;
    if before == 0u {
        first = atomicAdd(&control.counts[window], n);
    }
    return subgroupBroadcastFirst(first) + before;
}
";
