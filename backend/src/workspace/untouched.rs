//! Whether anyone has put anything into a project since it was made.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use podslate_shared::ProjectName;
use podslate_shared::layout::CHARACTER;

/// Whether the project is exactly its layout: every folder, every file as it was made, nothing else.
pub fn is_untouched(root: &Path, name: &ProjectName) -> bool {
    let folder = root.join(name.as_str());
    let as_made = |file: &podslate_shared::layout::LayoutFile| {
        fs::read(folder.join(file.path)).is_ok_and(|found| found == file.render(name).as_bytes())
    };
    let expected = CHARACTER
        .directories
        .iter()
        .copied()
        .chain(CHARACTER.files.iter().map(|file| file.path));
    let expected: BTreeSet<String> = expected.map(str::to_owned).collect();
    let mut found = BTreeSet::new();
    let collected = collect(&folder, "", expected.len(), &mut found);
    collected.is_ok() && found == expected && CHARACTER.files.iter().all(as_made)
}

/// Collects the paths below a folder, until there are more than `most`.
fn collect(
    folder: &Path,
    prefix: &str,
    most: usize,
    found: &mut BTreeSet<String>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let is_folder = entry.file_type()?.is_dir();
        found.insert(path.clone());
        if found.len() > most {
            return Ok(());
        }
        if is_folder {
            collect(&entry.path(), &format!("{path}/"), most, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_or_changed_entry_is_a_touch() {
        let home = tempfile::tempdir().unwrap();
        let name = ProjectName::parse("Exhibition").unwrap();
        let project = home.path().join("Exhibition");
        let config = project.join("pipeline/config.json");
        for folder in CHARACTER.directories {
            fs::create_dir_all(project.join(folder)).unwrap();
        }
        assert!(!is_untouched(home.path(), &name), "a file is missing");
        let text = CHARACTER.files[0].render(&name);
        fs::write(&config, &text).unwrap();
        assert!(is_untouched(home.path(), &name));

        for touch in ["0_input/meshes/a.fbx", ".hidden", "4_export/usd/x"] {
            fs::write(project.join(touch), "").unwrap();
            assert!(!is_untouched(home.path(), &name), "{touch}");
            fs::remove_file(project.join(touch)).unwrap();
        }
        fs::create_dir(project.join("mine")).unwrap();
        assert!(!is_untouched(home.path(), &name), "a folder more");
        fs::remove_dir(project.join("mine")).unwrap();
        fs::write(&config, text.replace("Hips", "Root")).unwrap();
        assert!(!is_untouched(home.path(), &name), "another configuration");
    }
}
