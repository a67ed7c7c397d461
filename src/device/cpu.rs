//! The CPU device: the program's graphs as machine code or blocks of lanes, delivery by threads that own their targets.
//!
//! *How it works.* Every `Share` owns a range of elements with their state and their part of the ring, in one arena. For a
//! window its thread updates its elements for all steps, block after block, so that a block's state stays in the cache, and
//! shows the spikes that it found; when all threads have, it delivers all of them to the targets that it owns. Nothing is
//! shared but the lists of spikes, so there are no atomics, and the sums are integers, so their order does not matter.
//!
//! Where the ring exceeds the cache by far, rows come in order of delays, and every entry is added shortly before it is
//! due: `deliver::due`.
//!
//! Where there are several trials, every copy of the network has shares of its own and runs a whole chunk while its
//! state is in the cache. Copies have nothing to tell each other: each thread takes the next one.

mod barrier;
pub(super) mod deliver;
mod phases;
mod replica;
mod share;

use super::{Chunk, Snapshot, Span, Timing};
use crate::error::{Error, Result};
use crate::lane::{self, Isa, Output};
use crate::program::{Edit, Event, Kernel, Leaf, Program};
use deliver::Survey;
use rayon::ThreadPool;
use rayon::prelude::*;
use replica::{Replica, Run};
use share::Share;
use std::ops::Range;
use std::sync::Arc;

/// Below this many updates a second thread costs more than it brings: a wait takes up to a microsecond a window.
const UPDATES_PER_THREAD: u64 = 2_000;

/// Bytes of the second-level cache of a core, or a bit less: 1 to 2 MiB on today's servers.
const CACHE: u64 = 2 << 20;

/// The CPU, with a number of threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    threads: usize,
    cache: u64,
}

impl Default for Cpu {
    fn default() -> Self {
        Cpu::with_threads(std::thread::available_parallelism().map_or(1, usize::from))
    }
}

impl Cpu {
    /// The CPU with this many threads, at least 1; results do not depend on it.
    pub fn with_threads(threads: usize) -> Cpu {
        Cpu { threads: threads.max(1), cache: CACHE }
    }

    /// The same with so many bytes of cache for each core. Results do not depend on it, but how spikes are delivered does:
    /// where what is on its way exceeds the cache by far, connections are sorted by delay and added when they are due.
    pub fn with_cache(self, bytes: u64) -> Cpu {
        Cpu { cache: bytes, ..self }
    }

    /// Bytes of cache for each core.
    pub fn cache(&self) -> u64 {
        self.cache
    }

    /// `CPU, 2 threads, AVX-512`.
    pub fn name(&self) -> String {
        let plural = if self.threads == 1 { "" } else { "s" };
        format!("CPU, {} thread{plural}, {}", self.threads, isa_name(Isa::detect()))
    }

    /// Number of shares of a copy of the network, with this many updates of elements in a window.
    pub fn partitions(&self, updates: u64, copies: u32) -> u32 {
        let threads = self.threads as u32;
        // with enough copies each thread takes whole ones, and none waits for another within a chunk
        if copies >= 2 * threads || copies.is_multiple_of(threads) {
            return 1;
        }
        (updates / UPDATES_PER_THREAD).clamp(1, self.threads as u64) as u32
    }
}

/// A program in progress on the CPU.
pub struct Engine {
    cpu: Cpu,
    program: Arc<Program>,
    compiled: Vec<Compiled>,
    copies: Vec<Replica>,
    pool: Option<ThreadPool>,
    step: u64,
}

/// A kernel of the program, compiled for this CPU.
pub(crate) struct Compiled {
    kernel: lane::Kernel,
    /// For each plane that the kernel reads, in its order.
    reads: Vec<Leaf>,
    /// What each leaf stands for, by leaf number.
    leaves: Vec<Option<Leaf>>,
    /// Whether it holds for the constants that it was compiled with only.
    is_special: bool,
}

impl Compiled {
    /// For any constants, or for those that the kernel's members have in common.
    fn new(kernel: &Kernel, is_special: bool) -> Result<Compiled> {
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
        let fired = kernel.fired.iter().map(|node| Output::bits(*node));
        let others = kernel.value.iter().chain(&kernel.recorded).copied().chain(sent).map(Output::new);
        let outputs: Vec<Output> = state.chain(fired).chain(others).collect();
        let arrivals = kernel.leaves.iter().filter(|(_, leaf)| matches!(leaf, Leaf::Arrival(_)));
        let consumed: Vec<_> = arrivals.map(|(id, _)| *id).collect();
        let common = |leaf: lane::LeafId| match leaves[leaf.index()] {
            Some(Leaf::Constant(k)) if is_special => kernel.common_constant(k as usize),
            _ => None,
        };
        let compiled = lane::Kernel::compile_known(&kernel.graph, &outputs, &consumed, &common);
        let compiled =
            compiled.map_err(|error| Error::Device(format!("kernel `{}`: {error}", kernel.name)))?;
        let reads =
            compiled.leaves().iter().map(|id| leaves[id.index()].expect("live leaves are known")).collect();
        Ok(Compiled { kernel: compiled, reads, leaves, is_special })
    }
}

impl Engine {
    /// Loads a program.
    ///
    /// # Errors
    /// A kernel that cannot be compiled, threads that cannot be started.
    pub fn load(cpu: Cpu, program: Arc<Program>) -> Result<Engine> {
        let compiled: Vec<Compiled> =
            program.kernels.iter().map(|kernel| Compiled::new(kernel, true)).collect::<Result<_>>()?;
        let survey = Arc::new(Survey::new(&program, cpu.cache));
        let copies: Vec<Replica> =
            (0..program.copies()).map(|copy| Replica::new(&program, &compiled, copy, &survey)).collect();
        let shares = copies.len() * program.partitions.len();
        // every share of a copy waits for the others in a thread of its own
        let threads = cpu.threads.min(shares).max(program.partitions.len());
        let pool = (shares > 1).then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build());
        let pool =
            pool.transpose().map_err(|error| Error::Device(format!("cannot start threads: {error}")))?;
        Ok(Engine { cpu, program, compiled, copies, pool, step: 0 })
    }

    /// Runs the steps on every copy: one copy a thread, or all threads on one copy after the other.
    fn advance(&mut self, steps: Range<u64>, events: &[Event]) {
        let (program, compiled, steps) = (&*self.program, self.compiled.as_slice(), &steps);
        let run = |events| Run { program, compiled, steps, events };
        let Some(pool) = &self.pool else {
            return self.copies.iter_mut().for_each(|copy| copy.advance(run(events)));
        };
        if let [only] = self.copies.as_mut_slice() {
            return only.advance_in(pool, run(events));
        }
        let mut events_of = vec![vec![]; self.copies.len()];
        for event in events {
            events_of[program.copy_of(event.element) as usize].push(*event);
        }
        if program.partitions.len() > 1 {
            let copies = self.copies.iter_mut().zip(&events_of);
            return copies.for_each(|(copy, events)| copy.advance_in(pool, run(events)));
        }
        let copies = self.copies.par_iter_mut().zip(&events_of);
        pool.install(|| copies.for_each(|(copy, events)| copy.advance(run(events))));
    }

    fn shares(&self) -> impl Iterator<Item = &Share> {
        self.copies.iter().flat_map(|copy| &copy.shares)
    }

    fn shares_mut(&mut self) -> impl Iterator<Item = &mut Share> {
        self.copies.iter_mut().flat_map(|copy| &mut copy.shares)
    }

    /// Adds all that waits to be due, so that the ring holds whatever is on its way.
    fn settle(&mut self) {
        let program = self.program.clone();
        self.shares_mut().for_each(|share| share.settle(&program));
    }

    /// Fails where a state is not finite.
    fn check(&self) -> Result<()> {
        let found = self.shares().find_map(|share| share.not_finite(&self.program));
        let Some((kernel, member, plane, element)) = found else { return Ok(()) };
        let kernel = &self.program.kernels[kernel];
        let member = &kernel.members[member];
        Err(Error::NotFinite {
            population: member.name.clone(),
            trial: (self.program.copies() > 1).then_some(member.trial),
            element,
            variable: kernel.state[plane].0.clone(),
            time_ms: self.step as f64 * self.program.dt_ms,
        })
    }
}

impl super::Engine for Engine {
    fn run(&mut self, steps: u32, events: &[Event]) -> Result<Chunk> {
        let (begin, end) = (self.step, self.step + u64::from(steps));
        let program = self.program.clone();
        self.shares_mut().for_each(|share| share.begin_traces(&program, begin, end));
        self.advance(begin..end, events);
        self.step = end;
        self.check()?;
        let mut spikes: Vec<Event> = self.shares_mut().flat_map(|share| share.log.drain(..)).collect();
        spikes.sort_unstable_by_key(|spike| (spike.step, spike.element));
        let traces = share::gather_traces(&self.program, self.shares(), begin, end);
        Ok(Chunk { steps, spikes, traces })
    }

    fn snapshot(&mut self) -> Result<Snapshot> {
        self.settle();
        let mut snapshot = Snapshot::empty(&self.program, self.step);
        self.shares().for_each(|share| share.save(&self.program, &mut snapshot));
        Ok(snapshot)
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<()> {
        snapshot.check(&self.program)?;
        self.step = snapshot.step;
        let program = self.program.clone();
        self.shares_mut().for_each(|share| share.load(&program, snapshot));
        self.shares_mut().for_each(|share| share.log.clear());
        Ok(())
    }

    fn program(&self) -> &Arc<Program> {
        &self.program
    }

    fn state(&mut self, span: Span, variable: usize) -> Result<Vec<u32>> {
        let mut words = vec![0; span.len as usize];
        self.shares().for_each(|share| share.read_state(span, variable, &mut words));
        Ok(words)
    }

    fn set_state(&mut self, span: Span, variable: usize, words: &[u32]) -> Result<()> {
        self.shares_mut().for_each(|share| share.write_state(span, variable, words));
        Ok(())
    }

    fn arrive(&mut self, span: Span, port: usize, amounts: &[i32]) -> Result<()> {
        self.settle();
        let step = self.step;
        self.shares_mut().try_for_each(|share| share.arrive(span, port, step, amounts))
    }

    fn set_constants(&mut self, kernel: usize, constants: Vec<Vec<Vec<u32>>>) -> Result<()> {
        if self.compiled[kernel].is_special {
            // whoever changes constants once does it again: from now on they are read
            let mut general = self.program.kernels[kernel].clone();
            general.set_constants(constants);
            return self.set_kernel(kernel, general);
        }
        Arc::make_mut(&mut self.program).kernels[kernel].set_constants(constants);
        let (program, compiled) = (self.program.clone(), std::mem::take(&mut self.compiled));
        self.shares_mut().for_each(|share| share.set_constants(&program, &compiled, kernel));
        self.compiled = compiled;
        Ok(())
    }

    fn set_kernel(&mut self, number: usize, kernel: Kernel) -> Result<()> {
        let snapshot = self.snapshot()?;
        let compiled = Compiled::new(&kernel, false)?;
        Arc::make_mut(&mut self.program).kernels[number] = kernel;
        self.compiled[number] = compiled;
        // planes may have come to the arena: it is laid out anew, around the same rows of synapses
        let survey = Arc::new(Survey::new(&self.program, self.cpu.cache));
        let copies = 0..self.program.copies();
        self.copies = copies.map(|copy| Replica::new(&self.program, &self.compiled, copy, &survey)).collect();
        self.restore(&snapshot)
    }

    fn start_profile(&mut self) -> Result<()> {
        let kernels = self.compiled.len();
        self.shares_mut().for_each(|share| share.phases.start(kernels));
        Ok(())
    }

    fn take_profile(&mut self) -> Vec<Timing> {
        let mut timings = phases::timings(&self.program);
        self.shares_mut().for_each(|share| share.phases.stop(&mut timings));
        timings.retain(|timing| timing.calls > 0);
        timings
    }

    fn edit(&mut self, edits: &[Edit]) -> Result<()> {
        // a spike carries the weights of the time when it was sent
        self.settle();
        let edited = Arc::make_mut(&mut self.program).edit(edits);
        if edited.iter().any(|it| it.delays) {
            let survey = Arc::new(Survey::new(&self.program, self.cpu.cache));
            self.shares_mut().for_each(|share| share.set_survey(&survey));
        }
        Ok(())
    }
}

fn isa_name(isa: Isa) -> &'static str {
    match isa {
        Isa::Baseline => "baseline",
        Isa::Avx2 => "AVX2",
        Isa::Avx512 => "AVX-512",
        Isa::Native => "AVX-512 machine code",
    }
}
