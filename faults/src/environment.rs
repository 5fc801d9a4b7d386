//! Workspaces that refuse: full, read-only, locked, and full of planted links.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::item::Item;
use crate::program::{Ask, Ended, Program};
use crate::tree::Tree;

/// Every environment for a program.
pub fn all(program: &Program) -> Vec<Item> {
    type Run = fn(&Program, &mut Item) -> Result<(), Trouble>;
    let runs: [(&str, Run); 5] = [
        ("a file system without inodes", few_inodes),
        ("a file system without space", no_space),
        ("a read-only mount", read_only),
        ("locked entries (chattr +i)", locked),
        ("planted links", links),
    ];
    let items = runs.into_iter().map(|(name, run)| {
        let mut item = Item::new(&format!("{} in {name}", program.name()));
        match run(program, &mut item) {
            Ok(()) => item,
            Err(Trouble::Here(reason)) => item.skip(&reason),
            Err(Trouble::Failed(failure)) => item.fail(&failure),
        }
    });
    items.collect()
}

/// Why an environment gave no result.
enum Trouble {
    /// It cannot be made on this machine.
    Here(String),
    /// Something else failed.
    Failed(String),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// A mount that ends with its owner.
struct Mount {
    folder: TempDir,
}

impl Mount {
    fn new(args: &[&str]) -> Result<Self, Trouble> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().display().to_string();
        command("mount", &[args, &[&path]].concat())?;
        Ok(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let path = self.folder.path().display().to_string();
        let _ = command("umount", &["-l", &path]);
    }
}

/// Runs a command of the system; that it fails is the machine's fault.
pub(crate) fn command_works(program: &str, args: &[&str]) -> Result<(), String> {
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{program} does not work here: {}", said.trim())),
    }
}

fn command(program: &str, args: &[&str]) -> Result<(), Trouble> {
    command_works(program, args).map_err(Trouble::Here)
}

fn few_inodes(program: &Program, item: &mut Item) -> Result<(), Trouble> {
    // The root of the mount takes one; a project has 34 entries.
    for inodes in 1..=34 {
        let mount = Mount::new(&["-t", "tmpfs", "-o", &format!("nr_inodes={inodes}"), "tmpfs"])?;
        item.count(refuses(program, mount.path(), "disk_full"));
    }
    let mount = Mount::new(&["-t", "tmpfs", "-o", "nr_inodes=40", "tmpfs"])?;
    item.count(creates(program, mount.path()));
    Ok(())
}

fn no_space(program: &Program, item: &mut Item) -> Result<(), Trouble> {
    let mount = Mount::new(&["-t", "tmpfs", "-o", "size=64k", "tmpfs"])?;
    let filler = mount.path().join("filler");
    let full = fs::write(&filler, vec![1; 128 << 10]);
    if full.is_ok() {
        return Err(Trouble::Here("the mount has no limit".to_owned()));
    }
    item.count(refuses(program, mount.path(), "disk_full"));
    fs::remove_file(&filler)?;
    item.count(creates(program, mount.path()));
    fs::write(mount.path().join("filler"), vec![1; 128 << 10]).unwrap_or_default();
    let ended = program.ask(mount.path(), Ask::Rename("Robot", "New"))?;
    let tree = Tree::read(mount.path())?;
    let is_told = ended.said.contains("could not be updated");
    item.count(expect(
        ended.exit == Some(0) && is_told && tree.is_whole("New"),
        &ended,
    ));
    fs::remove_file(filler)?;
    recovers_to(program, mount.path(), "New", item)
}

fn read_only(program: &Program, item: &mut Item) -> Result<(), Trouble> {
    let real = tempfile::tempdir()?;
    creates(program, real.path()).map_err(Trouble::Failed)?;
    let unfinished = format!(".podslate-tmp-{:032x}", 0);
    fs::create_dir(real.path().join(&unfinished))?;
    let mount = Mount::new(&["--bind", &real.path().display().to_string()])?;
    let path = mount.path().display().to_string();
    command("mount", &["-o", "remount,ro,bind", &path])?;
    for ask in [
        Ask::Create("Second"),
        Ask::Rename("Robot", "New"),
        Ask::Recover,
    ] {
        let before = Tree::read(mount.path())?;
        let ended = program.ask(mount.path(), ask)?;
        let is_told = match ask {
            Ask::Recover => {
                let left = format!("\"left\":[\"{unfinished}: ");
                ended.exit == Some(0) && ended.said.contains(&left)
            }
            _ => ended.exit == Some(2) && ended.said.contains("workspace_read_only"),
        };
        item.count(expect(
            is_told && before == Tree::read(mount.path())?,
            &ended,
        ));
    }
    Ok(())
}

fn locked(program: &Program, item: &mut Item) -> Result<(), Trouble> {
    for place in ["", "Robot", "Robot/pipeline", "Robot/pipeline/config.json"] {
        let folder = tempfile::tempdir()?;
        creates(program, folder.path()).map_err(Trouble::Failed)?;
        let lock = Lock::new(folder.path().join(place))?;
        let ended = program.ask(folder.path(), Ask::Rename("Robot", "New"))?;
        let is_moved = folder.path().join("New").exists();
        let is_told = match is_moved {
            true => ended.exit == Some(0) && ended.said.contains("could not be updated"),
            false => ended.exit == Some(2) && ended.said.contains("workspace_read_only"),
        };
        let name = if is_moved { "New" } else { "Robot" };
        let is_whole = Tree::read(folder.path())?.is_whole(name);
        item.count(expect(is_told && is_whole, &ended));
        let ended = program.ask(folder.path(), Ask::Recover)?;
        let is_told = match (place, is_moved) {
            (_, true) => ended.exit == Some(0) && ended.said.contains("\"left\":[\"New: "),
            (_, false) => ended.exit == Some(0),
        };
        item.count(expect(is_told, &ended));
        drop(lock);
        recovers_to(program, folder.path(), name, item)?;
    }
    Ok(())
}

/// An entry that cannot be changed as long as this lives.
struct Lock(PathBuf, bool);

impl Lock {
    fn new(path: PathBuf) -> Result<Self, Trouble> {
        let mut lock = Self(path, false);
        lock.set("+i")?;
        lock.1 = true;
        Ok(lock)
    }

    fn set(&self, flag: &str) -> Result<(), Trouble> {
        // A rename may have moved it.
        let moved = PathBuf::from(self.0.display().to_string().replace("/Robot", "/New"));
        let path = if self.0.exists() { &self.0 } else { &moved };
        command("chattr", &[flag, &path.display().to_string()])
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.1 {
            let _ = self.set("-i");
        }
    }
}

fn links(program: &Program, item: &mut Item) -> Result<(), Trouble> {
    let outer = tempfile::tempdir()?;
    let outside = outer.path().join("outside");
    creates(program, &outside).map_err(Trouble::Failed)?;
    let outside_before = Tree::read(&outside)?;
    for (target, place, ask, code) in [
        (
            "../outside/Robot",
            "Taken",
            Ask::Create("Taken"),
            "name_taken",
        ),
        ("nowhere", "Taken", Ask::Create("Taken"), "name_taken"),
        (
            "Robot",
            "Taken",
            Ask::Rename("Robot", "Taken"),
            "name_taken",
        ),
        (
            "../outside/Robot",
            "Old",
            Ask::Rename("Old", "New"),
            "not_a_project",
        ),
        (
            "../../outside/Robot/pipeline",
            "Robot/pipeline",
            Ask::Rename("Robot", "New"),
            "config_invalid",
        ),
        (
            "../../../outside/Robot/pipeline/config.json",
            "Robot/pipeline/config.json",
            Ask::Rename("Robot", "New"),
            "config_invalid",
        ),
        (
            "../outside/Robot",
            ".podslate-tmp-00000000000000000000000000000000",
            Ask::Recover,
            "",
        ),
    ] {
        let workspace = outer.path().join("workspace");
        creates(program, &workspace).map_err(Trouble::Failed)?;
        let link = workspace.join(place);
        let _ = fs::remove_file(&link);
        let _ = fs::remove_dir_all(&link);
        symlink(Path::new(target), &link)?;
        let before = Tree::read(&workspace)?;
        let ended = program.ask(&workspace, ask)?;
        let is_told = match code {
            "" => ended.exit == Some(0),
            code => ended.exit == Some(1) && ended.said.contains(&format!("\"{code}\"")),
        };
        let is_same = Tree::read(&workspace)? == before && Tree::read(&outside)? == outside_before;
        item.count(expect(is_told && is_same, &ended));
        fs::remove_dir_all(&workspace)?;
    }
    // A workspace that is itself a link is a person's choice.
    let linked = outer.path().join("linked");
    symlink(&outside, &linked)?;
    let ended = program.ask(&linked, Ask::Create("Second"))?;
    item.count(expect(
        ended.exit == Some(0) && Tree::read(&outside)?.is_whole("Second"),
        &ended,
    ));
    Ok(())
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> Result<(), Trouble> {
    Ok(std::os::unix::fs::symlink(target, link)?)
}

#[cfg(not(unix))]
fn symlink(_target: &Path, _link: &Path) -> Result<(), Trouble> {
    Err(Trouble::Here("links need rights here".to_owned()))
}

fn refuses(program: &Program, workspace: &Path, code: &str) -> Result<bool, String> {
    let text = |error: io::Error| error.to_string();
    let before = Tree::read(workspace).map_err(text)?;
    let ended = program.ask(workspace, Ask::Create("Robot")).map_err(text)?;
    let is_told = ended.exit == Some(2) && ended.said.contains(&format!("\"{code}\""));
    let is_same = Tree::read(workspace).map_err(text)? == before;
    expect(is_told && is_same, &ended)
}

fn creates(program: &Program, workspace: &Path) -> Result<bool, String> {
    let text = |error: io::Error| error.to_string();
    let ended = program.ask(workspace, Ask::Create("Robot")).map_err(text)?;
    let tree = Tree::read(workspace).map_err(text)?;
    expect(ended.exit == Some(0) && tree.is_whole("Robot"), &ended)
}

fn recovers_to(
    program: &Program,
    workspace: &Path,
    name: &str,
    item: &mut Item,
) -> Result<(), Trouble> {
    let ended = program.ask(workspace, Ask::Recover)?;
    let config = Tree::read(workspace)?.config(name).unwrap_or_default();
    item.count(expect(
        ended.exit == Some(0) && config["project_name"] == name,
        &ended,
    ));
    Ok(())
}

fn expect(is_so: bool, ended: &Ended) -> Result<bool, String> {
    match is_so {
        true => Ok(true),
        false => Err(format!("exit {:?}, {}", ended.exit, ended.said.trim())),
    }
}
