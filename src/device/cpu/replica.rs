//! One copy of the network: its shares, each run by a thread.
//!
//! A thread updates its elements for a window and shows what it found; when all threads have, it delivers what all of them
//! found to its own targets. What is shown lies in two places in turn, so one wait a window is enough: nobody writes where
//! somebody may still read.

use super::Compiled;
use super::barrier::Barrier;
use super::deliver::Survey;
use super::phases::Phase;
use super::share::{Found, Share};
use crate::program::{Event, Program};
use rayon::ThreadPool;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// One copy of the network.
pub(super) struct Replica {
    /// One for each partition.
    pub shares: Vec<Share>,
}

/// What a run needs beside the state.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub program: &'a Program,
    pub compiled: &'a [Compiled],
    /// First step and end.
    pub steps: &'a Range<u64>,
    /// Events of this copy in these steps, in order.
    pub events: &'a [Event],
}

impl<'a> Run<'a> {
    /// The windows: first step, number of steps, events.
    fn windows(self) -> impl Iterator<Item = (u64, u32, &'a [Event])> {
        let Run { program, steps, events, .. } = self;
        let (mut step, mut events) = (steps.start, events);
        std::iter::from_fn(move || {
            let window = u64::from(program.window).min(steps.end - step);
            let (now, later) = events.split_at(events.partition_point(|event| event.step < step + window));
            let found = (window > 0).then_some((step, window as u32, now));
            (step, events) = (step + window, later);
            found
        })
    }
}

impl Replica {
    pub fn new(program: &Program, compiled: &[Compiled], copy: u32, survey: &Arc<Survey>) -> Replica {
        let partitions = 0..program.partitions.len();
        let share = |partition| Share::new(program, compiled, (partition, copy), survey.clone());
        Replica { shares: partitions.map(share).collect() }
    }

    /// Runs the steps in this thread.
    pub fn advance(&mut self, run: Run) {
        for (first, steps, events) in run.windows() {
            for share in &mut self.shares {
                share.update(run.program, run.compiled, first, steps);
            }
            for position in 0..self.shares.len() {
                let found = std::mem::take(&mut self.shares[position].found);
                for share in &mut self.shares {
                    share.deliver(run.program, &found.spikes);
                    share.deliver(run.program, &found.sent);
                }
                self.shares[position].found = found;
            }
            for share in &mut self.shares {
                share.deliver(run.program, events);
                share.add_due(run.program, first + u64::from(steps));
            }
        }
    }

    /// Runs the steps with one thread of the pool for each share.
    pub fn advance_in(&mut self, pool: &ThreadPool, run: Run) {
        debug_assert!(pool.current_num_threads() >= self.shares.len());
        let barrier = Barrier::new(self.shares.len());
        let shown: Vec<[RwLock<Found>; 2]> = self.shares.iter().map(|_| Default::default()).collect();
        let shares: Vec<Mutex<&mut Share>> = self.shares.iter_mut().map(Mutex::new).collect();
        pool.broadcast(|context| {
            let Some(share) = shares.get(context.index()) else { return };
            let _guard = barrier.guard();
            let mut share = share.lock().unwrap_or_else(PoisonError::into_inner);
            for (turn, (first, steps, events)) in run.windows().enumerate() {
                share.update(run.program, run.compiled, first, steps);
                let own = &shown[context.index()][turn % 2];
                std::mem::swap(&mut share.found, &mut own.write().unwrap_or_else(PoisonError::into_inner));
                share.phases.begin();
                if barrier.wait().is_err() {
                    return;
                }
                share.phases.end(Phase::Wait);
                for shown in &shown {
                    let found = shown[turn % 2].read().unwrap_or_else(PoisonError::into_inner);
                    share.deliver(run.program, &found.spikes);
                    share.deliver(run.program, &found.sent);
                }
                share.deliver(run.program, events);
                share.add_due(run.program, first + u64::from(steps));
            }
        });
    }
}
