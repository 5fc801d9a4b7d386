//! Syncs of a folder that serve everyone who needs one at the same time.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use podslate_shared::Error;

type Result = std::result::Result<(), Error>;
/// Result of a sync, for all whom it serves.
type Batch = Arc<OnceLock<Result>>;

/// Syncs of folders, at most one at a time in each.
#[derive(Debug, Default)]
pub struct GroupSync {
    /// Folders of which someone needs a sync.
    folders: Mutex<HashMap<PathBuf, Folder>>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Folder {
    is_syncing: bool,
    /// The sync that starts next.
    next: Batch,
}

impl GroupSync {
    /// Runs `sync` on `path`, or waits for the result of another caller that starts it after this
    /// call: whatever changed before is synced then. A sync that runs already may have missed it.
    ///
    /// # Errors
    /// Those of `sync`. All whom a failed sync served get its error: the kernel reports it once,
    /// so a later success would not show that their changes are on the disk.
    pub fn sync(&self, path: &Path, sync: impl FnOnce() -> Result) -> Result {
        let mut folders = self.lock();
        let batch = Arc::clone(&folders.entry(path.to_owned()).or_default().next);
        loop {
            if let Some(result) = batch.get() {
                return result.clone();
            }
            let folder = folders.entry(path.to_owned()).or_default();
            if !folder.is_syncing {
                // Who comes from here on needs another sync.
                folder.is_syncing = true;
                folder.next = Batch::default();
                break;
            }
            folders = self
                .changed
                .wait(folders)
                .unwrap_or_else(PoisonError::into_inner);
        }
        drop(folders);
        let _end = End { group: self, path };
        batch.get_or_init(sync).clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PathBuf, Folder>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the next sync of a folder start when it is dropped, after a panic, too.
struct End<'g> {
    group: &'g GroupSync,
    path: &'g Path,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        let mut folders = self.group.lock();
        if let Some(folder) = folders.get_mut(self.path) {
            folder.is_syncing = false;
            if Arc::strong_count(&folder.next) == 1 {
                folders.remove(self.path);
            }
        }
        drop(folders);
        self.group.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::sync::mpsc;
    use std::thread;

    use testing::{PATIENCE, wait_until};

    use super::*;

    const CALLERS: usize = 16;

    fn waiting(group: &GroupSync, path: &Path) -> usize {
        let folders = group.lock();
        let next = folders.get(path).map(|folder| &folder.next);
        next.map_or(0, |next| Arc::strong_count(next) - 1)
    }

    /// Results of one sync, and of as many callers that come while it runs. Also returns the number
    /// of changes that each of their syncs found; each caller makes one.
    fn race(result: &Result) -> (Result, Vec<Result>, Vec<usize>) {
        let (group, path, changes) = (GroupSync::default(), Path::new("/a"), AtomicUsize::new(0));
        let found = Mutex::new(Vec::new());
        thread::scope(|scope| {
            let (started, has_started) = mpsc::channel();
            let (release, released) = mpsc::channel();
            let hold = move || {
                started.send(()).unwrap();
                released.recv().unwrap();
                Ok(())
            };
            let first = scope.spawn(|| group.sync(path, hold));
            has_started.recv().unwrap();
            let call = || {
                changes.fetch_add(1, SeqCst);
                group.sync(path, || {
                    found.lock().unwrap().push(changes.load(SeqCst));
                    result.clone()
                })
            };
            let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(call)).collect();
            assert!(wait_until(PATIENCE, || waiting(&group, path) == CALLERS));
            assert_eq!(group.sync(Path::new("/b"), || Ok(())), Ok(()));
            release.send(()).unwrap();
            let results = callers.into_iter().map(|caller| caller.join().unwrap());
            let results = results.collect();
            assert!(group.lock().is_empty());
            let found = found.lock().unwrap().clone();
            (first.join().unwrap(), results, found)
        })
    }

    #[test]
    fn callers_share_one_sync_that_starts_after_all_their_changes() {
        let (first, results, found) = race(&Ok(()));
        assert_eq!(first, Ok(()));
        assert_eq!(results, vec![Ok(()); CALLERS]);
        assert_eq!(found, [CALLERS]);
    }

    #[test]
    fn an_error_reaches_all_who_shared_the_sync_and_no_one_else() {
        let (first, results, found) = race(&Err(Error::DiskFull));
        assert_eq!(first, Ok(()));
        assert_eq!(results, vec![Err(Error::DiskFull); CALLERS]);
        assert_eq!(found, [CALLERS]);
    }

    #[test]
    fn callers_one_after_the_other_share_nothing() {
        let (group, count) = (GroupSync::default(), AtomicUsize::new(0));
        for expected in 1..=3 {
            let sync = || {
                count.fetch_add(1, SeqCst);
                Ok(())
            };
            assert_eq!(group.sync(Path::new("/a"), sync), Ok(()));
            assert_eq!(count.load(SeqCst), expected);
        }
    }

    #[test]
    fn a_panic_does_not_stop_later_syncs() {
        let group = GroupSync::default();
        let panics = || group.sync(Path::new("/a"), || panic!("a broken disk"));
        assert!(thread::scope(|scope| scope.spawn(panics).join()).is_err());
        assert_eq!(group.sync(Path::new("/a"), || Ok(())), Ok(()));
    }
}
