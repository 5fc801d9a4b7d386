//! The Dockerfile: a linter's opinion of it, and its start in a bare directory as the root of a
//! file system, as its user, with its environment.

mod dockerfile;

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use testing::{PATIENCE, port, wait_for};

use crate::program::{PODSLATE, python, stdout};
use dockerfile::Image;

const USER: u32 = 1000;

#[test]
fn the_linter_finds_nothing() {
    let linter = Path::new(&python()).with_file_name("hadolint");
    let lint = |path: &Path| {
        let output = Command::new(&linter).arg(path).output();
        output.expect("hadolint runs; `cargo xtask test` installs it")
    };
    let output = lint(&dockerfile::path());
    let findings = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{findings}");

    let home = tempfile::tempdir().expect("a directory");
    let wrong = home.path().join("Dockerfile");
    fs::write(&wrong, "FROM debian\nRUN cd /tmp\n").expect("a file");
    assert!(!lint(&wrong).status.success(), "the linter finds nothing");
}

#[test]
fn it_starts_with_nothing_but_the_program() {
    if !rustix::process::geteuid().is_root() {
        testing::skip(
            "image::it_starts_with_nothing_but_the_program",
            "only root can change the root of the file system",
        );
        return;
    }
    let image = Image::read();
    let root = tempfile::tempdir().expect("a directory");
    fill(root.path(), &image);
    let port = port::free();
    let server = start(&image, root.path(), port);
    let health = || check_health(&image, root.path(), port);
    let is_healthy = |output: &Output| output.status.success();
    let healthy = wait_for(PATIENCE, || Some(health()).filter(is_healthy));
    let healthy = healthy.unwrap_or_else(|| panic!("not healthy: {:?}", health()));
    assert!(String::from_utf8_lossy(&healthy.stdout).starts_with("healthy "));
    let project = root.path().join("workspace/Exhibition");
    assert!(project.join("pipeline/config.json").is_file());
    assert_eq!(fs::metadata(project).expect("a project").uid(), USER);

    drop(server);
    let dead = health();
    assert_eq!(dead.status.code(), Some(2), "{dead:?}");
}

/// Fills the root like the image: the program, the libraries that it names, and its workspace.
fn fill(root: &Path, image: &Image) {
    let libraries = stdout(Command::new("ldd").arg(PODSLATE));
    let libraries = libraries.split_whitespace();
    for library in libraries.filter(|word| word.starts_with('/')) {
        copy(Path::new(library), root, library);
    }
    copy(Path::new(PODSLATE), root, &image.program);
    let workspace = root.join("workspace");
    fs::create_dir(&workspace).expect("a directory");
    chown(&workspace, Some(USER), Some(USER)).expect("an owner");
}

fn copy(from: &Path, root: &Path, path: &str) {
    let to = root.join(path.trim_start_matches('/'));
    fs::create_dir_all(to.parent().expect("a parent")).expect("a directory");
    fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
}

fn command(image: &Image, root: &Path, port: u16, words: &[String]) -> Command {
    let mut command = Command::new("chroot");
    command
        .arg(format!("--userspec={USER}:{USER}"))
        .arg(root)
        .args(words)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        .envs(image.env.iter().map(|(name, value)| (name, value)))
        .env("PODSLATE_PORT", port.to_string())
        .stdin(Stdio::null());
    command
}

fn start(image: &Image, root: &Path, port: u16) -> Running {
    let mut command = command(image, root, port, &image.entrypoint);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Running(command.spawn().expect("chroot runs"))
}

fn check_health(image: &Image, root: &Path, port: u16) -> Output {
    let mut command = command(image, root, port, &image.healthcheck);
    command.output().expect("chroot runs")
}

/// A process that is killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
