//! Runs the whole suite: `podslate-faults PROJECT-INIT PODSLATE [WORD]`; with a word, only the groups
//! whose name contains it.
#![forbid(unsafe_code)]
#![allow(clippy::print_stderr, reason = "a command line talks to people")]

use std::process::ExitCode;
use std::time::Duration;

use podslate_faults::suite::{self, group};
use podslate_faults::{
    Kind, Program, Sample, concurrency, environment, interference, listing, load, openapi, power,
    reaper, secrets, special, sweep,
};

/// Names the program as it is released, if there is one.
const PRODUCT: &str = "PODSLATE_TEST_PRODUCT";
const TEN_MINUTES: Duration = Duration::from_secs(600);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(worker), Some(podslate)) = (arguments.next(), arguments.next()) else {
        eprintln!(
            "error: the programs to test are missing.\nhint: `cargo xtask faults` adds them."
        );
        return ExitCode::from(2);
    };
    let word = arguments.next().unwrap_or_default();
    let worker = &Program::new(Kind::Worker, worker);
    let podslate = &Program::new(Kind::Podslate, podslate);
    let product = std::env::var_os(PRODUCT).map(|path| Program::new(Kind::Podslate, path));
    let product = product.as_ref().unwrap_or(podslate);
    let both = [worker, podslate];
    let groups = [
        group("race", || vec![concurrency::one_winner(&both, 1000)]),
        group("mixed", || {
            vec![concurrency::mixed(&both, 500, TEN_MINUTES)]
        }),
        group("interference", || {
            both.into_iter().flat_map(interference::all).collect()
        }),
        group("listing", || vec![listing::complete(&both, 100_000)]),
        group("reaper", || vec![reaper::races(&both, 10_000)]),
        group("environment", || {
            both.into_iter().flat_map(environment::all).collect()
        }),
        group("power", || vec![power::cuts(podslate, 200)]),
        group("deadline", || vec![interference::deadline(worker)]),
        group("load", || load::all(product, &load::Size::FULL)),
        group("openapi", || {
            vec![openapi::all(podslate, &[1, 2, 3], 230, 10_000)]
        }),
        group("secrets", || secrets::all(podslate)),
        group("special", || {
            let commands = both.into_iter().flat_map(special::commands);
            commands
                .chain(special::servers(podslate, Sample::All))
                .collect()
        }),
        group("kill", || sweep::kills(worker, Sample::All)),
        group("kill", || sweep::kills(podslate, Sample::All)),
        group("error", || sweep::errors(worker, Sample::All)),
        group("error", || sweep::errors(podslate, Sample::All)),
    ];
    suite::run(&groups, &word)
}
