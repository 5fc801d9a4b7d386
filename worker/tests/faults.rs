//! A cut of the fault suite with the worker built for this machine; `cargo xtask faults` is the whole.

use std::process::ExitCode;

use podslate_faults::suite::{self, group};
use podslate_faults::{Cut, Kind, Program, rival, sweep};

fn main() -> ExitCode {
    let worker = &Program::new(Kind::Worker, env!("CARGO_BIN_EXE_project-init"));
    suite::test(&[
        group("kill", || sweep::kills(worker, Cut::EveryNth(5))),
        group("error", || sweep::errors(worker, Cut::EveryNth(37))),
        group("rival", || rival::all(worker)),
    ])
}
