//! Each kind of workstation runs the same commands, with pods in a real Docker Engine.

mod table;

use std::os::unix::fs::MetadataExt;

use crate::docker::Docker;

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
