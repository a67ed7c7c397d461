//! Where a program runs: a GPU through wgpu, or the CPU from the same graphs.
//!
//! Both devices load a [`Program`] into an [`Engine`], which runs it in chunks and hands back what happened.

pub mod cpu;
pub mod gpu;

use crate::compile::Target;
use crate::compile::estimate::{Estimate, estimate};
use crate::error::{Error, Result};
use crate::network::Network;
use crate::program::{Edit, Event, Kernel, Program};
use std::ops::Range;
use std::sync::Arc;

/// A device that programs can be loaded on.
#[derive(Clone, Debug)]
pub enum Device {
    /// A GPU, or a software renderer that acts as one.
    Gpu(Arc<gpu::Adapter>),
    /// The CPU.
    Cpu(cpu::Cpu),
}

/// Which device to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// A hardware GPU where there is one, otherwise the CPU.
    #[default]
    Auto,
    /// A GPU; software renderers count.
    Gpu,
    /// The CPU.
    Cpu,
}

/// What happened in one chunk.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chunk {
    /// Completed steps.
    pub steps: u32,
    /// Spikes found on the device, by step, then element; without the events that the host gave.
    pub spikes: Vec<Event>,
    /// Rows of every trace whose time lies in the chunk, row after row.
    pub traces: Vec<Vec<f32>>,
}

/// All state of a run, for checkpoints: it restores to the same bits on the same kind of device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Completed steps.
    pub step: u64,
    /// State planes: for every kernel, member of every copy and variable, `size` words.
    pub state: Vec<Vec<Vec<Vec<u32>>>>,
    /// The ring: for every kernel, member of every copy and port, `depth` rows of `size` words, the row of `step` first.
    pub ring: Vec<Vec<Vec<Vec<i32>>>>,
}

/// A program in progress on a device.
pub trait Engine: Send {
    /// Runs up to `steps` steps, with the host's `events` of these steps (by step, then element).
    ///
    /// The engine may stop earlier where its buffers are full; [`Chunk::steps`] tells, and the next call goes on.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where a state stops being a number, [`Error::Device`] where the device fails.
    fn run(&mut self, steps: u32, events: &[Event]) -> Result<Chunk>;

    /// Reads all state.
    ///
    /// # Errors
    /// [`Error::Device`] where the device fails.
    fn snapshot(&mut self) -> Result<Snapshot>;

    /// Replaces all state.
    ///
    /// # Errors
    /// [`Error::Device`] where the device fails or the snapshot is of another program.
    fn restore(&mut self, snapshot: &Snapshot) -> Result<()>;

    /// What it runs, with all changes made so far.
    fn program(&self) -> &Arc<Program>;

    /// Reads a state variable of some elements.
    ///
    /// # Errors
    /// [`Error::Device`] where the device fails.
    fn state(&mut self, span: Span, variable: usize) -> Result<Vec<u32>>;

    /// Replaces a state variable of some elements, a word each.
    ///
    /// # Errors
    /// [`Error::Device`] where the device fails.
    fn set_state(&mut self, span: Span, variable: usize, words: &[u32]) -> Result<()>;

    /// Adds what arrives at a port of some elements in the next step, in units of its scale.
    ///
    /// # Errors
    /// [`Error::Value`] where the sum exceeds 32 bits, [`Error::Device`] where the device fails.
    fn arrive(&mut self, span: Span, port: usize, amounts: &[i32]) -> Result<()>;

    /// Replaces the constants of a kernel, by member.
    ///
    /// # Errors
    /// [`Error::Device`] where the device fails.
    fn set_constants(&mut self, kernel: usize, constants: Vec<Vec<Vec<u32>>>) -> Result<()>;

    /// Replaces a kernel by another one over the same elements, state and slots.
    ///
    /// # Errors
    /// [`Error::Device`] where the device refuses it.
    fn set_kernel(&mut self, number: usize, kernel: Kernel) -> Result<()>;

    /// Changes weights and delays of stored synapses.
    ///
    /// # Errors
    /// [`Error::Device`] where the device fails.
    fn edit(&mut self, edits: &[Edit]) -> Result<()>;

    /// Measures from now on where the time goes: by kernel on a GPU, by phase on the CPU. Runs are slower meanwhile.
    ///
    /// # Errors
    /// [`Error::Device`] where the device cannot.
    fn start_profile(&mut self) -> Result<()>;

    /// Ends what [`Engine::start_profile`] has begun, and tells what was measured.
    fn take_profile(&mut self) -> Vec<Timing>;
}

/// How long a kernel, or a phase of all threads, has taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// What was measured.
    pub name: String,
    /// How often: dispatches of a GPU; on the CPU blocks of elements, lists of spikes, windows.
    pub calls: u64,
    /// Seconds of all of them, added up over threads.
    pub seconds: f64,
}

/// Adds amounts to what arrives in a step, all or none of them.
fn add_arrivals(words: &mut [u32], amounts: &[i32]) -> Result<()> {
    let sums = words.iter().zip(amounts).map(|(word, amount)| (*word as i32).checked_add(*amount));
    let sums = sums.collect::<Option<Vec<i32>>>().ok_or_else(|| Error::Value {
        what: "what is injected".into(),
        expected: "small enough to add up in 32 bits with all that arrives in the step".into(),
        got: "more than that".into(),
    })?;
    words.iter_mut().zip(sums).for_each(|(word, sum)| *word = sum as u32);
    Ok(())
}

/// Consecutive elements of a member of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Position of the kernel.
    pub kernel: usize,
    /// Position of the member in it.
    pub member: usize,
    /// First element of the member.
    pub first: u32,
    /// Number of elements.
    pub len: u32,
}

impl Span {
    /// The part that lies in `first..first + len` of the member: its first element and their number, where there is one.
    pub(crate) fn within(&self, first: u32, len: u32) -> Option<Range<u32>> {
        let (low, high) = (self.first.max(first), (self.first + self.len).min(first + len));
        (low < high).then_some(low..high)
    }
}

impl Device {
    /// Opens a device.
    ///
    /// # Errors
    /// [`Error::Device`] where there is no GPU and one was asked for.
    pub fn open(choice: Choice) -> Result<Device> {
        match choice {
            Choice::Cpu => Ok(Device::cpu()),
            Choice::Gpu => Device::gpu(),
            Choice::Auto => match gpu::Adapter::open(gpu::Software::Refuse) {
                Ok(adapter) => Ok(Device::Gpu(Arc::new(adapter))),
                Err(Error::Device(reason)) => {
                    log::info!("running on the CPU: {reason}");
                    Ok(Device::cpu())
                }
                Err(error) => Err(error),
            },
        }
    }

    /// The first GPU, or a software renderer.
    ///
    /// # Errors
    /// [`Error::Device`] where there is none.
    pub fn gpu() -> Result<Device> {
        Ok(Device::Gpu(Arc::new(gpu::Adapter::open(gpu::Software::Accept)?)))
    }

    /// The CPU with as many threads as the machine has cores.
    pub fn cpu() -> Device {
        Device::Cpu(cpu::Cpu::default())
    }

    /// `gpu` or `cpu`.
    pub fn kind(&self) -> &'static str {
        match self {
            Device::Gpu(_) => "gpu",
            Device::Cpu(_) => "cpu",
        }
    }

    /// What it is: `NVIDIA H200 (Vulkan)`, `CPU, 2 threads, AVX-512`.
    pub fn name(&self) -> String {
        match self {
            Device::Gpu(adapter) => adapter.name(),
            Device::Cpu(cpu) => cpu.name(),
        }
    }

    /// Number of threads that own a share of the targets each, for a network with this many updates of elements
    /// between two deliveries, in each of its copies.
    pub fn partitions(&self, updates: u64, copies: u32) -> u32 {
        match self {
            Device::Gpu(_) => 1,
            Device::Cpu(cpu) => cpu.partitions(updates, copies),
        }
    }

    /// What it wants of the program of a network.
    pub fn target(&self, network: &Network) -> Target {
        Target {
            partitions: self.partitions(network.updates_in_a_window(), network.trials().len() as u32),
            max_block_words: self.max_block_words(),
            memory: self.memory(),
            max_buffer: match self {
                Device::Gpu(adapter) => Some(adapter.max_binding_bytes()),
                Device::Cpu(_) => None,
            },
            cache: match self {
                Device::Gpu(_) => None,
                Device::Cpu(cpu) => Some(cpu.cache()),
            },
            ..Target::default()
        }
    }

    /// What a network takes on it, before any of it is allocated.
    ///
    /// # Errors
    /// What [`estimate`] reports.
    pub fn estimate(&self, network: &Network) -> Result<Estimate> {
        let mut estimate = estimate(network, self.target(network))?;
        if let Device::Gpu(adapter) = self {
            estimate.parts.push(gpu::log_part(adapter, estimate.elements));
            let copies = network.trials().len();
            estimate.parts.extend(gpu::block_part(adapter, &estimate, copies));
        }
        Ok(estimate)
    }

    /// The largest block of synapses in words.
    pub fn max_block_words(&self) -> u64 {
        match self {
            Device::Gpu(adapter) => adapter.max_binding_bytes() / 4,
            Device::Cpu(_) => u64::from(u32::MAX),
        }
    }

    /// Bytes of memory that a network is built in: the machine's, also for a GPU.
    pub fn memory(&self) -> u64 {
        let available = sysinfo::System::new().map(|mut system| {
            system.refresh_memory();
            system.available_memory()
        });
        // 0 where the system does not tell
        available.ok().filter(|bytes| *bytes > 0).unwrap_or(u64::MAX)
    }

    /// Loads a program.
    ///
    /// # Errors
    /// [`Error::Memory`] where it does not fit.
    pub fn load(&self, program: Arc<Program>) -> Result<Box<dyn Engine>> {
        match self {
            Device::Gpu(adapter) => Ok(Box::new(gpu::Gpu::load(adapter.clone(), program)?)),
            Device::Cpu(cpu) => Ok(Box::new(cpu::Engine::load(*cpu, program)?)),
        }
    }
}

impl Snapshot {
    /// Zeros in the shape of a program.
    pub(crate) fn empty(program: &Program, step: u64) -> Snapshot {
        let planes = |count: usize, len: usize| vec![vec![0; len]; count];
        let state = program.kernels.iter().map(|kernel| {
            kernel.members.iter().map(|member| planes(kernel.state.len(), member.size as usize)).collect()
        });
        let ring = program.kernels.iter().map(|kernel| {
            let len = |size: u32| size as usize * program.depth as usize;
            kernel
                .members
                .iter()
                .map(|member| vec![vec![0; len(member.size)]; kernel.ports as usize])
                .collect()
        });
        Snapshot { step, state: state.collect(), ring: ring.collect() }
    }

    /// Fails where the snapshot has not the shape of the program.
    pub(crate) fn check(&self, program: &Program) -> Result<()> {
        fn shape<T>(planes: &[Vec<Vec<Vec<T>>>]) -> Vec<Vec<Vec<usize>>> {
            let lengths = |member: &Vec<Vec<T>>| member.iter().map(Vec::len).collect();
            planes.iter().map(|kernel| kernel.iter().map(lengths).collect()).collect()
        }
        let expected = Snapshot::empty(program, 0);
        if shape(&self.state) != shape(&expected.state) || shape(&self.ring) != shape(&expected.ring) {
            return Err(Error::Device("the checkpoint is of another network".into()));
        }
        Ok(())
    }
}
