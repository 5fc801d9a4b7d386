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
use crate::workspace::lock;

/// Maximum number of watched folders: a part of what the system allows a user.
const MAX_WATCHES: usize = 16_000;
/// File systems that report only what is done through this computer.
const NETWORK: [u64; 13] = [
    0x6969,      // NFS
    0x517b,      // SMB
    0xff53_4d42, // CIFS
    0xfe53_4d42, // SMB 2
    0x6573_5546, // FUSE, also MooseFS and the shares of virtual machines
    0x0102_1997, // 9P
    0x00c3_6400, // Ceph
    0x0bd0_0bd0, // Lustre
    0x4750_4653, // GPFS
    0x7461_636f, // OCFS2
    0x0116_1970, // GFS2
    0x786f_4256, // VirtualBox
    0x5346_414f, // AFS
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
        if NETWORK.contains(&(kind as u64 & 0xffff_ffff)) {
            return Err("the file system does not report changes by other computers".to_owned());
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
        let mut watches = lock(&self.watches);
        let number = inotify::add_watch(&self.queue, root, flags)?;
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
        let mut watches = lock(&self.watches);
        if watches.names.len() >= MAX_WATCHES {
            return false;
        }
        let Ok(number) = inotify::add_watch(&self.queue, folder, flags) else {
            return false;
        };
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
