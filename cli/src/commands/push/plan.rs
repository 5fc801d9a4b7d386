//! Decision, before anything is sent, which files have to be.

use std::path::Path;
use std::time::SystemTime;

use futures_util::{StreamExt, stream};
use podslate_shared::layout::CONFIG_PATH;

use super::checksum;
use super::scan::LocalFile;
use super::storage::{self, Objects};

/// Maximum number of files that are read for their tag at the same time.
const READERS: usize = 4;

/// Files by what happens to them.
#[derive(Debug, Default)]
pub struct Plan {
    /// Files to send, without the configuration.
    pub send: Vec<LocalFile>,
    /// The configuration, if it has to be sent.
    pub config: Vec<LocalFile>,
    /// Files that are on the volume already.
    pub same: Vec<LocalFile>,
    /// Files that differ and are newer on the volume.
    pub newer: Vec<LocalFile>,
}

impl Plan {
    /// Compares files, which have the tags that they need, with the objects.
    pub fn new(files: Vec<LocalFile>, objects: &Objects, overwrite: bool) -> Self {
        let has_md5 = storage::has_md5_tags(objects, &files);
        let mut plan = Self::default();
        for file in files {
            let object = objects.get(&file.path);
            let time = object.map(|object| SystemTime::from(object.last_modified));
            let is_newer = time.is_some_and(|time| time > file.modified);
            let is_same = object.is_some_and(|object| object.size == file.size)
                && match (&file.tag, object.and_then(|object| object.e_tag.as_ref())) {
                    (Some(tag), Some(stored)) if has_md5 => tag == stored,
                    _ => is_newer,
                };
            let list = match (is_same, is_newer && !overwrite) {
                (true, _) => &mut plan.same,
                (false, true) => &mut plan.newer,
                (false, false) if file.path.as_ref() == CONFIG_PATH => &mut plan.config,
                (false, false) => &mut plan.send,
            };
            list.push(file);
        }
        plan
    }
}

/// Reads the files that may be the same, for their tags.
pub async fn with_tags(root: &Path, files: Vec<LocalFile>, objects: &Objects) -> Vec<LocalFile> {
    let files = stream::iter(files).map(|file| with_tag(root, file, objects));
    files.buffered(READERS).collect().await
}

/// Adds the tag of a file that may be the same. A file that cannot be read has none, and is
/// reported when it is sent.
async fn with_tag(root: &Path, mut file: LocalFile, objects: &Objects) -> LocalFile {
    let object = objects.get(&file.path);
    if object.is_some_and(|object| object.size == file.size) {
        let tag = checksum::of_file(root.join(file.path.as_ref()), file.size);
        file.tag = tokio::spawn(tag).await.ok().and_then(Result::ok);
    }
    file
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use object_store::ObjectMeta;

    use super::*;

    fn time(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn object((path, size, seconds, tag): (&str, u64, u64, Option<&str>)) -> ObjectMeta {
        ObjectMeta {
            location: path.into(),
            last_modified: time(seconds).into(),
            size,
            e_tag: tag.map(str::to_owned),
            version: None,
        }
    }

    #[test]
    fn a_file_is_sent_unless_it_is_there_or_newer_there() {
        let (x, y) = (Some("x"), Some("y"));
        let (send, same, newer) = ([1, 0, 0], [0, 1, 0], [0, 0, 1]);
        // One tag shows whether the storage has MD5 tags.
        let (md5, other) = (("b", 0, 0, Some(checksum::EMPTY)), ("b", 0, 0, y));
        for (tag, row, control, expected) in [
            (x, ("c", 3, 50, x), md5, send),
            (x, ("a", 3, 50, x), md5, same),
            (x, ("a", 3, 150, x), md5, same),
            (x, ("a", 3, 50, y), md5, send),
            (x, ("a", 3, 150, y), md5, newer),
            (x, ("a", 4, 50, x), md5, send),
            (None, ("a", 4, 150, None), md5, newer),
            // The file's own tag is as good.
            (x, ("a", 3, 50, x), other, same),
            // Without MD5 tags, time decides.
            (None, ("a", 3, 150, y), md5, same),
            (None, ("a", 3, 50, y), md5, send),
            (x, ("a", 3, 150, y), other, same),
            (x, ("a", 3, 50, y), other, send),
            (x, ("a", 3, 150, None), other, same),
        ] {
            let file = LocalFile {
                path: "a".into(),
                size: 3,
                modified: time(100),
                tag: tag.map(str::to_owned),
                stored_tag: None,
            };
            let objects = [row, control].map(object);
            let objects = objects
                .map(|object| (object.location.clone(), object))
                .into();
            let plan = Plan::new(vec![file], &objects, false);
            let counts = [plan.send.len(), plan.same.len(), plan.newer.len()];
            assert_eq!(counts, expected, "{tag:?} {row:?} {control:?}");
        }
    }
}
