//! What the archive, the Debian package, the SBOM and the checksums contain.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use walkdir::WalkDir;

use crate::{VERSION, package, packages, run, stdout, tools};

/// Files of the archive, beside the program.
const FILES: [&str; 11] = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "completions/_podslate",
    "completions/_podslate.ps1",
    "completions/podslate.bash",
    "completions/podslate.fish",
    "man/podslate-new.1",
    "man/podslate.1",
    "podslate.cdx.json",
    "project-init.wasm",
];

/// The paths of a folder's files.
fn names(folder: &Path) -> Vec<String> {
    let entries = WalkDir::new(folder).sort_by_file_name().into_iter();
    let files = entries
        .map(Result::unwrap)
        .filter(|entry| !entry.file_type().is_dir());
    let name = |path: PathBuf| {
        path.strip_prefix(folder)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/")
    };
    files.map(|entry| name(entry.into_path())).collect()
}

/// Whether the text of a file has each of the words.
fn has(file: &Path, words: &[&str]) {
    let text = fs::read_to_string(file).unwrap();
    for word in words {
        assert!(text.contains(word), "{}: {word}", file.display());
    }
}

#[test]
fn the_archive_has_everything_and_its_program_runs() {
    let Some(folder) = packages("the_archive_has_everything_and_its_program_runs") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let ending = [".tar.gz", ".zip"][usize::from(cfg!(windows))];
    let archive = package(&folder, ending);
    // Every system has a tar; that of Windows unpacks zip archives as well.
    stdout(
        Command::new("tar")
            .arg("-xf")
            .arg(&archive)
            .current_dir(dir.path()),
    );
    let unpacked = archive.file_name().unwrap().to_str().unwrap();
    let unpacked = dir.path().join(unpacked.strip_suffix(ending).unwrap());
    let names = names(&unpacked);
    let program = ["podslate", "podslate.exe"][usize::from(cfg!(windows))];
    for name in FILES.into_iter().chain([program]) {
        assert!(names.contains(&name.to_owned()), "{name}: {names:?}");
    }
    assert!(
        !names.iter().any(|name| name.contains("man-pages")),
        "it is hidden"
    );
    has(
        &unpacked.join("man/podslate-new.1"),
        &[".TH", "adopt\\-default", "PODSLATE_WORKSPACE"],
    );
    has(
        &unpacked.join("completions/podslate.bash"),
        &["--adopt-default"],
    );
    let notices = [
        "wasmtime 48",
        "leptos 0.8",
        "Permission is hereby granted",
        "Rust",
    ];
    has(&unpacked.join("THIRD-PARTY-NOTICES.txt"), &notices);
    let version = stdout(Command::new(unpacked.join(program)).arg("--version"));
    assert_eq!(version.trim(), VERSION);
}

#[cfg(target_os = "linux")]
#[test]
fn the_debian_package_unpacks_and_its_program_runs() {
    let test = "the_debian_package_unpacks_and_its_program_runs";
    let Some(folder) = packages(test) else {
        return;
    };
    if which::which("dpkg-deb").is_err() {
        return testing::skip(test, "dpkg-deb is missing");
    }
    let deb = package(&folder, ".deb");
    let dir = tempfile::tempdir().unwrap();
    stdout(Command::new("dpkg-deb").arg("-x").arg(&deb).arg(dir.path()));
    let version = stdout(Command::new(dir.path().join("usr/bin/podslate")).arg("--version"));
    assert_eq!(version.trim(), VERSION);
    let names = names(dir.path());
    for name in [
        "usr/share/bash-completion/completions/podslate",
        "usr/share/doc/podslate/copyright",
        "usr/share/man/man1/podslate.1.gz",
        "usr/share/podslate/project-init.wasm",
    ] {
        assert!(names.contains(&name.to_owned()), "{name}: {names:?}");
    }
    let field = |name| stdout(Command::new("dpkg-deb").arg("-f").arg(&deb).arg(name));
    assert_eq!(field("Version").trim(), env!("CARGO_PKG_VERSION"));
    assert_eq!(field("Depends").trim(), "", "the program needs no library");
    let listed = stdout(Command::new("dpkg-deb").arg("-c").arg(&deb));
    assert!(
        listed.lines().all(|line| line.contains(" root/root ")),
        "{listed}"
    );
    assert!(listed.contains("-rwxr-xr-x root/root"), "{listed}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_checksums_are_those_of_all_files() {
    let Some(folder) = packages("the_checksums_are_those_of_all_files") else {
        return;
    };
    let check = |sums: &Path| {
        let mut command = Command::new("sha256sum");
        run(command
            .args(["--check", "--strict"])
            .arg(sums)
            .current_dir(&folder))
    };
    let sums = folder.join("SHA256SUMS");
    assert_eq!(check(&sums).0, 0);
    let text = fs::read_to_string(&sums).unwrap();
    assert_eq!(text.lines().count() + 1, names(&folder).len());
    let wrong = tempfile::NamedTempFile::new().unwrap();
    let flip = if text.starts_with('0') { "1" } else { "0" };
    fs::write(wrong.path(), flip.to_owned() + &text[1..]).unwrap();
    assert_eq!(check(wrong.path()).0, 1);
}

#[test]
fn the_sbom_follows_its_schema_and_lists_what_the_program_contains() {
    let test = "the_sbom_follows_its_schema_and_lists_what_the_program_contains";
    let (Some(folder), Some(python)) = (packages(test), tools(test)) else {
        return;
    };
    let validate = |sbom: &Path| {
        let code = "import sys; from cyclonedx.schema import SchemaVersion as S; \
                    from cyclonedx.validation.json import JsonStrictValidator as V; \
                    sys.exit(str(V(S.V1_6).validate_str(open(sys.argv[1]).read()) or '') or 0)";
        run(Command::new(&python).args(["-c", code]).arg(sbom))
    };
    let sbom = package(&folder, ".cdx.json");
    let (code, _, stderr) = validate(&sbom);
    assert_eq!(code, 0, "{stderr}");
    let text = fs::read_to_string(&sbom).unwrap();
    let wrong = tempfile::NamedTempFile::new().unwrap();
    fs::write(wrong.path(), text.replace("\"application\"", "\"cake\"")).unwrap();
    assert_eq!(validate(wrong.path()).0, 1);
    let sbom: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(sbom["metadata"]["component"]["name"], "podslate");
    let components = sbom["components"].as_array().unwrap();
    let has = |name: &str| components.iter().any(|component| component["name"] == name);
    for name in [
        "wasmtime",
        "podslate-backend",
        "project-init",
        "leptos",
        "ring",
    ] {
        assert!(has(name), "{name}");
    }
    assert!(
        !has("proptest") && !has("xtask"),
        "tests and tools are not shipped"
    );
}
