//! A GPU through wgpu: state stays in its buffers, the host encodes chunks of steps and drains the log.
//!
//! *How it works.* A window of steps is one dispatch per kernel (`shaders/kernel/update.wgsl`) and one per shard
//! of synapses, however many populations and projections there are. Most shards are delivered row by row
//! (`shaders/kernel/propagate.wgsl`), dense ones by blocks of ring slots (`shaders/kernel/accumulate.wgsl`, for which projections:
//! `gpu/blocks.rs`); as sums are integers, the result is the same. Where delays are long, one dispatch updates a window and
//! delivers the one before (`shaders/kernel/overlap.wgsl`, when: `gpu/round.rs`). The step is counted on
//! the device, so the dispatches of a chunk are all alike, and the device can halt: before the log would overflow, or
//! when a state is not finite any more. What is already submitted then does nothing, and the host goes on
//! exactly where the device has stopped.
//!
//! ```text
//! control   step, halt, counts of spikes, traces    states[kernel]   planes, one per variable
//! ring      depth rows of slots (i32)               tables[kernel]   members, constants
//! log       element | step in window, value;        rows, entries, weights[shard]
//!           events of the host
//! ```

mod adapter;
mod blocks;
mod buffer;
mod change;
mod chunk;
mod grid;
mod load;
mod pipeline;
mod procedural;
mod profile;
mod round;
mod shard;
mod size;
mod snapshot;
mod table;
#[cfg(test)]
mod tests;

pub use adapter::{Adapter, Description, Software, list};
pub use round::Overlap;

use super::{Chunk, Engine, Snapshot, Span, Timing};
use crate::error::{Error, Result};
use crate::program::{Edit, Event, Kernel, Program};
pub(super) use blocks::part as block_part;
use pipeline::Fields;
use round::Dispatch;
use size::Sizes;
pub(super) use size::log_part;
use std::sync::Arc;

/// A program on a GPU.
#[derive(Debug)]
pub struct Gpu {
    adapter: Arc<Adapter>,
    program: Arc<Program>,
    sizes: Sizes,
    buffers: Buffers,
    kernels: Vec<Update>,
    shards: Vec<Propagate>,
    /// What a round consists of.
    dispatches: Vec<Dispatch>,
    slots: [Slot; 2],
    /// The parity of the next round.
    parity: usize,
    /// Completed steps.
    step: u64,
    /// Steps of the next submission.
    pace: u32,
    /// A run has failed: the state is of no use.
    failed: bool,
    /// How long kernels take, while somebody wants to know.
    profile: Option<profile::Profile>,
}

/// Buffers that all kernels share.
#[derive(Debug)]
struct Buffers {
    sizes: wgpu::Buffer,
    control: wgpu::Buffer,
    fields: Fields,
    ring: wgpu::Buffer,
    /// The parity of a round.
    parities: [wgpu::Buffer; 2],
}

impl Buffers {
    /// Byte offset of a word of a turn in the control buffer.
    fn turn(&self, parity: usize, name: &str) -> u64 {
        self.fields.offset(&format!("turns[{parity}].{name}"))
    }
}

/// The elements of a kernel.
#[derive(Debug)]
struct Update {
    elements: wgpu::Buffer,
    states: wgpu::Buffer,
    tables: wgpu::Buffer,
    /// Workgroups that update them.
    groups: u32,
}

/// The synapses of a shard.
#[derive(Debug)]
struct Propagate {
    about: shard::Shard,
    shard: wgpu::Buffer,
    rows: wgpu::Buffer,
    entries: wgpu::Buffer,
    weights: wgpu::Buffer,
}

/// What each of two submissions in flight has of its own.
#[derive(Debug)]
struct Slot {
    /// The log of spikes, then the host's events.
    log: wgpu::Buffer,
    staging: wgpu::Buffer,
    staging_words: u64,
    /// The bind groups of every dispatch for both parities.
    bound: Vec<[wgpu::BindGroup; 2]>,
}

impl Engine for Gpu {
    fn run(&mut self, steps: u32, events: &[Event]) -> Result<Chunk> {
        if self.failed {
            return Err(Error::Device("this run has ended with an error; restore an earlier state".into()));
        }
        let chunk = self.run_chunk(steps, events);
        self.failed = chunk.is_err();
        chunk
    }

    fn snapshot(&mut self) -> Result<Snapshot> {
        self.read_snapshot()
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<()> {
        self.write_snapshot(snapshot)?;
        self.failed = false;
        Ok(())
    }

    fn program(&self) -> &Arc<Program> {
        &self.program
    }

    fn state(&mut self, span: Span, variable: usize) -> Result<Vec<u32>> {
        let first = self.place(span, variable);
        self.adapter.download(&self.kernels[span.kernel].states, first, u64::from(span.len))
    }

    fn set_state(&mut self, span: Span, variable: usize, words: &[u32]) -> Result<()> {
        let first = self.place(span, variable);
        self.adapter.upload(&self.kernels[span.kernel].states, first, words)
    }

    fn arrive(&mut self, span: Span, port: usize, amounts: &[i32]) -> Result<()> {
        self.add_arrivals(span, port, amounts)
    }

    fn set_constants(&mut self, kernel: usize, constants: Vec<Vec<Vec<u32>>>) -> Result<()> {
        self.write_constants(kernel, constants)
    }

    fn set_kernel(&mut self, number: usize, kernel: Kernel) -> Result<()> {
        self.replace_kernel(number, kernel)
    }

    fn edit(&mut self, edits: &[Edit]) -> Result<()> {
        self.write_synapses(edits)
    }

    fn start_profile(&mut self) -> Result<()> {
        self.profile = Some(profile::Profile::new(self)?);
        Ok(())
    }

    fn take_profile(&mut self) -> Vec<Timing> {
        self.profile.take().map_or_else(Vec::new, profile::Profile::into_timings)
    }
}
