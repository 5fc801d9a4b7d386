//! Builds what the program embeds, the worker and the page, and then the program.

use std::env::consts::{ARCH, EXE_SUFFIX, OS};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::fingerprint::Fingerprint;
use crate::place::Place;
use crate::toolchain::{self, TARGETS, Toolchain};
use crate::tools::Tools;
use crate::{cache, files, step};

const ADVICE: &str = "Mend what the compiler says above and run the same command again.";
/// The worker's file, here and where people install it.
const WORKER: &str = "project-init.wasm";
/// The most bytes of the worker's file, so that it cannot grow unnoticed; the rest to what it has
/// is for other compilers.
const WORKER_BUDGET: usize = 112_000;
const MANIFESTS: [&str; 2] = ["Cargo.toml", "Cargo.lock"];

/// How the parts for this machine are compiled.
///
/// One choice for all of a command, because the WebAssembly runtime takes minutes in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// For tests and development.
    Dev,
    /// For use.
    Release,
}

impl Profile {
    /// Cargo's arguments that build the compiler of the worker.
    ///
    /// The packages are those that the same command builds later, and for tests a test is named
    /// too: with other features in the shared crates the runtime would be compiled a second time.
    fn precompiler(self) -> &'static [&'static str] {
        match self {
            Self::Dev => &[
                "test",
                "--no-run",
                "--workspace",
                "--exclude",
                "podslate-frontend",
                "--test",
                "limits",
            ],
            Self::Release => &[
                "build",
                "--release",
                "-p",
                "podslate",
                "-p",
                "podslate-sandbox",
                "--bin",
                "podslate-precompile",
            ],
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// Compilers and tools that are ready to build with.
pub struct Kit<'a> {
    place: &'a Place,
    toolchain: Toolchain,
    tools: Tools,
    settings: String,
}

impl<'a> Kit<'a> {
    /// Finds or installs everything that the builds need.
    pub fn set_up(place: &'a Place) -> Result<Self> {
        let toolchain = toolchain::set_up(place)?;
        let tools = Tools::set_up(place)?;
        let settings = format!("{}\n{}", toolchain.version()?, tools.versions);
        Ok(Self {
            place,
            toolchain,
            tools,
            settings,
        })
    }

    /// A command that runs `program` with the compiler and the tools of WebAssembly builds.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.toolchain.command(self.place, program);
        command.env("PATH", &self.tools.path);
        command
    }

    /// The compiler of WebAssembly builds.
    pub fn toolchain(&self) -> Toolchain {
        self.toolchain
    }

    /// A command that runs trunk's subcommand `name` on the page.
    pub fn trunk(&self, name: &str) -> Command {
        let mut command = self.command(&self.tools.trunk);
        command.args([name, "--color=never", "--skip-version-check"]);
        command.env("TRUNK_TOOLS_WASM_BINDGEN", &self.tools.bindgen_version);
        match self.tools.wasm_opt {
            Some(_) => command.arg("--offline"),
            // Then trunk brings its own.
            None => &mut command,
        };
        command
    }

    /// Everything that the backend embeds.
    pub fn artifacts(&self, profile: Profile) -> Result<()> {
        let _lock = cache::lock(&self.place.root.join("target/xtask.lock"))?;
        self.worker()?;
        self.precompiled(profile)?;
        self.page()
    }

    /// The worker alone, as a module and compiled ahead of time.
    pub fn worker_artifacts(&self, profile: Profile) -> Result<()> {
        let _lock = cache::lock(&self.place.root.join("target/xtask.lock"))?;
        self.worker()?;
        self.precompiled(profile)
    }

    /// The page alone.
    pub fn page_artifact(&self) -> Result<()> {
        let _lock = cache::lock(&self.place.root.join("target/xtask.lock"))?;
        self.page()
    }

    /// The program in `target/dist`, with the files that it embeds beside it.
    pub fn program(&self) -> Result<PathBuf> {
        self.artifacts(Profile::Release)?;
        let place = self.place;
        let mut command = host_cargo(place);
        command.args(["build", "--release", "-p", "podslate"]);
        step::run(place, "Build podslate", ADVICE, &mut command)?;
        let name = format!("podslate{EXE_SUFFIX}");
        let program = place.dist.join(&name);
        files::copy(&place.host_target.join("release").join(&name), &program)?;
        files::copy(&place.artifacts.join(WORKER), &place.dist.join(WORKER))?;
        let staged = place.dist.join(".web.unfinished");
        files::empty_folder(&staged)?;
        files::copy_tree(&place.artifacts.join("web"), &staged)?;
        files::swap(&staged, &place.dist.join("web"))?;
        Ok(program)
    }

    fn worker(&self) -> Result<()> {
        let product = self.place.artifacts.join(WORKER);
        let inputs = [&MANIFESTS[..], &["worker", "shared"]].concat();
        let fingerprint = Fingerprint::of(&self.place.root, &inputs, &self.settings)?;
        if fingerprint.matches(&product) {
            return Ok(());
        }
        let mut cargo = self.command("cargo");
        cargo.args([
            "build",
            "-p",
            "project-init",
            "--bin",
            "project-init",
            "--profile",
            "wasm",
        ]);
        cargo.args(["--target", TARGETS[1]]);
        step::run(self.place, "Build the worker", ADVICE, &mut cargo)?;
        let built = self
            .place
            .wasm_target
            .join(TARGETS[1])
            .join("wasm/project-init.wasm");
        let optimised = self.optimised(&built)?;
        if self.tools.wasm_opt.is_some() && optimised.len() > WORKER_BUDGET {
            bail!(
                "The worker has {} bytes and may have {WORKER_BUDGET}; find out what made it grow, or \
                 raise the budget in xtask/src/artifacts.rs.",
                optimised.len()
            );
        }
        files::put(&optimised, &product)?;
        fingerprint.record(&product)
    }

    fn optimised(&self, built: &Path) -> Result<Vec<u8>> {
        let Some(wasm_opt) = &self.tools.wasm_opt else {
            step::note(
                "wasm-opt needs Node.js, which is missing; the worker stays a little larger",
            );
            return files::read(built);
        };
        let smaller = built.with_extension("opt.wasm");
        let mut command = self.command(wasm_opt);
        command
            .args(["-Oz", "--strip-debug", "--strip-producers", "-o"])
            .arg(&smaller)
            .arg(built);
        step::run(self.place, "Shrink the worker", ADVICE, &mut command)?;
        files::read(&smaller)
    }

    fn precompiled(&self, profile: Profile) -> Result<()> {
        let place = self.place;
        let product = place.artifacts.join("project-init.cwasm");
        let inputs = [
            "Cargo.lock",
            "backend/sandbox",
            "target/artifacts/project-init.wasm",
        ];
        let fingerprint = Fingerprint::of(&place.root, &inputs, &format!("{OS} {ARCH}"))?;
        if fingerprint.matches(&product) {
            return Ok(());
        }
        let mut cargo = host_cargo(place);
        cargo.args(profile.precompiler());
        step::run(
            place,
            "Build the compiler of the worker",
            ADVICE,
            &mut cargo,
        )?;
        let compiler = place
            .host_target
            .join(profile.folder())
            .join(format!("podslate-precompile{EXE_SUFFIX}"));
        let made = place.artifacts.join(".project-init.cwasm.made");
        let mut command = Command::new(compiler);
        command.arg(place.artifacts.join(WORKER)).arg(&made);
        step::run(
            place,
            "Compile the worker ahead of time",
            ADVICE,
            &mut command,
        )?;
        files::put(&files::read(&made)?, &product)?;
        files::remove(&made)?;
        fingerprint.record(&product)
    }

    fn page(&self) -> Result<()> {
        let place = self.place;
        let product = place.artifacts.join("web");
        let inputs = [&MANIFESTS[..], &["Trunk.toml", "frontend", "shared"]].concat();
        let fingerprint = Fingerprint::of(&place.root, &inputs, &self.settings)?;
        if fingerprint.matches(&product) {
            return Ok(());
        }
        self.fetch()?;
        let staged = place.artifacts.join(".web.unfinished");
        files::empty_folder(&staged)?;
        let mut trunk = self.trunk("build");
        trunk.arg("--release").arg("--dist").arg(&staged);
        step::run(place, "Build the page", ADVICE, &mut trunk)?;
        files::swap(&staged, &product)?;
        fingerprint.record(&product)
    }

    /// Trunk runs cargo without the network, so what it compiles must be there.
    pub fn fetch(&self) -> Result<()> {
        let mut cargo = self.command("cargo");
        cargo.args(["fetch", "--target", TARGETS[0]]);
        step::run(self.place, "Fetch the page's crates", ADVICE, &mut cargo)
    }
}

/// A cargo command for this machine.
pub fn host_cargo(place: &Place) -> Command {
    let mut command = Command::new("cargo");
    command
        .current_dir(&place.root)
        .env("CARGO_TARGET_DIR", &place.host_target);
    command
}
