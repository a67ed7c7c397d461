//! Runs steps: submissions of some ten milliseconds each, two in flight, and what they hand back.

use super::grid::{self, Grid};
use super::round::Dispatch;
use super::size::Sizes;
use super::{Chunk, Gpu};
use crate::error::{Error, Result};
use crate::program::Event;
use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};

/// How long a submission should take: long against the host's part, short against the watchdogs of
/// drivers and against a user's patience with a display that stands still.
const DURATION: Duration = Duration::from_millis(50);

/// Dispatches in a submission at most.
const DISPATCHES: u32 = 20_000;

/// Log entries that are copied in any case; more follow the last submission's number.
const LOG_PREFIX: u32 = 1024;

/// A submission on its way.
struct Flight {
    slot: usize,
    base: u64,
    steps: u32,
    /// The parity after its last round.
    parity: usize,
    /// Words of the control buffer, of traces, and entries of the log that are copied.
    copied: Copied,
    submission: wgpu::SubmissionIndex,
    submitted: Instant,
}

#[derive(Clone, Copy)]
struct Copied {
    control: u64,
    traces: u64,
    log: u32,
}

/// How a submission went.
struct Landed {
    done: u32,
    fault: Option<u32>,
    spikes: u32,
}

impl Gpu {
    pub(super) fn run_chunk(&mut self, steps: u32, events: &[Event]) -> Result<Chunk> {
        let end = self.step + u64::from(steps);
        if end > u64::from(u32::MAX) {
            return Err(Error::Device("a GPU counts steps up to 2^32; begin a new run".into()));
        }
        let mut chunk = Chunk { traces: vec![vec![]; self.program.traces.len()], ..Chunk::default() };
        if self.kernels.is_empty() {
            self.step = end;
            return Ok(Chunk { steps, ..chunk });
        }
        let (mut flying, mut next, mut prefix) = (VecDeque::new(), self.step, LOG_PREFIX);
        let mut free = Instant::now();
        let mut slot = 0;
        loop {
            while flying.len() < self.slots.len() && next < end {
                let steps = self.next_steps((end - next) as u32);
                flying.push_back(self.submit(slot, next, steps, events, prefix)?);
                next += u64::from(steps);
                slot = 1 - slot;
            }
            let Some(flight) = flying.pop_front() else { break };
            let (steps, submitted) = (flight.steps, flight.submitted);
            let landed = self.land(flight, &mut chunk)?;
            self.adapt(steps, landed.done, submitted.max(free).elapsed());
            free = Instant::now();
            prefix = (landed.spikes + landed.spikes / 2).max(LOG_PREFIX);
            if landed.done < steps {
                // what is still flying does nothing; its slots must not be used again before it has landed
                for flight in flying.drain(..) {
                    self.adapter.wait(flight.submission)?;
                }
                next = self.step;
                self.resume(landed.fault)?;
            } else if landed.fault.is_some() {
                self.resume(landed.fault)?;
            }
        }
        chunk.steps = (self.step + u64::from(steps) - end) as u32;
        Ok(chunk)
    }

    /// Steps of the next submission: whole windows, as many as the last ones suggest.
    fn next_steps(&self, left: u32) -> u32 {
        let window = self.sizes.window;
        let dispatches = self.dispatches.len() as u32;
        let most = self.sizes.max_steps.min((DISPATCHES / dispatches).max(1).saturating_mul(window));
        let steps = self.pace.min(most).max(1);
        let whole = if steps > window { steps - steps % window } else { steps };
        whole.max(window.min(self.sizes.max_steps)).min(left)
    }

    fn adapt(&mut self, planned: u32, done: u32, elapsed: Duration) {
        if done < planned {
            self.pace = done.max(1);
            return;
        }
        let ratio = DURATION.as_secs_f64() / elapsed.as_secs_f64().max(1e-6);
        // a short last submission says little about longer ones
        let pace = f64::from(planned) * ratio.clamp(0.25, 4.0);
        if planned >= self.pace || ratio < 1.0 {
            self.pace = pace.clamp(1.0, 1e9) as u32;
        }
    }

    fn submit(&mut self, slot: usize, base: u64, steps: u32, events: &[Event], log: u32) -> Result<Flight> {
        let injected = Injected::new(events, base, steps, &self.sizes);
        self.reserve_events(slot, injected.n_events)?;
        let windows = steps.div_ceil(self.sizes.window);
        let rounds = windows + self.sizes.lag;
        let traces = self.write_chunk(slot, base, steps, &injected)?;
        let [counts, traces_at] = ["counts", "traces"].map(|name| self.buffers.fields.offset(name));
        let control = counts / 4 + u64::from(windows);
        let copied = Copied { control, traces, log: log.min(self.sizes.log_entries) };
        let words = copied.words();
        if self.slots[slot].staging_words < words {
            self.slots[slot].staging = self.adapter.staging(words.next_power_of_two())?;
            self.slots[slot].staging_words = words.next_power_of_two();
        }
        let mut encoder = self.adapter.device.create_command_encoder(&Default::default());
        encoder.clear_buffer(&self.buffers.control, counts, Some(4 * u64::from(windows)));
        self.encode(&mut encoder, slot, rounds, injected.most_in_window);
        self.parity = (self.parity + rounds as usize) % 2;
        if let Some(profile) = &mut self.profile {
            profile.resolve(&mut encoder, slot, rounds * self.dispatches.len() as u32);
        }
        let staging = &self.slots[slot].staging;
        let (log_words, log_at) = (2 * u64::from(copied.log), control + traces);
        encoder.copy_buffer_to_buffer(&self.buffers.control, 0, staging, 0, control * 4);
        encoder.copy_buffer_to_buffer(&self.buffers.control, traces_at, staging, control * 4, traces * 4);
        encoder.copy_buffer_to_buffer(&self.slots[slot].log, 0, staging, log_at * 4, log_words * 4);
        let submission = self.adapter.queue.submit([encoder.finish()]);
        let parity = self.parity;
        Ok(Flight { slot, base, steps, parity, copied, submission, submitted: Instant::now() })
    }

    /// What the host tells the device about a chunk; returns the words of the trace buffer that it uses.
    fn write_chunk(&self, slot: usize, base: u64, steps: u32, injected: &Injected) -> Result<u64> {
        let (log, control) = (&self.slots[slot].log, &self.buffers.control);
        self.adapter.upload(log, 2 * u64::from(self.sizes.log_entries), &injected.words)?;
        let fields = &self.buffers.fields;
        for (name, value) in [("base", base as u32), ("steps", steps)] {
            self.adapter.upload(control, fields.offset(name) / 4, &[value])?;
        }
        let ranges = self.trace_ranges(base, steps);
        let begins: Vec<u32> = ranges.iter().map(|range| range.start as u32).collect();
        self.adapter.upload(control, fields.offset("traces") / 4, &begins)?;
        Ok(ranges.last().map_or(0, |range| range.end as u64))
    }

    /// Where the rows of each trace lie in the trace buffer.
    fn trace_ranges(&self, base: u64, steps: u32) -> Vec<Range<usize>> {
        let mut begin = self.program.traces.len();
        let range = |trace: &crate::program::Trace| {
            let start = begin;
            begin += n_rows(base, steps, trace.every) * trace.width as usize;
            start..begin
        };
        self.program.traces.iter().map(range).collect()
    }

    fn encode(&self, encoder: &mut wgpu::CommandEncoder, slot: usize, rounds: u32, events: u32) {
        let grids: Vec<Grid> = self.dispatches.iter().map(|it| self.grid(it, events)).collect();
        let dispatches: Vec<_> = self.dispatches.iter().zip(grids).zip(&self.slots[slot].bound).collect();
        let round = |number: u32| {
            let parity = (self.parity + number as usize) % 2;
            dispatches.iter().map(move |((it, grid), bound)| (&it.pipeline.compute, *grid, &bound[parity]))
        };
        if let Some(profile) = &self.profile {
            for (k, (pipeline, grid, bound)) in (0..rounds).flat_map(round).enumerate() {
                let timestamp_writes = profile.writes(slot, k as u32);
                let descriptor = wgpu::ComputePassDescriptor { label: None, timestamp_writes };
                dispatch(&mut encoder.begin_compute_pass(&descriptor), pipeline, grid, bound);
            }
            return;
        }
        let mut pass = encoder.begin_compute_pass(&Default::default());
        for (pipeline, grid, bound) in (0..rounds).flat_map(round) {
            dispatch(&mut pass, pipeline, grid, bound);
        }
    }

    /// The grid of a dispatch, where a window has at most this many events beside its spikes.
    fn grid(&self, dispatch: &Dispatch, events: u32) -> Grid {
        let updating = dispatch.updates.map_or(0, |k| u64::from(self.kernels[k].groups));
        let Some(shard) = dispatch.delivers else { return grid::line(updating) };
        let (x, y, z) = self.sizes.grid(&self.adapter, &self.shards[shard].about, events);
        match dispatch.updates {
            None => (x, y, z),
            Some(_) => grid::line(updating + u64::from(x) * u64::from(y)),
        }
    }

    /// Waits for a submission and appends what it has found to the chunk.
    fn land(&mut self, flight: Flight, chunk: &mut Chunk) -> Result<Landed> {
        let Copied { control, traces, log } = flight.copied;
        if let Some(profile) = &mut self.profile {
            profile.land(&self.adapter, flight.slot, flight.submission.clone())?;
        }
        let words =
            self.adapter.read(&self.slots[flight.slot].staging, flight.copied.words(), flight.submission)?;
        let (control, rest) = words.split_at(control as usize);
        let (traces, entries) = rest.split_at(traces as usize);
        let fields = &self.buffers.fields;
        let word = |offset: u64| control[offset as usize / 4];
        let turn = |name: &str| word(self.buffers.turn(flight.parity, name));
        let done = turn("step").wrapping_sub(flight.base as u32);
        let faults = ["faults[0]", "faults[1]"].map(|name| word(fields.offset(name)));
        let fault = faults.into_iter().min().filter(|element| *element != u32::MAX);
        if done > flight.steps || (done < flight.steps && turn("halted") == 0) {
            let (name, steps) = (self.adapter.name(), flight.steps);
            return Err(Error::Device(format!(
                "{name} gave up within {steps} steps; its driver may limit computing time"
            )));
        }
        let counts = &control[fields.offset("counts") as usize / 4..];
        let counts = &counts[..done.div_ceil(self.sizes.window) as usize];
        let spikes = counts.iter().sum();
        let mut entries = entries.to_vec();
        if spikes > log {
            let missing = 2 * u64::from(spikes - log);
            entries.extend(self.adapter.download(
                &self.slots[flight.slot].log,
                2 * u64::from(log),
                missing,
            )?);
        }
        self.take_spikes(flight.base, counts, &entries, chunk);
        for (k, range) in self.trace_ranges(flight.base, flight.steps).into_iter().enumerate() {
            let trace = &self.program.traces[k];
            let len = n_rows(flight.base, done, trace.every) * trace.width as usize;
            chunk.traces[k].extend(traces[range][..len].iter().map(|word| f32::from_bits(*word)));
        }
        self.step = flight.base + u64::from(done);
        Ok(Landed { done, fault, spikes })
    }

    /// Spikes by step, then element; the device appends them in any order.
    fn take_spikes(&self, base: u64, counts: &[u32], entries: &[u32], chunk: &mut Chunk) {
        let shift = crate::compile::kernel::STEP_SHIFT;
        let mut rest = entries;
        for (window, count) in counts.iter().enumerate() {
            let from = chunk.spikes.len();
            let first = base + window as u64 * u64::from(self.sizes.window);
            let (mine, later) = rest.split_at(2 * *count as usize);
            let log = mine.chunks_exact(2);
            let found = log.map(|entry| Event {
                step: first + u64::from(entry[0] >> shift),
                element: entry[0] & ((1 << shift) - 1),
                value: f32::from_bits(entry[1]),
            });
            // what is sent beside spikes has been delivered
            chunk.spikes.extend(found.filter(|spike| spike.element < self.program.updated()));
            chunk.spikes[from..].sort_unstable_by_key(|spike| (spike.step, spike.element));
            rest = later;
        }
    }

    /// Lets the device go on after a halt, unless that was for a reason.
    fn resume(&mut self, fault: Option<u32>) -> Result<()> {
        if let Some(element) = fault {
            return Err(self.not_finite(element)?);
        }
        let halted = self.buffers.turn(self.parity, "halted");
        self.adapter.upload(&self.buffers.control, halted / 4, &[0])
    }

    /// Names the variable of an element that is not finite.
    fn not_finite(&self, element: u32) -> Result<Error> {
        let kernels = self.program.kernels.iter().zip(&self.kernels);
        let mut found =
            kernels.filter(|(kernel, _)| (kernel.first..kernel.first + kernel.len).contains(&element));
        let (kernel, update) = found.next().expect("the device names elements of its kernels");
        let mut variable = String::new();
        for (k, (name, _)) in kernel.state.iter().enumerate() {
            let place = u64::from(element - kernel.first) + k as u64 * u64::from(kernel.len);
            let word = self.adapter.download(&update.states, place, 1)?[0];
            let is_float = kernel.state[k].1 == crate::model::reflect::Scalar::F32;
            if is_float && !f32::from_bits(word).is_finite() {
                variable.clone_from(name);
                break;
            }
        }
        let member = kernel.members.iter().rfind(|member| member.first <= element);
        let member = member.expect("members begin with their kernel");
        Ok(Error::NotFinite {
            population: member.name.clone(),
            trial: (self.program.copies() > 1).then_some(member.trial),
            element: element - member.first,
            variable,
            time_ms: self.step as f64 * self.program.dt_ms,
        })
    }
}

fn dispatch(
    pass: &mut wgpu::ComputePass,
    pipeline: &wgpu::ComputePipeline,
    (x, y, z): Grid,
    bound: &wgpu::BindGroup,
) {
    pass.set_pipeline(pipeline);
    pass.set_bind_group(0, bound, &[]);
    pass.dispatch_workgroups(x, y, z);
}

impl Copied {
    fn words(&self) -> u64 {
        self.control + self.traces + 2 * u64::from(self.log)
    }
}

/// Rows of a trace that the steps from `base` on complete.
fn n_rows(base: u64, steps: u32, every: u32) -> usize {
    ((base + u64::from(steps)) / u64::from(every) - base / u64::from(every)) as usize
}

/// The host's events of a chunk as they follow the log: the range of each window, then the events.
struct Injected {
    words: Vec<u32>,
    n_events: u32,
    most_in_window: u32,
}

impl Injected {
    fn new(events: &[Event], base: u64, steps: u32, sizes: &Sizes) -> Injected {
        let (window, log) = (sizes.window, sizes.log_entries);
        let windows = steps.div_ceil(window);
        let before = |step: u64| events.partition_point(|event| event.step < step);
        let mine = &events[before(base)..before(base + u64::from(steps))];
        let mut words = Vec::with_capacity(2 * (windows as usize + mine.len()));
        let (mut at, mut most) = (0, 0);
        for k in 0..u64::from(windows) {
            let next = base + (k + 1) * u64::from(window);
            let end = mine.partition_point(|event| event.step < next) as u32;
            words.extend([log + windows + at, log + windows + end]);
            (most, at) = (most.max(end - at), end);
        }
        let shift = crate::compile::kernel::STEP_SHIFT;
        words.extend(mine.iter().flat_map(|event| {
            let step = ((event.step - base) % u64::from(window)) as u32;
            [event.element | (step << shift), event.value.to_bits()]
        }));
        Injected { words, n_events: mine.len() as u32, most_in_window: most }
    }
}
