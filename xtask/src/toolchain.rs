//! Chooses, by looking, the compiler that has the two WebAssembly targets.

use std::path::Path;

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::paths::Paths;
use crate::system::{self, Program};
use crate::{debian, step};

/// The target of the page and the target of the worker.
pub const TARGETS: [&str; 2] = ["wasm32-unknown-unknown", "wasm32-wasip1"];

/// The name under which rustup knows Debian's compiler.
const LINKED_NAME: &str = "wasm";

/// The compiler for WebAssembly builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The one that builds everything else.
    Current,
    /// Debian's, linked into rustup.
    Linked,
}

impl Toolchain {
    /// Makes commands of a copy of the shell `sh` use this compiler.
    pub fn select(self, sh: &Shell) -> Shell {
        let sh = sh.clone();
        if self == Self::Linked {
            sh.set_var("RUSTUP_TOOLCHAIN", LINKED_NAME);
        }
        sh
    }

    /// The compiler's own description.
    pub fn version(self, paths: &Paths) -> Result<String> {
        let sh = self.select(&paths.host);
        Ok(cmd!(sh, "rustc -vV").quiet().read()?)
    }

    fn has_targets(self, paths: &Paths) -> bool {
        let sh = self.select(&paths.host);
        let mut targets = TARGETS.iter();
        targets.all(|target| has_library(&sh, target, &paths.logs))
    }
}

/// Whether there is a standard library for `target`, built by this very version of the compiler.
pub fn has_library(sh: &Shell, target: &str, scratch: &Path) -> bool {
    let output = scratch.join("probe.rmeta");
    let probe = cmd!(sh, "rustc - --crate-type lib --emit metadata");
    let probe = probe.args(["--target", target, "-o"]).arg(output);
    probe.quiet().stdin("").ignore_stderr().run().is_ok()
}

/// The compiler for WebAssembly builds, set up first when that is needed and possible, and the
/// programs that the caller needs beside it, so that a person is asked only once.
pub fn set_up(paths: &Paths, required: &[&Program], optional: &[&Program]) -> Result<Toolchain> {
    let mut tried = Tried::default();
    loop {
        match next(facts(paths), tried) {
            Next::Use(toolchain) => {
                system::provide(paths, required, optional)?;
                return Ok(toolchain);
            }
            Next::AddTargets => {
                tried.rustup = true;
                let add = cmd!(paths.host, "rustup target add").args(TARGETS);
                if step::attempt(paths, "Add the WebAssembly targets with rustup", add).is_err() {
                    step::note("rustup cannot download here; trying another way");
                }
            }
            Next::Debian => {
                tried.debian = true;
                let absent = system::absent(&[required, optional].concat());
                debian::wasm_toolchain(paths, &system::packages(&absent))?;
            }
            Next::Explain(sentence) => bail!(sentence),
        }
    }
}

struct Facts {
    current_has_targets: bool,
    linked_has_targets: bool,
    rustup: bool,
    debian_root: bool,
}

#[derive(Clone, Copy, Default)]
struct Tried {
    rustup: bool,
    debian: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Next {
    Use(Toolchain),
    AddTargets,
    Debian,
    Explain(&'static str),
}

fn next(facts: Facts, tried: Tried) -> Next {
    if facts.current_has_targets {
        Next::Use(Toolchain::Current)
    } else if facts.linked_has_targets {
        Next::Use(Toolchain::Linked)
    } else if facts.rustup && !tried.rustup {
        Next::AddTargets
    } else if facts.debian_root && !tried.debian {
        Next::Debian
    } else if facts.rustup {
        Next::Explain(
            "The WebAssembly targets are missing. Run `rustup target add wasm32-unknown-unknown \
             wasm32-wasip1` with a network connection, or run this as root on Debian 12 or later.",
        )
    } else {
        Next::Explain(
            "This Rust has no WebAssembly targets. Install Rust with rustup (https://rustup.rs), or \
             your distribution's libraries for wasm32-unknown-unknown and wasm32-wasip1.",
        )
    }
}

fn facts(paths: &Paths) -> Facts {
    let rustup = which::which("rustup").is_ok();
    let current_has_targets = Toolchain::Current.has_targets(paths);
    Facts {
        current_has_targets,
        linked_has_targets: !current_has_targets && rustup && Toolchain::Linked.has_targets(paths),
        rustup,
        debian_root: !current_has_targets && debian::is_usable(paths),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(words: &str, tried: &str) -> Next {
        let facts = Facts {
            current_has_targets: words.contains("current"),
            linked_has_targets: words.contains("linked"),
            rustup: words.contains("rustup"),
            debian_root: words.contains("debian"),
        };
        let (rustup, debian) = (tried.contains("rustup"), tried.contains("debian"));
        super::next(facts, Tried { rustup, debian })
    }

    #[test]
    fn a_compiler_that_has_the_targets_is_used_as_it_is() {
        let all = "current linked rustup debian";
        assert_eq!(next(all, ""), Next::Use(Toolchain::Current));
        assert_eq!(next("linked rustup", ""), Next::Use(Toolchain::Linked));
    }

    #[test]
    fn rustup_is_tried_before_debian_and_each_once() {
        assert_eq!(next("rustup debian", ""), Next::AddTargets);
        assert_eq!(next("rustup debian", "rustup"), Next::Debian);
        let last = next("rustup debian", "rustup debian");
        assert!(matches!(last, Next::Explain(_)));
        assert_eq!(next("debian", ""), Next::Debian);
    }

    #[test]
    fn a_machine_without_a_way_gets_a_sentence_that_fits_it() {
        let says = |next, words: &str| matches!(next, Next::Explain(text) if text.contains(words));
        assert!(says(next("", ""), "Install Rust with rustup"));
        assert!(says(next("rustup", "rustup"), "rustup target add"));
    }

    #[test]
    fn a_target_without_a_library_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let sh = Shell::new().unwrap();
        let has_library = |target: &str| has_library(&sh, target, folder.path());
        assert!(has_library(
            &cmd!(sh, "rustc --print host-tuple").read().unwrap()
        ));
        assert!(!has_library("sparc64-unknown-linux-gnu"));
    }
}
