//! The token of a pod goes its ways, right and wrong ones, and must show nowhere.

mod canary;
mod pod;
mod requests;
mod workstation;

use std::io;

use crate::item::Item;
use crate::program::Program;
use canary::{Canary, Look};

/// What is looked for, with signs around it that other forms spell in another way.
const CORE: &str = "Canary7Core0Xq93Lm52Tz";

/// Every way.
pub fn all(program: &Program) -> Vec<Item> {
    type Run<'a> = &'a dyn Fn(&mut Look) -> io::Result<()>;
    let given = format!("a+/=&%{CORE}\"\\=");
    let runs: [(&str, Run<'_>); 4] = [
        ("a given token, log for people", &|look| {
            pod::run(program, look, Some(&given), "human")
        }),
        ("a given token, log for programs", &|look| {
            pod::run(program, look, Some(&given), "json")
        }),
        ("a made token", &|look| {
            pod::run(program, look, None, "human")
        }),
        ("a token on a workstation", &|look| {
            workstation::run(program, look, &given)
        }),
    ];
    let items = runs.into_iter().map(|(name, run)| {
        if cfg!(not(unix)) {
            return Item::new(name).skip("it needs the shell of a Unix system");
        }
        let mut look = Look {
            item: Item::new(name),
            canaries: vec![Canary::new(CORE)],
        };
        match run(&mut look) {
            Ok(()) => look.item,
            Err(error) => look.item.fail(&error.to_string()),
        }
    });
    items.collect()
}
