//! The folder that becomes an archive: the program and everything that belongs to it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;
use xshell::cmd;

use crate::package::parts::Package;
use crate::{files, step};

/// Shells, and the names under which they look for completions.
const SHELLS: [(&str, &str); 5] = [
    ("bash", "podslate.bash"),
    ("elvish", "podslate.elv"),
    ("fish", "podslate.fish"),
    ("powershell", "_podslate.ps1"),
    ("zsh", "_podslate"),
];
const TEXTS: [&str; 4] = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];

/// Fills a folder named after the package below `work`.
pub fn fill(package: &Package, work: &Path) -> Result<PathBuf> {
    let paths = package.paths;
    let folder = work.join(format!("podslate-{}", package.target.triple));
    files::empty_folder(&folder)?;
    fs::copy(package.program, folder.join(package.target.program()))?;
    let worker = "project-init.wasm";
    fs::copy(paths.artifacts.join(worker), folder.join(worker))?;
    for text in TEXTS {
        fs::copy(paths.root.join(text), folder.join(text))?;
    }
    documentation(package, &folder)?;
    let (python, target) = (package.python, package.target.triple);
    let inventory = cmd!(
        paths.host,
        "{python} packaging/inventory.py {target} {folder}"
    );
    let title = format!("List the licenses and the crates for {target}");
    step::run(paths, &title, "Fix what it reports.", inventory)?;
    Ok(folder)
}

/// Writes what a program of this project says about its commands.
fn documentation(package: &Package, folder: &Path) -> Result<()> {
    let (sh, program) = (&package.paths.host, package.documents);
    let completions = folder.join("completions");
    fs::create_dir(&completions)?;
    for (shell, name) in SHELLS {
        let script = cmd!(sh, "{program} completions {shell}").quiet().read()?;
        fs::write(completions.join(name), script + "\n")?;
    }
    let pages = folder.join("man");
    fs::create_dir(&pages)?;
    Ok(cmd!(sh, "{program} man-pages {pages}").quiet().run()?)
}
