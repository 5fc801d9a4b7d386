//! Entries that are no files or lead elsewhere, in every place that a program opens.

mod command;
#[cfg(unix)]
mod server;
mod site;

use anyhow::Result;

use crate::outcome::Outcome;
use crate::program::Program;
use crate::sweep::Sample;
use site::{Fault, KINDS, Kind, places};

/// Check of an entry in a place, which hands over the result of each attempt.
type Check<'a> = dyn Fn(Kind, &str, &mut dyn FnMut(Result<()>)) -> Result<()> + 'a;

/// Every command in every case.
pub fn commands(program: &Program) -> Vec<Outcome> {
    each(program.name(), Sample::All, &|kind, place, count| {
        command::check(program, kind, place, count)
    })
}

/// A server in every case.
#[cfg(unix)]
pub fn servers(program: &Program, sample: Sample) -> Vec<Outcome> {
    each("server", sample, &|kind, place, count| {
        server::check(program, kind, place, count)
    })
}

/// A server in every case.
#[cfg(not(unix))]
pub fn servers(_program: &Program, _sample: Sample) -> Vec<Outcome> {
    let skipped = crate::Skipped("the server is ended by a signal of Unix".to_owned());
    vec![Outcome::of("server with special entries", |_| {
        Err(skipped.into())
    })]
}

/// Runs a check on each kind of entry in each place; a kind has a line.
fn each(program: &str, sample: Sample, check: &Check<'_>) -> Vec<Outcome> {
    let step = match sample {
        Sample::All => 1,
        Sample::EveryNth(n) => n,
    };
    let mut cases = 0;
    let outcomes = KINDS.iter().map(|kind| {
        Outcome::of(format!("{program} with {}", kind.name), |outcome| {
            let (mut hung, mut aborted) = (0, 0);
            for place in places() {
                cases += 1;
                if cases % step != 0 {
                    continue;
                }
                check(*kind, &place, &mut |result| {
                    let fault = result.as_ref().err().and_then(|error| error.downcast_ref());
                    hung += usize::from(matches!(fault, Some(Fault::Hung(_))));
                    aborted += usize::from(matches!(fault, Some(Fault::Aborted(_))));
                    outcome.count(result.map_err(|error| error.context(place.clone())));
                })?;
            }
            outcome.note(format!("{hung} hung, {aborted} aborted"));
            Ok(())
        })
    });
    outcomes.collect()
}
