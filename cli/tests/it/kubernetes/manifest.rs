//! The objects that `podslate new --dry-run` prints.

use std::path::Path;
use std::process::{Command, Output};

use super::Kubernetes;
use crate::program::{python, repository};

const MANIFEST: &str = "cli/src/pods/kubernetes/manifest.yaml";

/// The opinion of a validator that has the schemas of Kubernetes' versions.
fn validate(version: &str, manifest: &Path) -> Output {
    let validator = Path::new(&python()).with_file_name("kubernetes-validate");
    let output = Command::new(&validator)
        .args(["--strict", "--kubernetes-version", version])
        .arg(manifest)
        .output();
    output.expect("kubernetes-validate runs; `cargo xtask test` installs it")
}

#[test]
fn the_manifest_is_valid_for_old_and_new_versions() {
    let home = tempfile::tempdir().expect("a directory");
    let text = std::fs::read_to_string(repository(MANIFEST)).expect("the manifest");
    let wrong = home.path().join("wrong.yaml");
    let unknown = text.replacen("readOnlyRootFilesystem", "readonlyRootFilesystem", 1);
    assert_ne!(unknown, text);
    std::fs::write(&wrong, unknown).expect("a file");
    for version in ["1.25", "1.37"] {
        let output = validate(version, &repository(MANIFEST));
        assert!(output.status.success(), "{version}: {output:?}");
        // The control.
        assert!(!validate(version, &wrong).status.success(), "{version}");
    }
}

#[test]
fn a_dry_run_prints_what_the_cluster_accepts_and_leaves_nothing() {
    let test = "kubernetes::manifest::a_dry_run_prints_what_the_cluster_accepts_and_leaves_nothing";
    let Some(kubernetes) = Kubernetes::take(test) else {
        return;
    };
    let machine = kubernetes.machine("podslate", "");
    let (code, answer) = machine.json(&["new", "Robot", "--dry-run"]);
    assert_eq!(
        (code, answer["via"].as_str()),
        (0, Some("start")),
        "{answer}"
    );
    let manifest = answer["how"].as_str().expect("a manifest");
    assert!(manifest.contains("token: \"[hidden]\""), "{manifest}");
    assert_eq!(kubernetes.names(), [""; 0]);
    let created = kubernetes.create_dry(manifest);
    assert!(created.status.success(), "{created:?}");
    let created = String::from_utf8_lossy(&created.stdout).into_owned();
    assert_eq!(created.lines().count(), 4, "{created}");
    // The control: the server's schema knows all fields.
    let unknown = manifest.replace("readOnlyRootFilesystem", "readonlyRootFilesystem");
    assert!(!kubernetes.create_dry(&unknown).status.success());
}
