//! Whether the names in the workspace's folder have changed: by notifications, or by its times.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use podslate_shared::Error;

use super::notifier::{Notifier, Reports};
use crate::workspace::stamp::{FileId, Stamp};
use crate::workspace::{dir, lock};

/// Time after which names are read again even if nothing seems to have changed.
const MAX_AGE: Duration = Duration::from_secs(60);
/// A folder that changed this recently may change again without a new time.
const SETTLED: Duration = Duration::from_secs(1);

/// The workspace's folder on the disk.
#[derive(Debug)]
pub struct Disk {
    /// Notifications, or the reason why there are none.
    notifier: Result<Notifier, String>,
    /// Whether the folder that is watched is the one in the workspace's place.
    is_watched: AtomicBool,
    /// Stamp that the folder has since the last change by this program.
    own: Mutex<Option<Stamp>>,
    known: Mutex<Option<Known>>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    stamp: Stamp,
    first_seen: Instant,
    read: Instant,
}

/// What has changed since the last call.
#[derive(Debug)]
pub enum Changes {
    Reported(Reports),
    /// Maybe everything: the names have to be read.
    Unknown,
}

/// An entry as reading the folder tells it.
#[derive(Debug)]
pub struct Name {
    pub is_folder: bool,
    pub id: Option<FileId>,
}

impl Disk {
    /// The workspace at `root`, with notifications where they are wanted and possible.
    pub fn new(root: &Path, is_notified: bool) -> Self {
        let off = || Err("notifications are turned off".to_owned());
        let notifier = if is_notified {
            Notifier::start(root)
        } else {
            off()
        };
        Self {
            is_watched: AtomicBool::new(notifier.is_ok()),
            notifier,
            own: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// Notifications of the workspace's folder, unless the reason why there are none.
    pub fn notifier(&self) -> Result<&Notifier, &str> {
        match &self.notifier {
            Ok(notifier) if self.is_watched.load(Ordering::SeqCst) => Ok(notifier),
            Ok(_) => Err("the folder was moved, and its successor cannot be watched"),
            Err(reason) => Err(reason),
        }
    }

    /// Whether entries keep their identities. Those of network volumes may last only as long as the
    /// system remembers an entry.
    pub fn has_ids(&self) -> bool {
        self.notifier.is_ok()
    }

    /// Whether it is certain, without looking, that nothing has changed since the last call of
    /// [`Disk::changes`].
    pub fn is_quiet(&self) -> bool {
        self.notifier()
            .is_ok_and(|notifier| !notifier.has_reports())
    }

    /// Notes that this program has just changed the folder, and has told the index what.
    pub fn changed_by_us(&self, root: &Path) {
        // With notifications the change is reported, too.
        if self.notifier().is_err() {
            *lock(&self.own) = Stamp::of(root);
        }
    }

    /// What has changed since the last call.
    ///
    /// # Errors
    /// [`Error::WorkspaceUnavailable`].
    pub fn changes(&self, root: &Path) -> Result<Changes, Error> {
        let mut known = lock(&self.known);
        let stamp = Stamp::of(root);
        let Some(stamp) = stamp else {
            *known = None;
            self.is_watched.store(false, Ordering::SeqCst);
            dir::read(root)?;
            return Ok(Changes::Unknown);
        };
        let before = known.take_if(|known| !known.stamp.is_same_entry(&stamp));
        let is_other = before.is_some();
        let mut reports = Reports::default();
        if let Ok(notifier) = &self.notifier {
            reports = notifier.take_reports();
            if is_other || reports.is_root_gone || known.is_none() {
                self.is_watched
                    .store(notifier.watch_root(root), Ordering::SeqCst);
            }
        }
        let is_unknown = match known.as_mut() {
            Some(known) => {
                let is_compared = self.notifier().is_err();
                reports.is_incomplete
                    || known.read.elapsed() > MAX_AGE
                    || (is_compared && self.has_changed(known, stamp))
            }
            None => true,
        };
        if !is_unknown {
            return Ok(Changes::Reported(reports));
        }
        let read = Instant::now();
        let first_seen = match known.as_ref() {
            Some(known) if known.stamp == stamp => known.first_seen,
            _ => read,
        };
        *known = Some(Known {
            stamp,
            first_seen,
            read,
        });
        Ok(Changes::Unknown)
    }

    /// Forgets what is known, because reading the names failed.
    pub fn forget(&self) {
        *lock(&self.known) = None;
    }

    fn has_changed(&self, known: &mut Known, stamp: Stamp) -> bool {
        let is_ours = *lock(&self.own) == Some(stamp);
        if known.stamp != stamp && is_ours {
            // Another program may have changed the folder at the same moment, so it is read again
            // when its time has settled.
            known.stamp = stamp;
            known.first_seen = Instant::now();
        }
        let is_settled = known.read > known.first_seen + SETTLED;
        known.stamp != stamp || (!is_settled && known.first_seen.elapsed() > SETTLED)
    }
}

/// Entries of the workspace's folder that are not hidden, with their identities where these last.
///
/// # Errors
/// [`Error::WorkspaceUnavailable`].
pub fn read_names(root: &Path, has_ids: bool) -> Result<Vec<(String, Name)>, Error> {
    let mut names = Vec::new();
    for entry in dir::read(root)? {
        let entry: fs::DirEntry = entry.map_err(|error| dir::unavailable(root, error.kind()))?;
        let name = entry.file_name();
        if !name.as_encoded_bytes().starts_with(b".") {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let id = has_ids.then(|| FileId::of_dir_entry(&entry)).flatten();
            names.push((name.to_string_lossy().into_owned(), Name { is_folder, id }));
        }
    }
    Ok(names)
}
