//! The `synfire` command: run experiments, measure, look up models, draw rasters.

mod bench;
mod devices;
mod models;
mod plot;
mod progress;
mod run;
mod simulate;
mod terminal;

use crate::error::{Error, Result};
use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use std::io::{self, Write};
use std::process::ExitCode;

/// Simulate spiking neural networks on the GPU. Without a command: the balanced network, into ./synfire-out.
#[derive(Parser)]
#[command(name = "synfire", version, arg_required_else_help = false)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run an experiment file (TOML, or JSON by extension)
    Run(run::Args),
    /// Measure a network and print one line of JSON
    Bench(bench::Args),
    /// List the models, or show one with its parameters
    Models(models::Args),
    /// List what networks can run on
    Devices,
    /// Draw raster.png from the folder of a run
    Plot(plot::Args),
}

/// Runs the command of this process. Errors are one line on stderr and exit code 2.
pub fn main() -> ExitCode {
    env_logger::init();
    let done = match Cli::try_parse() {
        Ok(cli) => run_command(cli.command),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            print(&error.render().to_string())
        }
        Err(error) => Err(Error::Network(usage(&error))),
    };
    let Err(error) = done else { return ExitCode::SUCCESS };
    eprintln!("error: {}", one_line(&error.to_string()));
    ExitCode::from(2)
}

fn run_command(command: Option<Command>) -> Result<()> {
    match command {
        None => run::demonstrate(),
        Some(Command::Run(args)) => run::run(&args),
        Some(Command::Bench(args)) => bench::run(&args),
        Some(Command::Models(args)) => models::run(&args),
        Some(Command::Devices) => devices::run(),
        Some(Command::Plot(args)) => plot::run(&args),
    }
}

/// What clap has to say, without the usage that follows.
fn usage(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let lines = lines
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("; ")
        .replace(":; ", ": ");
    lines.strip_prefix("error: ").unwrap_or(&lines).to_string()
}

/// File names and keys may hold anything: an error stays on its line all the same.
fn one_line(message: &str) -> String {
    message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Writes to stdout; a reader that has gone away is no error.
fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::File { action: "write", path: "standard output".into(), source })
        }
        _ => Ok(()),
    }
}
