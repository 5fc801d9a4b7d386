//! The program `project-init`; its code is in the library beside it.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    project_init::main()
}
