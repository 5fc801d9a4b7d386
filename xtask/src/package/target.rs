//! The machines that packages are made for.

use std::env::consts::{ARCH, OS};

use anyhow::{Context, Result};

/// One kind of machine.
pub struct Target {
    /// Rust's name of it.
    pub triple: &'static str,
    /// Name of the operating system in Rust's library.
    os: &'static str,
    /// Name of the processor in Rust's library.
    arch: &'static str,
    /// Python's names of the platforms that run the program.
    pub wheel_platforms: &'static str,
    /// Debian's name of the processor, where there is a Debian package.
    pub debian: Option<&'static str>,
}

/// A program that is linked statically runs on glibc and on musl.
const TARGETS: [Target; 5] = [
    Target {
        triple: "x86_64-unknown-linux-musl",
        os: "linux",
        arch: "x86_64",
        wheel_platforms: "manylinux_2_17_x86_64.musllinux_1_1_x86_64",
        debian: Some("amd64"),
    },
    Target {
        triple: "aarch64-unknown-linux-musl",
        os: "linux",
        arch: "aarch64",
        wheel_platforms: "manylinux_2_17_aarch64.musllinux_1_1_aarch64",
        debian: Some("arm64"),
    },
    Target {
        triple: "x86_64-pc-windows-gnu",
        os: "windows",
        arch: "x86_64",
        wheel_platforms: "win_amd64",
        debian: None,
    },
    Target {
        triple: "x86_64-apple-darwin",
        os: "macos",
        arch: "x86_64",
        wheel_platforms: "macosx_10_12_x86_64",
        debian: None,
    },
    Target {
        triple: "aarch64-apple-darwin",
        os: "macos",
        arch: "aarch64",
        wheel_platforms: "macosx_11_0_arm64",
        debian: None,
    },
];

impl Target {
    /// The target with this name.
    pub fn named(triple: &str) -> Result<&'static Self> {
        let target = TARGETS.iter().find(|target| target.triple == triple);
        target.with_context(|| {
            let triples = Vec::from_iter(TARGETS.iter().map(|target| target.triple));
            format!(
                "No packages are made for {triple}; choose from {}.",
                triples.join(", ")
            )
        })
    }

    /// The target whose programs run on this machine.
    pub fn host() -> Result<&'static Self> {
        let host = TARGETS.iter().find(|target| target.runs_here());
        host.with_context(|| format!("No packages are made for {OS} on {ARCH}; name a --target."))
    }

    /// How its programs are built.
    pub fn build(&self) -> Result<&'static crate::target::Target> {
        crate::target::Target::find(self.triple)
    }

    /// Whether this machine runs programs for the target.
    pub fn runs_here(&self) -> bool {
        (self.os, self.arch) == (OS, ARCH)
    }

    /// Whether the target is a Windows.
    pub fn is_windows(&self) -> bool {
        self.os == "windows"
    }

    /// Name of the program's file.
    pub fn program(&self) -> &'static str {
        ["podslate", "podslate.exe"][usize::from(self.is_windows())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_target_is_refused_with_those_that_there_are() {
        assert!(Target::named("aarch64-apple-darwin").is_ok());
        let error = Target::named("riscv64gc-unknown-linux-gnu").err().unwrap();
        assert!(error.to_string().contains("choose from x86_64-unknown"));
    }

    #[test]
    fn only_the_host_runs_here() {
        let host = Target::host().unwrap().triple;
        let others = TARGETS.iter().filter(|target| target.triple != host);
        assert!(others.into_iter().all(|target| !target.runs_here()));
    }
}
