//! The targets for which the program is built on another kind of machine.

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::paths::Paths;
use crate::step;
use crate::system::{self, MINGW, MUSL, Program};
use crate::toolchain::has_library;

/// A target, and what its programs are linked with.
pub struct Target {
    /// Rust's name of it.
    pub triple: &'static str,
    /// The C compiler, which also links.
    compiler: &'static Program,
    /// Ending of its programs.
    pub exe_suffix: &'static str,
}

pub const TARGETS: [Target; 2] = [
    Target {
        triple: "x86_64-unknown-linux-musl",
        compiler: &MUSL,
        exe_suffix: "",
    },
    WINDOWS,
];
pub const WINDOWS: Target = Target {
    triple: "x86_64-pc-windows-gnu",
    compiler: &MINGW,
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
        system::provide(paths, &[self.compiler], &[])?;
        let compiler = self.compiler.require()?;
        let name = triple.replace('-', "_");
        sh.set_var(format!("CC_{name}"), &compiler);
        let linker = format!("CARGO_TARGET_{}_LINKER", name.to_uppercase());
        sh.set_var(linker, &compiler);
        Ok(sh)
    }
}
