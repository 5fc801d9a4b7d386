//! What breaks off in a way that nobody foresaw: it ends in a sentence and a code as well.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::path::Path;
use std::sync::OnceLock;
use std::{env, thread};

use anyhow::Result;
use podslate_shared::{ErrorBody, ErrorCode};

/// Where the first bug of this run showed.
static PLACE: OnceLock<String> = OnceLock::new();

/// Runs the program; a panic in it becomes an error. Whoever asks for backtraces sees the panic.
///
/// # Errors
/// Those of `work`, and [`ErrorCode::Internal`].
pub fn contained(work: impl FnOnce() -> Result<u8>) -> Result<u8> {
    let usual = panic::take_hook();
    let is_wanted = env::var_os("RUST_BACKTRACE").is_some_and(|wanted| wanted != "0");
    panic::set_hook(Box::new(move |info| {
        note(info);
        if is_wanted {
            usual(info);
        }
    }));
    caught(work).unwrap_or_else(|_| Err(error().into()))
}

fn caught(work: impl FnOnce() -> Result<u8>) -> Result<Result<u8>, Box<dyn Any + Send>> {
    panic::catch_unwind(AssertUnwindSafe(work))
}

/// The place alone: the message may hold what is nobody else's business.
fn note(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(String::new, |location| {
        format!("{}:{}", short(location.file()), location.line())
    });
    let thread = thread::current();
    let thread = thread.name().unwrap_or_default();
    tracing::error!(%place, thread, "a part of the program broke off, which is a bug");
    let _ = PLACE.set(place);
}

fn error() -> ErrorBody {
    let place = PLACE.get().map_or("an unknown place", String::as_str);
    ErrorBody {
        hint: Some(format!(
            "Try again; if it happens again, it is a bug at {place}, which is worth a report."
        )),
        ..ErrorBody::new(ErrorCode::Internal, "")
    }
}

/// The end of a source file's path: the rest tells of the machine that built the program.
fn short(file: &str) -> String {
    let names = Path::new(file).iter().rev().take(3);
    let mut names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
    names.reverse();
    names.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_and_an_answer_kept() {
        assert_eq!(caught(|| Ok(1)).unwrap().unwrap(), 1);
        assert!(caught(|| panic!("as a test")).is_err());
    }

    #[test]
    fn the_place_does_not_tell_who_built_it() {
        let file = "/home/me/.cargo/registry/src/rand-0.10/src/rngs/thread.rs";
        assert_eq!(short(file), "src/rngs/thread.rs");
        assert_eq!(short("main.rs"), "main.rs");
    }
}
