//! Projects on the disk, created and checked without the programs under test.

use std::path::Path;
use std::{fs, thread};

use anyhow::{Result, anyhow, ensure};
use testing::Tree;

/// Name of the first project.
pub const FIRST: &str = "Filled00000";

/// Creates `count` complete projects.
pub fn fill(workspace: &Path, count: usize) -> Result<()> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let fill = |first: usize| {
        (first..count).step_by(threads).try_for_each(|number| {
            let mut tree = Tree::default();
            tree.project(&format!("Filled{number:05}"));
            tree.write(workspace)
        })
    };
    thread::scope(|scope| {
        let spawn = |first| scope.spawn(move || fill(first));
        let threads: Vec<_> = (0..threads).map(spawn).collect();
        let panicked = |_| anyhow!("a thread panicked");
        let mut threads = threads.into_iter();
        threads.try_for_each(|thread| Ok(thread.join().map_err(panicked)??))
    })
}

/// Checks that a project is exactly as it is created.
pub fn ensure_new(workspace: &Path, name: &str) -> Result<()> {
    let mut expected = Tree::default();
    expected.project(name);
    let diff = Tree::read(&workspace.join(name))?.diff(&expected.subtree(name));
    ensure!(diff.is_empty(), "{name}: {diff}");
    Ok(())
}

/// Checks that a workspace contains `count` visible entries and no hidden ones.
pub fn ensure_count(workspace: &Path, count: usize) -> Result<()> {
    let names = fs::read_dir(workspace)?
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|name| name != podslate_shared::former::MARKS_FOLDER);
    let (hidden, visible): (Vec<_>, Vec<_>) =
        names.partition(|name| name.as_encoded_bytes().starts_with(b"."));
    let found = visible.len();
    let is_right = hidden.is_empty() && found == count;
    ensure!(is_right, "{found} projects, not {count}, and {hidden:?}");
    Ok(())
}
