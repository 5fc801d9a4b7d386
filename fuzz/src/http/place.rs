//! A workspace with something beside it, and what is expected of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use podslate_faults::place;
use podslate_faults::tree::Tree;
use podslate_shared::ProjectName;
use podslate_shared::layout::CHARACTER;
use tempfile::TempDir;

use super::answers::Change;

/// Stands in files that no answer may show.
pub const SECRET: &str = "secret-of-the-neighbour";
/// The name of a folder in every workspace, and of a project where a token is wanted.
pub const CANARY: &str = "Canary-of-the-workspace";

const WORKSPACE: &str = "work/space";
/// How long recovery, which runs beside, may have its own files in the workspace.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder with a workspace and its neighbours.
pub struct Place {
    home: TempDir,
    workspace: PathBuf,
    /// All that is there before an input.
    base: Tree,
    is_changed: bool,
}

impl Place {
    /// Makes the folder, whose workspace is that of a server without a token or with one.
    pub fn make(is_open: bool) -> Self {
        let home = place::in_memory().expect("a folder can be made");
        let mut tree = Tree::default();
        for folder in ["outside", "outside/pipeline", "work", WORKSPACE] {
            tree.folder(folder);
        }
        tree.file("outside/pipeline/config.json", &neighbour());
        tree.file("work/secret.txt", SECRET);
        match is_open {
            // No project, so that the default one stays alone and can be renamed.
            true => tree.folder(&inside(CANARY)),
            false => tree.project(&inside(CANARY), &name(CANARY)),
        }
        tree.file(&inside(&format!("{CANARY}/notes.txt")), SECRET);
        tree.file(&inside("notes"), SECRET);
        tree.project(&inside("Exhibition"), &name("Exhibition"));
        let workspace = home.path().join(WORKSPACE);
        tree.write(home.path()).expect("a tree can be written");
        link(&workspace);
        let base = Tree::read(home.path()).expect("a tree can be read");
        Self {
            home,
            workspace,
            base,
            is_changed: false,
        }
    }

    /// The workspace's folder.
    pub fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// Makes the workspace again as it was at first.
    pub fn restore(&mut self) {
        if !std::mem::replace(&mut self.is_changed, true) {
            return;
        }
        let found = Tree::read(self.home.path()).expect("a tree can be read");
        let is_in = |path: &str| path.starts_with(WORKSPACE);
        if found == self.base {
            return;
        }
        fs::remove_dir_all(&self.workspace).expect("the workspace can be removed");
        let workspace = self.base.0.iter().filter(|(path, _)| is_in(path));
        let mut workspace = Tree(
            workspace
                .map(|(path, node)| (path.clone(), node.clone()))
                .collect(),
        );
        workspace.0.remove(&inside("Link"));
        workspace
            .write(self.home.path())
            .expect("a tree can be written");
        link(&self.workspace);
    }

    /// Asserts that these changes happened and nothing else.
    pub fn expect(&mut self, changes: &[Change]) {
        let mut expected = self.base.clone();
        for change in changes {
            match change {
                Change::Created(new) => expected.project(&inside(new), &name(new)),
                Change::Renamed(old, new) => {
                    expected = expected.renamed(&inside(old), &inside(new));
                    for file in CHARACTER.files {
                        let path = inside(&format!("{new}/{}", file.path));
                        expected.file(&path, &file.render(&name(new)));
                    }
                }
            }
        }
        let found = self.found();
        let is_as_told = found == expected;
        assert!(
            is_as_told,
            "{changes:?}: {:?}",
            difference(&expected, &found)
        );
        self.is_changed = !changes.is_empty();
    }

    /// Asserts that whatever happened left whole projects, and nothing beside the workspace.
    pub fn expect_whole(&mut self) {
        let mut found = self.found();
        let workspace = Tree::read(&self.workspace).expect("a tree can be read");
        for folder in workspace.folders().filter(|folder| *folder != CANARY) {
            assert!(
                ProjectName::parse(folder).is_ok() && workspace.is_whole(folder),
                "{folder}"
            );
        }
        let mut base = self.base.clone();
        for tree in [&mut found, &mut base] {
            tree.0.retain(|path, _| !path.starts_with(WORKSPACE));
        }
        assert!(found == base, "{:?}", difference(&base, &found));
    }

    /// All that is there when nothing is hidden.
    fn found(&self) -> Tree {
        let start = Instant::now();
        loop {
            match Tree::read(self.home.path()) {
                Ok(tree) if tree.hidden().is_empty() => return tree,
                found if start.elapsed() > PATIENCE => panic!("half made things stay: {found:?}"),
                // Recovery made or removed a file of its own in this moment.
                _ => std::thread::yield_now(),
            }
        }
    }
}

fn inside(path: &str) -> String {
    format!("{WORKSPACE}/{path}")
}

fn name(text: &str) -> ProjectName {
    ProjectName::parse(text).expect("answers have valid names")
}

fn neighbour() -> String {
    format!("{{\"project_name\": \"Neighbour\", \"says\": \"{SECRET}\"}}")
}

/// A link out of the workspace, to what looks like a project.
fn link(workspace: &Path) {
    #[cfg(unix)]
    std::os::unix::fs::symlink("../../outside", workspace.join("Link"))
        .expect("a link can be made");
    #[cfg(not(unix))]
    let _ = workspace;
}

fn difference<'a>(expected: &'a Tree, found: &'a Tree) -> Vec<&'a str> {
    let differs = |one: &'a Tree, other: &'a Tree| {
        let paths = one
            .0
            .iter()
            .filter(|(path, node)| other.0.get(*path) != Some(*node));
        paths.map(|(path, _)| path.as_str())
    };
    differs(expected, found)
        .chain(differs(found, expected))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "work/space/Robot/pipeline/config.json")]
    fn a_project_without_its_configuration_is_noticed() {
        let mut place = Place::make(true);
        for folder in CHARACTER.directories {
            let folder = place.workspace().join("Robot").join(folder);
            fs::create_dir_all(folder).expect("a folder can be made");
        }
        place.expect(&[Change::Created("Robot".to_owned())]);
    }

    #[test]
    #[should_panic(expected = "work/secret.txt")]
    fn a_file_that_changed_beside_the_workspace_is_noticed() {
        let mut place = Place::make(true);
        let secret = place.home.path().join("work/secret.txt");
        fs::write(secret, "x").expect("a file can be written");
        place.expect_whole();
    }

    #[test]
    fn what_was_changed_is_made_again() {
        let mut place = Place::make(false);
        let notes = place.workspace().join("notes");
        fs::write(notes, "x").expect("a file can be written");
        place.is_changed = true;
        place.restore();
        place.expect(&[]);
        place.expect_whole();
    }
}
