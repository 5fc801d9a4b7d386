//! Compilers for C and linkers of the targets.

use std::env::consts::{ARCH, OS};

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::package::target::Target;
use crate::paths::Paths;
use crate::step;
use crate::system::{self, AARCH64_GCC, MINGW, MUSL_GCC, Program};

/// What a machine needs to build for another, or for another library of C.
struct Tools {
    /// Rust's name of the target.
    triple: &'static str,
    /// Processor of the machine that builds; empty for any.
    on: &'static str,
    compiler: &'static Program,
    /// Variables of cargo and of the crate `cc`.
    variables: &'static [(&'static str, &'static str)],
}

/// The first row that fits is used. Rust brings musl itself; the compiler is for libraries in C.
const TOOLS: [Tools; 4] = [
    Tools {
        triple: "x86_64-unknown-linux-musl",
        on: "x86_64",
        compiler: &MUSL_GCC,
        variables: &[],
    },
    Tools {
        triple: "aarch64-unknown-linux-musl",
        on: "aarch64",
        compiler: &MUSL_GCC,
        variables: &[],
    },
    Tools {
        triple: "aarch64-unknown-linux-musl",
        on: "",
        compiler: &AARCH64_GCC,
        variables: &[
            ("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "rust-lld"),
            ("CC_aarch64_unknown_linux_musl", "aarch64-linux-gnu-gcc"),
            // The checks are functions of another library of C.
            ("CFLAGS_aarch64_unknown_linux_musl", "-U_FORTIFY_SOURCE"),
        ],
    },
    Tools {
        triple: "x86_64-pc-windows-gnu",
        on: "",
        compiler: &MINGW,
        variables: &[],
    },
];

/// Installs what the targets need, and returns a shell that builds for all of them.
pub fn shell(paths: &Paths, targets: &[&Target]) -> Result<Shell> {
    let sh = paths.host.clone();
    let mut compilers = Vec::new();
    for target in targets {
        let mut tools = TOOLS.iter().filter(|tools| tools.triple == target.triple);
        let Some(tools) = tools.find(|tools| OS == "linux" && ["", ARCH].contains(&tools.on))
        else {
            continue;
        };
        compilers.push(tools.compiler);
        for (name, value) in tools.variables {
            sh.set_var(name, value);
        }
    }
    system::provide(paths, &compilers, &[])?;
    if which::which("rustup").is_ok() {
        let triples = targets.iter().map(|target| target.triple);
        let add = cmd!(sh, "rustup target add").args(triples);
        step::install(paths, "the targets", "Rust's servers", add)?;
    }
    Ok(sh)
}
