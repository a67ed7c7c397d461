//! The dispatches of a round, and whether it delivers the spikes of its own window or those of the window before.
//!
//! *How it works.* A round that delivers its own window has to wait in between: updates first, then deliveries, over windows as
//! long as the shortest delay. Where windows are half as long, a round can deliver the window before its own while it updates: what
//! it delivers arrives after its own window. Then the last update and the first shard are one dispatch, and the two
//! kinds of work fill the device together. As every dispatch waits for the one before it, that pays where a step takes
//! fewer of them: with one update and one shard where no delay is shorter than 18 steps, and windows of 16 would
//! be the limit otherwise. The results are the same either way.

use super::adapter::Adapter;
use super::grid;
use super::pipeline::{Fields, Pipeline};
use super::shard::Shard;
use crate::compile::kernel::{accumulate_kernel, overlap_kernel, propagate_kernel, update_kernel};
use crate::error::{Error, Result};
use crate::program::{MAX_WINDOW, Program};
use std::env;
use std::sync::Arc;

/// Whether updates overlap delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    /// On hardware, where a step takes fewer dispatches then.
    #[default]
    Auto,
    /// Wherever delays allow it: all of two steps or more, and rows that are not delivered by blocks of ring slots.
    Always,
    /// Nowhere.
    Never,
}

impl Overlap {
    /// What `SYNFIRE_OVERLAP` says: `auto`, `always` or `never`.
    ///
    /// # Errors
    /// [`Error::Device`] where it says something else.
    pub(super) fn from_environment() -> Result<Overlap> {
        match env::var("SYNFIRE_OVERLAP").as_deref() {
            Ok("always") => Ok(Overlap::Always),
            Ok("never") => Ok(Overlap::Never),
            Ok("auto") | Err(env::VarError::NotPresent) => Ok(Overlap::Auto),
            _ => Err(Error::Device("SYNFIRE_OVERLAP is `auto`, `always` or `never`".into())),
        }
    }
}

/// How rounds go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rounds {
    /// Steps of a window.
    pub window: u32,
    /// How many windows deliveries lag behind: 0 or 1.
    pub lag: u32,
}

impl Rounds {
    /// The rounds for a program, where windows may have at most `longest` steps.
    pub fn new(adapter: &Adapter, program: &Program, shards: &[Shard], longest: u32) -> Rounds {
        let separate = Rounds { window: program.window.min(MAX_WINDOW).min(longest).max(1), lag: 0 };
        let overlapping = Rounds { window: (program.shortest / 2).min(MAX_WINDOW).min(longest), lag: 1 };
        let is_possible = overlapping.window > 0 && !shards[0].is_cut && !program.kernels.is_empty();
        let n = (program.kernels.len() + shards.len()) as u32;
        let pays = match adapter.overlap {
            Overlap::Always => true,
            Overlap::Never => false,
            Overlap::Auto => !adapter.is_software() && pays(n, (separate.window, overlapping.window)),
        };
        if is_possible && pays { overlapping } else { separate }
    }
}

/// Whether a step takes fewer of `n` dispatches a round where two of them are one; the windows are those of separate and
/// of overlapping ones.
pub(super) fn pays(n: u32, windows: (u32, u32)) -> bool {
    (n - 1) * windows.0 < n * windows.1
}

/// One dispatch.
#[derive(Debug)]
pub(super) struct Dispatch {
    /// For reports.
    pub name: String,
    pub pipeline: Arc<Pipeline>,
    /// The kernel that it updates.
    pub updates: Option<usize>,
    /// The shard that it delivers.
    pub delivers: Option<usize>,
}

/// The dispatches of a round, in order.
pub(super) fn dispatches(
    adapter: &Adapter,
    program: &Program,
    shards: &[&Shard],
    lag: u32,
) -> Result<Vec<Dispatch>> {
    let mut all = vec![];
    let alone = program.kernels.len() - lag as usize;
    for (k, kernel) in program.kernels.iter().enumerate().take(alone) {
        let pipeline =
            adapter.pipeline(&kernel.name, &update_kernel(program, k, adapter.append)?, adapter.workgroup)?;
        let name = format!("update {}", kernel.name);
        all.push(Dispatch { name, pipeline, updates: Some(k), delivers: None });
    }
    if lag == 1 {
        let name = format!("update {} and propagate shard 0", program.kernels[alone].name);
        let pipeline =
            adapter.pipeline(&name, &overlap_kernel(program, alone, adapter.append)?, adapter.workgroup)?;
        all.push(Dispatch { name, pipeline, updates: Some(alone), delivers: Some(0) });
    }
    for (k, shard) in shards.iter().enumerate().skip(lag as usize) {
        let (name, text) = match shard.is_cut {
            true => ("accumulate", accumulate_kernel(program)?),
            false => ("propagate", propagate_kernel(program)?),
        };
        let pipeline = adapter.pipeline(name, &text, grid::workgroup(adapter, shard.is_cut))?;
        let name = format!("{name} shard {k}");
        all.push(Dispatch { name, pipeline, updates: None, delivers: Some(k) });
    }
    Ok(all)
}

/// The members of a global that some of these dispatches have.
pub(super) fn fields<'d>(dispatches: &'d [Dispatch], global: &str) -> &'d Fields {
    let mut found = dispatches.iter().filter_map(|dispatch| dispatch.pipeline.fields(global));
    found.next().expect("our own kernels have this global")
}
