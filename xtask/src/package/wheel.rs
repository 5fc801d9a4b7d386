//! A Python wheel that carries the program: `pip install` puts it into PATH, and compiles nothing.

use std::path::Path;

use anyhow::Result;
use fs_err as fs;
use xshell::cmd;

use crate::package::parts::{NOTICES, Package, SBOM, VERSION};
use crate::package::target::Target;
use crate::{files, step};

const OWN_FILES: [&str; 2] = ["hatch_build.py", "pyproject.toml"];
const TEXTS: [&str; 5] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", NOTICES, SBOM];

/// Name of the wheel's file.
pub fn name(target: &Target) -> String {
    format!("podslate-{VERSION}-py3-none-{}.whl", target.wheel_platforms)
}

/// Makes the wheel from the folder of an archive.
pub fn make(package: &Package, folder: &Path, work: &Path) -> Result<()> {
    let (paths, python, target) = (package.paths, package.python, package.target);
    let source = work.join("wheel");
    files::empty_folder(&source)?;
    for name in OWN_FILES {
        fs::copy(
            paths.root.join("packaging/python").join(name),
            source.join(name),
        )?;
    }
    for name in TEXTS {
        fs::copy(folder.join(name), source.join(name))?;
    }
    let sh = paths.host.clone();
    sh.change_dir(&source);
    sh.set_var("PODSLATE_WHEEL_VERSION", VERSION);
    sh.set_var("PODSLATE_WHEEL_PLATFORMS", target.wheel_platforms);
    sh.set_var("PODSLATE_WHEEL_PROGRAM", folder.join(target.program()));
    let build = cmd!(sh, "{python} -m hatchling build --target wheel");
    let build = build.arg("--directory").arg(package.out);
    let title = format!("Make the wheel for {}", target.triple);
    step::run(paths, &title, "Fix what it reports.", build)
}
