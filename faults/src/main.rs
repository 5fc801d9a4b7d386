//! Runs the whole suite: `podslate-faults PROJECT-INIT PODSLATE [WORD]`; with a word, only the groups
//! whose name has it.
#![allow(clippy::print_stderr, reason = "a command line talks to people")]

use std::process::ExitCode;

use podslate_faults::suite::{self, group};
use podslate_faults::{
    Cut, Item, Kind, Program, crowd, environment, load, openapi, power, rival, secrets, sweep,
};

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
        group("mixed", || vec![crowd::mixed(&both, 500)]),
        group("rival", || each(rival::all)),
        group("environment", || each(environment::all)),
        group("power", || vec![power::cuts(podslate, 200)]),
        group("deadline", || vec![rival::deadline(worker)]),
        group("load", || load::all(podslate, &load::Size::FULL)),
        group("openapi", || {
            vec![openapi::all(podslate, &[1, 2, 3], 230, 10_000)]
        }),
        group("secrets", || secrets::all(podslate)),
        group("kill", || each(|program| sweep::kills(program, Cut::Full))),
        group("error", || sweep::errors(worker, Cut::Full)),
        // Not at the calls of its threads and memory: without those it does not begin, or waits.
        group("error", || sweep::errors(podslate, Cut::EveryNth(1))),
    ];
    suite::run(&groups, &word)
}
