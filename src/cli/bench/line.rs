//! The line of JSON that a measurement ends with; `benches/peers/common.py` prints the same fields.

use crate::cli::print;
use crate::error::Result;
use serde::Serialize;

/// One measurement. As the peers' do, `build_s` holds all before the measured part: construction, compilation and the
/// warm-up; `construct_s` is the same without the warm-up.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    pub peer: &'a str,
    pub benchmark: &'a str,
    pub scale: f64,
    pub n_neurons: u64,
    pub n_synapses: u64,
    pub synapse_bytes: u64,
    pub dt_ms: f64,
    pub sim_ms: f64,
    pub build_s: f64,
    pub construct_s: f64,
    pub run_s: f64,
    pub rtf: f64,
    pub mean_rate_hz: f64,
    pub peak_rss_mb: Option<f64>,
    pub threads: u32,
    pub device: &'a str,
    pub adapter: &'a str,
    pub version: &'a str,
}

/// Prints a measurement on standard output.
pub(super) fn print_line(line: &impl Serialize) -> Result<()> {
    print(&(serde_json::to_string(line).expect("a line is plain data") + "\n"))
}

pub(super) fn rounded(value: f64, digits: i32) -> f64 {
    let factor = 10f64.powi(digits);
    (value * factor).round() / factor
}

/// Largest resident set of this process in MB of 2^20 bytes, where the system tells it as Linux does.
pub(super) fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(rounded(kilobytes / 1024.0, 1))
}
