//! Several processes that want the same name at the same time.

use std::path::Path;
use std::process::Command;
use std::thread;

use testing::{Tree, config_of};

const ROUNDS: usize = 20;
const PROCESSES: usize = 8;

#[test]
fn of_concurrent_creations_one_succeeds() {
    let workspace = tempfile::tempdir().expect("a directory");
    let mut expected = Tree::default();
    for round in 0..ROUNDS {
        let name = format!("Robot{round}");
        let exits = race(workspace.path(), |_| vec!["--project".into(), name.clone()]);
        assert_eq!(
            exits.iter().filter(|exit| **exit == 0).count(),
            1,
            "{exits:?}"
        );
        assert!(exits.iter().all(|exit| *exit < 2), "{exits:?}");
        expected.project(&name);
    }
    Tree::read(workspace.path())
        .expect("a workspace")
        .assert_same(&expected);
}

#[test]
fn of_concurrent_renames_one_succeeds_and_the_configuration_has_its_name() {
    for _ in 0..ROUNDS {
        let workspace = tempfile::tempdir().expect("a directory");
        let mut before = Tree::default();
        before.project("Old");
        before.write(workspace.path()).expect("a workspace");
        let new = |index: usize| format!("New{index}");
        let exits = race(workspace.path(), |i| {
            vec!["--rename".into(), "Old".into(), new(i)]
        });
        let winners: Vec<usize> = (0..PROCESSES).filter(|index| exits[*index] == 0).collect();
        assert_eq!(winners.len(), 1, "{exits:?}");
        before.rename("Old", &new(winners[0]));
        before.file(
            &format!("{}/pipeline/config.json", new(winners[0])),
            config_of(&new(winners[0])),
        );
        Tree::read(workspace.path())
            .expect("a workspace")
            .assert_same(&before);
    }
}

fn race(workspace: &Path, args: impl Fn(usize) -> Vec<String> + Sync) -> Vec<i32> {
    let run = |index: usize| {
        let output = Command::new(env!("CARGO_BIN_EXE_project-init"))
            .args(args(index))
            .current_dir(workspace)
            .output()
            .expect("the program runs");
        output.status.code().unwrap_or(-1)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..PROCESSES)
            .map(|index| scope.spawn(move || run(index)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect()
    })
}
