//! Detection of projects that nobody has changed since their creation.

use std::collections::BTreeSet;
use std::path::Path;

use podslate_shared::former::RECORD_PATH;
use podslate_shared::layout::{CHARACTER, LayoutFile};
use podslate_shared::{ProjectName, is_junk};
use walkdir::{DirEntry, WalkDir};

/// Whether the project is exactly its layout: every folder, every file unchanged, nothing else.
pub fn is_pristine(root: &Path, name: &ProjectName) -> bool {
    let folder = root.join(name.as_str());
    let is_unchanged = |file: &LayoutFile| {
        let expected = file.render(name);
        let content = podslate_disk::read(&folder.join(file.path), expected.len() as u64);
        content.is_ok_and(|content| content == expected.as_bytes())
    };
    let files = CHARACTER.files.iter().map(|file| file.path);
    let expected = CHARACTER.directories.iter().copied().chain(files);
    let expected: BTreeSet<_> = expected.map(|path| folder.join(path)).collect();
    let record = folder.join(RECORD_PATH);
    let is_kept = |entry: &DirEntry| {
        entry.depth() == 0
            || !(is_junk(&entry.file_name().to_string_lossy()) || entry.path() == record)
    };
    let entries = WalkDir::new(&folder).min_depth(1).into_iter();
    let entries = entries.filter_entry(is_kept);
    // One entry more than expected shows that there are too many.
    let found: Result<BTreeSet<_>, _> = entries
        .take(expected.len() + 1)
        .map(|entry| entry.map(DirEntry::into_path))
        .collect();
    found.is_ok_and(|found| found == expected) && CHARACTER.files.iter().all(is_unchanged)
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
        fs::write(&config, text.replace("Hips", "Root")).unwrap();
        assert!(!is_pristine(home.path(), &name), "a changed configuration");
    }
}
