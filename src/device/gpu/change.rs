//! What is read and changed between two chunks.

use super::shard::{Piece, entry_words};
use super::{Gpu, Span, Update, blocks, round, table};
use crate::compile::connect::Weights;
use crate::device::add_arrivals;
use crate::error::Result;
use crate::program::{Edit, Edited, Kernel};
use std::ops::Range;
use std::sync::Arc;

impl Gpu {
    /// The first word of a state variable of a span.
    pub(super) fn place(&self, span: Span, variable: usize) -> u64 {
        let kernel = &self.program.kernels[span.kernel];
        let element = kernel.members[span.member].first - kernel.first + span.first;
        u64::from(kernel.len) * variable as u64 + u64::from(element)
    }

    pub(super) fn add_arrivals(&mut self, span: Span, port: usize, amounts: &[i32]) -> Result<()> {
        let program = &self.program;
        let slot = program.kernels[span.kernel].members[span.member].slots[0][port] + span.first;
        let row = self.step & u64::from(program.depth - 1);
        let first = row * u64::from(program.slots) + u64::from(slot);
        let mut words = self.adapter.download(&self.buffers.ring, first, u64::from(span.len))?;
        add_arrivals(&mut words, amounts)?;
        self.adapter.upload(&self.buffers.ring, first, &words)
    }

    pub(super) fn write_constants(&mut self, number: usize, constants: Vec<Vec<Vec<u32>>>) -> Result<()> {
        Arc::make_mut(&mut self.program).set_constants(number, constants);
        let (words, _) = table::tables(&self.program, &self.program.kernels[number]);
        self.adapter.upload(&self.kernels[number].tables, 0, &words)
    }

    pub(super) fn replace_kernel(&mut self, number: usize, kernel: Kernel) -> Result<()> {
        let old = std::mem::replace(&mut Arc::make_mut(&mut self.program).kernels[number], kernel);
        if let Err(error) = self.load_kernel(number) {
            Arc::make_mut(&mut self.program).kernels[number] = old;
            return Err(error);
        }
        self.bind();
        self.adapter.check()
    }

    fn load_kernel(&mut self, number: usize) -> Result<()> {
        let shards: Vec<_> = self.shards.iter().map(|it| &it.about).collect();
        let dispatches = round::dispatches(&self.adapter, &self.program, &shards, self.sizes.lag)?;
        let states = self.kernels[number].states.clone();
        let fields = round::fields(&dispatches, "elements");
        self.kernels[number] = Update::new(&self.adapter, &self.program, number, fields, Some(states))?;
        self.dispatches = dispatches;
        Ok(())
    }

    /// Loads the program anew, to go on where it stands.
    fn reload(&mut self) -> Result<()> {
        let snapshot = self.read_snapshot()?;
        let mut fresh = Gpu::load(self.adapter.clone(), self.program.clone())?;
        fresh.write_snapshot(&snapshot)?;
        *self = fresh;
        Ok(())
    }

    pub(super) fn write_synapses(&mut self, edits: &[Edit]) -> Result<()> {
        let edited = Arc::make_mut(&mut self.program).edit(edits);
        // rows that are cut have one delay
        let is_other = edited.iter().any(|it| it.spread || (it.delays && self.is_cut(it.block)));
        if is_other || self.program.shortest < (1 + self.sizes.lag) * self.sizes.window {
            return self.reload();
        }
        edited.iter().try_for_each(|edited| self.write_block(edited))
    }

    fn is_cut(&self, block: usize) -> bool {
        let pieces = self.shards.iter().flat_map(|shard| &shard.about.pieces);
        pieces.filter(|piece| piece.block == block).any(|piece| piece.cut.is_some())
    }

    fn write_block(&mut self, edited: &Edited) -> Result<()> {
        let (adapter, program) = (&self.adapter, &self.program);
        let block = &program.blocks[edited.block];
        let size = entry_words(program.layout);
        for shard in &mut self.shards {
            let mut shares = false;
            for piece in shard.about.pieces.iter().filter(|piece| piece.block == edited.block) {
                let Some(entries) = overlap(piece, edited) else { continue };
                let from = u64::from(entries.start - piece.entries.start);
                if edited.delays {
                    let words = entries.start as usize * size as usize..entries.end as usize * size as usize;
                    let at = (u64::from(piece.entries_at) + from) * size;
                    adapter.upload(&shard.entries, at, &block.entries[words])?;
                }
                if piece.cut.is_some() && edited.weights && matches!(block.weights, Weights::Each(_)) {
                    blocks::write(adapter, program, piece, (&shard.entries, &shard.weights))?;
                    continue;
                }
                match &block.weights {
                    Weights::Shared(_) => shares |= edited.weights,
                    Weights::Each(weights) if edited.weights => {
                        let words = &weights[entries.start as usize..entries.end as usize];
                        let at = u64::from(piece.weights_at) + from;
                        adapter.upload(&shard.weights, at, bytemuck::cast_slice(words))?;
                    }
                    Weights::Each(_) => {}
                }
            }
            if shares {
                // a shared weight stands in the record of its piece
                shard.about.write_rows(program);
                adapter.upload(&shard.rows, 0, &shard.about.rows)?;
            }
        }
        Ok(())
    }
}

/// The changed entries that a piece has.
fn overlap(piece: &Piece, edited: &Edited) -> Option<Range<u32>> {
    let (low, high) =
        (edited.entries.start.max(piece.entries.start), edited.entries.end.min(piece.entries.end));
    (low < high).then_some(low..high)
}
