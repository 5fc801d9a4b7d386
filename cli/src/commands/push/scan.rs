//! What there is to send of a project.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::SystemTime;

use object_store::path::Path as Key;
use podslate_shared::layout::STAGING_PREFIX;
use podslate_shared::{ErrorBody, ErrorCode};
use serde::Serialize;

/// A project on the disk.
#[derive(Debug, Default)]
pub struct Tree {
    /// Every file, in the order of the paths.
    pub files: Vec<File>,
    /// Every folder in which there is nothing to send, other than the project's own.
    pub empty_folders: Vec<String>,
    /// Every folder.
    pub folders: Vec<String>,
    /// What is not sent by rule.
    pub skipped: Vec<Left>,
    /// What should be sent and cannot be read.
    pub unreadable: Vec<Left>,
}

/// A file to send.
#[derive(Clone, Debug)]
pub struct File {
    /// Relative to the project, separated by `/`.
    pub path: String,
    /// How many bytes it has.
    pub size: u64,
    /// When it was last changed.
    pub modified: SystemTime,
}

/// Something that stays here.
#[derive(Clone, Debug, Serialize)]
pub struct Left {
    /// Relative to the project, separated by `/`.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// Looks at everything in the project in `root`, without following links.
///
/// # Errors
/// The project's folder itself cannot be read.
pub fn project(root: &Path) -> Result<Tree, ErrorBody> {
    let mut tree = Tree::default();
    let entries = fs::read_dir(root).map_err(|error| {
        let what = format!("`{}`: {}", root.display(), words(error.kind()));
        ErrorBody::new(ErrorCode::IoFailed, &what)
    })?;
    tree.look_through(entries, "");
    tree.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(tree)
}

/// What an error of the system means, for people.
pub fn words(kind: ErrorKind) -> String {
    match kind {
        ErrorKind::NotFound => "it vanished".to_owned(),
        ErrorKind::PermissionDenied => "this program may not read it".to_owned(),
        kind => format!("it cannot be read ({kind})"),
    }
}

impl Tree {
    /// Whether anything in the folder is sent.
    fn look_through(&mut self, entries: fs::ReadDir, folder: &str) -> bool {
        let mut sends = false;
        for entry in entries {
            match entry {
                Ok(entry) => sends |= self.look_at(&entry, folder),
                Err(error) => self.unreadable.push(Left {
                    path: folder.to_owned(),
                    reason: words(error.kind()),
                }),
            }
        }
        sends
    }

    fn look_at(&mut self, entry: &fs::DirEntry, folder: &str) -> bool {
        let name = entry.file_name();
        let path = match folder {
            "" => name.to_string_lossy().into_owned(),
            _ => format!("{folder}/{}", name.to_string_lossy()),
        };
        if let Some(reason) = rule_against(name.to_str()) {
            self.skipped.push(Left {
                path,
                reason: reason.to_owned(),
            });
            return false;
        }
        // Of the link itself, where it is one.
        match entry.metadata() {
            Ok(found) if found.is_dir() => self.look_into(entry, path),
            Ok(found) if found.is_file() => {
                self.files.push(File {
                    path,
                    size: found.len(),
                    modified: found.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                });
                true
            }
            Ok(found) => {
                let reason = match found.is_symlink() {
                    true => "links are not followed",
                    false => "it is neither a file nor a folder",
                };
                self.skipped.push(Left {
                    path,
                    reason: reason.to_owned(),
                });
                false
            }
            Err(error) => {
                self.unreadable.push(Left {
                    path,
                    reason: words(error.kind()),
                });
                false
            }
        }
    }

    fn look_into(&mut self, entry: &fs::DirEntry, path: String) -> bool {
        match fs::read_dir(entry.path()) {
            Ok(entries) => {
                if !self.look_through(entries, &path) {
                    self.empty_folders.push(path.clone());
                }
                self.folders.push(path);
            }
            Err(error) => self.unreadable.push(Left {
                path,
                reason: words(error.kind()),
            }),
        }
        true
    }
}

/// Why something of this name is not sent.
fn rule_against(name: Option<&str>) -> Option<&'static str> {
    match name {
        None => Some("its name is not valid Unicode"),
        Some(name) if name.starts_with(STAGING_PREFIX) => Some("podslate left it unfinished"),
        Some(name) if Key::parse(name).is_err() => Some("its name has a control character"),
        Some(_) => None,
    }
}
