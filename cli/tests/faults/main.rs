//! A cut of the fault suite with the program itself; `cargo xtask faults` is the whole.

use std::process::ExitCode;
use std::time::Duration;

use podslate_faults::suite::{self, group};
use podslate_faults::{
    Cut, Kind, Program, crowd, environment, listing, load, power, reaper, rival, secrets, sweep,
};

fn main() -> ExitCode {
    let podslate = &Program::new(Kind::Podslate, env!("CARGO_BIN_EXE_podslate"));
    suite::test(&[
        group("race", || vec![crowd::one_winner(&[podslate], 5)]),
        group("mixed", || {
            vec![crowd::mixed(&[podslate], 40, Duration::ZERO)]
        }),
        group("listing", || vec![listing::whole(&[podslate], 1000)]),
        group("reaper", || vec![reaper::races(&[podslate], 100)]),
        group("rival", || rival::all(podslate)),
        group("environment", || environment::all(podslate)),
        group("power", || vec![power::cuts(podslate, 3)]),
        group("load", || load::all(podslate, &load::Size::CUT)),
        group("secrets", || secrets::all(podslate)),
        group("kill", || sweep::kills(podslate, Cut::EveryNth(11))),
        group("error", || sweep::errors(podslate, Cut::EveryNth(97))),
    ])
}
