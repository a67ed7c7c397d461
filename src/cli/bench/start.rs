//! `synfire bench start`: from the start of a process to the end of the first step of a small network.

use super::Args;
use super::line::{print_line, rounded};
use crate::error::{Error, Result};
use serde::Serialize;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Processes that are started; the median of their times counts.
const REPEATS: usize = 5;

/// One measurement.
#[derive(Serialize)]
struct Line<'a> {
    peer: &'a str,
    benchmark: &'a str,
    repeats: usize,
    start_s: f64,
    min_s: f64,
    max_s: f64,
    device: String,
    adapter: String,
    version: &'a str,
}

/// Starts this program again and again for one step of the network `tiny`, and takes the time to its end.
pub(super) fn run(args: &Args) -> Result<()> {
    let device = args.place.open()?;
    let (kind, adapter) = (device.kind(), device.name());
    drop(device);
    let mut times = (0..REPEATS).map(|_| first_step(kind)).collect::<Result<Vec<f64>>>()?;
    times.sort_by(f64::total_cmp);
    eprintln!("from process start to the first step: {:.3} s", times[REPEATS / 2]);
    print_line(&Line {
        peer: "synfire",
        benchmark: "start",
        repeats: REPEATS,
        start_s: rounded(times[REPEATS / 2], 4),
        min_s: rounded(times[0], 4),
        max_s: rounded(times[REPEATS - 1], 4),
        device: kind.into(),
        adapter,
        version: env!("CARGO_PKG_VERSION"),
    })
}

fn first_step(device: &str) -> Result<f64> {
    let failed = |source| Error::File { action: "start", path: "this program".into(), source };
    let program = std::env::current_exe().map_err(failed)?;
    let mut command = Command::new(program);
    command.args(["bench", "tiny", "--warmup", "0 ms", "--duration", "1 ms", "--device", device]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let begin = Instant::now();
    let status = command.status().map_err(failed)?;
    let elapsed = begin.elapsed().as_secs_f64();
    if !status.success() {
        return Err(Error::Device(format!(
            "a small network fails on the {device}: try `synfire bench tiny`"
        )));
    }
    Ok(elapsed)
}
