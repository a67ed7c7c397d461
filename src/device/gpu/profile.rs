//! How long each kernel takes, by the device's own clock.
//!
//! *How it works.* While a profile is taken every dispatch is a pass of its own, with a timestamp before and after it. Sets of
//! timestamps are small, so only the first dispatches of a submission are measured.

use super::Gpu;
use super::adapter::Adapter;
use super::round::Dispatch;
use crate::device::Timing;
use crate::error::{Error, Result};

/// Timestamps in a set: what WebGPU grants.
const QUERIES: u32 = 4096;

/// Timings so far, and what is needed to take more.
#[derive(Debug)]
pub(super) struct Profile {
    slots: [Timestamps; 2],
    timings: Vec<Timing>,
    /// Nanoseconds of a tick.
    period: f64,
}

/// The timestamps of one submission.
#[derive(Debug)]
struct Timestamps {
    set: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    staging: wgpu::Buffer,
    /// Dispatches that were measured.
    measured: u32,
}

impl Profile {
    /// # Errors
    /// [`Error::Device`] where the adapter has no timestamps.
    pub fn new(gpu: &Gpu) -> Result<Profile> {
        let adapter = &gpu.adapter;
        if !adapter.device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return Err(Error::Device(format!("{} has no timestamps to profile with", adapter.name())));
        }
        let timing = |it: &Dispatch| Timing { name: it.name.clone(), calls: 0, seconds: 0.0 };
        Ok(Profile {
            slots: [Timestamps::new(adapter)?, Timestamps::new(adapter)?],
            timings: gpu.dispatches.iter().map(timing).collect(),
            period: f64::from(adapter.queue.get_timestamp_period()),
        })
    }

    /// The timestamps of the `k`-th dispatch of a submission, where it is measured.
    pub fn writes(&self, slot: usize, k: u32) -> Option<wgpu::ComputePassTimestampWrites<'_>> {
        (2 * k + 1 < QUERIES).then(|| wgpu::ComputePassTimestampWrites {
            query_set: &self.slots[slot].set,
            beginning_of_pass_write_index: Some(2 * k),
            end_of_pass_write_index: Some(2 * k + 1),
        })
    }

    /// Ends the encoding of a submission of this many dispatches.
    pub fn resolve(&mut self, encoder: &mut wgpu::CommandEncoder, slot: usize, dispatches: u32) {
        let timestamps = &mut self.slots[slot];
        timestamps.measured = dispatches.min(QUERIES / 2);
        let (queries, bytes) = (2 * timestamps.measured, 16 * u64::from(timestamps.measured));
        encoder.resolve_query_set(&timestamps.set, 0..queries, &timestamps.resolved, 0);
        encoder.copy_buffer_to_buffer(&timestamps.resolved, 0, &timestamps.staging, 0, bytes);
    }

    /// Adds the times of a submission that has landed.
    pub fn land(&mut self, adapter: &Adapter, slot: usize, submission: wgpu::SubmissionIndex) -> Result<()> {
        let timestamps = &self.slots[slot];
        let words = adapter.read(&timestamps.staging, 4 * u64::from(timestamps.measured), submission)?;
        let tick = |words: &[u32]| u64::from(words[1]) << 32 | u64::from(words[0]);
        let n = self.timings.len();
        for (k, pair) in words.chunks_exact(4).enumerate() {
            let timing = &mut self.timings[k % n];
            timing.calls += 1;
            // a clock that is set back in between says nothing
            let ticks = tick(&pair[2..]).saturating_sub(tick(pair));
            timing.seconds += ticks as f64 * self.period * 1e-9;
        }
        Ok(())
    }

    /// What was measured.
    pub fn into_timings(self) -> Vec<Timing> {
        self.timings
    }
}

impl Timestamps {
    fn new(adapter: &Adapter) -> Result<Timestamps> {
        let set = adapter.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("profile"),
            ty: wgpu::QueryType::Timestamp,
            count: QUERIES,
        });
        let words = 2 * u64::from(QUERIES);
        let resolved = adapter.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("profile"),
            size: 4 * words,
            usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        Ok(Timestamps { set, resolved, staging: adapter.staging(words)?, measured: 0 })
    }
}
