//! The document about the ways of a name, run word for word with real processes.

mod document;
mod machines;

use document::{Block, blocks};
use machines::Machines;

#[cfg(target_os = "linux")]
use crate::docker::Docker;

const DOCUMENT: &str = include_str!("../../../../docs/strategies.md");

#[test]
fn before_the_pod() {
    let projects = ["3D_AI_Inputs/MyCharacter", "3D_AI_Inputs/Second"];
    let machines = run("1. Before the pod", &projects, &[]);
    assert!(!machines.has_pod(), "the section starts a pod");
}

#[test]
fn by_an_environment_variable() {
    let projects = ["workspace/MyCharacter", "workspace/Second"];
    run_with_pod("2. With an environment variable", &projects);
}

#[test]
fn after_the_start() {
    run_with_pod("3. After the start", &["workspace/Third"]);
}

#[test]
fn by_the_api() {
    run_with_pod("4. With the API", &["workspace/MyCharacter"]);
}

#[cfg(target_os = "linux")]
#[test]
fn one_command() {
    let Some(docker) = Docker::take("strategies::one_command") else {
        return;
    };
    let projects = ["workspace/MyCharacter", "inputs/Second", "inputs/Third"];
    let host = ("DOCKER_HOST", docker.host());
    let machines = run("5. One command", &projects, &[host]);
    assert!(machines.has_pod(), "no pod in the section");
}

fn run_with_pod(section: &str, projects: &[&str]) {
    let machines = run(section, projects, &[]);
    assert!(machines.has_pod(), "no pod in `{section}`");
}

/// Runs a section, with the pod killed and restarted before every step, and looks at the projects.
fn run(section: &str, projects: &[&str], environment: &[(&'static str, String)]) -> Machines {
    let mut machines = Machines::new(environment);
    let blocks = blocks(DOCUMENT, section);
    let mut steps = 0;
    for (index, block) in blocks.iter().enumerate() {
        match block {
            Block::Pod(command) => machines.start(command),
            Block::Workstation(command) => {
                steps += 1;
                machines.restart();
                let Some(Block::Output(expected)) = blocks.get(index + 1) else {
                    panic!("a step without its output: {command}");
                };
                assert_eq!(machines.type_in(command), *expected, "{command}");
            }
            Block::Output(_) => {}
        }
    }
    assert!(steps > 0, "no step in `{section}`");
    machines.assert_projects(projects);
    machines
}
