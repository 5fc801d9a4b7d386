//! One table of cases, run through every way to run the program: natively, in the server's
//! sandbox, and in a WASI runtime that shares no code with it.

mod races;
mod recovery;
mod table;
mod tree;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use podslate_sandbox::{Limits, Run, Sandbox};
use table::{CASES, Case};
use tree::Tree;

/// Exit code, standard output, standard error.
type Ended = (i32, String, String);

#[test]
fn natively() {
    check(|case, workspace| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_project-init"));
        command.args(case.args).current_dir(workspace);
        spawn(&mut command, case)
    });
}

#[test]
fn in_the_sandbox() {
    let program = Sandbox::compile(&wasm(), Limits::default()).expect("the program compiles");
    check(|case, workspace| {
        let run = Run {
            args: case.args,
            env: case.env,
            stdin: case.stdin.as_bytes(),
            terminal: false,
        };
        let output = program.run(workspace, &run).expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is Unicode");
        (output.exit, text(output.stdout), text(output.stderr))
    });
}

#[test]
fn in_node() {
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

/// Runs every case and says of each that fails what is wrong.
fn check(run: impl Fn(&Case, &Path) -> Ended) {
    let mut wrong = Vec::new();
    let cases = || CASES.iter().chain(recovery::CASES);
    for case in cases() {
        let workspace = tempfile::tempdir().expect("a directory for the case");
        let mut expected = Tree::default();
        (case.before)(&mut expected);
        expected.write(workspace.path());
        (case.after)(&mut expected);

        let (exit, stdout, stderr) = run(case, workspace.path());
        let said = match case.stderr {
            "" => stderr.is_empty(),
            part => stderr.contains(part),
        };
        let left = Tree::read(workspace.path());
        if exit != case.exit || stdout != case.stdout || !said || left != expected {
            let same = left == expected;
            wrong.push(format!(
                "{}: exit {exit}, the workspace is {}as expected\n{stdout}{stderr}",
                case.title,
                if same { "" } else { "not " }
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n{}",
        wrong.len(),
        cases().count(),
        wrong.join("\n")
    );
}

fn spawn(command: &mut Command, case: &Case) -> Ended {
    let mut child = command
        .env_remove("PROJECT_NAME")
        .envs(case.env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that does not read may be gone already.
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
