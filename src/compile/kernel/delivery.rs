//! The kernels that deliver spikes, and the records that they read.

use super::{Append, shipped, write_element, write_run_words, write_words, writes};
use crate::compile::connect::{DELAYS, Layout, WEIGHTS, quantile};
use crate::error::{Error, Result};
use crate::program::Program;

/// Words of a piece: consecutive elements whose rows are consecutive, the number of the first in the first copy of the
/// network, and what to add to the slots of these rows. Where the rows are procedural, `rows` is where the projection's
/// record lies, and `weight` the place of the first element in the projection. Where rows are cut by blocks of slots, the first
/// block and their number, and the delay of all entries.
pub const PIECE: [&str; 10] =
    ["first", "len", "origin", "rows", "slots", "kind", "weight", "block", "blocks", "delay"];

/// What a piece is: one weight for all entries, one for each, or no entries at all.
pub const KIND: [&str; 3] = ["shared", "each", "procedural"];

/// Words of a projection without rows; tables and landings by their distance from the first word, 0 where there is none.
pub const PROCEDURAL: [&str; 17] = [
    "choice",
    "seed_low",
    "seed_high",
    "stream",
    "targets",
    "autapses",
    "degree",
    "half_bits",
    "width",
    "digits",
    "n_digits",
    "landings",
    "landings_end",
    "weights",
    "delays",
    "delay",
    "latency",
];

/// How the targets of a procedural row are chosen.
pub const CHOICE: [&str; 5] = ["same", "all", "independent", "distinct", "chance"];

/// Words of consecutive targets of a procedural row; the second of a pair is for negative weights.
pub const LANDING: [&str; 7] = ["first", "len", "gid", "slot", "slot_negative", "amount", "amount_negative"];

/// Ring slots whose sums a workgroup keeps in its memory: 8 of the 16 KiB that WebGPU guarantees, slices take 5.
pub const BLOCK_SLOTS: u32 = 2048;

/// Most invocations of a workgroup, each of which finds a slice of a row at a time.
pub const MOST_SLICES: u32 = 256;

/// The text of the kernel that delivers spikes row by row.
///
/// # Errors
/// [`Error::Device`] where the layout of the synapses leaves no bits for delays.
pub fn propagate_kernel(program: &Program) -> Result<String> {
    let mut text = shipped("kernel/propagate");
    write_rows(&mut text, program.layout)?;
    write_regenerate(&mut text, !program.procedural.is_empty());
    write_run_words(&mut text);
    Ok(text)
}

/// The text of the kernel that runs the update kernel at this position and delivers row by row at the same time.
///
/// # Errors
/// What the two report.
pub fn overlap_kernel(program: &Program, kernel: usize, append: Append) -> Result<String> {
    let mut text = shipped("kernel/overlap");
    write_element(&mut text, &program.kernels[kernel], append)?;
    write_rows(&mut text, program.layout)?;
    write_regenerate(&mut text, !program.procedural.is_empty());
    write_run_words(&mut text);
    Ok(text)
}

/// The text of the kernel that delivers spikes by blocks of ring slots.
///
/// # Errors
/// [`Error::Device`] where the layout of the synapses leaves no bits for delays.
pub fn accumulate_kernel(program: &Program) -> Result<String> {
    let mut text = shipped("kernel/accumulate");
    write_rows(&mut text, program.layout)?;
    for (name, value) in [("block_slots", BLOCK_SLOTS), ("most_slices", MOST_SLICES)] {
        writes(&mut text, format_args!("const {name}: u32 = {value}u;\n"));
    }
    write_run_words(&mut text);
    Ok(text)
}

/// The words of pieces, and what an entry means.
fn write_rows(text: &mut String, layout: Layout) -> Result<()> {
    text.push('\n');
    write_words(text, "piece", &PIECE);
    write_words(text, "kind", &KIND);
    let (slot, delay) = match layout {
        Layout::Narrow { slot_bits: bits @ 32.. } => {
            return Err(Error::Device(format!("an entry of 32 bits has no delay beside a slot of {bits}")));
        }
        Layout::Narrow { slot_bits } => {
            let mask = (1u64 << slot_bits) - 1;
            (format!("entries[k] & {mask:#x}u"), format!("entries[k] >> {slot_bits}u"))
        }
        Layout::Wide => ("entries[2u * k]".into(), "entries[2u * k + 1u]".into()),
    };
    let body = format!("return vec2<u32>({slot}, {delay});");
    writes(text, format_args!("\nfn slot_and_delay(k: u32) -> vec2<u32> {{\n    {body}\n}}\n"));
    Ok(())
}

/// `regenerate`: draws a procedural row. Programs without any do not pay for it.
fn write_regenerate(text: &mut String, is_needed: bool) {
    if !is_needed {
        writes(text, format_args!("\nstruct Sending {{\n    value: f32,\n}}\n"));
        let arguments = "record: u32, number: u32, element: u32, slots: u32, step: u32, value: f32";
        writes(
            text,
            format_args!("\nfn sending({arguments}) -> Sending {{\n    return Sending(value);\n}}\n"),
        );
        writes(text, format_args!("\nfn regenerate(s: Sending, lane: u32, stride: u32) {{\n}}\n"));
        return;
    }
    writes(text, format_args!("\n{}\n", shipped("kernel/regenerate").replace("//!", "//")));
    write_words(text, "procedural", &PROCEDURAL);
    write_words(text, "choice", &CHOICE);
    write_words(text, "landing", &LANDING);
    let high = |purpose: u64| (purpose >> 32) as u32;
    for (name, value) in [
        ("landing_words", LANDING.len() as u32),
        ("fine_bits", quantile::FINE_BITS),
        ("half_knots", quantile::KNOTS),
        ("of_weights", high(WEIGHTS)),
        ("of_delays", high(DELAYS)),
    ] {
        writes(text, format_args!("const {name}: u32 = {value:#x}u;\n"));
    }
}
