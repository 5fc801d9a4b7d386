//! The document about the ways of a name, run word for word with real processes.
#![cfg(unix)]

mod document;
mod machines;
#[path = "../support/port.rs"]
mod port;

use document::{Block, blocks};
use machines::Machines;

const DOCUMENT: &str = include_str!("../../../docs/strategies.md");

#[test]
fn before_the_pod() {
    run(
        "1. Before the pod",
        &["3D_AI_Inputs/MyCharacter", "3D_AI_Inputs/Second"],
    );
}

#[test]
fn by_an_environment_variable() {
    run(
        "2. By an environment variable",
        &["workspace/MyCharacter", "workspace/Second"],
    );
}

#[test]
fn after_the_start() {
    run("3. After the start", &["workspace/Third"]);
}

#[test]
fn by_the_api() {
    run("4. By the API", &["workspace/MyCharacter"]);
}

#[test]
fn one_command() {
    run(
        "5. One command",
        &["workspace/MyCharacter", "inputs/Second", "inputs/Third"],
    );
}

/// Runs a section, killing and restarting the pod before every step, and looks at the projects.
fn run(section: &str, projects: &[&str]) {
    let mut machines = Machines::new();
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
}
