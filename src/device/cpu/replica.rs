//! One copy of the network: its shares, and what they found.

use super::Compiled;
use super::share::Share;
use crate::program::{Event, Program};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// One copy of the network.
pub(super) struct Replica {
    /// One for each partition.
    pub shares: Vec<Share>,
    /// Spikes of this chunk so far.
    pub spikes: Vec<Event>,
    /// What was sent beside spikes in this window; kept for its memory.
    sent: Vec<Event>,
}

impl Replica {
    pub fn new(
        program: &Program,
        compiled: &[Compiled],
        copy: u32,
        delays: &Arc<[Option<usize>]>,
    ) -> Replica {
        let partitions = 0..program.partitions.len();
        let share = |partition| Share::new(program, compiled, (partition, copy), delays.clone());
        Replica { shares: partitions.map(share).collect(), spikes: vec![], sent: vec![] }
    }

    /// Runs the steps, window after window, with the events of this copy in them.
    pub fn advance(
        &mut self,
        program: &Program,
        compiled: &[Compiled],
        steps: &Range<u64>,
        events: &[Event],
    ) {
        let (mut step, mut events) = (steps.start, events);
        while step < steps.end {
            let window = u64::from(program.window).min(steps.end - step);
            let (now, later) = events.split_at(events.partition_point(|event| event.step < step + window));
            self.window(program, compiled, step..step + window, now);
            (step, events) = (step + window, later);
        }
    }

    /// Runs a window and delivers its spikes.
    fn window(&mut self, program: &Program, compiled: &[Compiled], steps: Range<u64>, events: &[Event]) {
        let count = (steps.end - steps.start) as u32;
        self.each(|share| share.update(program, compiled, steps.start, count));
        let begin = self.spikes.len();
        let (mut spikes, mut sent) = (std::mem::take(&mut self.spikes), std::mem::take(&mut self.sent));
        for share in &mut self.shares {
            spikes.append(&mut share.spikes);
            sent.append(&mut share.sent);
        }
        let all = [&spikes[begin..], &sent, events];
        if all.iter().any(|events| !events.is_empty()) {
            self.each(|share| share.deliver(program, all));
        }
        sent.clear();
        (self.spikes, self.sent) = (spikes, sent);
    }

    /// Runs `work` on every share, on all threads of the pool that this runs in.
    fn each(&mut self, work: impl Fn(&mut Share) + Send + Sync) {
        match self.shares.as_mut_slice() {
            [only] => work(only),
            shares => shares.par_iter_mut().for_each(work),
        }
    }
}
