//! Recovery: more cases of the table, and tests that need ages, links or several processes.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime};

use podslate_sandbox::{Limits, Run, Sandbox};
use podslate_shared::{Done, Recovered, Report};

use super::table::{CASE, Case};
use testing::{Tree, config_of};

const STAGING: &str = ".podslate-tmp-0123456789abcdef0123456789abcdef";
const TRASH: &str = ".podslate-trash-0123456789abcdef0123456789abcdef";
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Cases of recovery.
pub const CASES: &[Case] = &[
    Case {
        title: "nothing to recover",
        before: |t| {
            t.project("Robot");
            t.file("Robot/0_input/meshes/robot.fbx", "mesh");
        },
        args: &["--json", "--recover", "--older-than", "0"],
        stdout: "{\"status\":\"success\",\"action\":\"recovered\",\"repaired\":[],\"removed\":[],\
                 \"left\":[],\"message\":\"Recovery: 0 repaired, 0 removed, 0 left.\"}\n",
        ..CASE
    },
    Case {
        title: "a configuration follows the folder's name and changes in nothing else",
        before: |t| {
            t.project("Robot");
            t.file(
                "Robot/pipeline/config.json",
                "\u{FEFF}{\"a\":1.0,\"project_name\":\"Old\"}\n",
            );
        },
        args: &["--recover"],
        stdout: "Recovery: 1 repaired, 0 removed, 0 left.\n  repaired Robot: its configuration had \
                 the name Old\n",
        after: |t| {
            t.file(
                "Robot/pipeline/config.json",
                "\u{FEFF}{\"a\":1.0,\"project_name\":\"Robot\"}\n",
            );
        },
        ..CASE
    },
    Case {
        title: "a configuration that a person broke or wrote otherwise is kept",
        before: |t| {
            for (index, config) in [
                "",
                "{\"project_name\":\"Old\",}",
                "[{\"project_name\":\"Old\"}]",
                "{\"project_name\":\"My Robot\"}",
                "{\"project_name\":7}",
                "{\"name\":\"Old\"}",
            ]
            .iter()
            .enumerate()
            {
                t.project(&format!("Robot{index}"));
                t.file(&format!("Robot{index}/pipeline/config.json"), config);
            }
            t.dirs(&["My Robot", "My Robot/pipeline", "Empty"]);
            t.file(
                "My Robot/pipeline/config.json",
                "{\"project_name\":\"Old\"}",
            );
        },
        args: &["--recover"],
        stdout: "Recovery: 0 repaired, 0 removed, 0 left.\n",
        ..CASE
    },
    Case {
        title: "a recent unfinished project is kept, because a program may be working on it",
        before: |t| {
            t.project_named(STAGING, "Robot");
            t.project("Robot");
            t.file(&format!("Robot/pipeline/{STAGING}"), "{}");
        },
        args: &["--recover"],
        stdout: "Recovery: 0 repaired, 0 removed, 0 left.\n",
        ..CASE
    },
    Case {
        title: "a stale unfinished project is removed",
        before: |t| {
            t.dirs(&[
                STAGING,
                &format!("{STAGING}/0_input"),
                &format!("{STAGING}/pipeline"),
            ]);
            t.file(
                &format!("{STAGING}/pipeline/config.json"),
                &config_of("Robot")[..99],
            );
        },
        args: &["--recover", "--older-than", "0"],
        stdout: "Recovery: 0 repaired, 1 removed, 0 left.\n  removed \
                 .podslate-tmp-0123456789abcdef0123456789abcdef\n",
        after: |t| t.remove(STAGING),
        ..CASE
    },
    Case {
        title: "a stale unfinished configuration is removed",
        before: |t| {
            t.project("Robot");
            t.file(&format!("Robot/pipeline/{STAGING}"), "{\"mine\": 1,");
        },
        args: &["--recover", "--older-than", "0"],
        stdout: "Recovery: 0 repaired, 1 removed, 0 left.\n  removed \
                 Robot/pipeline/.podslate-tmp-0123456789abcdef0123456789abcdef\n",
        after: |t| t.remove(&format!("Robot/pipeline/{STAGING}")),
        ..CASE
    },
    Case {
        title: "an entry that an earlier recovery moved aside is removed at any age",
        before: |t| t.project_named(TRASH, "Robot"),
        args: &["--recover"],
        stdout: "Recovery: 0 repaired, 1 removed, 0 left.\n  removed \
                 .podslate-trash-0123456789abcdef0123456789abcdef\n",
        after: |t| t.remove(TRASH),
        ..CASE
    },
    Case {
        title: "a file that only looks unfinished is kept",
        before: |t| t.file(STAGING, "mine"),
        args: &["--recover", "--older-than", "0"],
        stdout: "Recovery: 0 repaired, 0 removed, 1 left.\n  left \
                 .podslate-tmp-0123456789abcdef0123456789abcdef: it contains something that \
                 podslate did not create\n",
        ..CASE
    },
    Case {
        title: "names that podslate does not create are ignored",
        before: |t| {
            t.dirs(&[
                ".podslate-tmp-x",
                ".podslate-trash-",
                ".git",
                ".git/0_input",
            ]);
        },
        args: &["--recover", "--older-than", "0"],
        stdout: "Recovery: 0 repaired, 0 removed, 0 left.\n",
        ..CASE
    },
    Case {
        title: "an age that is not a number",
        args: &["--recover", "--older-than", "-1"],
        exit: 2,
        stderr: "`-1` is not a number of seconds",
        ..CASE
    },
];

/// Runs `check` with a function that recovers a workspace natively and with one that recovers it
/// in the sandbox.
fn each_build(check: impl Fn(&dyn Fn(&Path, &[&str]) -> Recovered)) {
    check(&|workspace, args| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_project-init"));
        let output = command
            .args([&["--json", "--recover"], args].concat())
            .current_dir(workspace)
            .output()
            .expect("the program runs");
        parse(&output.stdout)
    });
    let program = Sandbox::compile(&super::wasm(), Limits::default()).expect("a program");
    check(&|workspace, args| {
        let run = Run {
            args: &[&["--json", "--recover"], args].concat(),
            ..Run::default()
        };
        parse(
            &program
                .run(workspace, &run)
                .expect("the program runs")
                .stdout,
        )
    });
}

fn parse(stdout: &[u8]) -> Recovered {
    match serde_json::from_slice(stdout) {
        Ok(Report::Success(Done::Recovered(mut recovered))) => {
            recovered.removed.sort();
            recovered.left.sort();
            recovered
        }
        other => panic!("{other:?}"),
    }
}

fn set_time(path: &Path, time: SystemTime) {
    let entry = File::open(path).expect("an entry can be opened");
    entry.set_modified(time).expect("a time can be set");
}

#[cfg(unix)]
#[test]
fn an_unfinished_entry_is_stale_after_a_day() {
    each_build(|recover| {
        let workspace = tempfile::tempdir().expect("a directory");
        let name = |n: u32| format!(".podslate-tmp-{n:032x}");
        let mut before = Tree::default();
        before.project("Robot");
        for n in 0..4 {
            before.project_named(&name(n), "Robot");
            before.file(&format!("Robot/pipeline/{}", name(n)), "{");
        }
        before.file(".podslate-tmp-probe-1-0-1", "\0\0");
        before.write(workspace.path()).expect("a workspace");
        let now = SystemTime::now();
        let times = [
            now - 25 * HOUR,
            now - 23 * HOUR,
            now + HOUR,
            now + 25 * HOUR,
        ];
        for (n, time) in (0..).zip(times) {
            set_time(&workspace.path().join(name(n)), time);
            set_time(&workspace.path().join("Robot/pipeline").join(name(n)), time);
        }
        set_time(
            &workspace.path().join(".podslate-tmp-probe-1-0-1"),
            times[0],
        );

        let Recovered { removed, left, .. } = recover(workspace.path(), &[]);
        let config = format!("Robot/pipeline/{}", name(0));
        assert_eq!(removed, [&name(0), ".podslate-tmp-probe-1-0-1", &config]);
        assert!(left.is_empty(), "{left:?}");
        removed.iter().for_each(|path| before.remove(path));
        Tree::read(workspace.path())
            .expect("a workspace")
            .assert_same(&before);
        let removed = recover(workspace.path(), &[]).removed;
        assert!(removed.is_empty(), "{removed:?}");
    });
}

#[test]
fn the_files_of_a_person_in_an_unfinished_project_are_kept() {
    each_build(|recover| {
        let workspace = tempfile::tempdir().expect("a directory");
        let mut before = Tree::default();
        before.project_named(STAGING, "Robot");
        before.file(&format!("{STAGING}/2_rig/rig.txt"), "rig");
        let edited = config_of("Robot").replace("Y_UP", "Z_UP");
        before.file(&format!("{STAGING}/pipeline/config.json"), &edited);
        before.write(workspace.path()).expect("a workspace");

        for _ in 0..3 {
            let Recovered { removed, left, .. } = recover(workspace.path(), &["--older-than", "0"]);
            assert!(removed.is_empty(), "{removed:?}");
            let [left] = &left[..] else {
                panic!("{left:?}")
            };
            let (trash, why) = left.split_once(": ").expect("a reason");
            assert_eq!(why, "it contains something that podslate did not create");
            let mut expected = Tree::default();
            let inside = |path: &str| format!("{trash}{path}");
            expected.dirs(&[trash, &inside("/2_rig"), &inside("/pipeline")]);
            expected.file(&inside("/2_rig/rig.txt"), "rig");
            expected.file(&inside("/pipeline/config.json"), &edited);
            Tree::read(workspace.path())
                .expect("a workspace")
                .assert_same(&expected);
        }
    });
}

#[cfg(unix)]
#[test]
fn recovery_follows_no_link() {
    use std::os::unix::fs::symlink;

    each_build(|recover| {
        let outer = tempfile::tempdir().expect("a directory");
        let workspace = outer.path().join("workspace");
        let mut before = Tree::default();
        before.dir("workspace");
        before.project("Outside");
        before.project("workspace/Other");
        before.project("workspace/Linked");
        before.remove("workspace/Linked/pipeline");
        before.write(outer.path()).expect("a workspace");
        fs::create_dir(workspace.join(STAGING)).expect("a directory");
        for (target, link) in [
            ("../Other/pipeline", format!("{STAGING}/pipeline")),
            ("../../Outside/0_input", format!("{STAGING}/0_input")),
            ("../Other/pipeline", "Linked/pipeline".to_owned()),
            ("Other", "Second".to_owned()),
            ("Other", TRASH.to_owned()),
        ] {
            symlink(target, workspace.join(link)).expect("a link");
        }
        let Recovered { removed, left, .. } = recover(&workspace, &["--older-than", "0"]);
        assert!(removed.is_empty(), "{removed:?}");
        assert_eq!(left.len(), 2, "{left:?}");
        for entry in fs::read_dir(&workspace).expect("a directory").flatten() {
            let name = entry.file_name().into_string().expect("Unicode");
            if name.starts_with('.') {
                let _ = fs::remove_file(entry.path()).or_else(|_| fs::remove_dir_all(entry.path()));
            }
        }
        for link in ["Second", "Linked/pipeline"] {
            fs::remove_file(workspace.join(link)).expect("the link is still there");
        }
        Tree::read(outer.path())
            .expect("a workspace")
            .assert_same(&before);
    });
}

#[cfg(unix)]
#[test]
fn of_concurrent_recoveries_one_removes_an_entry() {
    const PROCESSES: usize = 8;
    let workspace = tempfile::tempdir().expect("a directory");
    let mut before = Tree::default();
    before.project("Robot");
    before.write(workspace.path()).expect("a workspace");
    let mut stale = Tree::default();
    let names: Vec<String> = (0..40).map(|n| format!(".podslate-tmp-{n:032x}")).collect();
    for name in &names {
        stale.project_named(name, "Robot");
    }
    stale.write(workspace.path()).expect("a workspace");
    for name in &names {
        set_time(&workspace.path().join(name), SystemTime::now() - 25 * HOUR);
    }
    let recover = || {
        let output = Command::new(env!("CARGO_BIN_EXE_project-init"))
            .args(["--json", "--recover"])
            .current_dir(workspace.path())
            .output()
            .expect("the program runs");
        parse(&output.stdout).removed
    };
    let removed: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..PROCESSES).map(|_| scope.spawn(recover)).collect();
        let removed = threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"));
        removed.flatten().collect()
    });
    let under_first_name = names.iter().filter(|name| {
        let count = removed.iter().filter(|gone| gone == name).count();
        assert!(count <= 1, "{name} was removed {count} times");
        count == 1
    });
    assert!(under_first_name.count() > 0);
    Tree::read(workspace.path())
        .expect("a workspace")
        .assert_same(&before);
}
