//! Whether the names in the workspace's folder have changed: by notifications, or by its times.

use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use podslate_disk::Volume;
use podslate_shared::Error;

use super::contents::LEFTOVER;
use super::notifier::{Notifier, Reports};
use crate::lock::lock;
use crate::workspace::dir;
use crate::workspace::stamp::{FileId, Stamp};

/// Time after which names are read again even if nothing seems to have changed.
const MAX_AGE: Duration = Duration::from_secs(60);
/// Time after which the folder is opened to look at it, which costs three calls.
const OPENED_AGE: Duration = Duration::from_secs(1);
/// A folder that changed this recently may change again without a new time.
const SETTLED: Duration = Duration::from_secs(1);

/// The workspace's folder on the disk.
#[derive(Debug)]
pub struct Disk {
    /// Volume at the start.
    volume: Option<Volume>,
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
    opened: Instant,
}

/// What has changed since the last call.
#[derive(Debug, Default)]
pub struct Changes {
    pub reports: Reports,
    /// Whether the names have to be read.
    pub is_unknown: bool,
}

/// What is in the workspace's folder.
#[derive(Debug, Default)]
pub struct Names {
    /// Entries that are not hidden.
    pub entries: Vec<(String, Name)>,
    /// Whether there are unfinished entries.
    pub has_leftover: bool,
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
            volume: Volume::of(root).ok(),
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
            *lock(&self.own) = stamp_of_root(root, false).ok();
        }
    }

    /// What has changed since the last call.
    ///
    /// # Errors
    /// [`Error::WorkspaceUnavailable`].
    pub fn changes(&self, root: &Path) -> Result<Changes, Error> {
        let mut known = lock(&self.known);
        let is_opened = known.is_none_or(|known| known.opened.elapsed() > OPENED_AGE);
        let opened = known.filter(|_| !is_opened).map(|known| known.opened);
        let stamp = match self.stamp_of(root, is_opened) {
            Ok(stamp) => stamp,
            Err(error) => {
                *known = None;
                self.is_watched.store(false, Ordering::SeqCst);
                return Err(error);
            }
        };
        known.take_if(|known| !known.stamp.is_same_entry(&stamp));
        let mut reports = Reports::default();
        let mut is_unknown = known.is_none();
        if let Ok(notifier) = &self.notifier {
            reports = notifier.take_reports();
            is_unknown |= reports.is_incomplete || reports.is_root_gone;
            if is_unknown || !self.is_watched.load(Ordering::SeqCst) {
                is_unknown = true;
                let is_watched = notifier.watch_root(root);
                self.is_watched.store(is_watched, Ordering::SeqCst);
            }
        }
        let opened = opened.unwrap_or_else(Instant::now);
        if let Some(known) = known.as_mut() {
            known.opened = opened;
            let is_compared = self.notifier().is_err();
            is_unknown |=
                known.read.elapsed() > MAX_AGE || (is_compared && self.has_changed(known, stamp));
        }
        if is_unknown {
            let read = Instant::now();
            let first_seen = match known.as_ref() {
                Some(known) if known.stamp == stamp => known.first_seen,
                _ => read,
            };
            *known = Some(Known {
                stamp,
                first_seen,
                read,
                opened,
            });
        }
        Ok(Changes {
            reports,
            is_unknown,
        })
    }

    /// Checks that the workspace is still on its volume.
    ///
    /// # Errors
    /// [`Error::WorkspaceUnavailable`].
    pub fn check_volume(&self, root: &Path) -> Result<(), Error> {
        self.stamp_of(root, false).map(drop)
    }

    fn stamp_of(&self, root: &Path, is_opened: bool) -> Result<Stamp, Error> {
        let stamp = stamp_of_root(root, is_opened);
        let stamp = stamp.map_err(|error| dir::unavailable(root, error.kind()))?;
        match self.volume {
            Some(volume) if !volume.may_have(root, stamp.device) => Err(dir::unmounted(root)),
            _ => Ok(stamp),
        }
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

/// Stamp of the workspace's folder. When it is opened, network file systems compare what they
/// remember of it with the server.
fn stamp_of_root(root: &Path, is_opened: bool) -> io::Result<Stamp> {
    let found = match is_opened && cfg!(unix) {
        true => podslate_disk::open_folder(root)?.metadata()?,
        false => podslate_disk::metadata_of_folder(root)?,
    };
    Ok((&found).into())
}

/// Entries of the workspace's folder that are not hidden, with their identities where these last.
///
/// # Errors
/// [`Error::WorkspaceUnavailable`].
pub fn read_names(root: &Path, has_ids: bool) -> Result<Names, Error> {
    let mut names = Names::default();
    for entry in dir::read(root)? {
        let entry = entry.map_err(|error| dir::unavailable(root, error.kind()))?;
        let name = entry.name();
        if name.as_encoded_bytes().starts_with(LEFTOVER.as_bytes()) {
            names.has_leftover = true;
        } else if !name.as_encoded_bytes().starts_with(b".") {
            let is_folder = entry.is_folder();
            let id = has_ids.then(|| FileId::of_entry(&entry)).flatten();
            names
                .entries
                .push((name.to_string_lossy().into_owned(), Name { is_folder, id }));
        }
    }
    Ok(names)
}
