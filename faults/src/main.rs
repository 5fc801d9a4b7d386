//! Runs the whole suite: `podslate-faults PROJECT-INIT PODSLATE [WORD]`; with a word, only the groups
//! whose name has it.
#![forbid(unsafe_code)]
#![allow(clippy::print_stderr, reason = "a command line talks to people")]

use std::process::ExitCode;
use std::time::Duration;

use podslate_faults::suite::{self, group};
use podslate_faults::{
    Cut, Item, Kind, Program, crowd, environment, listing, power, reaper, rival, sweep,
};

const TEN_MINUTES: Duration = Duration::from_secs(600);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(worker), Some(podslate)) = (arguments.next(), arguments.next()) else {
        eprintln!("error: the programs to test are missing; `cargo xtask faults` names them.");
        return ExitCode::from(2);
    };
    let word = arguments.next().unwrap_or_default();
    let worker = &Program::new(Kind::Worker, worker);
    let podslate = &Program::new(Kind::Podslate, podslate);
    let both = [worker, podslate];
    let each = |run: fn(&Program) -> Vec<Item>| -> Vec<Item> {
        both.iter().flat_map(|program| run(program)).collect()
    };
    let groups = [
        group("race", || vec![crowd::one_winner(&both, 1000)]),
        group("mixed", || vec![crowd::mixed(&both, 500, TEN_MINUTES)]),
        group("rival", || each(rival::all)),
        group("listing", || vec![listing::whole(&both, 100_000)]),
        group("reaper", || vec![reaper::races(&both, 10_000)]),
        group("environment", || each(environment::all)),
        group("power", || vec![power::cuts(podslate, 200)]),
        group("deadline", || vec![rival::deadline(worker)]),
        group("kill", || each(|program| sweep::kills(program, Cut::Full))),
        group("error", || {
            each(|program| sweep::errors(program, Cut::Full))
        }),
    ];
    suite::run(&groups, &word)
}
