//! Sample of the fault suite with the program itself; `cargo xtask faults` runs all of it.

use std::process::ExitCode;
use std::time::Duration;

use podslate_faults::suite::{self, group};
use podslate_faults::{
    Kind, Program, Sample, concurrency, environment, interference, listing, load, power, reaper,
    secrets, special, sweep,
};

fn main() -> ExitCode {
    let podslate = &Program::new(Kind::Podslate, env!("CARGO_BIN_EXE_podslate"));
    suite::test(&[
        group("race", || vec![concurrency::one_winner(&[podslate], 5)]),
        group("mixed", || {
            vec![concurrency::mixed(&[podslate], 40, Duration::ZERO)]
        }),
        group("listing", || vec![listing::complete(&[podslate], 1000)]),
        group("reaper", || vec![reaper::races(&[podslate], 100)]),
        group("interference", || interference::all(podslate)),
        group("environment", || environment::all(podslate)),
        group("power", || vec![power::cuts(podslate, 3)]),
        group("load", || load::all(podslate, &load::Size::SAMPLE)),
        group("secrets", || secrets::all(podslate)),
        group("special", || {
            let mut outcomes = special::commands(podslate);
            outcomes.extend(special::servers(podslate, Sample::EveryNth(7)));
            outcomes
        }),
        group("kill", || sweep::kills(podslate, Sample::EveryNth(11))),
        group("error", || sweep::errors(podslate, Sample::EveryNth(97))),
    ])
}
