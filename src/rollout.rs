//! A run in progress: a network on a device, advanced by any number of steps, with what it recorded.
//!
//! *How it works.* The engine runs in chunks of about a tenth of a second; after each, spikes and trace rows are
//! sorted into the recording. How a run is cut into chunks and calls changes nothing in its results.

mod connection;
mod detect;
mod drain;
mod inject;
mod tune;

pub use connection::{Connection, Connections, Element};

use crate::compile::{self, Building};
use crate::device::{Device, Engine, Snapshot, Timing};
use crate::error::{Error, Result};
use crate::network::Network;
use crate::program::{Event, Program};
use crate::record::{Activity, Recording};
use crate::unit::{Quantity, Time, ms};
use drain::Drain;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Wall time that a chunk should take: short enough for progress, long enough to cost nothing.
const CHUNK_TIME: Duration = Duration::from_millis(100);

/// Steps count in 32 bits on the device.
const MAX_STEPS: u64 = u32::MAX as u64;

/// A run in progress.
pub struct Rollout {
    /// The description, with what was set since the network was built.
    network: Network,
    engine: Box<dyn Engine>,
    /// Spikes that were injected and are still to come, by step, then element.
    injected: Vec<Event>,
    drain: Drain,
    recording: Recording,
    step: u64,
    chunk: u32,
}

/// How far an advance has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Steps done of this advance.
    pub done: u64,
    /// Steps of this advance.
    pub total: u64,
    /// Spikes so far, of the whole run.
    pub spikes: u64,
}

impl Rollout {
    /// Compiles `network` and loads it on `device`.
    ///
    /// # Errors
    /// What cannot be compiled, or does not fit the device.
    pub fn new(network: &Network, device: &Device) -> Result<Rollout> {
        Rollout::build(network, device, &Building::default())
    }

    /// As [`Rollout::new`]; another thread may look at `building` meanwhile.
    ///
    /// # Errors
    /// What cannot be compiled, or does not fit the device.
    pub fn build(network: &Network, device: &Device, building: &Building) -> Result<Rollout> {
        let program = Arc::new(compile::compile_watched(network, device.target(network), building)?);
        if let Some(folder) = std::env::var_os("SYNFIRE_DUMP") {
            program.dump(std::path::Path::new(&folder))?;
        }
        Rollout::from_program(network, program, device)
    }

    /// Loads an already compiled program of `network`.
    ///
    /// # Errors
    /// A program that does not fit the device.
    pub fn from_program(network: &Network, program: Arc<Program>, device: &Device) -> Result<Rollout> {
        let engine = device.load(program.clone())?;
        let drain = Drain::new(network, &program);
        let recording = drain.empty_recording(network);
        let network = network.clone();
        Ok(Rollout { network, engine, injected: vec![], drain, recording, step: 0, chunk: 64 })
    }

    /// Advances by `duration`.
    ///
    /// # Errors
    /// A duration that is no multiple of dt, a state that stops being a number, a device that fails.
    pub fn advance(&mut self, duration: Quantity<Time>) -> Result<()> {
        let steps = self.steps(duration)?;
        self.advance_steps(steps, &mut |_| {})
    }

    /// `duration` as a number of steps.
    ///
    /// # Errors
    /// [`Error::Value`] where it is no multiple of dt.
    pub fn steps(&self, duration: Quantity<Time>) -> Result<u64> {
        let (time, dt) = (duration.value_in(ms), self.program().dt_ms);
        let steps = (time / dt).round();
        // 1e-6 of a step: what decimal input loses in f64
        if steps >= 0.0 && (time / dt - steps).abs() <= 1e-6 * steps.max(1.0) {
            return Ok(steps as u64);
        }
        let expected = format!("a multiple of dt = {dt} ms");
        Err(Error::Value { what: "the duration".into(), expected, got: format!("{time} ms") })
    }

    /// Advances by `steps`, telling `progress` after every chunk.
    ///
    /// # Errors
    /// A run longer than 2^32 steps, a state that stops being a number, a device that fails.
    pub fn advance_steps(&mut self, steps: u64, progress: &mut dyn FnMut(Progress)) -> Result<()> {
        if self.step.saturating_add(steps) > MAX_STEPS {
            let got = format!("{} steps", self.step.saturating_add(steps));
            return Err(Error::Value {
                what: "a run".into(),
                expected: format!("at most {MAX_STEPS} steps"),
                got,
            });
        }
        let mut done = 0;
        while done < steps {
            let begin = Instant::now();
            let asked = u64::from(self.chunk).min(steps - done) as u32;
            let program = self.engine.program().clone();
            let events = self.events(&program, asked);
            let chunk = self.engine.run(asked, &events)?;
            if chunk.steps == 0 {
                return Err(Error::Device("the device made no step".into()));
            }
            let first = self.step;
            let known = self.events(&program, chunk.steps);
            self.step += u64::from(chunk.steps);
            done += u64::from(chunk.steps);
            self.drain.take(&self.network, &program, &known, first, chunk, &mut self.recording);
            let past = self.injected.partition_point(|event| event.step < self.step);
            self.injected.drain(..past);
            self.recording.duration_ms = self.time_ms();
            self.adapt(begin.elapsed(), asked);
            let spikes = self.recording.populations.iter().map(Activity::spikes).sum();
            progress(Progress { done, total: steps, spikes });
        }
        Ok(())
    }

    /// Advances by `steps` and tells where the time went: by kernel on a GPU, by phase on the CPU. Slower than
    /// [`Rollout::advance_steps`].
    ///
    /// # Errors
    /// A device that cannot tell, and what [`Rollout::advance_steps`] reports.
    pub fn profile(&mut self, steps: u64) -> Result<Vec<Timing>> {
        self.engine.start_profile()?;
        let advanced = self.advance_steps(steps, &mut |_| {});
        let timings = self.engine.take_profile();
        advanced.map(|()| timings)
    }

    /// What is known of the next steps: scheduled events and injected ones.
    fn events<'p>(&self, program: &'p Program, steps: u32) -> Cow<'p, [Event]> {
        let steps = self.step..self.step + u64::from(steps);
        let scheduled = drain::within(&program.events, &steps);
        let injected = drain::within(&self.injected, &steps);
        if injected.is_empty() {
            return Cow::Borrowed(scheduled);
        }
        let mut events = [scheduled, injected].concat();
        events.sort_by_key(|event| (event.step, event.element));
        Cow::Owned(events)
    }

    /// Sets the length of the next chunk from what the last one took.
    fn adapt(&mut self, took: Duration, steps: u32) {
        let wanted = f64::from(steps) * CHUNK_TIME.as_secs_f64() / took.as_secs_f64().max(1e-6);
        // never more than four times as long: the next chunk may be busier
        self.chunk = (wanted as u32).clamp(16, self.chunk.saturating_mul(4)).min(1 << 16);
    }

    /// What was recorded so far.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Takes what was recorded so far; recording goes on with empty lists, and detectors with what they have found.
    pub fn take_recording(&mut self) -> Recording {
        let mut empty = self.recording.clone();
        empty.spikes.iter_mut().for_each(|record| {
            record.times.clear();
            record.senders.clear();
            record.trials.clear();
        });
        empty.traces.iter_mut().for_each(|record| {
            record.times.clear();
            record.variables.iter_mut().for_each(|(_, rows)| rows.clear());
        });
        empty.spins.iter_mut().for_each(|record| {
            record.times.clear();
            record.senders.clear();
            record.states.clear();
            record.trials.clear();
        });
        std::mem::replace(&mut self.recording, empty)
    }

    /// All state of the run.
    ///
    /// # Errors
    /// A device that fails.
    pub fn checkpoint(&mut self) -> Result<Snapshot> {
        self.engine.snapshot()
    }

    /// Goes back, or on, to a checkpoint of the same network; what was recorded, injected or set stays: a checkpoint
    /// holds state, not parameters.
    ///
    /// # Errors
    /// A checkpoint of another network, a device that fails.
    pub fn restore(&mut self, checkpoint: &Snapshot) -> Result<()> {
        self.engine.restore(checkpoint)?;
        self.step = checkpoint.step;
        Ok(())
    }

    /// The compiled network, with what was set since.
    pub fn program(&self) -> &Program {
        self.engine.program()
    }

    /// The description, with the parameters that were set since it was built.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Biological time so far, in ms.
    pub fn time_ms(&self) -> f64 {
        self.step as f64 * self.program().dt_ms
    }
}
