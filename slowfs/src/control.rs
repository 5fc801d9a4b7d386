//! What every operation passes before it is carried out: its count, its delay, a hang, a failure.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use fuser::Errno;

/// The operations of a volume, as they are counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    Lookup,
    Getattr,
    Setattr,
    Readlink,
    Mknod,
    Mkdir,
    Unlink,
    Rmdir,
    Symlink,
    Rename,
    Link,
    Open,
    Read,
    Write,
    Flush,
    Release,
    Fsync,
    Opendir,
    Readdir,
    Readdirplus,
    Releasedir,
    Fsyncdir,
    Statfs,
    Access,
    Create,
}

/// The names of the operations, in the same order.
const NAMES: &str = "lookup getattr setattr readlink mknod mkdir unlink rmdir symlink rename link \
                     open read write flush release fsync opendir readdir readdirplus releasedir \
                     fsyncdir statfs access create";
const COUNT: usize = Operation::Create as usize + 1;

#[derive(Debug)]
struct State {
    latency: Duration,
    is_hanging: bool,
    failure: Option<Errno>,
}

/// The behavior of a volume, which may change while it is in use.
#[derive(Debug)]
pub struct Control {
    counts: [AtomicU64; COUNT],
    state: Mutex<State>,
    released: Condvar,
}

impl Control {
    /// A volume whose operations each take `latency` longer than those of the directory behind it.
    pub fn new(latency: Duration) -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; COUNT],
            state: Mutex::new(State {
                latency,
                is_hanging: false,
                failure: None,
            }),
            released: Condvar::new(),
        }
    }

    /// Sets the time that each operation takes in addition.
    pub fn set_latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// Has all operations wait, or ends that.
    pub fn set_hanging(&self, is_hanging: bool) {
        self.state().is_hanging = is_hanging;
        self.released.notify_all();
    }

    /// Has all operations fail with an error, or ends that.
    pub fn set_failure(&self, failure: Option<Errno>) {
        self.state().failure = failure;
    }

    /// Number of operations since the start.
    pub fn operations(&self) -> u64 {
        let counts = self.counts.iter();
        counts.map(|count| count.load(Ordering::SeqCst)).sum()
    }

    /// Counts an operation and lets it wait; the error is the one that it fails with.
    pub(crate) fn admit(&self, operation: Operation) -> Result<(), Errno> {
        self.counts[operation as usize].fetch_add(1, Ordering::SeqCst);
        let latency = self.state().latency;
        if !latency.is_zero() {
            thread::sleep(latency);
        }
        let state = self.state();
        let state = self
            .released
            .wait_while(state, |state| state.is_hanging)
            .unwrap_or_else(PoisonError::into_inner);
        state.failure.map_or(Ok(()), Err)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Control {
    /// The operations that occurred, each as a name and a number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for (name, count) in NAMES.split(' ').zip(&self.counts) {
            let count = count.load(Ordering::SeqCst);
            if count > 0 {
                write!(text, " {name} {count}")?;
            }
        }
        f.write_str(text.trim_start())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_name() {
        assert_eq!(NAMES.split(' ').count(), COUNT);
        let control = Control::new(Duration::ZERO);
        assert!(control.admit(Operation::Lookup).is_ok());
        assert!(control.admit(Operation::Create).is_ok());
        assert!(control.admit(Operation::Create).is_ok());
        assert_eq!(control.to_string(), "lookup 1 create 2");
        assert_eq!(control.operations(), 3);
    }

    #[test]
    fn a_failure_lasts_until_it_is_ended() {
        let control = Control::new(Duration::ZERO);
        control.set_failure(Some(Errno::EIO));
        assert_eq!(control.admit(Operation::Mkdir), Err(Errno::EIO));
        control.set_failure(None);
        assert_eq!(control.admit(Operation::Mkdir), Ok(()));
    }
}
