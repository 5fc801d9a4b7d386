//! Chooses, by looking, the compiler that has the two WebAssembly targets.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::place::Place;
use crate::{cache, debian, step};

/// The target of the page and the target of the worker.
pub const TARGETS: [&str; 2] = ["wasm32-unknown-unknown", "wasm32-wasip1"];

/// The name under which rustup knows Debian's compiler.
pub const LINKED_NAME: &str = "wasm";

/// Written beside libraries that xtask built itself: the compiler they belong to.
pub const STAMP: &str = ".built-by-podslate";

/// The compiler for WebAssembly builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The one that builds everything else.
    Current,
    /// Debian's, linked into rustup.
    Linked,
}

impl Toolchain {
    /// A command that runs `program` with this compiler and the output folder for WebAssembly.
    pub fn command(self, place: &Place, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        self.select(&mut command);
        command
            .current_dir(&place.root)
            .env("CARGO_TARGET_DIR", &place.wasm_target);
        command
    }

    /// What the compiler says it is.
    pub fn version(self) -> Result<String> {
        match said(self, &["-vV"]) {
            Some(text) => Ok(text),
            None => bail!("`rustc -vV` does not run; install Rust first (https://rustup.rs)."),
        }
    }

    fn select(self, command: &mut Command) {
        if self == Self::Linked {
            command.env("RUSTUP_TOOLCHAIN", LINKED_NAME);
        }
    }
}

/// The compiler for WebAssembly builds, set up first when that is needed and possible.
pub fn set_up(place: &Place) -> Result<Toolchain> {
    let mut tried = Tried::default();
    loop {
        match next(facts(), tried) {
            Next::Use(toolchain) => return Ok(toolchain),
            Next::AddTargets => {
                tried.rustup = true;
                add_targets(place)?;
            }
            Next::Debian => {
                tried.debian = true;
                debian::wasm_toolchain(place)?;
            }
            Next::Explain(sentence) => bail!(sentence),
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    current_has_targets: bool,
    linked_has_targets: bool,
    rustup: bool,
    debian_root: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tried {
    rustup: bool,
    debian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
            "The WebAssembly targets are missing; run `rustup target add wasm32-unknown-unknown wasm32-wasip1` \
             with a network connection, or run this as root on Debian 12 or later.",
        )
    } else {
        Next::Explain(
            "This Rust has no WebAssembly targets; install Rust with rustup (https://rustup.rs), or your \
             distribution's standard library packages for wasm32-unknown-unknown and wasm32-wasip1.",
        )
    }
}

fn facts() -> Facts {
    let rustup = cache::in_path("rustup").is_some();
    let current_has_targets = has_targets(Toolchain::Current);
    Facts {
        current_has_targets,
        linked_has_targets: !current_has_targets && rustup && has_targets(Toolchain::Linked),
        rustup,
        debian_root: !current_has_targets && debian::possible(),
    }
}

fn has_targets(toolchain: Toolchain) -> bool {
    TARGETS.iter().all(|target| {
        said(toolchain, &["--print", "target-libdir", "--target", target]).is_some_and(|folder| {
            has_libraries(toolchain, Path::new(folder.trim()), || {
                said(toolchain, &["-vV"])
            })
        })
    })
}

fn has_libraries(
    toolchain: Toolchain,
    folder: &Path,
    version: impl FnOnce() -> Option<String>,
) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return false;
    };
    let names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let has = |start: &str| {
        names
            .iter()
            .any(|name| name.starts_with(start) && name.ends_with(".rlib"))
    };
    let right = match fs::read_to_string(folder.join(STAMP)) {
        Ok(stamp) => Some(stamp) == version(),
        // Rustup's have no stamp; those of Debian's compiler without one were left half made.
        Err(_) => toolchain == Toolchain::Current,
    };
    has("libcore-") && has("libstd-") && right
}

fn said(toolchain: Toolchain, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("rustc");
    toolchain.select(&mut command);
    let output = command.args(arguments).stdin(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// That this fails is no error: there is another way.
fn add_targets(place: &Place) -> Result<()> {
    let mut command = Command::new("rustup");
    command
        .args(["target", "add"])
        .args(TARGETS)
        .current_dir(&place.root)
        .stdin(Stdio::null());
    let added = step::timed("Add the WebAssembly targets with rustup", || {
        Ok(command.output().is_ok_and(|output| output.status.success()))
    })?;
    if !added {
        step::note("rustup cannot download here; looking for another way");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;

    const NOTHING: Facts = Facts {
        current_has_targets: false,
        linked_has_targets: false,
        rustup: false,
        debian_root: false,
    };
    const FRESH: Tried = Tried {
        rustup: false,
        debian: false,
    };

    #[test]
    fn a_compiler_that_has_the_targets_is_used_as_it_is() {
        let both = Facts {
            current_has_targets: true,
            linked_has_targets: true,
            rustup: true,
            debian_root: true,
        };
        assert_eq!(next(both, FRESH), Next::Use(Toolchain::Current));
        let linked = Facts {
            linked_has_targets: true,
            rustup: true,
            ..NOTHING
        };
        assert_eq!(next(linked, FRESH), Next::Use(Toolchain::Linked));
    }

    #[test]
    fn rustup_is_tried_before_debian_and_each_once() {
        let facts = Facts {
            rustup: true,
            debian_root: true,
            ..NOTHING
        };
        assert_eq!(next(facts, FRESH), Next::AddTargets);
        assert_eq!(
            next(
                facts,
                Tried {
                    rustup: true,
                    debian: false
                }
            ),
            Next::Debian
        );
        assert!(matches!(
            next(
                facts,
                Tried {
                    rustup: true,
                    debian: true
                }
            ),
            Next::Explain(_)
        ));
        assert_eq!(
            next(
                Facts {
                    debian_root: true,
                    ..NOTHING
                },
                FRESH
            ),
            Next::Debian
        );
    }

    #[test]
    fn a_machine_without_a_way_gets_a_sentence_that_fits_it() {
        let Next::Explain(without) = next(NOTHING, FRESH) else {
            panic!("no way, yet not explained")
        };
        assert!(without.contains("install Rust with rustup"));
        let with = next(
            Facts {
                rustup: true,
                ..NOTHING
            },
            Tried {
                rustup: true,
                debian: false,
            },
        );
        assert!(matches!(with, Next::Explain(text) if text.contains("rustup target add")));
    }

    #[test]
    fn libraries_of_an_older_compiler_do_not_count() {
        let folder =
            std::env::temp_dir().join(format!("podslate-libraries-{}", std::process::id()));
        files::empty_folder(&folder).unwrap();
        let has =
            |toolchain, version: &str| has_libraries(toolchain, &folder, || Some(version.into()));
        assert!(!has(Toolchain::Current, "rustc 1"));
        for name in ["libcore-1.rlib", "libstd-1.rlib"] {
            fs::write(folder.join(name), "").unwrap();
        }
        assert!(has(Toolchain::Current, "rustc 1"));
        assert!(!has(Toolchain::Linked, "rustc 1"));
        fs::write(folder.join(STAMP), "rustc 1").unwrap();
        assert!(has(Toolchain::Linked, "rustc 1"));
        assert!(!has(Toolchain::Linked, "rustc 2"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
