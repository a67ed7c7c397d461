//! Finding and opening a GPU.

use super::blocks::Rule;
use super::pipeline::Pipeline;
use super::round::Overlap;
use crate::compile::kernel::Append;
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::env;
use std::sync::{Arc, Mutex, PoisonError};

/// Storage buffers that a kernel binds at most: what WebGPU guarantees.
const STORAGE_BUFFERS: u32 = 8;

/// What is used where an adapter has it: timestamps for profiles, subgroups to append spikes.
const WANTED: wgpu::Features = wgpu::Features::TIMESTAMP_QUERY.union(wgpu::Features::SUBGROUP);

/// Whether a software renderer will do as a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Software {
    /// It will, where there is no hardware.
    Accept,
    /// It will not.
    Refuse,
}

/// What [`list`] tells about an adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// `NVIDIA H200`
    pub name: String,
    /// `Vulkan`, `Metal`, `Dx12`
    pub backend: String,
    /// `discrete GPU`, `software`, …
    pub kind: &'static str,
    /// Largest buffer in bytes.
    pub max_buffer_bytes: u64,
    /// Largest part of a buffer that a kernel sees at once, in bytes.
    pub max_binding_bytes: u64,
    /// Why it cannot run networks, if it cannot.
    pub refused: Option<String>,
}

/// An opened GPU. Loading a program on it leaves it as it is, but for the cache of pipelines.
#[derive(Debug)]
pub struct Adapter {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) info: wgpu::AdapterInfo,
    pub(super) workgroup: u32,
    /// Entries that the log gets at least; none lets the size of the network decide.
    pub(super) log_entries: Option<u32>,
    /// Which projections are delivered by blocks of ring slots, if any.
    pub(super) blocks: Option<Rule>,
    pub(super) overlap: Overlap,
    pub(super) append: Append,
    pub(super) pipelines: Mutex<HashMap<String, Arc<Pipeline>>>,
    binding_bytes: u64,
    buffer_bytes: u64,
    failure: Arc<Mutex<Option<String>>>,
}

/// Every adapter of this machine, best first.
pub fn list() -> Vec<Description> {
    adapters().iter().map(describe).collect()
}

fn adapters() -> Vec<wgpu::Adapter> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    let backends = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12;
    descriptor.backends = backends;
    // Validation of indirect calls, on by default, costs time, and we make none.
    descriptor.flags =
        if cfg!(debug_assertions) { wgpu::InstanceFlags::VALIDATION } else { wgpu::InstanceFlags::empty() };
    let instance = wgpu::Instance::new(descriptor);
    let mut adapters = pollster::block_on(instance.enumerate_adapters(backends));
    adapters.sort_by_key(|adapter| rank(&adapter.get_info()));
    adapters
}

/// Discrete GPUs first; Vulkan and Metal before DX12, whose default compiler is the slower one.
fn rank(info: &wgpu::AdapterInfo) -> (u32, bool) {
    let kind = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    };
    (kind, info.backend == wgpu::Backend::Dx12)
}

fn describe(adapter: &wgpu::Adapter) -> Description {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    let kind = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => "discrete GPU",
        wgpu::DeviceType::IntegratedGpu => "integrated GPU",
        wgpu::DeviceType::VirtualGpu => "virtual GPU",
        wgpu::DeviceType::Other => "other",
        wgpu::DeviceType::Cpu => "software",
    };
    Description {
        name: info.name,
        backend: format!("{:?}", info.backend),
        kind,
        max_buffer_bytes: limits.max_buffer_size,
        max_binding_bytes: limits.max_storage_buffer_binding_size,
        refused: refusal(adapter),
    }
}

fn refusal(adapter: &wgpu::Adapter) -> Option<String> {
    let flags = adapter.get_downlevel_capabilities().flags;
    let buffers = adapter.limits().max_storage_buffers_per_shader_stage;
    if !flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS) {
        return Some("it has no compute shaders".into());
    }
    (buffers < STORAGE_BUFFERS)
        .then(|| format!("a kernel needs {STORAGE_BUFFERS} storage buffers, it offers {buffers}"))
}

impl Adapter {
    /// The best adapter; one whose name contains `SYNFIRE_ADAPTER`, where that is set. `SYNFIRE_OVERLAP` is an [`Overlap`]:
    /// `auto`, `always` or `never`.
    ///
    /// # Errors
    /// [`Error::Device`] where there is none, or none that will do.
    pub fn open(software: Software) -> Result<Adapter> {
        let adapter = choose(software)?;
        let limits = adapter.limits();
        Ok(Adapter::connect(&adapter, limits, WANTED)?.with_overlap(Overlap::from_environment()?))
    }

    /// As [`Adapter::open`], with no more than WebGPU guarantees everywhere.
    #[cfg(test)]
    pub(crate) fn open_baseline() -> Result<Adapter> {
        Adapter::connect(&choose(Software::Accept)?, wgpu::Limits::default(), wgpu::Features::empty())
    }

    fn connect(adapter: &wgpu::Adapter, limits: wgpu::Limits, wanted: wgpu::Features) -> Result<Adapter> {
        let info = adapter.get_info();
        let (binding_bytes, buffer_bytes) = (limits.max_storage_buffer_binding_size, limits.max_buffer_size);
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("synfire"),
            required_limits: limits,
            required_features: adapter.features() & wanted,
            memory_hints: wgpu::MemoryHints::Performance,
            ..Default::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|error| Error::Device(format!("cannot open {}: {error}", info.name)))?;
        let failure = Arc::new(Mutex::new(None));
        let record = |failure: &Arc<Mutex<Option<String>>>| {
            let failure = failure.clone();
            move |text: String| {
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(text);
            }
        };
        let (uncaptured, lost) = (record(&failure), record(&failure));
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| uncaptured(error.to_string())));
        device.set_device_lost_callback(move |reason, text| {
            // a device that is dropped is lost too
            if reason != wgpu::DeviceLostReason::Destroyed {
                lost(format!("the device was lost: {text}"));
            }
        });
        let (workgroup, pipelines) = (64, Mutex::default());
        let is_hardware = info.device_type != wgpu::DeviceType::Cpu;
        // for software an atomic operation is as any other: there it takes 3 % longer together
        let append = match is_hardware && device.features().contains(wgpu::Features::SUBGROUP) {
            true => Append::Together,
            false => Append::Alone,
        };
        // software runs every barrier as a switch of coroutines: rows with atomics are faster there
        let blocks = is_hardware.then_some(Rule::HARDWARE);
        Ok(Adapter {
            device,
            queue,
            info,
            workgroup,
            log_entries: None,
            blocks,
            overlap: Overlap::Auto,
            append,
            pipelines,
            binding_bytes,
            buffer_bytes,
            failure,
        })
    }

    /// `NVIDIA H200 (Vulkan)`
    pub fn name(&self) -> String {
        format!("{} ({:?})", self.info.name, self.info.backend)
    }

    /// The largest buffer that a kernel sees at once.
    pub fn max_binding_bytes(&self) -> u64 {
        self.binding_bytes.min(self.buffer_bytes)
    }

    /// Pretends that kernels see no more than this much of a buffer at once: blocks of synapses are split
    /// accordingly.
    pub fn with_binding_limit(mut self, bytes: u64) -> Adapter {
        self.binding_bytes = self.binding_bytes.min(bytes);
        self
    }

    /// Whether updates overlap delivery; results do not depend on it.
    pub fn with_overlap(mut self, overlap: Overlap) -> Adapter {
        self.overlap = overlap;
        self
    }

    /// Runs kernels with this many invocations in a workgroup; results do not depend on it.
    #[cfg(test)]
    pub(crate) fn with_workgroup_size(mut self, invocations: u32) -> Adapter {
        self.workgroup = invocations;
        self
    }

    /// Gives the log no more than this many entries, if they hold a window.
    #[cfg(test)]
    pub(crate) fn with_log_entries(mut self, entries: u32) -> Adapter {
        self.log_entries = Some(entries);
        self
    }

    /// Lets spikes find their places in the log in this way, which it has to be capable of.
    #[cfg(test)]
    pub(crate) fn with_append(mut self, append: Append) -> Adapter {
        self.append = append;
        self
    }

    /// Delivers by blocks of ring slots whatever has one delay.
    #[cfg(test)]
    pub(crate) fn with_blocks(mut self) -> Adapter {
        self.blocks = Some(Rule { per_row: 0, per_step: 0 });
        self
    }

    /// Whether it is a software renderer: those stop loops after 65,535 iterations, silently.
    pub(super) fn is_software(&self) -> bool {
        self.info.device_type == wgpu::DeviceType::Cpu
    }

    /// The first error that nobody was there to receive.
    pub(super) fn check(&self) -> Result<()> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.as_ref().map_or(Ok(()), |text| Err(Error::Device(format!("{}: {text}", self.name()))))
    }
}

fn choose(software: Software) -> Result<wgpu::Adapter> {
    let wanted = env::var("SYNFIRE_ADAPTER").ok();
    let mut refusals = vec![];
    for adapter in adapters() {
        let info = adapter.get_info();
        if wanted.as_ref().is_some_and(|wanted| !info.name.contains(wanted.as_str())) {
            continue;
        }
        if software == Software::Refuse && info.device_type == wgpu::DeviceType::Cpu {
            refusals.push(format!("{} is a software renderer", info.name));
            continue;
        }
        match refusal(&adapter) {
            Some(reason) => refusals.push(format!("{}: {reason}", info.name)),
            None => return Ok(adapter),
        }
    }
    let whose =
        wanted.map_or(String::new(), |wanted| format!(" whose name contains `{wanted}` (SYNFIRE_ADAPTER)"));
    let why = if refusals.is_empty() { String::new() } else { format!(" ({})", refusals.join("; ")) };
    Err(Error::Device(format!("no GPU{whose} was found{why}; a driver for Vulkan, Metal or DX12 is needed")))
}
