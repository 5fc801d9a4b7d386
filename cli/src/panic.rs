//! Panics, reported as the error `internal`.

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::path::Path;
use std::sync::OnceLock;

use anyhow::Result;

use crate::error::Error;
use crate::{env_vars, log};

/// Location of the first panic of this run.
static LOCATION: OnceLock<String> = OnceLock::new();

/// Runs the program; a panic becomes an error. With `RUST_BACKTRACE` the panic is printed, too.
pub fn catch(work: impl FnOnce() -> Result<u8>) -> Result<u8> {
    let default_hook = panic::take_hook();
    let is_verbose = env_vars::get(env_vars::RUST_BACKTRACE).is_some_and(|value| value != "0");
    panic::set_hook(Box::new(move |info| {
        record(info);
        if is_verbose {
            default_hook(info);
        }
    }));
    caught(work)
}

fn caught(work: impl FnOnce() -> Result<u8>) -> Result<u8> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(error().into()))
}

/// Records the location alone: the message may hold a secret.
fn record(info: &PanicHookInfo<'_>) {
    let location = info.location().map_or_else(String::new, |location| {
        format!("{}:{}", shorten(location.file()), location.line())
    });
    log::panicked(&location);
    let _ = LOCATION.set(location);
}

fn error() -> Error {
    let location = LOCATION.get().map_or("an unknown place", String::as_str);
    Error::from(podslate_shared::Error::Internal).with_hint(format!(
        "Try again; if it happens again, report it as a bug at {location}."
    ))
}

/// The end of a source file's path: the rest is about the machine that built the program.
fn shorten(file: &str) -> String {
    let names: Vec<_> = Path::new(file)
        .iter()
        .map(|name| name.to_string_lossy())
        .collect();
    names[names.len().saturating_sub(3)..].join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_internal_error_and_a_result_is_kept() {
        assert_eq!(caught(|| Ok(1)).unwrap(), 1);
        let error = Error::from(caught(|| panic!("canary")).unwrap_err());
        assert_eq!(error.code(), "internal");
        let hint = error.hint().unwrap();
        assert!(hint.contains("report it as a bug"), "{hint}");
        assert!(!hint.contains("canary"), "{hint}");
    }

    #[test]
    fn the_location_does_not_reveal_who_built_the_program() {
        let file = "/home/me/.cargo/registry/src/rand-0.10/src/rngs/thread.rs";
        assert_eq!(shorten(file), "src/rngs/thread.rs");
        assert_eq!(shorten("main.rs"), "main.rs");
    }
}
