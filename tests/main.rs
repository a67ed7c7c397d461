//! All tests of the public interface, in one binary.

/// The shipped models: pinned, and compared with NEST's tables.
mod catalogue;
/// The `synfire` command: exit codes, error lines, what it writes.
#[cfg(feature = "cli")]
mod command;
/// The examples that are more than a few lines do what they say.
#[cfg(feature = "cli")]
mod examples;
/// Experiment files: every file of this repository loads, and mistakes are told in one sentence.
mod experiment;
/// No text, however damaged, makes the loader panic.
mod fuzz_experiment;
/// Networks: what is refused, and monitors.
mod network;
