//! Each kind of workstation runs the same commands, with pods in a real Docker Engine and in a real
//! cluster.

mod table;

use std::os::unix::fs::MetadataExt;

use crate::docker::Docker;
use crate::kubernetes::Kubernetes;

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

#[test]
fn a_cluster_has_the_same_answers() {
    let Some(kubernetes) = Kubernetes::take("workstations::a_cluster_has_the_same_answers") else {
        return;
    };
    let machine = kubernetes.machine_with_volume("podslate", "");
    table::run(&machine, |project| {
        let owner = project.metadata().expect("a project").uid();
        assert_eq!(owner, 1000, "{}", project.display());
    });
}
