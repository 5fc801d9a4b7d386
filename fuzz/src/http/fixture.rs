//! A workspace with neighbors, and its expected content.

use std::fs;
use std::path::PathBuf;

use podslate_backend::startup::DEFAULT_PROJECT;
use podslate_shared::ProjectName;
use tempfile::TempDir;
use testing::{PATIENCE, Tree, config_of, wait_for};

use super::responses::Change;

/// Content of files that no response may show.
pub const SECRET: &str = "secret-of-the-neighbor";
/// Name of a folder in every workspace, which is a project if a token is required.
pub const CANARY: &str = "Canary-of-the-workspace";

const WORKSPACE: &str = "work/space";

/// A directory with a workspace and its neighbors.
pub struct Fixture {
    home: TempDir,
    /// Content before an input.
    initial: Tree,
    is_changed: bool,
}

impl Fixture {
    /// Creates the directory for a server that requires a token, or is open.
    pub fn new(is_open: bool) -> Self {
        let home = testing::memory_dir().expect("a directory");
        let mut tree = Tree::default();
        tree.dirs(&["outside", "outside/pipeline", "work", WORKSPACE]);
        let neighbor = format!("{{\"project_name\": \"Neighbor\", \"note\": \"{SECRET}\"}}");
        tree.file("outside/pipeline/config.json", neighbor);
        tree.file("work/secret.txt", SECRET);
        if is_open {
            // Not a project, so that the default one is the only project and can be renamed.
            tree.dir(&inside(CANARY));
        } else {
            tree.project(&inside(CANARY));
        }
        tree.file(&inside(&format!("{CANARY}/notes.txt")), SECRET);
        tree.file(&inside("notes"), SECRET);
        tree.project(&inside(DEFAULT_PROJECT));
        tree.write(home.path()).expect("a written tree");
        let mut fixture = Self {
            home,
            initial: tree,
            is_changed: false,
        };
        fixture.link();
        fixture.initial = fixture.read();
        fixture
    }

    /// Directory of the workspace.
    pub fn workspace(&self) -> PathBuf {
        self.home.path().join(WORKSPACE)
    }

    /// Restores the initial workspace.
    pub fn restore(&mut self) {
        if !std::mem::replace(&mut self.is_changed, true) || self.read() == self.initial {
            return;
        }
        fs::remove_dir_all(self.workspace()).expect("no workspace");
        let mut workspace = self.initial.subtree(WORKSPACE);
        workspace.remove("Link");
        fs::create_dir(self.workspace()).expect("a directory");
        workspace.write(&self.workspace()).expect("a written tree");
        self.link();
    }

    /// Asserts that these changes happened and nothing else.
    pub fn expect(&mut self, changes: &[Change]) {
        let mut expected = self.initial.clone();
        for change in changes {
            match change {
                Change::Created(name) => expected.project(&inside(name)),
                Change::Renamed(old, new) => {
                    expected.rename(&inside(old), &inside(new));
                    let path = inside(&format!("{new}/pipeline/config.json"));
                    expected.file(&path, config_of(new));
                }
            }
        }
        let diff = self.read_settled().diff(&expected);
        assert!(diff.is_empty(), "{changes:?}: {diff}");
        self.is_changed = !changes.is_empty();
    }

    /// Asserts that the workspace contains complete projects, and that its neighbors are unchanged.
    pub fn expect_complete(&mut self) {
        let (mut found, mut expected) = (self.read_settled(), self.initial.clone());
        let workspace = found.subtree(WORKSPACE);
        for name in workspace.projects().filter(|name| *name != CANARY) {
            let is_valid = ProjectName::parse(name).is_ok();
            assert!(is_valid && workspace.is_complete(name), "{name}");
        }
        found.remove(WORKSPACE);
        expected.remove(WORKSPACE);
        found.assert_same(&expected);
    }

    fn read(&self) -> Tree {
        Tree::read(self.home.path()).expect("a tree")
    }

    /// Waits until recovery, which runs in the server, has none of its own entries there.
    fn read_settled(&self) -> Tree {
        let read = || Tree::read(self.home.path()).ok();
        let settled = wait_for(PATIENCE, || read().filter(|tree| tree.hidden().is_empty()));
        settled.unwrap_or_else(|| panic!("stale entries stay: {:?}", read()))
    }

    /// Adds a link to something outside the workspace that looks like a project.
    fn link(&self) {
        #[cfg(unix)]
        std::os::unix::fs::symlink("../../outside", self.workspace().join("Link")).expect("a link");
    }
}

fn inside(path: &str) -> String {
    format!("{WORKSPACE}/{path}")
}

#[cfg(test)]
mod tests {
    use podslate_shared::layout::CHARACTER;

    use super::*;

    #[test]
    #[should_panic(expected = "work/space/Robot/pipeline/config.json")]
    fn a_project_without_its_configuration_does_not_pass() {
        let mut fixture = Fixture::new(true);
        for dir in CHARACTER.directories {
            let dir = fixture.workspace().join("Robot").join(dir);
            fs::create_dir_all(dir).expect("a directory");
        }
        fixture.expect(&[Change::Created("Robot".to_owned())]);
    }

    #[test]
    #[should_panic(expected = "work/secret.txt")]
    fn a_changed_neighbor_does_not_pass() {
        let mut fixture = Fixture::new(true);
        fs::write(fixture.home.path().join("work/secret.txt"), "x").expect("a file");
        fixture.expect_complete();
    }

    #[test]
    fn a_changed_workspace_is_restored() {
        let mut fixture = Fixture::new(false);
        fs::write(fixture.workspace().join("notes"), "x").expect("a file");
        fixture.is_changed = true;
        fixture.restore();
        fixture.expect(&[]);
        fixture.expect_complete();
    }
}
