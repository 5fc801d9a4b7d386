//! Notifications by inotify. Its queue is read without a thread in between, because a change of the
//! workspace needs to know that every report until now has been taken into account.

use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use super::Reports;
use crate::lock::lock;

/// Maximum number of watched folders: a part of what the system allows a user.
const MAX_WATCHES: usize = 16_000;
/// Maximum number of watched folders of one entry, so that the others are left some.
const MAX_WATCHES_OF_ONE: usize = 256;
/// File systems of this computer, which report every change.
const LOCAL: [u64; 13] = [
    0xef53,      // ext2, ext3, ext4
    0x5846_5342, // XFS
    0x9123_683e, // Btrfs
    0xf2f5_2010, // F2FS
    0x2fc1_2fc1, // ZFS
    0xca45_1a4e, // bcachefs
    0x3153_464a, // JFS
    0x0102_1994, // tmpfs
    0x8584_58f6, // ramfs
    0x794c_7630, // overlayfs
    0x4d44,      // FAT
    0x2011_bab0, // exFAT
    0x7366_746e, // NTFS
];

/// Notifications of the folders of one workspace.
#[derive(Debug)]
pub struct Notifier {
    queue: OwnedFd,
    watches: Mutex<Watches>,
}

#[derive(Debug, Default)]
struct Watches {
    root: Option<i32>,
    /// Entry of the workspace that a watched folder belongs to.
    names: HashMap<i32, Arc<str>>,
    numbers: HashMap<Arc<str>, Vec<i32>>,
}

impl Notifier {
    /// Watches the workspace's folder.
    ///
    /// # Errors
    /// The reason why there are no notifications.
    pub fn start(root: &Path) -> Result<Self, String> {
        let kind = rustix::fs::statfs(root)
            .map_err(|error| error.to_string())?
            .f_type;
        if !LOCAL.contains(&(kind as u64 & 0xffff_ffff)) {
            return Err("the file system may not report changes by other computers".to_owned());
        }
        let refused = |error: Errno| match error {
            Errno::NOSPC => "the limit fs.inotify.max_user_watches is reached".to_owned(),
            Errno::MFILE => "the limit fs.inotify.max_user_instances is reached".to_owned(),
            error => format!("inotify cannot be used ({error})"),
        };
        let queue = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK);
        let notifier = Self {
            queue: queue.map_err(refused)?,
            watches: Mutex::default(),
        };
        notifier.add_root(root).map_err(refused)?;
        Ok(notifier)
    }

    /// Watches the folder that is at the workspace's place now.
    pub fn watch_root(&self, root: &Path) -> bool {
        self.add_root(root).is_ok()
    }

    fn add_root(&self, root: &Path) -> Result<(), Errno> {
        let flags = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVE
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        let number = inotify::add_watch(&self.queue, root, flags)?;
        let mut watches = lock(&self.watches);
        if let Some(old) = watches.root.replace(number).filter(|old| *old != number) {
            // Fails if the folder is gone, which ends its watch.
            let _ = inotify::remove_watch(&self.queue, old);
        }
        Ok(())
    }

    /// Watches a folder that belongs to the entry `name`; returns whether that is possible.
    pub fn watch(&self, folder: &Path, name: &str) -> bool {
        let flags = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVE
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::ATTRIB
            | WatchFlags::DONT_FOLLOW
            | WatchFlags::ONLYDIR;
        {
            let watches = lock(&self.watches);
            let of_one = watches.numbers.get(name).map_or(0, Vec::len);
            if watches.names.len() >= MAX_WATCHES || of_one >= MAX_WATCHES_OF_ONE {
                return false;
            }
        }
        // Without the lock, because a volume that is mounted in the workspace may hang.
        let Ok(number) = inotify::add_watch(&self.queue, folder, flags) else {
            return false;
        };
        let mut watches = lock(&self.watches);
        if watches.root != Some(number) {
            let name: Arc<str> = name.into();
            let numbers = watches.numbers.entry(Arc::clone(&name)).or_default();
            if !numbers.contains(&number) {
                numbers.push(number);
            }
            watches.names.insert(number, name);
        }
        true
    }

    /// Ends the watches of the entry `name`.
    pub fn unwatch(&self, name: &str) {
        let mut watches = lock(&self.watches);
        for number in watches.numbers.remove(name).unwrap_or_default() {
            // The folder may belong to another entry since.
            if watches
                .names
                .get(&number)
                .is_some_and(|owner| **owner == *name)
            {
                watches.names.remove(&number);
                let _ = inotify::remove_watch(&self.queue, number);
            }
        }
    }

    /// Whether there are reports.
    pub fn has_reports(&self) -> bool {
        !matches!(rustix::io::ioctl_fionread(&self.queue), Ok(0))
    }

    /// Waits for reports; returns whether there are some.
    pub fn wait(&self, timeout: Duration) -> bool {
        let timeout = Timespec::try_from(timeout).ok();
        let mut queue = [PollFd::new(&self.queue, PollFlags::IN)];
        matches!(poll(&mut queue, timeout.as_ref()), Ok(1..))
    }

    /// All reports until now.
    pub fn take_reports(&self) -> Reports {
        let mut reports = Reports::default();
        let mut buffer = [MaybeUninit::uninit(); 16 * 1024];
        let mut reader = Reader::new(&self.queue, &mut buffer);
        loop {
            let event = match reader.next() {
                Ok(event) => event,
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => return reports,
                Err(_) => {
                    reports.is_incomplete = true;
                    return reports;
                }
            };
            let name = event
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            self.add_report(&mut reports, event.wd(), event.events(), name);
        }
    }

    fn add_report(
        &self,
        reports: &mut Reports,
        number: i32,
        what: ReadFlags,
        name: Option<String>,
    ) {
        if what.contains(ReadFlags::QUEUE_OVERFLOW) {
            reports.is_incomplete = true;
            return;
        }
        let mut watches = lock(&self.watches);
        if watches.root == Some(number) {
            let gone = ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::IGNORED;
            reports.is_root_gone |= what.intersects(gone);
            reports
                .entries
                .extend(name.filter(|name| !name.starts_with('.')));
        } else if what.contains(ReadFlags::IGNORED) {
            if let Some(name) = watches.names.remove(&number)
                && let Some(numbers) = watches.numbers.get_mut(&name)
            {
                numbers.retain(|other| *other != number);
            }
        } else if let Some(owner) = watches.names.get(&number) {
            reports.contents.insert(Arc::clone(owner));
        }
    }
}
