//! The programs of a Kubernetes cluster for the tests, built from Debian's source package.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use xshell::cmd;

use crate::paths::Paths;
use crate::system::{GO, MAKE, NSENTER, RSYNC, SOCAT};
use crate::{debian, files, step, system};

/// The version of Debian's package, of which no newer one exists.
const NAME: &str = "kubernetes-1.20.2";

/// Makes the programs unless the cache has them; the folder that holds them.
pub fn set_up(paths: &Paths) -> Result<PathBuf> {
    ensure!(
        debian::is_usable(paths),
        "The cluster is built from Debian's packages and runs as root, which is not possible here."
    );
    system::provide(paths, &[&GO, &MAKE, &RSYNC, &NSENTER, &SOCAT], &[])?;
    let folder = files::install(paths, NAME, |folder| {
        let build = cmd!(paths.host, "sh xtask/src/cluster.sh {folder}");
        step::install(paths, NAME, "Debian's source packages", build)
    })?;
    Ok(folder.join("bin"))
}

/// The folder of the programs, if they have been made and can run.
pub fn present(paths: &Paths) -> Result<PathBuf> {
    let programs = paths.cache.join(NAME).join("bin");
    let present = programs.is_dir().then_some(programs);
    let present =
        present.context("`cargo xtask cluster` builds what they need, in some minutes")?;
    for program in [&NSENTER, &SOCAT] {
        program.require()?;
    }
    Ok(present)
}
