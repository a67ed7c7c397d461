//! The `synfire` command; see `synfire --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    synfire::cli::main()
}
