//! The targets for which the program is built on another kind of machine.

use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::paths::Paths;
use crate::step;
use crate::system::{self, AARCH64_GCC, MINGW, MUSL, Program};
use crate::toolchain::has_library;

/// A target, and what its programs are linked with.
pub struct Target {
    /// Rust's name of it.
    pub triple: &'static str,
    /// The C compiler; the system's own where it has none of its own.
    compiler: Option<&'static Program>,
    /// The linker; the compiler where it has none of its own.
    linker: Option<&'static str>,
    /// Ending of its programs.
    pub exe_suffix: &'static str,
}

pub const TARGETS: [Target; 5] = [
    Target {
        triple: "x86_64-unknown-linux-musl",
        compiler: Some(&MUSL),
        linker: None,
        exe_suffix: "",
    },
    Target {
        triple: "aarch64-unknown-linux-musl",
        compiler: Some(if cfg!(target_arch = "aarch64") {
            &MUSL
        } else {
            &AARCH64_GCC
        }),
        // Rust brings musl itself; Debian's linker for this processor has another library of C.
        linker: Some("rust-lld"),
        exe_suffix: "",
    },
    WINDOWS,
    Target {
        triple: "x86_64-apple-darwin",
        compiler: None,
        linker: None,
        exe_suffix: "",
    },
    Target {
        triple: "aarch64-apple-darwin",
        compiler: None,
        linker: None,
        exe_suffix: "",
    },
];
pub const WINDOWS: Target = Target {
    triple: "x86_64-pc-windows-gnu",
    compiler: Some(&MINGW),
    linker: None,
    exe_suffix: ".exe",
};

impl Target {
    /// The target of this name.
    pub fn find(triple: &str) -> Result<&'static Self> {
        let target = TARGETS.iter().find(|target| target.triple == triple);
        let names = || TARGETS.map(|target| target.triple).join(", ");
        target.with_context(|| format!("`{triple}` is none of the targets: {}.", names()))
    }

    /// Finds or installs the standard library and the linker of this target; a shell that builds
    /// with them.
    pub fn set_up(&self, paths: &Paths) -> Result<Shell> {
        let (sh, triple) = (paths.host.clone(), self.triple);
        if !has_library(&sh, triple, &paths.logs) {
            let add = cmd!(sh, "rustup target add {triple}");
            step::install(
                paths,
                &format!("Rust's library for {triple}"),
                "rustup",
                add,
            )?;
        }
        let Some(compiler) = self.compiler else {
            return Ok(sh);
        };
        system::provide(paths, &[compiler], &[])?;
        let compiler = compiler.require()?;
        let name = triple.replace('-', "_");
        sh.set_var(format!("CC_{name}"), &compiler);
        // Some compilers turn on checks that are functions of another library of C.
        sh.set_var(format!("CFLAGS_{name}"), "-U_FORTIFY_SOURCE");
        let linker = format!("CARGO_TARGET_{}_LINKER", name.to_uppercase());
        sh.set_var(linker, self.linker.map_or(compiler, PathBuf::from));
        Ok(sh)
    }
}
