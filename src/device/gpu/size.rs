//! How large the buffers of a run are.

use super::adapter::Adapter;
use super::round::Rounds;
use super::shard::Shard;
use crate::compile::estimate::Part;
use crate::compile::kernel::MOST_WINDOWS;
use crate::error::Result;
use crate::program::{Kernel, Program};

/// Entries of the log where the network is small: 8 MiB.
const LOG_ENTRIES: u64 = 1 << 20;

/// Events of the host that a submission can carry before their buffer grows.
pub(super) const EVENTS: u32 = 1 << 14;

/// Words of traces that one submission may record, where a step has fewer: 16 MiB.
const TRACE_WORDS: u64 = 4 << 20;

/// Sizes that hold for a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Steps of a window.
    pub window: u32,
    /// How many windows deliveries lag behind: 0 or 1.
    pub lag: u32,
    /// Entries of the log.
    pub log_entries: u32,
    /// Spikes that a window may have at most.
    pub log_reserve: u32,
    /// Words of the trace buffer.
    pub trace_words: u64,
    /// Steps that a submission may run.
    pub max_steps: u32,
}

impl Sizes {
    /// The sizes for a program; windows are shortened where their worst case would not fit the log.
    pub fn new(adapter: &Adapter, program: &Program, shards: &[Shard]) -> Result<Sizes> {
        // two words an entry
        let limit = adapter.max_binding_bytes() / 8;
        let sending = |kernel: &Kernel| usize::from(kernel.fired.is_some()) + kernel.outlets.len();
        let firing: u64 =
            program.kernels.iter().map(|kernel| u64::from(kernel.len) * sending(kernel) as u64).sum();
        let longest = (limit / firing.max(1)).clamp(1, u64::from(u32::MAX)) as u32;
        let Rounds { window, lag } = Rounds::new(adapter, program, shards, longest);
        let reserve = firing * u64::from(window);
        adapter.check_fits("the log of spikes", 2 * reserve)?;
        let log_entries = log_entries(adapter, reserve);
        let (trace_words, max_steps) = trace_sizes(adapter, program)?;
        let windows = (max_steps / window).clamp(1, MOST_WINDOWS);
        Ok(Sizes {
            window,
            lag,
            log_entries: log_entries as u32,
            log_reserve: reserve as u32,
            trace_words,
            max_steps: max_steps.min(windows * window),
        })
    }
}

/// Entries of the log where a window has at most `reserve` of them.
fn log_entries(adapter: &Adapter, reserve: u64) -> u64 {
    let limit = (adapter.max_binding_bytes() / 8).saturating_sub(beside_log(EVENTS));
    let wanted = adapter.log_entries.map_or(LOG_ENTRIES.max(2 * reserve), u64::from);
    wanted.min(limit).min(u64::from(u32::MAX)).max(reserve).max(1)
}

/// Entries that follow the log: the ranges of all windows, and this many events of the host.
pub(super) fn beside_log(events: u32) -> u64 {
    u64::from(MOST_WINDOWS) + u64::from(events)
}

/// What the logs of both submissions in flight take for this many elements, at windows of a step: longer ones are cut to what
/// the device has room for.
pub fn log_part(adapter: &Adapter, elements: u64) -> Part {
    Part::log(2 * 8 * (log_entries(adapter, elements) + beside_log(EVENTS)), 2)
}

/// Words of the trace buffer, and the steps whose rows it holds.
fn trace_sizes(adapter: &Adapter, program: &Program) -> Result<(u64, u32)> {
    if program.traces.is_empty() {
        return Ok((0, u32::MAX));
    }
    let head = program.traces.len() as u64;
    let widths: u64 = program.traces.iter().map(|trace| u64::from(trace.width)).sum();
    let least = head + 2 * widths;
    adapter.check_fits("one row of the traces", least)?;
    // they follow the counts of spikes
    let most = (adapter.max_binding_bytes() / 4).saturating_sub(2 * u64::from(MOST_WINDOWS)).max(least);
    let words = least.max(TRACE_WORDS.min(head + widths * 4096)).min(most);
    let per_step: f64 = program.traces.iter().map(|it| f64::from(it.width) / f64::from(it.every)).sum();
    // a trace has at most a row more than its interval says
    let steps = (words - head - widths) as f64 / per_step.max(1e-9);
    Ok((words, steps.clamp(1.0, 1e9) as u32))
}
