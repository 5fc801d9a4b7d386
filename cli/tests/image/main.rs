//! The Dockerfile: what a linter says of it, and its start in a bare folder as the root of a file
//! system, as its user, with its environment.
#![cfg(unix)]

mod dockerfile;
#[path = "../support/port.rs"]
mod port;

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use dockerfile::Image;

const PATIENCE: Duration = Duration::from_secs(20);
const USER: u32 = 1000;

#[test]
fn the_linter_finds_nothing() {
    let python = std::env::var_os("PODSLATE_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let linter = Path::new(&python).with_file_name("hadolint");
    let lint = |path: &Path| {
        let output = Command::new(&linter).arg(path).output();
        output.expect("hadolint runs; `cargo xtask test` installs it")
    };
    let output = lint(&dockerfile::path());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let home = tempfile::tempdir().expect("a directory");
    let wrong = home.path().join("Dockerfile");
    fs::write(&wrong, "FROM debian\nRUN cd /tmp\n").expect("a file");
    assert!(!lint(&wrong).status.success(), "the linter does not look");
}

#[test]
fn it_starts_with_nothing_but_the_program() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root may change the root of the file system");
        return;
    }
    let image = Image::read();
    let root = tempfile::tempdir().expect("a directory");
    fill(root.path(), &image);
    let port = port::free();
    let server = Running(started(&image, root.path(), port, &image.entrypoint));
    let start = Instant::now();
    let health = loop {
        let output = output(&image, root.path(), port, &image.healthcheck);
        if output.status.success() {
            break output;
        }
        assert!(start.elapsed() < PATIENCE, "{output:?}");
        thread::sleep(Duration::from_millis(50));
    };
    assert!(String::from_utf8_lossy(&health.stdout).starts_with("healthy "));
    let project = root.path().join("workspace/Exhibition");
    assert!(project.join("pipeline/config.json").is_file());
    let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata(project).expect("a project"));
    assert_eq!(owner, USER);

    drop(server);
    let dead = output(&image, root.path(), port, &image.healthcheck);
    assert_eq!(dead.status.code(), Some(2), "{dead:?}");
}

/// What the image has: the program, the libraries that it names, and its workspace.
fn fill(root: &Path, image: &Image) {
    let program = env!("CARGO_BIN_EXE_podslate");
    let needs = Command::new("ldd").arg(program).output().expect("ldd runs");
    let needs = String::from_utf8_lossy(&needs.stdout).into_owned();
    let libraries = needs
        .split_whitespace()
        .filter(|word| word.starts_with('/'));
    for library in libraries {
        copy(
            Path::new(library),
            &root.join(library.trim_start_matches('/')),
        );
    }
    let place = image.program.trim_start_matches('/');
    copy(Path::new(program), &root.join(place));
    let workspace = root.join("workspace");
    fs::create_dir(&workspace).expect("a folder");
    chown(&workspace, Some(USER), Some(USER)).expect("an owner");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
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

fn started(image: &Image, root: &Path, port: u16, words: &[String]) -> Child {
    let mut command = command(image, root, port, words);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("chroot runs")
}

fn output(image: &Image, root: &Path, port: u16, words: &[String]) -> Output {
    command(image, root, port, words)
        .output()
        .expect("chroot runs")
}

/// A process that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
