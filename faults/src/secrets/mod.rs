//! The token of a pod, sent in every right and wrong way, which must not show anywhere.

mod canary;
mod command_line;
mod pod;
mod requests;

use anyhow::Result;

use crate::outcome::{Outcome, Skipped};
use crate::program::Program;
use canary::{Canary, Inspector};

/// Core of the secret, with characters around it that encodings change.
const CORE: &str = "Canary7Core0Xq93Lm52Tz";

/// All ways.
pub fn all(program: &Program) -> Vec<Outcome> {
    type Check<'a> = &'a dyn Fn(&mut Inspector<'_>) -> Result<()>;
    let token = &*format!("a+/=&%{CORE}\"\\=");
    let checks: [(&str, Check<'_>); 4] = [
        ("a given token, log for people", &|inspector| {
            pod::check(program, inspector, Some(token), "human")
        }),
        ("a given token, log for programs", &|inspector| {
            pod::check(program, inspector, Some(token), "json")
        }),
        ("a generated token", &|inspector| {
            pod::check(program, inspector, None, "human")
        }),
        ("a token on a workstation", &|inspector| {
            command_line::check(program, inspector, token)
        }),
    ];
    let outcomes = checks.map(|(name, check)| {
        Outcome::of(name, |outcome| {
            if cfg!(not(unix)) {
                return Err(Skipped("it requires the shell of a Unix system".to_owned()).into());
            }
            check(&mut Inspector {
                outcome,
                canaries: vec![Canary::new(CORE)],
            })
        })
    });
    outcomes.into()
}
