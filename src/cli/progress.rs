//! How far a run has come: a bar on a terminal, a line now and then elsewhere.

use crate::compile::Building;
use crate::rollout::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
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

    /// Builds a network; tells how far that has come, where it takes more than a second.
    pub fn wait<T>(&self, work: impl FnOnce(&Building) -> T) -> T {
        let building = Arc::new(Building::default());
        if matches!(self, Report::Silent) {
            return work(&building);
        }
        let ticker = Ticker::start(building.clone());
        let done = work(&building);
        ticker.stop();
        done
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

/// A thread that tells every second for how long a network has been built, and how much of it is there; off a terminal
/// every ten seconds.
struct Ticker {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Ticker {
    fn start(building: Arc<Building>) -> Ticker {
        let (stop, stopped) = mpsc::channel();
        let is_terminal = io::stderr().is_terminal();
        let tell = move || {
            let begin = Instant::now();
            let mut told = 0;
            while stopped.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                let seconds = begin.elapsed().as_secs();
                let text = line(seconds, building.share());
                match is_terminal {
                    true => eprint!("\r\x1b[K{text}"),
                    false if told == 0 || seconds >= told + 10 => eprintln!("{text}"),
                    false => continue,
                }
                told = seconds;
            }
            if is_terminal && told > 0 {
                // back to the start of the line, and nothing on it
                eprint!("\r\x1b[K");
            }
        };
        Ticker { stop, thread: std::thread::spawn(tell) }
    }

    fn stop(self) {
        drop(self.stop);
        // it says nothing that anyone waits for
        let _ = self.thread.join();
    }
}

/// `building, 12 s, 43 % of the synapses`
fn line(seconds: u64, share: Option<f64>) -> String {
    // of synapses that are all there, what remains is to load them
    let share = share.map_or(String::new(), |share| match share < 0.995 {
        true => format!(", {:.0} % of the synapses", 100.0 * share),
        false => ", loading".into(),
    });
    format!("building, {seconds} s{share}")
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_share_of_synapses_is_told_where_it_is_known() {
        let lines = [None, Some(0.0), Some(0.426), Some(1.0)].map(|share| line(12, share));
        let expected = ["", ", 0 % of the synapses", ", 43 % of the synapses", ", loading"];
        assert_eq!(lines, expected.map(|rest| format!("building, 12 s{rest}")));
    }
}
