//! The limit: programs that make the system calls of podslate and do nothing else.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;
use podslate_shared::ProjectName;
use podslate_shared::layout::CHARACTER;

/// The argument with which this program creates a project, and does nothing else.
pub const NATIVE_CREATE: &str = "native-create";

/// Creates a project as podslate does: completely under another name, synced, and renamed.
///
/// # Errors
/// A call fails.
pub fn create(workspace: &Path, name: &str) -> Result<()> {
    let project = ProjectName::parse(name)?;
    let staging = workspace.join(format!(".native-tmp-{name}"));
    fs::create_dir(&staging)?;
    write(&staging, &project, true)?;
    fs::rename(&staging, workspace.join(name))?;
    sync(workspace)?;
    Ok(())
}

/// Writes the folders and files of a project into its folder, which exists.
///
/// # Errors
/// A call fails.
pub fn write(folder: &Path, name: &ProjectName, is_synced: bool) -> io::Result<()> {
    create_dirs(folder)?;
    for file in CHARACTER.files {
        let mut target = File::create_new(folder.join(file.path))?;
        target.write_all(file.render(name).as_bytes())?;
        if is_synced {
            target.sync_all()?;
        }
    }
    Ok(())
}

/// Relative to the open folder, which takes the system the least time.
#[cfg(unix)]
fn create_dirs(folder: &Path) -> io::Result<()> {
    let (folder, mode) = (File::open(folder)?, 0o777.into());
    for dir in CHARACTER.directories {
        rustix::fs::mkdirat(&folder, *dir, mode)?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn create_dirs(folder: &Path) -> io::Result<()> {
    let mut dirs = CHARACTER.directories.iter();
    dirs.try_for_each(|dir| fs::create_dir(folder.join(dir)))
}

#[cfg(unix)]
fn sync(workspace: &Path) -> io::Result<()> {
    File::open(workspace)?.sync_all()
}

/// Windows syncs no folders.
#[cfg(not(unix))]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Lists the names of the folders in a workspace, in order.
///
/// # Errors
/// The workspace cannot be read.
pub fn list(workspace: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(workspace)? {
        let entry = entry?;
        if entry.metadata()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use testing::Tree;

    use super::*;

    #[test]
    fn a_native_project_is_one_of_podslate() {
        let home = tempfile::tempdir().unwrap();
        create(home.path(), "Robot").unwrap();
        let mut expected = Tree::default();
        expected.project("Robot");
        Tree::read(home.path()).unwrap().assert_same(&expected);
        assert_eq!(list(home.path()).unwrap(), ["Robot"]);
        assert!(create(home.path(), "Robot").is_err());
    }
}
