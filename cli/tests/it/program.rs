//! The program under test, and the tools that tests run beside it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use podslate_shared::layout::{CHARACTER, CONFIG_PATH};
use testing::Server;

/// The program.
pub const PODSLATE: &str = env!("CARGO_BIN_EXE_podslate");

/// The command `args` on a workspace.
pub fn podslate(workspace: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(PODSLATE);
    // Before the other arguments, which may end with a pipeline.
    command.arg(args[0]).arg("--workspace").arg(workspace);
    command.args(&args[1..]);
    without_settings(&mut command);
    command
}

/// Removes every setting of this machine from the environment of a command, and its input.
pub fn without_settings(command: &mut Command) -> &mut Command {
    let prefixes = [
        "PODSLATE_",
        "RUNPOD_",
        "XDG_",
        "PROJECT_",
        "AWS_",
        "KUBE",
        "HTTP",
        "http",
        "NO_PROXY",
    ];
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if prefixes.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command.stdin(Stdio::null())
}

/// Starts a server of a workspace at a free port.
pub fn serve(workspace: &Path) -> Server {
    start(&mut podslate(workspace, &["serve", "--port", "0"]))
}

/// Starts a server that requires a token.
pub fn serve_with_token(workspace: &Path, token: &str) -> Server {
    start(podslate(workspace, &["serve", "--port", "0"]).env("PODSLATE_TOKEN", token))
}

/// Starts a server by a command.
pub fn start(command: &mut Command) -> Server {
    Server::spawn(command).expect("the server starts")
}

/// Standard output of a command, which succeeds.
pub fn stdout(command: &mut Command) -> String {
    let output = command.output().expect("the program runs");
    text(&output)
}

/// Standard output of a command that succeeded.
pub fn text(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout.clone()).expect("Unicode")
}

/// Whether a directory is a complete project.
pub fn is_project(dir: &Path) -> bool {
    let has_dir = |path: &&str| dir.join(path).is_dir();
    CHARACTER.directories.iter().all(has_dir) && dir.join(CONFIG_PATH).is_file()
}

/// Python with the packages that `cargo xtask test` installs.
pub fn python() -> String {
    std::env::var("PODSLATE_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// Node, a WASI runtime that shares no code with podslate.
pub fn node() -> String {
    std::env::var("PODSLATE_TEST_NODE").unwrap_or_else(|_| "node".to_owned())
}

/// A line of shell that runs the worker on the current directory in Node, for arguments to follow.
pub fn worker_in_node() -> String {
    format!(
        "'{}' --no-warnings '{}' '{}' .",
        node(),
        repository("worker/tests/node-wasi.mjs").display(),
        artifact("project-init.wasm").display()
    )
}

/// A file that the program embeds.
pub fn artifact(name: &str) -> PathBuf {
    let artifacts = std::env::var_os("PODSLATE_ARTIFACTS").map(PathBuf::from);
    artifacts
        .unwrap_or_else(|| repository("target/artifacts"))
        .join(name)
}

/// Writes the text of a program, for example a shell script.
#[cfg(unix)]
pub fn write_program(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).expect("a file");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, executable).expect("permissions");
}

/// A path in the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// A file beside the tests.
pub fn script(path: &str) -> PathBuf {
    repository("cli/tests/it").join(path)
}
