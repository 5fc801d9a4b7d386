//! Things that are no files or lead elsewhere, in every place that a program opens.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use podslate_shared::ErrorCode;
use podslate_shared::layout::STAGES;
use testing::{Tree, memory_dir};

use crate::fixture::{symlink, system};
use crate::outcome::{Outcome, Skipped};
use crate::program::{Operation, Program, run_within};

/// Time within which every operation ends.
const MAX_TIME: Duration = Duration::from_secs(5);
/// Text outside the workspace, which no answer may contain.
const CANARY: &str = "canary-outside";
const STALE: &str = ".podslate-tmp-00000000000000000000000000000000";

type Make = fn(&Path, &Path) -> Result<()>;

/// Name of a thing, and how it is made at a place, given the folder outside the workspace.
const THINGS: [(&str, Make); 8] = [
    ("pipe", |place, _| Ok(system("mkfifo", &[&text(place)])?)),
    ("socket", |place, _| socket(place)),
    ("device", |place, _| {
        Ok(system("mknod", &[&text(place), "c", "1", "5"])?)
    }),
    ("link to a file outside", |place, outside| {
        symlink(&outside.join("file"), place)
    }),
    ("link to a folder outside", |place, outside| {
        symlink(&outside.join("Robot"), place)
    }),
    ("link to itself", |place, _| symlink(place, place)),
    ("folder", |place, _| Ok(fs::create_dir(place)?)),
    ("file of 1 TiB", |place, _| {
        Ok(File::create(place)?.set_len(1 << 40)?)
    }),
];

const OPERATIONS: [Operation<'_>; 5] = [
    Operation::Create("Robot"),
    Operation::Complete("Robot"),
    Operation::Rename("Robot", "New"),
    Operation::Recover,
    Operation::List,
];

/// Every thing in every place, one check for each thing.
pub fn all(program: &Program) -> Vec<Outcome> {
    let outcomes = THINGS.iter().map(|(thing, make)| {
        let name = format!("{} with a {thing}", program.name());
        Outcome::of(name, |outcome| {
            let mut hung = 0;
            for place in places() {
                for operation in OPERATIONS {
                    let result = attempt(program, *make, &place, operation);
                    if let Err(error) = &result {
                        hung += usize::from(error.to_string().contains("did not end"));
                    }
                    match result.map_err(anyhow::Error::downcast::<Skipped>) {
                        Ok(()) => outcome.count(Ok(())),
                        Err(Ok(skipped)) => return Err(skipped.into()),
                        Err(Err(error)) => {
                            let case = format!("{place}, {operation:?}");
                            outcome.count(Err(error.context(case)));
                        }
                    }
                }
            }
            outcome.note(format!("{hung} hung"));
            Ok(())
        })
    });
    outcomes.collect()
}

fn places() -> Vec<String> {
    let fixed = [
        "Robot",
        "Robot/pipeline",
        "Robot/pipeline/config.json",
        STALE,
    ];
    let stages = STAGES.iter().map(|stage| format!("Robot/{}", stage.folder));
    let beside = format!("Robot/pipeline/{STALE}");
    let fixed = fixed.into_iter().map(str::to_owned);
    fixed.chain([beside]).chain(stages).collect()
}

fn attempt(program: &Program, make: Make, place: &str, operation: Operation<'_>) -> Result<()> {
    let dir = memory_dir()?;
    let (outside, workspace) = (dir.path().join("outside"), dir.path().join("workspace"));
    for folder in [outside.join("Robot/pipeline"), workspace.join("Robot")] {
        fs::create_dir_all(folder)?;
    }
    for file in ["file", "Robot/pipeline/config.json"] {
        let json = format!("{{\"project_name\": \"Other\", \"{CANARY}\": \"{CANARY}\"}}");
        fs::write(outside.join(file), json)?;
    }
    fs::create_dir(workspace.join("Robot/pipeline"))?;
    let config = workspace.join("Robot/pipeline/config.json");
    fs::write(config, "{\"project_name\": \"Robot\"}")?;
    for stage in STAGES {
        fs::create_dir_all(workspace.join("Robot").join(stage.folder))?;
    }
    let before = Tree::read(&outside)?;
    let place: PathBuf = workspace.join(place);
    let _ = fs::remove_file(&place);
    let _ = fs::remove_dir_all(&place);
    make(&place, &outside)?;
    // A staging name is looked at only if it is old; a link is aged itself.
    system("touch", &["-h", "-d", "2020-01-01", &text(&place)])?;
    let mut command = program.command(&[], &workspace, operation);
    let exit = run_within(&mut command, MAX_TIME)?;
    // A refusal or a success, with a report; a crash has neither.
    let is_answer = matches!(exit.code, Some(0..=2)) && exit.report.is_some();
    let wrong = [Some(ErrorCode::Internal), Some(ErrorCode::Usage)];
    exit.ensure(is_answer && !wrong.contains(&exit.error()))?;
    exit.ensure(!exit.output.contains(CANARY))?;
    ensure!(
        Tree::read(&outside)? == before,
        "it changed what is outside"
    );
    Ok(())
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(unix)]
fn socket(place: &Path) -> Result<()> {
    Ok(std::os::unix::net::UnixListener::bind(place).map(drop)?)
}

#[cfg(not(unix))]
fn socket(_place: &Path) -> Result<()> {
    Err(Skipped("sockets in folders need Unix".to_owned()).into())
}
