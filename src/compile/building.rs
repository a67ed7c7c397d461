//! How far a network has been built, for whoever waits for it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Progress of a network that is being built in another thread.
#[derive(Debug, Default)]
pub struct Building {
    /// Edges that are expected, each counted for every time it is drawn; 0 while that is unknown.
    expected: AtomicU64,
    drawn: AtomicU64,
}

impl Building {
    /// Nothing is built yet.
    pub const fn new() -> Building {
        Building { expected: AtomicU64::new(0), drawn: AtomicU64::new(0) }
    }

    /// The share of its synapses that is done, from 0 to 1; none before their number is known, and where there are none.
    pub fn share(&self) -> Option<f64> {
        let expected = self.expected.load(Relaxed);
        let share = self.drawn.load(Relaxed) as f64 / expected as f64;
        (expected > 0).then_some(share.min(1.0))
    }

    pub(super) fn expect(&self, edges: f64) {
        self.expected.store(edges as u64, Relaxed);
    }

    pub(super) fn draw(&self, edges: u64) {
        self.drawn.fetch_add(edges, Relaxed);
    }
}
