//! Sample of the fault suite with the native worker; `cargo xtask faults` runs all of it.

use std::process::ExitCode;

use podslate_faults::suite::{self, group};
use podslate_faults::{Kind, Program, Sample, interference, sweep};

fn main() -> ExitCode {
    let worker = &Program::new(Kind::Worker, env!("CARGO_BIN_EXE_project-init"));
    suite::test(&[
        group("kill", || sweep::kills(worker, Sample::EveryNth(5))),
        group("error", || sweep::errors(worker, Sample::EveryNth(37))),
        group("interference", || interference::all(worker)),
    ])
}
