//! One table of cases for every build and runtime: the native program, the server's sandbox, and a
//! WASI runtime that shares no code with it.

mod races;
mod recovery;
mod table;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use podslate_sandbox::{Limits, Run, Sandbox};
use table::{CASES, Case};
use testing::Tree;

/// Exit code, standard output and standard error.
type Output = (i32, String, String);

#[test]
fn the_native_program_passes_every_case() {
    check(|case, workspace| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_project-init"));
        command.args(case.args).current_dir(workspace);
        spawn(&mut command, case)
    });
}

#[test]
fn the_sandbox_passes_every_case() {
    let program = Sandbox::compile(&wasm(), Limits::default()).expect("the program compiles");
    check(|case, workspace| {
        let run = Run {
            args: case.args,
            env: case.env,
            stdin: case.stdin.as_bytes(),
        };
        let output = program.run(workspace, &run).expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is Unicode");
        (output.exit, text(output.stdout), text(output.stderr))
    });
}

#[test]
fn node_passes_every_case() {
    let node = std::env::var_os("PODSLATE_TEST_NODE").unwrap_or_else(|| "node".into());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node-wasi.mjs");
    check(|case, workspace| {
        let mut command = Command::new(&node);
        command
            .arg("--no-warnings")
            .arg(&script)
            .arg(wasm_path())
            .arg(workspace)
            .args(case.args);
        spawn(&mut command, case)
    });
}

/// The server's sandbox as it is built for Windows.
#[cfg(target_os = "linux")]
#[test]
fn the_sandbox_for_windows_passes_every_case() {
    let test = "cases::the_sandbox_for_windows_passes_every_case";
    let Some(wine) = testing::Wine::take(test) else {
        return;
    };
    let compiled = wasm_path().with_file_name("x86_64-pc-windows-gnu/project-init.cwasm");
    let paths = [wasm_path(), compiled].map(|path| testing::windows_path(&path));
    // Wine does not change the case of a name.
    check_except("a rename that changes only the case", |case, workspace| {
        let mut command = wine.command("podslate-run");
        command.arg(testing::windows_path(workspace));
        command.args(&paths).args(case.args);
        spawn(&mut command, case)
    });
}

/// Runs every case and panics with all that fail.
fn check(run: impl Fn(&Case, &Path) -> Output) {
    check_except("", run);
}

/// The same without the case of one title.
fn check_except(exception: &str, run: impl Fn(&Case, &Path) -> Output) {
    let mut failed = Vec::new();
    let cases = || {
        let cases = CASES.iter().chain(recovery::CASES);
        cases.filter(|case| case.title != exception)
    };
    for case in cases() {
        let workspace = tempfile::tempdir().expect("a directory for the case");
        let mut expected = Tree::default();
        (case.before)(&mut expected);
        expected.write(workspace.path()).expect("a workspace");
        (case.after)(&mut expected);

        let (exit, stdout, stderr) = run(case, workspace.path());
        let stderr_fits = match case.stderr {
            "" => stderr.is_empty(),
            part => stderr.contains(part),
        };
        let tree = Tree::read(workspace.path()).expect("a workspace");
        if exit != case.exit || stdout != case.stdout || !stderr_fits || tree != expected {
            failed.push(format!(
                "{}: exit {exit}\n{stdout}{stderr}{}",
                case.title,
                tree.diff(&expected)
            ));
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {} cases failed:\n{}",
        failed.len(),
        cases().count(),
        failed.join("\n")
    );
}

fn spawn(command: &mut Command, case: &Case) -> Output {
    let mut child = command
        .env_remove("PROJECT_NAME")
        .envs(case.env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that does not read its input may have ended already.
    let _ = child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(case.stdin.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is Unicode");
    (
        output.status.code().unwrap_or(-1),
        text(output.stdout),
        text(output.stderr),
    )
}

fn wasm() -> Vec<u8> {
    let path = wasm_path();
    std::fs::read(&path)
        .unwrap_or_else(|_| panic!("{} is missing: run `cargo xtask build`", path.display()))
}

fn wasm_path() -> PathBuf {
    let artifacts = std::env::var_os("PODSLATE_ARTIFACTS").map(PathBuf::from);
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/artifacts");
    artifacts.unwrap_or_else(default).join("project-init.wasm")
}
