//! Each kind of workstation runs the same commands, with pods in a real Docker Engine.

mod table;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use testing::Wine;

use crate::docker::Docker;
use crate::program::write_program;

#[test]
fn each_user_gets_pods_that_write_as_that_user() {
    let test = "workstations::each_user_gets_pods_that_write_as_that_user";
    for user in [0, 1000, 1001] {
        let Some(docker) = Docker::take(test) else {
            return;
        };
        let mut machine = docker.machine("podslate");
        machine.become_user(user, docker.group(), &docker.program());
        table::run(&machine, |project| {
            let owner = project.metadata().expect("a project").uid();
            assert_eq!(owner, user, "{}", project.display());
        });
    }
}

/// The program as pip installs it.
#[test]
fn a_workstation_with_the_wheel_gets_pods() {
    let test = "workstations::a_workstation_with_the_wheel_gets_pods";
    let Some(docker) = Docker::take(test) else {
        return;
    };
    let Ok(program) = std::env::var("PODSLATE_TEST_WHEEL_PROGRAM") else {
        return testing::skip(test, "`PODSLATE_TEST_WHEEL_PROGRAM` is not set");
    };
    let mut machine = docker.machine("podslate");
    machine.run_by(vec![program]);
    table::run(&machine, |_| {});
}

/// As Docker Desktop does, this command turns paths of Windows into those of the engine's machine.
const DOCKER_FOR_WINDOWS: &str = r#"#!/bin/sh
PATH=/usr/local/bin:/usr/bin:/bin
for word; do
    shift
    case $word in
    *source=Z:*) word=$(printf %s "$word" | sed 's/source=Z:/source=/; s/\\/\//g') ;;
    esac
    set -- "$@" "$word"
done
exit=$(printf %s "${DOCKER_EXIT#Z:}" | tr '\\' /)
docker "$@" > "$exit.out" 2> "$exit.err"
echo $? > "$exit.new"
mv "$exit.new" "$exit"
"#;

#[test]
fn windows_in_wine_gets_pods() {
    let test = "workstations::windows_in_wine_gets_pods";
    let (Some(docker), Some(wine)) = (Docker::take(test), Wine::take(test)) else {
        return;
    };
    let mut machine = docker.machine("podslate");
    let bin = machine.path("bin");
    fs::create_dir(&bin).expect("a directory");
    write_program(&bin.join("docker.sh"), DOCKER_FOR_WINDOWS);
    fs::copy(&wine.words("bridge")[1], bin.join("docker.exe")).expect("a copy");
    machine.set("WINEPATH", testing::windows_path(&bin));
    for (name, value) in wine.environment() {
        machine.set(name, value);
    }
    machine.run_by(wine.words("podslate").to_vec());
    machine.settings("wait = 60\n[docker]\nimage = \"podslate\"");
    // In Docker Desktop every user of a container may write to it.
    let workspace = machine.path("workspace");
    fs::create_dir(&workspace).expect("a directory");
    fs::set_permissions(&workspace, Permissions::from_mode(0o777)).expect("permissions");
    table::run(&machine, |_| {});
}
