//! Programs of the operating system, and the packages that provide them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::paths::Paths;
use crate::{debian, step};

/// A program that the builds or the tests use.
pub struct Program {
    /// Its names and paths on different systems; the first that works is used.
    names: &'static str,
    /// Debian's packages that contain it, as words.
    packages: &'static str,
}

const CHROMES: &str = "chromium|chromium-browser|google-chrome|chrome|\
    /Applications/Google Chrome.app/Contents/MacOS/Google Chrome|\
    C:/Program Files/Google/Chrome/Application/chrome.exe";
const PYTHONS: &str = "python3|python|py|/usr/bin/python3";
pub const NODE: Program = program("node", "nodejs npm");
pub const NPM: Program = program("npm", "nodejs npm");
pub const STRACE: Program = program("strace", "strace");
pub const NGINX: Program = program("nginx", "nginx-light");
pub const DOCKER: Program = program("docker", "docker.io");
pub const DOCKERD: Program = program("dockerd", "docker.io iptables");
pub const DEBOOTSTRAP: Program = program("debootstrap", "debootstrap");
pub const IP: Program = program("ip", "iproute2");
pub const GO: Program = program("go|/usr/lib/go/bin/go", "golang-go");
pub const MAKE: Program = program("make", "make");
pub const RSYNC: Program = program("rsync", "rsync");
pub const NSENTER: Program = program("nsenter", "util-linux");
pub const SOCAT: Program = program("socat", "socat");
pub const CXX: Program = program("c++|g++|clang++", "g++");
pub const CHROMEDRIVER: Program = program("chromedriver", "chromium-driver");
pub const CHROMIUM: Program = program(CHROMES, "chromium");
pub const PYTHON: Program = program(PYTHONS, "python3 python3-venv");

const fn program(names: &'static str, packages: &'static str) -> Program {
    Program { names, packages }
}

impl Program {
    /// The program, if this machine has it, and all of it.
    pub fn find(&self) -> Option<PathBuf> {
        let names = self.names.split('|');
        let mut paths = names.filter_map(|name| which::which(name).ok());
        // Debian's Python comes without what creates an environment.
        paths.find(|path| self.names != PYTHONS || has_venv(path))
    }

    /// The program; the error names the packages to install.
    pub fn require(&self) -> Result<PathBuf> {
        self.find().with_context(|| missing(&[self]))
    }
}

fn has_venv(python: &Path) -> bool {
    let import = ["-c", "import ensurepip, venv"];
    let output = Command::new(python).args(import).output();
    output.is_ok_and(|output| output.status.success())
}

/// Installs the programs that are missing, where that is possible; the `optional` ones may stay so.
pub fn provide(paths: &Paths, required: &[&Program], optional: &[&Program]) -> Result<()> {
    let packages = packages(&absent(&[required, optional].concat()));
    if !packages.is_empty()
        && debian::is_usable(paths)
        && let Err(error) = debian::install(paths, &packages, None)
    {
        step::warn(&format!("{error:#}"));
    }
    let absent = absent(required);
    ensure!(absent.is_empty(), missing(&absent));
    Ok(())
}

/// Those of `programs` that this machine does not have.
pub fn absent<'a>(programs: &[&'a Program]) -> Vec<&'a Program> {
    let absent = programs.iter().filter(|program| program.find().is_none());
    absent.copied().collect()
}

/// The packages of the programs.
pub fn packages(programs: &[&Program]) -> Vec<&'static str> {
    let packages = programs.iter().flat_map(|p| p.packages.split(' '));
    Vec::from_iter(BTreeSet::from_iter(packages))
}

fn missing(programs: &[&Program]) -> String {
    let names = programs.iter().flat_map(|p| p.names.split('|').next());
    format!(
        "Missing: {}. Install what contains them (on Debian: `sudo apt-get install {}`) and run the \
         same command again.",
        Vec::from_iter(names).join(", "),
        packages(programs).join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_its_packages() {
        let absent = program("podslate-absent|podslate-none", "b a");
        let error = absent.require().unwrap_err().to_string();
        assert!(error.contains("Missing: podslate-absent. "), "{error}");
        assert!(error.contains("`sudo apt-get install a b`"), "{error}");
        assert!(!has_venv("podslate-absent".as_ref()));
    }
}
