//! Builds what the program embeds, the worker and the page, and then the program.

use std::env::consts::{ARCH, EXE_SUFFIX, OS};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use fs_err as fs;
use xshell::{Cmd, Shell, cmd};

use crate::fingerprint::Fingerprint;
use crate::paths::Paths;
use crate::step::FIX_CODE;
use crate::system::Program;
use crate::target::Target;
use crate::toolchain::{self, TARGETS};
use crate::tools::{self, Tools};
use crate::{files, step};

/// The worker's file, here and where people install it.
const WORKER: &str = "project-init.wasm";
const COMPILED: &str = "project-init.cwasm";
/// Maximum size of the worker's file in bytes, so that it cannot grow unnoticed. What the present
/// file leaves is for other compilers.
const WORKER_BUDGET: usize = 137_000;
const OPTIMIZE: [&str; 3] = ["-Oz", "--strip-debug", "--strip-producers"];

/// How the parts for this machine are compiled.
///
/// One choice for all of a command, because the WebAssembly runtime takes minutes in each. So the
/// compiler of the worker is built with the packages that the same command builds later, and for
/// tests by naming a test: with other features the runtime would be compiled a second time.
pub struct Profile {
    /// Cargo's output folder.
    folder: &'static str,
    /// Cargo's arguments that build the compiler of the worker.
    precompiler: &'static str,
    /// Cargo's output folder of that compiler.
    precompiler_folder: &'static str,
    /// Cargo's arguments that choose this profile.
    options: &'static [&'static str],
}

/// For tests and development.
pub const DEV: Profile = Profile {
    folder: "debug",
    precompiler: "test --no-run --workspace --exclude podslate-frontend --test limits",
    precompiler_folder: "debug",
    options: &[],
};
/// For use.
pub const RELEASE: Profile = Profile {
    folder: "release",
    precompiler: "build --release -p podslate -p podslate-sandbox --bin podslate-precompile",
    precompiler_folder: "release",
    options: &["--release"],
};

/// For people who install it: small, and slow to build.
pub const DIST: Profile = Profile {
    folder: "dist",
    precompiler: RELEASE.precompiler,
    precompiler_folder: RELEASE.folder,
    options: &["--profile", "dist"],
};

/// Compilers and tools that are ready to build with.
pub struct Builder<'a> {
    paths: &'a Paths,
    /// A shell with the compiler, the tools and the output folder of WebAssembly builds.
    pub wasm: Shell,
    tools: Tools,
}

impl<'a> Builder<'a> {
    /// Finds or installs everything that the builds need.
    pub fn set_up(paths: &'a Paths) -> Result<Self> {
        Self::with(paths, &[], &[])
    }

    /// The same, with programs of the system that the caller needs and that it can use.
    pub fn with(paths: &'a Paths, required: &[&Program], optional: &[&Program]) -> Result<Self> {
        let optional = [optional, tools::of_wasm_opt()].concat();
        let toolchain = toolchain::set_up(paths, required, &optional)?;
        let mut tools = Tools::set_up(paths)?;
        tools.versions += &toolchain.version(paths)?;
        let wasm = toolchain.select(&paths.host);
        wasm.set_var("CARGO_TARGET_DIR", &paths.wasm_target);
        wasm.set_var("PATH", &tools.path);
        Ok(Self { paths, wasm, tools })
    }

    /// A command that runs trunk's subcommand `name` on the page.
    pub fn trunk(&self, name: &str) -> Cmd<'_> {
        let trunk = cmd!(self.wasm, "trunk {name} --color=never");
        trunk.args(["--skip-version-check", "--offline"])
    }

    /// Everything that the backend embeds.
    pub fn artifacts(&self, profile: &Profile) -> Result<()> {
        self.worker(profile)?;
        self.page()
    }

    /// The program in `target/dist`, with the files that it embeds beside it.
    pub fn program(&self) -> Result<PathBuf> {
        self.artifacts(&RELEASE)?;
        let (paths, dist) = (self.paths, &self.paths.dist);
        fs::create_dir_all(dist)?;
        let build = cmd!(paths.host, "cargo build --release -p podslate");
        step::run(paths, "Build podslate", FIX_CODE, build)?;
        let program = dist.join(format!("podslate{EXE_SUFFIX}"));
        files::copy(&paths.built("release", "podslate"), &program)?;
        files::copy(&paths.artifacts.join(WORKER), &dist.join(WORKER))?;
        files::copy(&paths.artifacts.join("web"), &dist.join("web"))?;
        Ok(program)
    }

    /// The program for another target in its folder of `target/dist`.
    pub fn program_for(&self, target: &Target) -> Result<PathBuf> {
        self.artifacts(&RELEASE)?;
        let name = format!("podslate{}", target.exe_suffix);
        let packages = ["-p", "podslate", "--bin", "podslate"];
        let built = self.programs(target, &DIST, &packages)?.join(&name);
        let folder = self.paths.dist.join(target.triple);
        fs::create_dir_all(&folder)?;
        let program = folder.join(&name);
        files::copy(&built, &program)?;
        Ok(program)
    }

    /// The folder of the programs for another target, for tests.
    pub fn debug_programs(&self, target: &Target) -> Result<PathBuf> {
        let packages = "-p podslate -p podslate-sandbox --bin podslate --bin podslate-run";
        self.programs(target, &DEV, &Vec::from_iter(packages.split(' ')))
    }

    fn programs(&self, target: &Target, profile: &Profile, packages: &[&str]) -> Result<PathBuf> {
        let (paths, triple) = (self.paths, target.triple);
        let sh = target.set_up(paths)?;
        self.precompiled(profile, Some(triple))?;
        let build = cmd!(sh, "cargo build --target {triple} {packages...}");
        let build = build.args(profile.options);
        step::run(
            paths,
            &format!("Build podslate for {triple}"),
            FIX_CODE,
            build,
        )?;
        Ok(paths.host_target.join(triple).join(profile.folder))
    }

    /// The worker, as a module and compiled ahead of time for this machine.
    pub fn worker(&self, profile: &Profile) -> Result<()> {
        let inputs = "Cargo.toml Cargo.lock worker shared";
        self.product(WORKER, inputs, &self.tools.versions, |product| {
            let (sh, target) = (&self.wasm, TARGETS[1]);
            let build = cmd!(sh, "cargo build -p project-init --bin project-init");
            let build = build.args(["--profile", "wasm", "--target", target]);
            step::run(self.paths, "Build the worker", FIX_CODE, build)?;
            let built = format!("{target}/wasm/{WORKER}");
            let built = self.paths.wasm_target.join(built);
            let Some(wasm_opt) = &self.tools.wasm_opt else {
                return files::put(&fs::read(built)?, product);
            };
            let small = built.with_extension("opt.wasm");
            let shrink = cmd!(sh, "{wasm_opt} {OPTIMIZE...} -o {small} {built}");
            step::run(self.paths, "Shrink the worker", FIX_CODE, shrink)?;
            let bytes = fs::read(&small)?;
            if bytes.len() > WORKER_BUDGET {
                bail!(
                    "The worker has {} bytes, more than its budget of {WORKER_BUDGET}. Find out \
                     what made it grow, or raise the budget in xtask/src/builder.rs.",
                    bytes.len()
                );
            }
            files::put(&bytes, product)
        })?;
        self.precompiled(profile, None)
    }

    /// The worker, compiled ahead of time for this machine or for another target.
    fn precompiled(&self, profile: &Profile, triple: Option<&str>) -> Result<()> {
        let paths = self.paths;
        let inputs = "Cargo.lock backend/sandbox target/artifacts/project-init.wasm";
        let machine = format!("{OS} {ARCH}");
        let name = triple.map_or(COMPILED.into(), |triple| format!("{triple}/{COMPILED}"));
        self.product(&name, inputs, &machine, |product| {
            let build = cmd!(paths.host, "cargo").args(profile.precompiler.split(' '));
            let is_foreign = triple.is_some_and(|triple| !triple.starts_with(ARCH));
            let features = ["--features", "podslate-sandbox/all-arch"];
            let build = build.args(features.iter().filter(|_| is_foreign));
            step::run(paths, "Build the worker's compiler", FIX_CODE, build)?;
            let compiler = paths.built(profile.precompiler_folder, "podslate-precompile");
            let compiled = paths.host_target.join(COMPILED);
            let compile = cmd!(paths.host, "{compiler}").arg(paths.artifacts.join(WORKER));
            let compile = compile.arg(&compiled).args(triple);
            let title = "Compile the worker ahead of time";
            step::run(paths, title, FIX_CODE, compile)?;
            if let Some(folder) = product.parent() {
                fs::create_dir_all(folder)?;
            }
            files::put(&fs::read(&compiled)?, product)
        })
    }

    /// The page.
    pub fn page(&self) -> Result<()> {
        let inputs = "Cargo.toml Cargo.lock Trunk.toml frontend shared";
        self.product("web", inputs, &self.tools.versions, |product| {
            self.fetch()?;
            let staged = files::staged(product);
            files::empty_folder(&staged)?;
            let build = self.trunk("build").arg("--dist").arg(&staged);
            // A build for release would need wasm-opt.
            let build = match self.tools.wasm_opt {
                Some(_) => build.arg("--release"),
                None => build.args(["--cargo-profile", "wasm"]),
            };
            step::run(self.paths, "Build the page", FIX_CODE, build)?;
            files::swap(&staged, product)
        })
    }

    /// Downloads what trunk compiles, because it runs cargo without the network.
    pub fn fetch(&self) -> Result<()> {
        let fetch = cmd!(self.wasm, "cargo fetch --target").arg(TARGETS[0]);
        step::install(self.paths, "the page's crates", "crates.io", fetch)
    }

    /// Builds the artifact `name` unless it is still that of `inputs`, which are words.
    fn product(
        &self,
        name: &str,
        inputs: &str,
        settings: &str,
        build: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<()> {
        let _lock = files::lock(&self.paths.root.join("target/xtask.lock"))?;
        let product = self.paths.artifacts.join(name);
        let fingerprint = Fingerprint::of(&self.paths.root, inputs, settings)?;
        if fingerprint.matches(&product) {
            return Ok(());
        }
        build(&product)?;
        fingerprint.record(&product)
    }
}
