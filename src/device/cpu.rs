//! The CPU device: the program's graphs as blocks of lanes, delivery by threads that own their targets.
//!
//! *How it works.* Every `Share` owns a range of elements with their state and their part of the ring, in
//! one arena. A window is two phases: every share updates its elements for all steps of the window, block after
//! block, so that a block's state stays in the cache; then every share delivers all spikes of the window to the
//! targets that it owns. Nothing is shared but the list of spikes, so there are no atomics, and the sums are
//! integers, so their order does not matter.

pub(super) mod deliver;
mod share;

use super::{Chunk, Snapshot};
use crate::error::{Error, Result};
use crate::lane::{self, Isa, Output};
use crate::program::{Event, Leaf, Program};
use rayon::ThreadPool;
use rayon::prelude::*;
use share::Share;
use std::sync::Arc;

/// Below this many updates a second thread costs more than it brings: a fork takes some microseconds a window.
const UPDATES_PER_THREAD: u64 = 5_000;

/// The CPU, with a number of threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    threads: usize,
}

impl Default for Cpu {
    fn default() -> Self {
        Cpu { threads: std::thread::available_parallelism().map_or(1, usize::from) }
    }
}

impl Cpu {
    /// The CPU with this many threads, at least 1; results do not depend on it.
    pub fn with_threads(threads: usize) -> Cpu {
        Cpu { threads: threads.max(1) }
    }

    /// `CPU, 2 threads, AVX-512`.
    pub fn name(&self) -> String {
        let plural = if self.threads == 1 { "" } else { "s" };
        format!("CPU, {} thread{plural}, {}", self.threads, isa_name(Isa::detect()))
    }

    /// Number of shares for a network with this many updates of elements in a window.
    pub fn partitions(&self, updates: u64) -> u32 {
        (updates / UPDATES_PER_THREAD).clamp(1, self.threads as u64) as u32
    }
}

/// A program in progress on the CPU.
pub struct Engine {
    program: Arc<Program>,
    compiled: Arc<Vec<Compiled>>,
    shares: Vec<Share>,
    pool: Option<ThreadPool>,
    /// What was sent beside spikes in this window; kept for its memory.
    sent: Vec<Event>,
    step: u64,
}

/// A kernel of the program, compiled for this CPU.
pub(crate) struct Compiled {
    kernel: lane::Kernel,
    /// For each plane that the kernel reads, in its order.
    reads: Vec<Leaf>,
    /// What each leaf stands for, by leaf number.
    leaves: Vec<Option<Leaf>>,
}

impl Compiled {
    fn new(kernel: &crate::program::Kernel) -> Result<Compiled> {
        let mut leaves = vec![None; kernel.graph.leaves().len()];
        kernel.leaves.iter().for_each(|(id, leaf)| leaves[id.index()] = Some(*leaf));
        let plane = |k: usize| {
            kernel.leaves.iter().find(|(_, leaf)| *leaf == Leaf::State(k as u32)).map(|(id, _)| *id)
        };
        let state = kernel.next.iter().enumerate().map(|(k, node)| match plane(k) {
            Some(leaf) => Output::over(*node, leaf),
            None => Output::new(*node),
        });
        let sent = kernel.outlets.iter().flat_map(|outlet| outlet.when.into_iter().chain([outlet.value]));
        let others = kernel.fired.iter().chain(&kernel.value).chain(&kernel.recorded).copied().chain(sent);
        let others = others.map(Output::new);
        let outputs: Vec<Output> = state.chain(others).collect();
        let compiled = lane::Kernel::compile(&kernel.graph, &outputs);
        let compiled =
            compiled.map_err(|error| Error::Device(format!("kernel `{}`: {error}", kernel.name)))?;
        let reads =
            compiled.leaves().iter().map(|id| leaves[id.index()].expect("live leaves are known")).collect();
        Ok(Compiled { kernel: compiled, reads, leaves })
    }
}

impl Engine {
    /// Loads a program.
    ///
    /// # Errors
    /// A kernel that cannot be compiled, threads that cannot be started.
    pub fn load(cpu: Cpu, program: Arc<Program>) -> Result<Engine> {
        let compiled: Vec<Compiled> = program.kernels.iter().map(Compiled::new).collect::<Result<_>>()?;
        let compiled = Arc::new(compiled);
        let shares: Vec<Share> =
            (0..program.partitions.len()).map(|p| Share::new(&program, compiled.clone(), p)).collect();
        let pool = (shares.len() > 1)
            .then(|| rayon::ThreadPoolBuilder::new().num_threads(cpu.threads.min(shares.len())).build());
        let pool =
            pool.transpose().map_err(|error| Error::Device(format!("cannot start threads: {error}")))?;
        Ok(Engine { program, compiled, shares, pool, sent: vec![], step: 0 })
    }

    /// Runs `work` on every share, on all threads.
    fn each(&mut self, work: impl Fn(&mut Share) + Send + Sync) {
        match &self.pool {
            None => self.shares.iter_mut().for_each(work),
            Some(pool) => pool.install(|| self.shares.par_iter_mut().for_each(work)),
        }
    }

    /// Advances by a window and adds its spikes to `spikes`.
    fn window(&mut self, steps: u32, events: &[Event], spikes: &mut Vec<Event>) {
        let (program, compiled) = (self.program.clone(), self.compiled.clone());
        let first = self.step;
        self.each(|share| share.update(&program, &compiled, first, steps));
        let begin = spikes.len();
        let mut sent = std::mem::take(&mut self.sent);
        for share in &mut self.shares {
            spikes.append(&mut share.spikes);
            sent.append(&mut share.sent);
        }
        let all = [&spikes[begin..], &sent, events];
        if all.iter().any(|events| !events.is_empty()) {
            self.each(|share| share.deliver(&program, all));
        }
        sent.clear();
        self.sent = sent;
        self.step += u64::from(steps);
    }

    /// Fails where a state is not finite.
    fn check(&self) -> Result<()> {
        for share in &self.shares {
            let Some((kernel, member, plane, element)) = share.not_finite(&self.program) else { continue };
            let kernel = &self.program.kernels[kernel];
            return Err(Error::NotFinite {
                population: kernel.members[member].name.clone(),
                element,
                variable: kernel.state[plane].0.clone(),
                time_ms: self.step as f64 * self.program.dt_ms,
            });
        }
        Ok(())
    }
}

impl super::Engine for Engine {
    fn run(&mut self, steps: u32, events: &[Event]) -> Result<Chunk> {
        let begin = self.step;
        let end = begin + u64::from(steps);
        let mut chunk = Chunk { steps, spikes: vec![], traces: vec![] };
        self.shares.iter_mut().for_each(|share| share.begin_traces(&self.program, begin, end));
        let mut events = events;
        while self.step < end {
            let window = u64::from(self.program.window).min(end - self.step);
            let split = events.partition_point(|event| event.step < self.step + window);
            let (now, later) = events.split_at(split);
            self.window(window as u32, now, &mut chunk.spikes);
            events = later;
        }
        self.check()?;
        chunk.spikes.sort_unstable_by_key(|spike| (spike.step, spike.element));
        chunk.traces = share::gather_traces(&self.program, &self.shares, begin, end);
        Ok(chunk)
    }

    fn snapshot(&mut self) -> Result<Snapshot> {
        let mut snapshot = Snapshot::empty(&self.program, self.step);
        self.shares.iter().for_each(|share| share.save(&self.program, &mut snapshot));
        Ok(snapshot)
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<()> {
        snapshot.check(&self.program)?;
        self.step = snapshot.step;
        self.shares.iter_mut().for_each(|share| share.load(&self.program, snapshot));
        Ok(())
    }
}

fn isa_name(isa: Isa) -> &'static str {
    match isa {
        Isa::Baseline => "baseline",
        Isa::Avx2 => "AVX2",
        Isa::Avx512 => "AVX-512",
    }
}
