//! `synfire devices`: what networks can run on.

use super::print;
use crate::device::{Device, gpu};
use crate::error::Result;
use std::fmt::Write;

/// Lists the GPUs, best first, and the CPU.
pub fn run() -> Result<()> {
    let mut text = String::new();
    for adapter in gpu::list() {
        let memory = adapter.max_buffer_bytes as f64 / f64::from(1 << 30);
        let _ = write!(
            text,
            "gpu  {} ({}, {}, buffers to {memory:.1} GiB)",
            adapter.name, adapter.backend, adapter.kind
        );
        let _ = match adapter.refused {
            Some(reason) => writeln!(text, ": cannot run networks, {reason}"),
            None => writeln!(text),
        };
    }
    if text.is_empty() {
        text += "gpu  none found\n";
    }
    let _ = writeln!(text, "cpu  {}", Device::cpu().name());
    print(&text)
}
