//! Workspaces that refuse changes: full, read-only, locked, or with planted links.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use podslate_shared::{Done, ErrorCode};
use testing::Tree;

use crate::fixture::{Mount, symlink, system};
use crate::outcome::{Outcome, Skipped};
use crate::program::{Exit, Operation, Program};

const CREATE: Operation<'_> = Operation::Create("Robot");
const RENAME: Operation<'_> = Operation::Rename("Robot", "New");

/// Every environment for a program.
pub fn all(program: &Program) -> Vec<Outcome> {
    type Check = fn(&Program, &mut Outcome) -> Result<()>;
    let checks: [(&str, Check); 5] = [
        ("a file system without inodes", few_inodes),
        ("a file system without space", no_space),
        ("a read-only mount", read_only),
        ("locked entries (chattr +i)", locked),
        ("planted links", links),
    ];
    let outcomes = checks.into_iter().map(|(name, check)| {
        let name = format!("{} in {name}", program.name());
        Outcome::of(name, |outcome| check(program, outcome))
    });
    outcomes.collect()
}

fn few_inodes(program: &Program, outcome: &mut Outcome) -> Result<()> {
    let tmpfs = |inodes: usize| {
        let option = format!("nr_inodes={inodes}");
        Mount::new(&["-t", "tmpfs", "-o", &option, "tmpfs"])
    };
    // The root of the mount takes one; a project has 34 entries.
    for inodes in 1..=34 {
        outcome.count(is_disk_full(program, tmpfs(inodes)?.path()));
    }
    outcome.count(creates(program, tmpfs(40)?.path()));
    Ok(())
}

fn no_space(program: &Program, outcome: &mut Outcome) -> Result<()> {
    let mount = Mount::new(&["-t", "tmpfs", "-o", "size=64k", "tmpfs"])?;
    let filler = mount.path().join("filler");
    let fill = || fs::write(&filler, vec![1; 128 << 10]);
    if fill().is_ok() {
        return Err(Skipped("the mount has no limit".to_owned()).into());
    }
    outcome.count(is_disk_full(program, mount.path()));
    fs::remove_file(&filler)?;
    outcome.count(creates(program, mount.path()));
    let _ = fill();
    let exit = program.run(mount.path(), RENAME)?;
    let is_complete = Tree::read(mount.path())?.is_complete("New");
    outcome.count(exit.ensure(exit.is_config_outdated() && is_complete));
    fs::remove_file(filler)?;
    outcome.count(recovers_to(program, mount.path(), "New"));
    Ok(())
}

fn read_only(program: &Program, outcome: &mut Outcome) -> Result<()> {
    let dir = tempfile::tempdir()?;
    creates(program, dir.path())?;
    let stale = format!(".podslate-tmp-{:032x}", 0);
    fs::create_dir(dir.path().join(&stale))?;
    let mount = Mount::new(&["--bind", &dir.path().display().to_string()])?;
    let path = mount.path();
    system(
        "mount",
        &["-o", "remount,ro,bind", &path.display().to_string()],
    )?;
    for operation in [Operation::Create("Second"), RENAME, Operation::Recover] {
        let before = Tree::read(path)?;
        let exit = program.run(path, operation)?;
        let is_right = match operation {
            Operation::Recover => leaves(&exit, &stale),
            _ => is_read_only(&exit),
        };
        outcome.count(exit.ensure(is_right && before == Tree::read(path)?));
    }
    Ok(())
}

fn locked(program: &Program, outcome: &mut Outcome) -> Result<()> {
    for place in ["", "Robot", "Robot/pipeline", "Robot/pipeline/config.json"] {
        let dir = tempfile::tempdir()?;
        let workspace = dir.path();
        creates(program, workspace)?;
        let lock = Lock::new(workspace.join(place))?;
        let exit = program.run(workspace, RENAME)?;
        let is_renamed = workspace.join("New").exists();
        let (name, is_right) = if is_renamed {
            ("New", exit.is_config_outdated())
        } else {
            ("Robot", is_read_only(&exit))
        };
        let is_complete = Tree::read(workspace)?.is_complete(name);
        outcome.count(exit.ensure(is_right && is_complete));
        let exit = program.run(workspace, Operation::Recover)?;
        outcome.count(exit.ensure(exit.code == Some(0) && (!is_renamed || leaves(&exit, "New"))));
        drop(lock);
        outcome.count(recovers_to(program, workspace, name));
    }
    Ok(())
}

/// Entry that cannot be changed until this is dropped.
struct Lock(PathBuf);

impl Lock {
    fn new(path: PathBuf) -> Result<Self> {
        chattr("+i", &path)?;
        Ok(Self(path))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A rename may have moved it.
        let moved = self.0.display().to_string().replace("/Robot", "/New");
        let _ = chattr("-i", &self.0).or_else(|_| chattr("-i", Path::new(&moved)));
    }
}

fn chattr(flag: &str, path: &Path) -> Result<(), Skipped> {
    system("chattr", &[flag, &path.display().to_string()])
}

/// Target and place of a link, and an operation with the code of its error.
type Link = (
    &'static str,
    &'static str,
    Operation<'static>,
    Option<ErrorCode>,
);

const LINKS: [Link; 7] = [
    (
        "../outside/Robot",
        "Taken",
        Operation::Create("Taken"),
        Some(ErrorCode::NameTaken),
    ),
    (
        "nowhere",
        "Taken",
        Operation::Create("Taken"),
        Some(ErrorCode::NameTaken),
    ),
    (
        "Robot",
        "Taken",
        Operation::Rename("Robot", "Taken"),
        Some(ErrorCode::NameTaken),
    ),
    (
        "../outside/Robot",
        "Old",
        Operation::Rename("Old", "New"),
        Some(ErrorCode::NotAProject),
    ),
    (
        "../../outside/Robot/pipeline",
        "Robot/pipeline",
        RENAME,
        Some(ErrorCode::ConfigInvalid),
    ),
    (
        "../../../outside/Robot/pipeline/config.json",
        "Robot/pipeline/config.json",
        RENAME,
        Some(ErrorCode::ConfigInvalid),
    ),
    (
        "../outside/Robot",
        ".podslate-tmp-00000000000000000000000000000000",
        Operation::Recover,
        None,
    ),
];

fn links(program: &Program, outcome: &mut Outcome) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let (outside, workspace) = (dir.path().join("outside"), dir.path().join("workspace"));
    creates(program, &outside)?;
    let outside_before = Tree::read(&outside)?;
    for (target, place, operation, error) in LINKS {
        creates(program, &workspace)?;
        let link = workspace.join(place);
        let _ = fs::remove_file(&link);
        let _ = fs::remove_dir_all(&link);
        symlink(Path::new(target), &link)?;
        let before = Tree::read(&workspace)?;
        let exit = program.run(&workspace, operation)?;
        let is_right = exit.code == Some(error.is_some().into()) && exit.error() == error;
        let is_same = Tree::read(&workspace)? == before && Tree::read(&outside)? == outside_before;
        outcome.count(exit.ensure(is_right && is_same));
        fs::remove_dir_all(&workspace)?;
    }
    // A workspace that is itself a link is a person's choice.
    let linked = dir.path().join("linked");
    symlink(&outside, &linked)?;
    let exit = program.run(&linked, Operation::Create("Second"))?;
    let is_complete = Tree::read(&outside)?.is_complete("Second");
    outcome.count(exit.ensure(exit.code == Some(0) && is_complete));
    Ok(())
}

fn is_read_only(exit: &Exit) -> bool {
    exit.code == Some(2) && exit.error() == Some(ErrorCode::WorkspaceReadOnly)
}

/// Whether recovery reports an entry that it could not handle.
fn leaves(exit: &Exit, entry: &str) -> bool {
    let prefix = format!("{entry}: ");
    let left = |done: &Done| match done {
        Done::Recovered(it) => it
            .left
            .first()
            .is_some_and(|left| left.starts_with(&prefix)),
        _ => false,
    };
    exit.done().is_some_and(left)
}

fn is_disk_full(program: &Program, workspace: &Path) -> Result<()> {
    let before = Tree::read(workspace)?;
    let exit = program.run(workspace, CREATE)?;
    let is_right = exit.code == Some(2) && exit.error() == Some(ErrorCode::DiskFull);
    exit.ensure(is_right && Tree::read(workspace)? == before)
}

fn creates(program: &Program, workspace: &Path) -> Result<()> {
    let exit = program.succeed(workspace, CREATE)?;
    exit.ensure(Tree::read(workspace)?.is_complete("Robot"))
}

fn recovers_to(program: &Program, workspace: &Path, name: &str) -> Result<()> {
    let exit = program.succeed(workspace, Operation::Recover)?;
    let config = Tree::read(workspace)?.config(name).unwrap_or_default();
    exit.ensure(config["project_name"] == name)
}
