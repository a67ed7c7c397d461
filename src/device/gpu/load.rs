//! Puts a program on a GPU.

use super::adapter::Adapter;
use super::shard::{self, Shard};
use super::size::{MAX_WINDOWS, Sizes};
use super::{Buffers, Gpu, Propagate, Slot, Update, blocks, grid, table};
use crate::compile::connect::Weights;
use crate::compile::kernel::{STEP_SHIFT, accumulate_kernel, propagate_kernel, update_kernel};
use crate::device::cpu::deliver;
use crate::error::{Error, Result};
use crate::program::{Kernel, Program};
use std::sync::Arc;

/// Events that a submission can carry before the buffer grows.
const EVENTS: u32 = 1 << 14;

/// Steps of the first submission; the others follow its duration.
const FIRST_PACE: u32 = 64;

impl Gpu {
    /// Loads a program, at its initial state.
    ///
    /// # Errors
    /// [`Error::Memory`] where it does not fit, [`Error::Device`] where the device refuses a kernel.
    pub fn load(adapter: Arc<Adapter>, program: Arc<Program>) -> Result<Gpu> {
        check(&adapter, &program)?;
        let sizes = Sizes::new(&adapter, &program)?;
        let shards = shards(&adapter, &program)?;
        let buffers = shared(&adapter, &program, &sizes, &shards[0].pipeline)?;
        let mut kernels = vec![];
        for k in 0..program.kernels.len() {
            kernels.push(update(&adapter, &program, k, None)?);
        }
        let slot = || -> Result<Slot> {
            let log = adapter.storage("the log of spikes", 2 * u64::from(sizes.log_entries))?;
            Ok(Slot { log, staging: adapter.staging(1)?, staging_words: 1, bound: vec![] })
        };
        let slots = [slot()?, slot()?];
        let mut gpu = Gpu {
            adapter,
            program,
            sizes,
            buffers,
            kernels,
            shards,
            slots,
            step: 0,
            pace: FIRST_PACE,
            failed: false,
            profile: None,
        };
        gpu.bind();
        gpu.adapter.check()?;
        Ok(gpu)
    }

    /// Makes all bind groups anew, for buffers that have changed.
    pub(super) fn bind(&mut self) {
        let (device, shared) = (&self.adapter.device, &self.buffers);
        for slot in &mut self.slots {
            slot.bound.clear();
            for it in &self.kernels {
                let buffers = [
                    ("sizes", &shared.sizes),
                    ("control", &shared.control),
                    ("elements", &it.elements),
                    ("states", &it.states),
                    ("ring", &shared.ring),
                    ("spikes", &slot.log),
                    ("constants", &it.constants),
                    ("tables", &it.tables),
                    ("traces", &shared.traces),
                ];
                slot.bound.push(it.pipeline.bind(device, &buffers));
            }
            for it in &self.shards {
                let buffers = [
                    ("sizes", &shared.sizes),
                    ("control", &shared.control),
                    ("shard", &it.shard),
                    ("ring", &shared.ring),
                    ("spikes", &slot.log),
                    ("injected", &shared.injected),
                    ("rows", &it.rows),
                    ("entries", &it.entries),
                    ("weights", &it.weights),
                ];
                slot.bound.push(it.pipeline.bind(device, &buffers));
            }
        }
    }

    /// Room for the ranges of all windows and this many events.
    pub(super) fn reserve_events(&mut self, events: u32) -> Result<()> {
        let words = injected_words(events);
        if words * 4 <= self.buffers.injected.size() {
            return Ok(());
        }
        self.buffers.injected =
            self.adapter.small_storage("events", injected_words(events.saturating_mul(2)))?;
        self.bind();
        Ok(())
    }
}

fn injected_words(events: u32) -> u64 {
    2 * (u64::from(MAX_WINDOWS) + u64::from(events))
}

/// What can be said before anything is allocated.
fn check(adapter: &Adapter, program: &Program) -> Result<()> {
    if program.partitions.len() > 1 {
        let n = program.partitions.len();
        return Err(Error::Device(format!(
            "the program is laid out for {n} threads, not for a GPU; compile it anew"
        )));
    }
    if program.elements >> STEP_SHIFT != 0 {
        let most = 1u32 << STEP_SHIFT;
        return Err(Error::Device(format!(
            "a GPU runs at most {most} elements, the network has {}",
            program.elements
        )));
    }
    adapter.check_fits("the ring of arriving spikes", u64::from(program.depth) * u64::from(program.slots))?;
    for kernel in &program.kernels {
        let len = u64::from(kernel.len);
        adapter.check_fits(&format!("the state of `{}`", kernel.name), len * kernel.state.len() as u64)?;
        let own = kernel.constants.iter().filter(|constant| constant.each).count() as u64;
        adapter.check_fits(&format!("the parameters of `{}`", kernel.name), len * own)?;
    }
    Ok(())
}

fn shared(
    adapter: &Adapter,
    program: &Program,
    sizes: &Sizes,
    propagate: &super::Pipeline,
) -> Result<Buffers> {
    let words = propagate.fields("sizes").words(&[
        ("window", sizes.window),
        ("depth_mask", program.depth - 1),
        ("slots", program.slots),
        ("log_entries", sizes.log_entries),
        ("log_reserve", sizes.log_reserve),
        ("zero", 0),
    ]);
    let fields = propagate.fields("control").clone();
    let control = adapter.small_storage("control", fields.offset("ends") / 4 + u64::from(MAX_WINDOWS))?;
    adapter.upload(&control, fields.offset("fault") / 4, &[u32::MAX])?;
    Ok(Buffers {
        sizes: adapter.uniform("sizes", &words)?,
        control,
        fields,
        ring: ring(adapter, program)?,
        injected: adapter.small_storage("events", injected_words(EVENTS))?,
        traces: adapter.storage("traces", sizes.trace_words)?,
    })
}

/// The ring with what is there from the start.
fn ring(adapter: &Adapter, program: &Program) -> Result<wgpu::Buffer> {
    let name = "the ring of arriving spikes";
    if program.initial.is_empty() {
        return adapter.storage(name, u64::from(program.depth) * u64::from(program.slots));
    }
    adapter.storage_with(name, &deliver::initial_ring(program))
}

/// The rows of synapses with their kernel; there is at least one shard.
pub(super) fn shards(adapter: &Adapter, program: &Program) -> Result<Vec<Propagate>> {
    let cuts = blocks::cuts(program, adapter.blocks);
    let shards = shard::pack(program, adapter.max_binding_bytes() / 4, &cuts)?;
    let n_shards = shards.len();
    let load = |(k, about): (usize, Shard)| {
        let pipeline = match about.is_cut {
            true => adapter.pipeline(
                "accumulate",
                &accumulate_kernel(program)?,
                grid::workgroup(adapter, true),
            )?,
            false => {
                adapter.pipeline("propagate", &propagate_kernel(program)?, grid::workgroup(adapter, false))?
            }
        };
        let reach = about.reach();
        let words = pipeline.fields("shard").words(&[
            ("groups", shard::groups(program)),
            ("closes", u32::from(k + 1 == n_shards)),
            ("lanes", grid::lanes(adapter, &about)),
            ("pieces", about.max_pieces),
            ("first_block", reach.blocks.start),
            ("first_delay", reach.delays.start),
        ]);
        let uniform = adapter.uniform("shard", &words)?;
        propagate_of(adapter, program, pipeline, about, uniform)
    };
    shards.into_iter().enumerate().map(load).collect()
}

/// A kernel with its buffers; those of its state where it has some already.
pub(super) fn update(
    adapter: &Adapter,
    program: &Program,
    number: usize,
    states: Option<wgpu::Buffer>,
) -> Result<Update> {
    let kernel: &Kernel = &program.kernels[number];
    let pipeline = adapter.pipeline(&kernel.name, &update_kernel(program, number)?, adapter.workgroup)?;
    let elements = pipeline.fields("elements").words(&[
        ("first", kernel.first),
        ("len", kernel.len),
        ("opens", u32::from(number == 0)),
    ]);
    let groups = kernel.len.div_ceil(adapter.workgroup);
    let columns = groups.clamp(1, 65_535);
    Ok(Update {
        elements: adapter.uniform("elements", &elements)?,
        states: match states {
            Some(states) => states,
            None => adapter
                .storage_with(&format!("the state of `{}`", kernel.name), &table::initial_state(kernel))?,
        },
        constants: adapter
            .storage_with(&format!("the parameters of `{}`", kernel.name), &table::constants(kernel))?,
        tables: adapter.storage_with("tables", &table::tables(program, kernel))?,
        pipeline,
        grid: (columns, groups.div_ceil(columns).max(1), 1),
    })
}

fn propagate_of(
    adapter: &Adapter,
    program: &Program,
    pipeline: Arc<super::Pipeline>,
    about: Shard,
    shard: wgpu::Buffer,
) -> Result<Propagate> {
    let size = shard::entry_words(program.layout);
    let entries = adapter.storage("synapses", about.n_entries * size)?;
    let weights = adapter.storage("weights", about.n_weights)?;
    for piece in &about.pieces {
        if piece.cut.is_some() {
            blocks::write(adapter, program, piece, (&entries, &weights))?;
            continue;
        }
        let block = &program.blocks[piece.block];
        let range = piece.entries.start as usize..piece.entries.end as usize;
        let words = range.start * size as usize..range.end * size as usize;
        adapter.upload(&entries, u64::from(piece.entries_at) * size, &block.entries[words])?;
        if let Weights::Each(values) = &block.weights {
            adapter.upload(&weights, piece.weights_at.into(), bytemuck::cast_slice(&values[range]))?;
        }
    }
    let rows = adapter.storage_with("synaptic rows", &about.rows)?;
    Ok(Propagate { pipeline, about, shard, rows, entries, weights })
}
