//! The wheel, installed by pip into a fresh environment.

use std::path::Path;
use std::process::Command;

use crate::{VERSION, package, packages, provided, run, stdout};

#[test]
fn the_program_that_pip_installed_works() {
    let test = "the_program_that_pip_installed_works";
    let Some(program) = provided(test, "PODSLATE_TEST_WHEEL_PROGRAM") else {
        return;
    };
    let workspace = tempfile::tempdir().unwrap();
    let podslate = |args: &[&str]| {
        let mut command = Command::new(&program);
        command.args(args).env_remove("PODSLATE_POD");
        if args[0] != "--version" {
            command.arg("--workspace").arg(workspace.path());
        }
        stdout(command.current_dir(workspace.path()))
    };
    assert_eq!(podslate(&["--version"]).trim(), VERSION);
    podslate(&["new", "Hero", "--via", "local"]);
    assert_eq!(podslate(&["list", "--via", "local"]).trim(), "Hero");
    podslate(&["rename", "Hero", "Villain", "--via", "local"]);
    assert_eq!(podslate(&["list", "--via", "local"]).trim(), "Villain");
    assert!(podslate(&["mount", "Villain"]).contains("Villain"));
    assert!(workspace.path().join("Villain/pipeline").is_dir());
}

#[test]
fn pip_refuses_a_wheel_for_another_processor() {
    let test = "pip_refuses_a_wheel_for_another_processor";
    let (Some(folder), Some(program)) = (
        packages(test),
        provided(test, "PODSLATE_TEST_WHEEL_PROGRAM"),
    ) else {
        return;
    };
    let python = program.with_file_name(["python", "python.exe"][usize::from(cfg!(windows))]);
    let pip = |wheel: &Path| {
        let args = [
            "-m",
            "pip",
            "install",
            "--no-index",
            "--no-deps",
            "--dry-run",
        ];
        run(Command::new(&python).args(args).arg(wheel))
    };
    let wheel = package(&folder, ".whl");
    assert_eq!(pip(&wheel).0, 0, "pip accepts the wheel for this machine");
    let other = tempfile::tempdir().unwrap();
    let other = other
        .path()
        .join("podslate-0.1.0-py3-none-manylinux_2_17_s390x.whl");
    std::fs::create_dir_all(other.parent().unwrap()).unwrap();
    std::fs::copy(&wheel, &other).unwrap();
    let (code, _, stderr) = pip(&other);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("is not a supported wheel on this platform"),
        "{stderr}"
    );
}
