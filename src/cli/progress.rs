//! How far a run has come: a bar on a terminal, a line now and then elsewhere.

use crate::rollout::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

/// Tells how far a run has come, on stderr.
pub enum Report {
    /// A bar.
    Bar(ProgressBar),
    /// A line every tenth of the run, at most one a second.
    Lines {
        /// Tenths already told.
        tenths: u64,
        /// When the last line was written.
        last: Instant,
    },
    /// Nothing.
    Silent,
}

impl Report {
    /// The kind that suits stderr.
    pub fn new() -> Report {
        if !io::stderr().is_terminal() {
            return Report::Lines { tenths: 0, last: Instant::now() };
        }
        let bar = ProgressBar::new(0);
        let template = "{elapsed:>4} [{bar:40}] {percent:>3} %, {msg} spikes, {eta} to go";
        let style = ProgressStyle::with_template(template).expect("a constant template");
        bar.set_style(style.progress_chars("━╸ "));
        Report::Bar(bar)
    }

    /// Shows how far the run has come.
    pub fn show(&mut self, progress: Progress) {
        match self {
            Report::Silent => {}
            Report::Bar(bar) => {
                bar.set_length(progress.total);
                bar.set_message(progress.spikes.to_string());
                bar.set_position(progress.done);
            }
            Report::Lines { tenths, last } => {
                let now = progress.done * 10 / progress.total.max(1);
                if now > *tenths && last.elapsed() >= Duration::from_secs(1) {
                    eprintln!(
                        "{:>3} %, {} spikes",
                        progress.done * 100 / progress.total.max(1),
                        progress.spikes
                    );
                    (*tenths, *last) = (now, Instant::now());
                }
            }
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Report::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
