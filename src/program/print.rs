//! A program as text: what runs, in which order, and how large it is.

use super::{Member, Program};
use crate::compile::connect::{Block, Procedural, Weights};
use crate::compile::kernel::{Append, accumulate_kernel, propagate_kernel, update_kernel};
use crate::error::{Error, Result};
use std::fmt;
use std::ops::Range;
use std::path::Path;

impl Block {
    /// Bytes of the rows: entries, weights and offsets.
    pub fn bytes(&self) -> u64 {
        let weights = match &self.weights {
            Weights::Shared(_) => 0,
            Weights::Each(weights) => weights.len(),
        };
        4 * (self.entries.len() + weights + self.rows.len()) as u64
    }
}

impl Program {
    /// Bytes of all synapses.
    pub fn synapse_bytes(&self) -> u64 {
        self.blocks.iter().map(Block::bytes).sum()
    }

    /// Bytes of the ring.
    pub fn ring_bytes(&self) -> u64 {
        4 * u64::from(self.depth) * u64::from(self.slots)
    }

    /// Bytes of all state planes and of the constants that every element has of its own.
    pub fn state_bytes(&self) -> u64 {
        let planes = |kernel: &super::Kernel| {
            kernel.state.len() + kernel.constants.iter().filter(|constant| constant.each).count()
        };
        self.kernels.iter().map(|kernel| 4 * planes(kernel) as u64 * u64::from(kernel.len)).sum()
    }

    /// Writes `program.txt` and the text of every kernel into `folder`.
    ///
    /// # Errors
    /// [`Error::File`] where the folder cannot be written.
    pub fn dump(&self, folder: &Path) -> Result<()> {
        let at = |action, path: &Path| {
            let path = path.to_path_buf();
            move |source| Error::File { action, path, source }
        };
        std::fs::create_dir_all(folder).map_err(at("create", folder))?;
        let write = |name: String, text: String| {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(at("write", &path))
        };
        write("program.txt".into(), self.to_string())?;
        for k in 0..self.kernels.len() {
            write(format!("update_{k}.wgsl"), update_kernel(self, k, Append::Alone)?)?;
        }
        write("propagate.wgsl".into(), propagate_kernel(self)?)?;
        write("accumulate.wgsl".into(), accumulate_kernel(self)?)
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "dt {} ms, seed {}, window {} steps, ring {} rows of {} slots",
            self.dt_ms, self.seed, self.window, self.depth, self.slots
        )?;
        writeln!(
            f,
            "{} elements, {} synapses, {} partitions",
            self.elements,
            self.synapses,
            self.partitions.len()
        )?;
        if self.copies() > 1 {
            let Range { start, end } = self.trials;
            writeln!(f, "trials {start}..{end}, a copy each; members are those of the first")?;
        }
        writeln!(
            f,
            "bytes: state {}, ring {}, synapses {}",
            self.state_bytes(),
            self.ring_bytes(),
            self.synapse_bytes()
        )?;
        for (k, kernel) in self.kernels.iter().enumerate() {
            writeln!(
                f,
                "\nupdate {k}: {} (elements {}..{})",
                kernel.name,
                kernel.first,
                kernel.first + kernel.len
            )?;
            let names = |names: Vec<&str>| names.join(" ");
            writeln!(f, "  state: {}", names(kernel.state.iter().map(|(name, _)| name.as_str()).collect()))?;
            let (each, shared): (Vec<_>, Vec<_>) =
                kernel.constants.iter().partition(|constant| constant.each);
            writeln!(
                f,
                "  constants: {}",
                names(shared.iter().map(|constant| constant.name.as_str()).collect())
            )?;
            if !each.is_empty() {
                writeln!(
                    f,
                    "  of each element: {}",
                    names(each.iter().map(|constant| constant.name.as_str()).collect())
                )?;
            }
            for Member { name, first, size, traces, .. } in &kernel.members[self.members_of(kernel, 0)] {
                writeln!(f, "  {name}: elements {first}..{}, {} traces", first + size, traces.len())?;
            }
        }
        writeln!(f)?;
        for port in &self.ports {
            let quantum = 1.0 / port.scale;
            writeln!(f, "port {}: at most {:e} a step, resolved to {quantum:e}", port.name, port.bound)?;
        }
        for (k, sources) in self.projections.iter().enumerate() {
            if sources.rows as usize != k {
                let first = &self.projections[sources.rows as usize].name;
                writeln!(f, "projection {}: stored with {first}", sources.name)?;
                continue;
            }
            let blocks = self.blocks.iter().filter(|block| block.projection as usize == k);
            let (mut count, mut bytes) = (0, 0);
            blocks.for_each(|block| {
                count += 1;
                bytes += block.bytes();
            });
            let drawn = self.procedural.iter().find(|other| other.projection as usize == k);
            match drawn.map(Procedural::table_bytes) {
                None => writeln!(f, "projection {}: {count} blocks, {bytes} bytes", sources.name)?,
                Some(tables) => {
                    writeln!(
                        f,
                        "projection {}: procedural, 0 bytes of rows, {tables} of tables",
                        sources.name
                    )?;
                }
            }
        }
        writeln!(f, "{} known spikes, {} traces", self.events.len(), self.traces.len())
    }
}
