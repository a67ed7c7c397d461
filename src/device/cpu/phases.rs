//! How long each phase of a window takes, by the clock of the thread that is in it.
//!
//! *How it works.* A share reads the clock at the end of every phase, only while somebody wants to know. Blocks take less than a
//! microsecond, so what reading the clock costs is measured first and taken off.

use crate::device::Timing;
use crate::program::Program;
use std::time::{Duration, Instant};

/// What a thread does in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It advances elements of the kernel at this position.
    Update(usize),
    /// It looks for spikes and what is sent beside them.
    Find,
    /// It keeps recorded values.
    Record,
    /// It adds what spikes send to its part of the ring.
    Deliver,
    /// It waits for other threads.
    Wait,
}

/// The phases beside updates, as they are reported.
const NAMES: [&str; 4] = ["finding spikes", "recording", "delivery", "waiting for other threads"];

impl Phase {
    /// Position among [`NAMES`], then kernels.
    fn place(self) -> usize {
        match self {
            Phase::Find => 0,
            Phase::Record => 1,
            Phase::Deliver => 2,
            Phase::Wait => 3,
            Phase::Update(kernel) => NAMES.len() + kernel,
        }
    }
}

/// The phases of a share; nothing where they are not measured.
#[derive(Debug, Default)]
pub(super) struct Phases(Option<Stopwatch>);

#[derive(Debug)]
struct Stopwatch {
    last: Instant,
    /// What reading the clock takes.
    reading: Duration,
    /// How often and how long each phase was measured.
    laps: Vec<(u64, Duration)>,
}

impl Phases {
    /// Measures from now on.
    pub fn start(&mut self, kernels: usize) {
        let reading = (0..1000).map(|_| Instant::now().elapsed()).min().unwrap_or_default();
        let laps = vec![(0, Duration::ZERO); NAMES.len() + kernels];
        self.0 = Some(Stopwatch { last: Instant::now(), reading, laps });
    }

    /// A phase begins: what came before is not measured.
    pub fn begin(&mut self) {
        if let Some(watch) = &mut self.0 {
            watch.last = Instant::now();
        }
    }

    /// A phase has ended; the next one begins.
    pub fn end(&mut self, phase: Phase) {
        let Some(watch) = &mut self.0 else { return };
        let now = Instant::now();
        let (calls, time) = &mut watch.laps[phase.place()];
        *calls += 1;
        *time += now.duration_since(watch.last).saturating_sub(watch.reading);
        watch.last = now;
    }

    /// Measures no more, and adds what was measured.
    pub fn stop(&mut self, timings: &mut [Timing]) {
        let laps = self.0.take().map_or_else(Vec::new, |watch| watch.laps);
        for (timing, (calls, time)) in timings.iter_mut().zip(laps) {
            timing.calls += calls;
            timing.seconds += time.as_secs_f64();
        }
    }
}

/// What can be measured of a program, by place.
pub(super) fn timings(program: &Program) -> Vec<Timing> {
    let kernels = program.kernels.iter().map(|kernel| format!("update {}", kernel.name));
    let names = NAMES.map(str::to_string).into_iter().chain(kernels);
    names.map(|name| Timing { name, calls: 0, seconds: 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_for_is_not_measured() {
        let mut phases = Phases::default();
        phases.begin();
        phases.end(Phase::Wait);
        let mut timings = vec![Timing { name: String::new(), calls: 0, seconds: 0.0 }; 5];
        phases.stop(&mut timings);
        assert!(timings.iter().all(|timing| timing.calls == 0 && timing.seconds == 0.0));
    }

    #[test]
    fn a_phase_takes_from_its_beginning_to_its_end() {
        let mut phases = Phases::default();
        phases.start(2);
        std::thread::sleep(Duration::from_millis(20));
        phases.begin();
        phases.end(Phase::Deliver);
        std::thread::sleep(Duration::from_millis(20));
        phases.end(Phase::Update(1));
        let mut timings = vec![Timing { name: String::new(), calls: 0, seconds: 0.0 }; 6];
        phases.stop(&mut timings);
        let calls: Vec<u64> = timings.iter().map(|timing| timing.calls).collect();
        assert_eq!(calls, [0, 0, 1, 0, 0, 1]);
        assert!(timings[5].seconds >= 0.019, "{}", timings[5].seconds);
        assert!(timings[2].seconds < timings[5].seconds);
    }
}
