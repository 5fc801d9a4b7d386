//! What has to be sent: decided before anything is.

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::{StreamExt, stream};

use super::checksum;
use super::scan::{File, Tree};
use super::storage::{Object, Objects};

/// So many files are read for their checksum at once.
const READERS: usize = 4;

/// What has to be done.
#[derive(Debug, Default)]
pub struct Plan {
    /// The files to send.
    pub send: Vec<File>,
    /// The empty folders to make.
    pub folders: Vec<String>,
    /// The files that are there already.
    pub same: Vec<File>,
    /// The files that differ and are newer there.
    pub newer: Vec<File>,
    /// Checksums of the files that are there already.
    pub tags: BTreeMap<String, String>,
}

/// What is to become of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Send,
    Same,
    Newer,
}

impl Plan {
    /// Compares what is here with what is there.
    pub async fn make(root: &Path, tree: &Tree, there: &Objects, overwrite: bool) -> Self {
        let mut plan = Self {
            tags: tags(root, tree, there).await,
            ..Self::default()
        };
        let by_md5 = tells_md5(there, &plan.tags);
        for file in &tree.files {
            let tag = plan.tags.get(&file.path).filter(|_| by_md5);
            let list = match verdict(file, tag.map(String::as_str), there.get(&file.path)) {
                Verdict::Same => &mut plan.same,
                Verdict::Newer if !overwrite => &mut plan.newer,
                Verdict::Send | Verdict::Newer => &mut plan.send,
            };
            list.push(file.clone());
        }
        plan.folders = tree
            .empty_folders
            .iter()
            .filter(|folder| !is_there(folder, there))
            .cloned()
            .collect();
        plan
    }

    /// Takes a file out of those to send.
    pub fn take(&mut self, path: &str) -> Option<File> {
        let index = self.send.iter().position(|file| file.path == path)?;
        Some(self.send.remove(index))
    }

    /// How many bytes are to send.
    pub fn bytes(&self) -> u64 {
        self.send.iter().map(|file| file.size).sum()
    }
}

/// Whether the storage's tags are MD5s: it says so with the tag of an empty object, or with any
/// that is the one computed here. Not every storage does.
pub fn tells_md5(there: &Objects, tags: &BTreeMap<String, String>) -> bool {
    let mut known = there.iter().filter_map(|(path, object)| {
        let tag = object.tag.as_deref()?;
        let here = tags.get(path).map(String::as_str);
        Some(here == Some(tag) || (object.size == 0 && tag == checksum::EMPTY))
    });
    known.any(|is_md5| is_md5)
}

/// Whether the folder is there, by itself or by something in it.
pub fn is_there(folder: &str, there: &Objects) -> bool {
    let below = format!("{folder}/");
    there.contains_key(folder)
        || there
            .range(below.clone()..)
            .next()
            .is_some_and(|(path, _)| path.starts_with(&below))
}

/// `tag` is the file's own, where it can be compared with the object's.
fn verdict(file: &File, tag: Option<&str>, object: Option<&Object>) -> Verdict {
    let Some(object) = object else {
        return Verdict::Send;
    };
    let is_newer = object.modified > file.modified;
    let is_same = object.size == file.size
        && match (tag, object.tag.as_deref()) {
            (Some(here), Some(there)) => here == there,
            _ => is_newer,
        };
    match (is_same, is_newer) {
        (true, _) => Verdict::Same,
        (false, true) => Verdict::Newer,
        (false, false) => Verdict::Send,
    }
}

/// The tags of the files that may be there already. A file that cannot be read has none here, and
/// is told of when it is to be sent.
async fn tags(root: &Path, tree: &Tree, there: &Objects) -> BTreeMap<String, String> {
    let may_be_same = |file: &&File| {
        let object = there.get(&file.path);
        object.is_some_and(|object| object.size == file.size)
    };
    let computed = tree.files.iter().filter(may_be_same).map(|file| {
        let (path, size) = (root.join(&file.path), file.size);
        let name = file.path.clone();
        async move {
            let tag = tokio::task::spawn_blocking(move || checksum::of_file(&path, size)).await;
            Some((name, tag.ok()?.ok()?))
        }
    });
    stream::iter(computed)
        .buffer_unordered(READERS)
        .filter_map(|found| async move { found })
        .collect()
        .await
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    fn object(size: u64, after: u64, tag: Option<&str>) -> Object {
        Object {
            size,
            modified: SystemTime::UNIX_EPOCH + Duration::from_secs(after),
            tag: tag.map(str::to_owned),
        }
    }

    #[test]
    fn a_file_is_sent_unless_it_is_there_or_newer_there() {
        let file = File {
            path: "a".to_owned(),
            size: 3,
            modified: SystemTime::UNIX_EPOCH + Duration::from_secs(100),
        };
        for (tag, there, expected) in [
            (None, None, Verdict::Send),
            (Some("x"), Some(object(3, 50, Some("x"))), Verdict::Same),
            (Some("x"), Some(object(3, 150, Some("x"))), Verdict::Same),
            (Some("x"), Some(object(3, 50, Some("y"))), Verdict::Send),
            (Some("x"), Some(object(3, 150, Some("y"))), Verdict::Newer),
            (Some("x"), Some(object(4, 50, Some("x"))), Verdict::Send),
            (None, Some(object(4, 150, None)), Verdict::Newer),
            // Without checksums, time decides.
            (None, Some(object(3, 150, Some("y"))), Verdict::Same),
            (None, Some(object(3, 50, Some("y"))), Verdict::Send),
        ] {
            assert_eq!(
                verdict(&file, tag, there.as_ref()),
                expected,
                "{tag:?} {there:?}"
            );
        }
    }

    #[test]
    fn a_storage_is_known_to_tell_md5_by_one_tag() {
        let tags = BTreeMap::from([("a".to_owned(), "x".to_owned())]);
        let there = |path: &str, object| Objects::from([(path.to_owned(), object)]);
        assert!(tells_md5(&there("a", object(3, 0, Some("x"))), &tags));
        assert!(tells_md5(
            &there("b", object(0, 0, Some(checksum::EMPTY))),
            &tags
        ));
        assert!(!tells_md5(&there("a", object(3, 0, Some("y"))), &tags));
        assert!(!tells_md5(&there("a", object(3, 0, None)), &tags));
        assert!(!tells_md5(&there("b", object(0, 0, Some("y"))), &tags));
    }

    #[test]
    fn a_folder_is_there_by_itself_or_by_what_is_in_it() {
        let there = Objects::from([
            ("0_input".to_owned(), object(0, 0, None)),
            ("2_rig/config/a".to_owned(), object(1, 0, None)),
            ("4_export-old/a".to_owned(), object(1, 0, None)),
        ]);
        assert!(is_there("0_input", &there) && is_there("2_rig/config", &there));
        assert!(!is_there("4_export", &there) && !is_there("2_rig/conf", &there));
    }
}
