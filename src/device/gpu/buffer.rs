//! Buffers: what fits, and moving words to and from them.

use super::adapter::Adapter;
use crate::error::{Error, Result};
use std::time::Duration;

/// Words that one copy moves at most: 64 MiB, so that the copies on the host stay small.
const PIECE: usize = 16 << 20;

/// How long a submission may take. The largest networks need seconds on software renderers, none a minute.
const PATIENCE: Duration = Duration::from_secs(120);

/// Bytes in the largest unit that keeps three digits.
fn readable(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let power = (0..units.len()).rev().find(|k| bytes >> (10 * k) >= 4 || *k == 0).unwrap_or(0);
    let amount = bytes as f64 / (1u64 << (10 * power)) as f64;
    if power == 0 { format!("{bytes} bytes") } else { format!("{amount:.1} {}", units[power]) }
}

impl Adapter {
    /// Whether kernels can see a buffer of this many words.
    ///
    /// # Errors
    /// [`Error::Memory`] if not.
    pub(super) fn check_fits(&self, what: &str, words: u64) -> Result<()> {
        let available = self.max_binding_bytes();
        if words.saturating_mul(4) <= available {
            return Ok(());
        }
        Err(Error::Memory {
            what: what.into(),
            needed: readable(words.saturating_mul(4)),
            available: format!("{} in one buffer", readable(available)),
            advice: "a smaller network, shorter delays or another device would help".into(),
        })
    }

    /// A storage buffer of zeros.
    pub(super) fn storage(&self, what: &str, words: u64) -> Result<wgpu::Buffer> {
        self.check_fits(what, words)?;
        self.small_storage(what, words)
    }

    /// A storage buffer of zeros that is the same for every network.
    pub(super) fn small_storage(&self, what: &str, words: u64) -> Result<wgpu::Buffer> {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        self.allocate(what, words, usage)
    }

    /// A storage buffer with this content.
    pub(super) fn storage_with(&self, what: &str, words: &[u32]) -> Result<wgpu::Buffer> {
        let buffer = self.storage(what, words.len() as u64)?;
        self.upload(&buffer, 0, words)?;
        Ok(buffer)
    }

    /// A uniform buffer with this content.
    pub(super) fn uniform(&self, what: &str, words: &[u32]) -> Result<wgpu::Buffer> {
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let buffer = self.allocate(what, words.len() as u64, usage)?;
        self.upload(&buffer, 0, words)?;
        Ok(buffer)
    }

    /// A buffer that the host can read.
    pub(super) fn staging(&self, words: u64) -> Result<wgpu::Buffer> {
        self.allocate("reading results", words, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST)
    }

    fn allocate(&self, what: &str, words: u64, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer> {
        // 16: the smallest that every binding accepts, also those that the kernel at hand does not use
        let size = (words * 4).next_multiple_of(16).max(16);
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let descriptor = wgpu::BufferDescriptor { label: Some(what), size, usage, mapped_at_creation: false };
        let buffer = self.device.create_buffer(&descriptor);
        match pollster::block_on(scope.pop()) {
            None => Ok(buffer),
            Some(_) => Err(Error::Memory {
                what: what.into(),
                needed: readable(size),
                available: "less than that at the moment".into(),
                advice: "a smaller network or a device with more memory would help".into(),
            }),
        }
    }

    /// Writes words at a position.
    pub(super) fn upload(&self, buffer: &wgpu::Buffer, first: u64, words: &[u32]) -> Result<()> {
        for (k, piece) in words.chunks(PIECE).enumerate() {
            let at = (first + (k * PIECE) as u64) * 4;
            self.queue.write_buffer(buffer, at, bytemuck::cast_slice(piece));
            if piece.len() == PIECE {
                // the copy on the host is kept until it is submitted and done
                let submission = self.queue.submit([]);
                self.wait(submission)?;
            }
        }
        Ok(())
    }

    /// Reads words from a position.
    pub(super) fn download(&self, buffer: &wgpu::Buffer, first: u64, count: u64) -> Result<Vec<u32>> {
        let mut words = Vec::with_capacity(count as usize);
        while (words.len() as u64) < count {
            let n = (count - words.len() as u64).min(PIECE as u64);
            let staging = self.staging(n)?;
            let mut encoder = self.device.create_command_encoder(&Default::default());
            encoder.copy_buffer_to_buffer(buffer, (first + words.len() as u64) * 4, &staging, 0, n * 4);
            let submission = self.queue.submit([encoder.finish()]);
            words.extend(self.read(&staging, n, submission)?);
        }
        Ok(words)
    }

    /// Waits for a submission and reads what it has copied to a staging buffer.
    pub(super) fn read(
        &self,
        staging: &wgpu::Buffer,
        words: u64,
        submission: wgpu::SubmissionIndex,
    ) -> Result<Vec<u32>> {
        // failure to map shows when the range is asked for
        staging.map_async(wgpu::MapMode::Read, ..words * 4, |_| ());
        self.wait(submission)?;
        let view = staging.get_mapped_range(..words * 4);
        let view =
            view.map_err(|error| Error::Device(format!("{}: cannot read results: {error}", self.name())))?;
        let out = bytemuck::pod_collect_to_vec(&view[..]);
        drop(view);
        staging.unmap();
        Ok(out)
    }

    pub(super) fn wait(&self, submission: wgpu::SubmissionIndex) -> Result<()> {
        let poll = wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(PATIENCE) };
        let polled = self.device.poll(poll);
        self.check()?;
        match polled {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::Device(format!("{} does not answer: {error}", self.name()))),
        }
    }
}
