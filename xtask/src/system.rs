//! Programs of the operating system, and the packages that provide them.

use std::path::PathBuf;

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::paths::Paths;
use crate::{debian, step};

/// A program that the builds or the tests use.
pub struct Program {
    /// Its names and paths on different systems; the first that works is used.
    names: &'static [&'static str],
    /// Arguments with which it succeeds if it is complete, unless its presence is enough.
    probe: &'static [&'static str],
    /// Debian's packages that contain it, as words.
    packages: &'static str,
}

pub const NODE: Program = program(&["node"], "nodejs npm");
pub const NPM: Program = program(&["npm"], "nodejs npm");
pub const STRACE: Program = program(&["strace"], "strace");
pub const CXX: Program = program(&["c++", "g++", "clang++"], "g++");
pub const CHROMEDRIVER: Program = program(&["chromedriver"], "chromium-driver");
pub const CHROMIUM: Program = program(
    &[
        "chromium",
        "chromium-browser",
        "google-chrome",
        "chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "C:/Program Files/Google/Chrome/Application/chrome.exe",
    ],
    "chromium chromium-driver",
);
pub const PYTHON: Program = Program {
    probe: &["-c", "import ensurepip, venv"],
    ..program(
        &["python3", "python", "py", "/usr/bin/python3"],
        "python3 python3-venv",
    )
};

const fn program(names: &'static [&'static str], packages: &'static str) -> Program {
    Program {
        names,
        probe: &[],
        packages,
    }
}

impl Program {
    /// The program, if this machine has it.
    pub fn find(&self) -> Option<PathBuf> {
        let sh = Shell::new().ok()?;
        let mut paths = self.names.iter().filter_map(|name| which::which(name).ok());
        paths.find(|path| {
            let probe = cmd!(sh, "{path}").args(self.probe);
            self.probe.is_empty() || probe.quiet().ignore_stdout().ignore_stderr().run().is_ok()
        })
    }

    /// The program; the error names the packages to install.
    pub fn require(&self) -> Result<PathBuf> {
        let Some(path) = self.find() else {
            bail!(missing(&[self]));
        };
        Ok(path)
    }
}

/// Installs the programs that are missing, where that is possible; the `optional` ones may stay so.
pub fn provide(paths: &Paths, required: &[&Program], optional: &[&Program]) -> Result<()> {
    let packages = packages(&absent(&[required, optional].concat()));
    if !packages.is_empty()
        && debian::is_usable(paths)
        && let Err(error) = debian::install(paths, &packages)
    {
        step::warn(&format!("{error:#}"));
    }
    match &absent(required)[..] {
        [] => Ok(()),
        absent => bail!(missing(absent)),
    }
}

/// Those of `programs` that this machine does not have.
pub fn absent<'a>(programs: &[&'a Program]) -> Vec<&'a Program> {
    let absent = programs.iter().filter(|program| program.find().is_none());
    absent.copied().collect()
}

/// The packages of the programs.
pub fn packages(programs: &[&Program]) -> Vec<&'static str> {
    let packages = programs
        .iter()
        .flat_map(|program| program.packages.split(' '));
    let packages = packages.collect::<std::collections::BTreeSet<_>>();
    packages.into_iter().collect()
}

fn missing(programs: &[&Program]) -> String {
    let names: Vec<&str> = programs.iter().map(|program| program.names[0]).collect();
    format!(
        "Missing: {}. Install what contains them (on Debian: `sudo apt-get install {}`) and run the \
         same command again.",
        names.join(", "),
        packages(programs).join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_its_packages() {
        let absent = program(&["podslate-absent", "podslate-none"], "b a");
        let error = absent.require().unwrap_err().to_string();
        assert!(error.contains("Missing: podslate-absent. "), "{error}");
        assert!(error.contains("`sudo apt-get install a b`"), "{error}");
    }

    #[test]
    fn a_program_that_is_present_but_incomplete_is_not_found() {
        let rustc = |probe| Program {
            probe,
            ..program(&["rustc"], "")
        };
        assert!(rustc(&["--version"]).find().is_some());
        assert!(rustc(&["--no-such-option"]).find().is_none());
    }
}
