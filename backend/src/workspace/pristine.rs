//! Detection of projects that nobody has changed since their creation.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use podslate_shared::api::KeptReason;
use podslate_shared::former::RECORD_PATH;
use podslate_shared::layout::{CHARACTER, LayoutFile};
use podslate_shared::{Error, ProjectName, is_junk};

use super::{FIRST_PATIENCE, Workspace, dir};

/// Paths of entries, and whether they are folders.
type Paths = BTreeSet<(PathBuf, bool)>;

impl Workspace {
    /// Why a new project cannot take the place of `name`: only of the one project, unchanged since its
    /// creation, it can.
    ///
    /// # Errors
    /// [`Error::WorkspaceUnavailable`].
    pub fn reason_to_keep(&self, name: &ProjectName) -> Result<Option<KeptReason>, Error> {
        self.confirm()?;
        if !self.index.settle(FIRST_PATIENCE) {
            return Ok(Some(KeptReason::Unknown));
        }
        let state = self.index.state();
        let count = state.entries.project_count();
        let exists = state.entries.project(name.as_str()).is_some();
        drop(state);
        Ok(match (exists, count) {
            (false, _) => Some(KeptReason::Missing),
            (true, 1) => reason_to_keep(&self.real, name),
            (true, _) => Some(KeptReason::NotAlone),
        })
    }
}

/// Why a project is more than what was created here.
fn reason_to_keep(root: &Path, name: &ProjectName) -> Option<KeptReason> {
    if dir::is_mounted(&root.join(name.as_str())) {
        return Some(KeptReason::Mounted);
    }
    (!is_pristine(root, name)).then_some(KeptReason::Changed)
}

/// Whether the project is exactly its layout: every folder, every file unchanged, nothing else.
fn is_pristine(root: &Path, name: &ProjectName) -> bool {
    let folder = root.join(name.as_str());
    let is_unchanged = |file: &LayoutFile| {
        let expected = file.render(name);
        let content = podslate_disk::read(&folder.join(file.path), expected.len() as u64);
        content.is_ok_and(|content| content == expected.as_bytes())
    };
    let folders = CHARACTER.directories.iter().map(|path| (*path, true));
    let files = CHARACTER.files.iter().map(|file| (file.path, false));
    let expected = folders.chain(files);
    let expected: Paths = expected
        .map(|(path, is_folder)| (folder.join(path), is_folder))
        .collect();
    let mut found = Paths::new();
    let read = add_entries(
        &mut found,
        &folder,
        &folder.join(RECORD_PATH),
        expected.len(),
    );
    read.is_ok() && found == expected && CHARACTER.files.iter().all(is_unchanged)
}

/// Adds what is in a folder, except junk and the record of former names, until there are more than
/// `max` entries.
fn add_entries(found: &mut Paths, folder: &Path, record: &Path, max: usize) -> io::Result<()> {
    for entry in podslate_disk::entries(folder)? {
        let entry = entry?;
        let path = folder.join(entry.name());
        if is_junk(&entry.name().to_string_lossy()) || path == record {
            continue;
        }
        if found.len() > max {
            break;
        }
        found.insert((path.clone(), entry.is_folder()));
        if entry.is_folder() {
            add_entries(found, &path, record, max)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_project_with_an_added_or_changed_entry_is_not_pristine() {
        let home = tempfile::tempdir().unwrap();
        let name = ProjectName::parse("Exhibition").unwrap();
        let project = home.path().join("Exhibition");
        let config = project.join("pipeline/config.json");
        for folder in CHARACTER.directories {
            fs::create_dir_all(project.join(folder)).unwrap();
        }
        assert!(!is_pristine(home.path(), &name), "a missing file");
        let text = CHARACTER.files[0].render(&name);
        fs::write(&config, &text).unwrap();
        assert!(is_pristine(home.path(), &name));

        for junk in [
            ".DS_Store",
            "0_input/Thumbs.db",
            "4_export/._x",
            "pipeline/.podslate.former",
        ] {
            fs::write(project.join(junk), "x").unwrap();
        }
        fs::create_dir_all(project.join("1_textures/@eaDir/x")).unwrap();
        assert!(is_pristine(home.path(), &name), "with junk only");
        for added in ["0_input/meshes/a.fbx", ".hidden", "4_export/usd/x"] {
            fs::write(project.join(added), "").unwrap();
            assert!(!is_pristine(home.path(), &name), "{added}");
            fs::remove_file(project.join(added)).unwrap();
        }
        fs::create_dir(project.join("mine")).unwrap();
        assert!(!is_pristine(home.path(), &name), "an added folder");
        fs::remove_dir(project.join("mine")).unwrap();
        let usd = project.join("4_export/usd");
        fs::remove_dir(&usd).unwrap();
        fs::write(&usd, "").unwrap();
        assert!(!is_pristine(home.path(), &name), "a file for a folder");
        fs::remove_file(&usd).unwrap();
        fs::create_dir(&usd).unwrap();
        assert!(is_pristine(home.path(), &name));
        fs::write(&config, text.replace("Hips", "Root")).unwrap();
        assert!(!is_pristine(home.path(), &name), "a changed configuration");
    }
}
