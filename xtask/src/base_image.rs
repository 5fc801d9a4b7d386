//! A bare file system of this machine's distribution, on which the tests with Docker build images:
//! no registry is needed, and what was built here runs in them.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use xshell::cmd;

use crate::paths::Paths;
use crate::system::{DEBOOTSTRAP, DOCKER, DOCKERD, IP};
use crate::{files, step};

/// The archive of the file system, made unless the cache has it.
pub fn base_image(paths: &Paths) -> Result<PathBuf> {
    for program in [&DOCKER, &DOCKERD, &IP] {
        program.require()?;
    }
    let debootstrap = DEBOOTSTRAP.require()?;
    let user = cmd!(paths.host, "id -u").quiet().read()?;
    ensure!(user == "0", "only root can start a Docker Engine");
    let release = fs::read_to_string("/etc/os-release")?;
    let codename = codename(&release).context("This distribution has no code name")?;
    let name = format!("base-image-{codename}");
    let folder = files::install(paths, &name, |folder| {
        let (sh, root) = (&paths.host, folder.join("root"));
        let install = cmd!(sh, "{debootstrap} --variant=minbase {codename} {root}");
        step::install(paths, &name, "the package servers", install)?;
        let archive = folder.join("base.tar");
        let excluded = ["doc", "locale", "man"].map(|dir| format!("--exclude=./usr/share/{dir}/*"));
        let pack = cmd!(
            sh,
            "tar -C {root} {excluded...} --exclude=./var/cache/apt/* -cf {archive} ."
        );
        step::attempt(paths, "Pack the base image", pack)?;
        Ok(fs::remove_dir_all(root)?)
    })?;
    Ok(folder.join("base.tar"))
}

/// Code name in the text of an `os-release`.
fn codename(release: &str) -> Option<&str> {
    let mut lines = release.lines();
    let value = lines.find_map(|line| line.strip_prefix("VERSION_CODENAME="))?;
    let value = value.trim_matches('"');
    let is_name = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_lowercase());
    is_name.then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_name_is_read_as_distributions_write_it() {
        assert_eq!(
            codename("ID=debian\nVERSION_CODENAME=bookworm\n"),
            Some("bookworm")
        );
        assert_eq!(
            codename("VERSION_CODENAME=\"noble\"\nID=ubuntu"),
            Some("noble")
        );
        assert_eq!(codename("ID=arch\nVERSION_CODENAME=\n"), None);
        assert_eq!(codename("VERSION_CODENAME=../x"), None);
        assert_eq!(codename("NAME=x"), None);
    }
}
