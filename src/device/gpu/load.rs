//! Puts a program on a GPU.

use super::adapter::Adapter;
use super::pipeline::Fields;
use super::round::{self, Dispatch};
use super::shard::{self, Shard};
use super::size::{EVENTS, Sizes, beside_log};
use super::{Buffers, Gpu, Propagate, Slot, Update, blocks, grid, table};
use crate::compile::connect::Weights;
use crate::compile::kernel::STEP_SHIFT;
use crate::device::cpu::deliver;
use crate::error::{Error, Result};
use crate::program::{Kernel, Program};
use std::sync::Arc;

/// Steps of the first submission; the others follow its duration.
const FIRST_PACE: u32 = 64;

impl Gpu {
    /// Loads a program, at its initial state.
    ///
    /// # Errors
    /// [`Error::Memory`] where it does not fit, [`Error::Device`] where the device refuses a kernel.
    pub fn load(adapter: Arc<Adapter>, program: Arc<Program>) -> Result<Gpu> {
        check(&adapter, &program)?;
        let abouts = pack(&adapter, &program)?;
        let sizes = Sizes::new(&adapter, &program, &abouts)?;
        let dispatches =
            round::dispatches(&adapter, &program, &abouts.iter().collect::<Vec<_>>(), sizes.lag)?;
        let shards = load_shards(&adapter, &program, abouts, round::fields(&dispatches, "shard"))?;
        let buffers = shared(&adapter, &program, &sizes, &dispatches)?;
        let mut kernels = vec![];
        for k in 0..program.kernels.len() {
            let fields = round::fields(&dispatches, "elements");
            kernels.push(Update::new(&adapter, &program, k, fields, None)?);
        }
        let slot = || -> Result<Slot> {
            let log = log(&adapter, &sizes, EVENTS)?;
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
            dispatches,
            slots,
            parity: 0,
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
        for slot in &mut self.slots {
            let bind = |dispatch: &Dispatch| {
                [0, 1].map(|parity| {
                    let shared = &self.buffers;
                    let mut buffers = vec![
                        ("sizes", &shared.sizes),
                        ("parity", &shared.parities[parity]),
                        ("control", &shared.control),
                        ("ring", &shared.ring),
                        ("spikes", &slot.log),
                    ];
                    if let Some(it) = dispatch.updates.map(|k| &self.kernels[k]) {
                        buffers.extend([("elements", &it.elements), ("states", &it.states)]);
                        buffers.push(("tables", &it.tables));
                    }
                    if let Some(it) = dispatch.delivers.map(|k| &self.shards[k]) {
                        buffers.extend([("shard", &it.shard), ("rows", &it.rows)]);
                        buffers.extend([("entries", &it.entries), ("weights", &it.weights)]);
                    }
                    dispatch.pipeline.bind(&self.adapter.device, &buffers)
                })
            };
            slot.bound = self.dispatches.iter().map(bind).collect();
        }
    }

    /// Room in a slot for this many events.
    pub(super) fn reserve_events(&mut self, slot: usize, events: u32) -> Result<()> {
        if log_words(&self.sizes, events) * 4 <= self.slots[slot].log.size() {
            return Ok(());
        }
        self.slots[slot].log = log(&self.adapter, &self.sizes, events.saturating_mul(2))?;
        self.bind();
        Ok(())
    }
}

/// Words of a log with the host's events.
fn log_words(sizes: &Sizes, events: u32) -> u64 {
    2 * (u64::from(sizes.log_entries) + beside_log(events))
}

fn log(adapter: &Adapter, sizes: &Sizes, events: u32) -> Result<wgpu::Buffer> {
    adapter.check_fits("the log of spikes", 2 * u64::from(sizes.log_entries))?;
    adapter.small_storage("the log of spikes", log_words(sizes, events))
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

fn shared(adapter: &Adapter, program: &Program, sizes: &Sizes, dispatches: &[Dispatch]) -> Result<Buffers> {
    let of_sizes = round::fields(dispatches, "sizes").words(&[
        ("window", sizes.window),
        ("lag", sizes.lag),
        ("depth_mask", program.depth - 1),
        ("slots", program.slots),
        ("log_entries", sizes.log_entries),
        ("log_reserve", sizes.log_reserve),
        ("zero", 0),
    ]);
    let fields = round::fields(dispatches, "control").clone();
    // kernels want an array to have an element
    let words = fields.offset("traces") / 4 + sizes.trace_words.max(1);
    let control = adapter.small_storage("control", words)?;
    for name in ["faults[0]", "faults[1]"] {
        adapter.upload(&control, fields.offset(name) / 4, &[u32::MAX])?;
    }
    let parity = |number: u32| {
        adapter.uniform("parity", &round::fields(dispatches, "parity").words(&[("of_round", number)]))
    };
    Ok(Buffers {
        sizes: adapter.uniform("sizes", &of_sizes)?,
        control,
        fields,
        ring: ring(adapter, program)?,
        parities: [parity(0)?, parity(1)?],
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

/// How synapses are divided among dispatches; there is at least one shard.
fn pack(adapter: &Adapter, program: &Program) -> Result<Vec<Shard>> {
    let cuts = blocks::cuts(program, adapter.blocks);
    shard::pack(program, adapter.max_binding_bytes() / 4, &cuts)
}

fn load_shards(
    adapter: &Adapter,
    program: &Program,
    abouts: Vec<Shard>,
    fields: &Fields,
) -> Result<Vec<Propagate>> {
    let n_shards = abouts.len();
    let load = |(k, about): (usize, Shard)| {
        let reach = about.reach();
        let words = fields.words(&[
            ("groups", shard::groups(program)),
            ("closes", u32::from(k + 1 == n_shards)),
            ("lanes", grid::lanes(adapter, &about)),
            ("parts", grid::parts(adapter, &about)),
            ("pieces", about.max_pieces),
            ("first_block", reach.blocks.start),
            ("first_delay", reach.delays.start),
        ]);
        let uniform = adapter.uniform("shard", &words)?;
        load_shard(adapter, program, about, uniform)
    };
    abouts.into_iter().enumerate().map(load).collect()
}

impl Update {
    /// A kernel's buffers; those of its state where it has some already.
    pub(super) fn new(
        adapter: &Adapter,
        program: &Program,
        number: usize,
        fields: &Fields,
        states: Option<wgpu::Buffer>,
    ) -> Result<Update> {
        let kernel: &Kernel = &program.kernels[number];
        let (tables, planes) = table::tables(program, kernel);
        let groups = kernel.len.div_ceil(adapter.workgroup);
        let elements = fields.words(&[
            ("first", kernel.first),
            ("len", kernel.len),
            ("planes", planes),
            ("groups", groups),
        ]);
        let initial = || {
            let name = format!("the state of `{}`", kernel.name);
            adapter.storage_with(&name, &table::initial_state(kernel))
        };
        Ok(Update {
            elements: adapter.uniform("elements", &elements)?,
            states: states.map_or_else(initial, Ok)?,
            tables: adapter.storage_with(&format!("the parameters of `{}`", kernel.name), &tables)?,
            groups,
        })
    }
}

fn load_shard(adapter: &Adapter, program: &Program, about: Shard, shard: wgpu::Buffer) -> Result<Propagate> {
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
    Ok(Propagate { about, shard, rows, entries, weights })
}
