//! Where the threads that share a network wait for each other, thousands of times a second.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};

/// Rounds of waiting, some 50 ns each, before the thread offers its core to others. Longer than the system lets another
/// program run in between: a thread that gave its core away too soon would be missing when the other one returns.
const PATIENCE: u32 = 60_000;
/// The same where there are fewer cores than threads: somebody has to wait for a core.
const HASTE: u32 = 100;

/// A barrier that spins: a window takes microseconds, as long as waking a thread does.
pub(super) struct Barrier {
    threads: usize,
    rounds: u32,
    arrived: AtomicUsize,
    /// Counts how often all have arrived.
    turn: AtomicUsize,
    is_broken: AtomicBool,
}

/// Some thread panicked: the others shall not wait for it.
pub(super) struct Broken;

impl Barrier {
    pub fn new(threads: usize) -> Barrier {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let rounds = if threads <= cores { PATIENCE } else { HASTE };
        let (arrived, turn) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Barrier { threads, rounds, arrived, turn, is_broken: AtomicBool::new(false) }
    }

    /// Waits until all threads are here; what they wrote before can be read after.
    pub fn wait(&self) -> Result<(), Broken> {
        let turn = self.turn.load(Acquire);
        if self.arrived.fetch_add(1, AcqRel) + 1 == self.threads {
            self.arrived.store(0, Relaxed);
            self.turn.store(turn.wrapping_add(1), Release);
            return Ok(());
        }
        let mut rounds = 0;
        while self.turn.load(Acquire) == turn {
            if self.is_broken.load(Relaxed) {
                return Err(Broken);
            }
            if rounds < self.rounds {
                rounds += 1;
                spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
        Ok(())
    }

    /// Breaks the barrier if the thread that holds the result panics.
    pub fn guard(&self) -> Guard<'_> {
        Guard(self)
    }
}

pub(super) struct Guard<'a>(&'a Barrier);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.is_broken.store(true, Relaxed);
        }
    }
}
