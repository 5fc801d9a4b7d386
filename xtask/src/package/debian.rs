//! A Debian package, made from the folder of an archive.

use std::io::{self, Read};
use std::path::Path;

use anyhow::Result;
use flate2::{Compression, GzBuilder};
use fs_err as fs;
use walkdir::WalkDir;
use xshell::cmd;

use crate::package::parts::{Package, VERSION};
use crate::{files, step};

/// Files of the archive, and where Debian has them; a name that ends in `.gz` is compressed.
const PLACES: [(&str, &str); 8] = [
    ("podslate", "usr/bin/podslate"),
    ("project-init.wasm", "usr/share/podslate/project-init.wasm"),
    (
        "completions/podslate.bash",
        "usr/share/bash-completion/completions/podslate",
    ),
    (
        "completions/podslate.fish",
        "usr/share/fish/vendor_completions.d/podslate.fish",
    ),
    (
        "completions/_podslate",
        "usr/share/zsh/vendor-completions/_podslate",
    ),
    ("CHANGELOG.md", "usr/share/doc/podslate/CHANGELOG.md.gz"),
    ("LICENSE-APACHE", "usr/share/doc/podslate/LICENSE-APACHE.gz"),
    (
        "THIRD-PARTY-NOTICES.txt",
        "usr/share/doc/podslate/THIRD-PARTY-NOTICES.txt.gz",
    ),
];

/// Files of `packaging/debian`, and where Debian has them.
const OWN_PLACES: [(&str, &str); 4] = [
    ("changelog", "usr/share/doc/podslate/changelog.gz"),
    ("control", "DEBIAN/control"),
    ("copyright", "usr/share/doc/podslate/copyright"),
    ("overrides", "usr/share/lintian/overrides/podslate"),
];

/// Makes the package for Debian's processor `architecture`.
pub fn make(
    package: &Package,
    architecture: &str,
    folder: &Path,
    work: &Path,
    dpkg_deb: &Path,
) -> Result<()> {
    let paths = package.paths;
    let root = work.join("debian");
    files::empty_folder(&root)?;
    for (from, to) in PLACES {
        put(fs::File::open(folder.join(from))?, &root.join(to))?;
        if from == "podslate" {
            fs::set_permissions(
                root.join(to),
                fs::metadata(folder.join(from))?.permissions(),
            )?;
        }
    }
    for page in fs::read_dir(folder.join("man"))? {
        let page = page?;
        let name = format!("{}.gz", page.file_name().to_string_lossy());
        put(
            fs::File::open(page.path())?,
            &root.join("usr/share/man/man1").join(name),
        )?;
    }
    let size = kibibytes(&root)?.to_string();
    for (from, to) in OWN_PLACES {
        let text = fs::read_to_string(paths.root.join("packaging/debian").join(from))?;
        let text = text
            .replace("@VERSION@", VERSION)
            .replace("@ARCHITECTURE@", architecture)
            .replace("@SIZE@", &size);
        put(text.as_bytes(), &root.join(to))?;
    }
    let file = package
        .out
        .join(format!("podslate_{VERSION}_{architecture}.deb"));
    let level = format!("-z{}", package.level);
    let compression = ["-Zgzip", "-Zxz"][usize::from(package.level > 6)];
    let build = cmd!(
        paths.host,
        "{dpkg_deb} --root-owner-group {compression} {level}"
    );
    let build = build.arg("--build").arg(&root).arg(file);
    // The time of every file in the package, instead of that of its copy.
    let build = build.env("SOURCE_DATE_EPOCH", "1577836800");
    let title = format!("Make the Debian package for {architecture}");
    step::run(paths, &title, "Fix what it reports.", build)
}

/// Writes what a reader has into a file, compressed if its name says so.
fn put(mut from: impl Read, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    if to.extension().is_some_and(|extension| extension == "gz") {
        let mut gzip = GzBuilder::new().write(fs::File::create(to)?, Compression::best());
        io::copy(&mut from, &mut gzip)?;
        gzip.finish()?;
    } else {
        io::copy(&mut from, &mut fs::File::create(to)?)?;
    }
    Ok(())
}

/// Size of a folder's files in KiB.
fn kibibytes(folder: &Path) -> Result<u64> {
    let mut size = 0;
    for entry in WalkDir::new(folder) {
        size += entry?.metadata()?.len().div_ceil(1024);
    }
    Ok(size)
}
