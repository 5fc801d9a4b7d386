//! Open files and directories by number.

use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fuser::FileHandle;

/// An open file or directory.
#[derive(Debug)]
pub struct Handle<T> {
    /// The inode that is open.
    pub inode: u64,
    fd: OwnedFd,
    /// What else belongs to it.
    pub state: Mutex<T>,
}

impl<T> AsFd for Handle<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The open files, or the open directories, of a volume.
#[derive(Debug)]
pub struct Handles<T> {
    next: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Handle<T>>>>,
}

impl<T: Default> Handles<T> {
    /// None is open.
    pub fn new() -> Self {
        Self {
            next: AtomicU64::new(1),
            open: Mutex::new(HashMap::new()),
        }
    }

    /// Adds what was opened, and returns its number.
    pub fn add(&self, inode: u64, fd: OwnedFd) -> FileHandle {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let state = Mutex::default();
        let handle = Handle { inode, fd, state };
        self.open().insert(number, Arc::new(handle));
        FileHandle(number)
    }

    /// What is open under a number.
    pub fn get(&self, number: FileHandle) -> Option<Arc<Handle<T>>> {
        self.open().get(&number.0).cloned()
    }

    /// What is open of an inode.
    pub fn of_inode(&self, inode: u64) -> Option<Arc<Handle<T>>> {
        let open = self.open();
        let mut handles = open.values();
        handles.find(|handle| handle.inode == inode).cloned()
    }

    /// Closes what is open under a number.
    pub fn close(&self, number: FileHandle) {
        let closed = self.open().remove(&number.0);
        drop(closed);
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<Handle<T>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
