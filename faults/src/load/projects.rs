//! Projects of the load on the disk, looked at and made without the program.

use std::path::Path;
use std::{fs, io, thread};

use podslate_shared::ProjectName;

use crate::tree::Tree;

/// Makes so many whole projects.
pub fn fill(workspace: &Path, count: usize) -> io::Result<()> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let fill = |first: usize| {
        (first..count).step_by(threads).try_for_each(|number| {
            let mut tree = Tree::default();
            let name = parse(&format!("Filled{number:05}"))?;
            tree.project(name.as_str(), &name);
            tree.write(workspace)
        })
    };
    thread::scope(|scope| {
        let fills: Vec<_> = (0..threads)
            .map(|first| scope.spawn(move || fill(first)))
            .collect();
        let broken = |_| io::Error::other("a thread broke");
        fills
            .into_iter()
            .try_for_each(|fill| fill.join().map_err(broken)?)
    })
}

/// Whether a project is on the disk as it is made, to the last byte.
pub fn is_whole(workspace: &Path, name: &str) -> Result<(), String> {
    let told = |error: io::Error| format!("{name}: {error}");
    let mut expected = Tree::default();
    expected.project(name, &parse(name).map_err(told)?);
    let prefix = format!("{name}/");
    let expected = expected.0.into_iter().filter_map(|(path, node)| {
        path.strip_prefix(&prefix)
            .map(|path| (path.to_owned(), node))
    });
    match Tree::read(&workspace.join(name)).map_err(told)? == Tree(expected.collect()) {
        true => Ok(()),
        false => Err(format!("{name} is not whole")),
    }
}

/// Whether nothing else is there than so many visible folders.
pub fn are_all(workspace: &Path, count: usize) -> Result<(), String> {
    let entries = fs::read_dir(workspace).map_err(|error| error.to_string())?;
    let names = entries.flatten().map(|entry| entry.file_name());
    let (hidden, visible): (Vec<_>, Vec<_>) =
        names.partition(|name| name.as_encoded_bytes().starts_with(b"."));
    match hidden.is_empty() && visible.len() == count {
        true => Ok(()),
        false => Err(format!(
            "{} projects, not {count}, and {hidden:?}",
            visible.len()
        )),
    }
}

fn parse(name: &str) -> io::Result<ProjectName> {
    ProjectName::parse(name).map_err(|error| io::Error::other(format!("{name}: {error:?}")))
}
