//! install.sh, run for real against a server on this machine.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use testing::Server;
use walkdir::WalkDir;

use crate::release::Release;
use crate::{VERSION, packages, run, stdout};

/// Number of a user without rights, whom every system may have.
const STRANGER: u32 = 65_534;

/// A release, and the home folder of somebody who installs it.
struct Bench {
    release: Release,
    script: PathBuf,
    home: TempDir,
    /// The folder of temporary files.
    scratch: TempDir,
}

impl Bench {
    /// What the test needs; without packages it is skipped.
    fn new(test: &str) -> Option<Self> {
        let packages = packages(test)?;
        Some(Self {
            release: Release::of(&packages),
            script: packages.join("install.sh"),
            home: tempfile::tempdir().unwrap(),
            scratch: tempfile::tempdir().unwrap(),
        })
    }

    /// The program as it is installed.
    fn program(&self) -> PathBuf {
        self.home.path().join(".local/bin/podslate")
    }

    /// The command that installs.
    fn command(&self) -> Command {
        let mut command = Command::new("sh");
        command
            .arg(&self.script)
            .env("HOME", self.home.path())
            .env("TMPDIR", self.scratch.path())
            .env("PODSLATE_DOWNLOAD_URL", &self.release.url)
            .env_remove("PODSLATE_INSTALL_DIR")
            .env("NO_PROXY", "127.0.0.1");
        command
    }

    /// Runs a command, which is to fail with this code and words, and leave nothing behind.
    fn is_refused(&self, mut command: Command, code: i32, words: &str) {
        let (actual, stdout, stderr) = run(&mut command);
        assert_eq!((actual, stdout.as_str()), (code, ""), "{stderr}");
        assert!(
            stderr
                .lines()
                .any(|line| line.starts_with("error: ") && line.contains(words)),
            "{stderr}"
        );
        assert!(stderr.contains("\nhint: "), "{stderr}");
        assert_eq!(files(self.home.path()), Vec::<PathBuf>::new());
        self.left_nothing();
    }

    /// Whether only the program, if anything, was left.
    fn left_nothing(&self) {
        assert_eq!(files(self.scratch.path()), Vec::<PathBuf>::new());
        let in_home = files(self.home.path());
        assert!(
            in_home.iter().all(|file| *file == self.program()),
            "{in_home:?}"
        );
    }

    /// PATH as a folder that has what the script uses, except for some programs.
    fn path_without(&self, absent: &[&str]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        let used =
            "sh uname curl wget sha256sum shasum cut sed tar gzip mktemp mkdir cp chmod mv rm";
        for name in used.split(' ').filter(|name| !absent.contains(name)) {
            if let Ok(program) = which::which(name) {
                symlink(program, dir.path().join(name)).unwrap();
            }
        }
        dir
    }
}

/// The files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| !entry.file_type().is_dir());
    files.map(|entry| entry.into_path()).collect()
}

fn is_root() -> bool {
    stdout(Command::new("id").arg("-u")).trim() == "0"
}

#[test]
fn the_program_is_installed_and_the_missing_path_is_named() {
    let test = "the_program_is_installed_and_the_missing_path_is_named";
    let Some(bench) = Bench::new(test) else {
        return;
    };
    let (code, stdout_text, stderr) = run(&mut bench.command());
    let program = bench.program();
    let folder = program.parent().unwrap().display();
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(
        stdout_text,
        format!("{VERSION} is installed: {}\n", program.display())
    );
    assert!(
        stderr.contains(&format!("{folder} is not in PATH")),
        "{stderr}"
    );
    assert!(
        stderr.contains(&format!("export PATH=\"{folder}:$PATH\"")),
        "{stderr}"
    );
    assert_eq!(
        stdout(Command::new(&program).arg("--version")).trim(),
        VERSION
    );
    assert_eq!(
        fs::metadata(&program).unwrap().permissions().mode() & 0o777,
        0o755
    );
    bench.left_nothing();

    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let (code, _, stderr) = run(bench.command().env("PATH", path));
    assert_eq!(
        (code, stderr.as_str()),
        (0, ""),
        "nothing to say once it is in PATH"
    );
}

#[test]
fn a_folder_can_be_chosen() {
    let Some(bench) = Bench::new("a_folder_can_be_chosen") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("a folder/bin");
    stdout(bench.command().env("PODSLATE_INSTALL_DIR", &folder));
    assert_eq!(
        stdout(Command::new(folder.join("podslate")).arg("--version")).trim(),
        VERSION
    );
    assert_eq!(files(dir.path()), [folder.join("podslate")]);
    bench.left_nothing();
}

#[test]
fn a_wrong_checksum_is_refused() {
    let Some(bench) = Bench::new("a_wrong_checksum_is_refused") else {
        return;
    };
    let mut content = fs::read(bench.release.archive()).unwrap();
    *content.last_mut().unwrap() ^= 1;
    fs::write(bench.release.archive(), content).unwrap();
    bench.is_refused(bench.command(), 1, "is not the one of the release");
}

#[test]
fn a_release_without_a_program_for_this_machine_is_refused() {
    let test = "a_release_without_a_program_for_this_machine_is_refused";
    let Some(bench) = Bench::new(test) else {
        return;
    };
    let sums = bench.release.dir.path().join("SHA256SUMS");
    let text = fs::read_to_string(&sums).unwrap();
    fs::write(&sums, text.replace(".tar.gz", ".tar")).unwrap();
    bench.is_refused(bench.command(), 1, "This release has no program for ");
}

#[test]
fn an_unknown_machine_is_refused() {
    let Some(bench) = Bench::new("an_unknown_machine_is_refused") else {
        return;
    };
    let path = bench.path_without(&["uname"]);
    let uname = path.path().join("uname");
    fs::write(
        &uname,
        "#!/bin/sh\n[ \"$1\" = -s ] && echo Linux || echo riscv64\n",
    )
    .unwrap();
    fs::set_permissions(&uname, PermissionsExt::from_mode(0o755)).unwrap();
    let mut command = bench.command();
    command.env("PATH", path.path());
    bench.is_refused(command, 1, "There is no podslate for Linux on riscv64.");
}

#[test]
fn a_broken_download_is_a_failure() {
    let Some(bench) = Bench::new("a_broken_download_is_a_failure") else {
        return;
    };
    fs::write(bench.release.archive().with_extension("gz.cut"), "").unwrap();
    bench.is_refused(bench.command(), 2, "could not be downloaded from");
}

#[test]
fn a_server_that_is_not_there_is_a_failure() {
    let Some(bench) = Bench::new("a_server_that_is_not_there_is_a_failure") else {
        return;
    };
    let mut command = bench.command();
    command.env(
        "PODSLATE_DOWNLOAD_URL",
        format!("{}/none", bench.release.url),
    );
    bench.is_refused(
        command,
        2,
        "The list of the release's files could not be downloaded",
    );
}

#[test]
fn either_curl_or_wget_is_enough() {
    let Some(bench) = Bench::new("either_curl_or_wget_is_enough") else {
        return;
    };
    for absent in ["wget", "curl"] {
        let left = if absent == "wget" { "curl" } else { "wget" };
        if which::which(left).is_err() {
            testing::skip(
                "either_curl_or_wget_is_enough",
                &format!("{left} is missing"),
            );
            continue;
        }
        let path = bench.path_without(&[absent]);
        stdout(bench.command().env("PATH", path.path()));
        assert_eq!(
            stdout(Command::new(bench.program()).arg("--version")).trim(),
            VERSION
        );
        fs::remove_file(bench.program()).unwrap();
    }
    let path = bench.path_without(&["curl", "wget"]);
    let mut command = bench.command();
    command.env("PATH", path.path());
    bench.is_refused(command, 1, "Neither curl nor wget is installed.");
}

#[test]
fn a_script_that_arrives_in_part_does_nothing() {
    let Some(bench) = Bench::new("a_script_that_arrives_in_part_does_nothing") else {
        return;
    };
    let text = fs::read_to_string(&bench.script).unwrap();
    let part = bench.release.dir.path().join("part.sh");
    for end in (0..text.len() - "main\n".len()).step_by(97) {
        fs::write(&part, &text[..end]).unwrap();
        let mut command = Command::new("sh");
        run(command
            .arg(&part)
            .env("HOME", bench.home.path())
            .env("TMPDIR", bench.scratch.path())
            .env("PODSLATE_DOWNLOAD_URL", &bench.release.url));
        assert_eq!(files(bench.home.path()), Vec::<PathBuf>::new());
        bench.left_nothing();
    }
}

#[test]
fn another_user_installs_without_root_and_needs_a_folder_to_write_to() {
    let test = "another_user_installs_without_root_and_needs_a_folder_to_write_to";
    let Some(bench) = Bench::new(test) else {
        return;
    };
    if !is_root() {
        return testing::skip(test, "only root can run a program as another user");
    }
    // The script comes through a pipe, as from a server.
    let script = || fs::File::open(&bench.script).unwrap();
    let command = || {
        let mut command = bench.command();
        let envs: Vec<_> = command
            .get_envs()
            .map(|(n, v)| (n.to_owned(), v.map(ToOwned::to_owned)))
            .collect();
        command = Command::new("sh");
        for (name, value) in envs {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command
            .arg("-s")
            .stdin(script())
            .uid(STRANGER)
            .gid(STRANGER)
            .current_dir("/");
        command
    };
    fs::set_permissions(bench.scratch.path(), PermissionsExt::from_mode(0o777)).unwrap();
    fs::set_permissions(bench.home.path(), PermissionsExt::from_mode(0o755)).unwrap();
    bench.is_refused(command(), 1, "cannot be created");

    let folder = bench.home.path().join(".local/bin");
    fs::create_dir_all(&folder).unwrap();
    bench.is_refused(command(), 1, "cannot be written to");

    std::os::unix::fs::chown(&folder, Some(STRANGER), Some(STRANGER)).unwrap();
    stdout(&mut command());
    assert_eq!(fs::metadata(bench.program()).unwrap().uid(), STRANGER);
    bench.left_nothing();
}

#[test]
fn a_program_that_runs_is_replaced_in_one_step() {
    let Some(bench) = Bench::new("a_program_that_runs_is_replaced_in_one_step") else {
        return;
    };
    stdout(&mut bench.command());
    let before = fs::metadata(bench.program()).unwrap().ino();
    let workspace = tempfile::tempdir().unwrap();
    let server = Server::start(bench.program(), workspace.path()).unwrap();
    stdout(&mut bench.command());
    assert_ne!(fs::metadata(bench.program()).unwrap().ino(), before);
    let health = testing::http::get(server.address(), "/health").unwrap();
    assert_eq!(health["status"], "healthy", "{health}");
    assert_eq!(
        stdout(Command::new(bench.program()).arg("--version")).trim(),
        VERSION
    );
    drop(server);
    bench.left_nothing();
}

#[test]
fn a_folder_with_the_name_of_the_program_is_left_alone() {
    let Some(bench) = Bench::new("a_folder_with_the_name_of_the_program_is_left_alone") else {
        return;
    };
    fs::create_dir_all(bench.program()).unwrap();
    bench.is_refused(bench.command(), 1, "podslate is a folder");
}
