//! Runs the whole suite: `podslate-faults PROJECT-INIT PODSLATE [WORD]`; with a word, only the items
//! whose name has it.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks to people"
)]

use std::process::ExitCode;
use std::time::Instant;

use podslate_faults::{Cut, Item, Kind, Program, crowd, environment, power, rival, sweep};

type Group<'a> = (&'static str, Box<dyn Fn() -> Vec<Item> + 'a>);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(worker), Some(podslate)) = (arguments.next(), arguments.next()) else {
        eprintln!("error: the programs to test are missing; `cargo xtask faults` names them.");
        return ExitCode::from(2);
    };
    let word = arguments.next().unwrap_or_default();
    let worker = Program {
        kind: Kind::Worker,
        path: worker.into(),
    };
    let podslate = Program {
        kind: Kind::Podslate,
        path: podslate.into(),
    };
    let both = [&worker, &podslate];
    let each = |run: &dyn Fn(&Program) -> Vec<Item>| both.iter().flat_map(|p| run(p)).collect();
    let groups: Vec<Group<'_>> = vec![
        ("race", Box::new(|| vec![crowd::one_winner(&both, 1000)])),
        ("mixed", Box::new(|| vec![crowd::mixed(&both, 500)])),
        ("rival", Box::new(|| each(&|p| rival::all(p)))),
        ("environment", Box::new(|| each(&|p| environment::all(p)))),
        ("power", Box::new(|| vec![power::cuts(&podslate, 200)])),
        ("kill", Box::new(|| each(&|p| sweep::kills(p, Cut::Full)))),
        ("error", Box::new(|| each(&|p| sweep::errors(p, Cut::Full)))),
    ];
    let start = Instant::now();
    let mut items = Vec::new();
    for (name, run) in groups {
        if name.contains(&word) {
            for item in run() {
                println!("{item}");
                items.push(item);
            }
        }
    }
    let skipped = items.iter().filter(|item| item.is_skipped()).count();
    println!(
        "{} items, {skipped} skipped, in {} s",
        items.len(),
        start.elapsed().as_secs()
    );
    match items.iter().all(Item::is_good) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
