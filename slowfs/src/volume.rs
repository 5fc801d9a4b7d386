//! Mounting and unmounting.

use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use fuser::{BackgroundSession, Config, MountOption, Session, SessionACL};
use rustix::fs::Mode;
use rustix::mount::{UnmountFlags, unmount};
use rustix::process::{geteuid, umask};

use crate::backing::Backing;
use crate::control::Control;
use crate::operations::SlowFs;

/// What a volume is mounted with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory behind the volume.
    pub backing: PathBuf,
    /// The empty directory where it appears.
    pub mount_point: PathBuf,
    /// Time that each operation takes in addition.
    pub latency: Duration,
    /// Time for which the kernel may keep names and attributes.
    pub ttl: Duration,
    /// Maximum number of operations at the same time.
    pub threads: NonZeroUsize,
}

/// A mounted volume.
#[derive(Debug)]
pub struct Volume {
    control: Arc<Control>,
    mount_point: PathBuf,
    session: BackgroundSession,
}

impl Volume {
    /// Mounts a volume.
    ///
    /// Sets the umask of this process to 0, because the kernel has applied that of the caller.
    ///
    /// # Errors
    /// The directory cannot be opened, or the volume cannot be mounted.
    pub fn mount(options: &Options) -> io::Result<Self> {
        umask(Mode::empty());
        let control = Arc::new(Control::new(options.latency));
        let filesystem = SlowFs {
            backing: Backing::open(&options.backing)?,
            control: Arc::clone(&control),
            ttl: options.ttl,
        };
        let mut config = Config::default();
        config.mount_options = vec![
            MountOption::FSName("podslate-slowfs".to_owned()),
            MountOption::DefaultPermissions,
        ];
        if geteuid().is_root() {
            config.acl = SessionACL::All;
        }
        config.n_threads = Some(options.threads.get());
        let session = Session::new(filesystem, &options.mount_point, &config)?;
        Ok(Self {
            control,
            mount_point: options.mount_point.clone(),
            session: session.spawn()?,
        })
    }

    /// The behavior of the volume.
    pub fn control(&self) -> Arc<Control> {
        Arc::clone(&self.control)
    }

    /// Waits until the volume is unmounted.
    ///
    /// # Errors
    /// The connection to the kernel fails.
    pub fn join(self) -> io::Result<()> {
        self.session.join()
    }

    /// The function that unmounts the volume, even if something uses it or waits for it.
    ///
    /// What is open fails when this process ends.
    pub fn unmounter(&self) -> impl Fn() -> io::Result<()> + Send + use<> {
        let (mount_point, control) = (self.mount_point.clone(), self.control());
        move || {
            let unmounted = detach(&mount_point);
            control.set_hanging(false);
            unmounted
        }
    }
}

fn detach(mount_point: &Path) -> io::Result<()> {
    match unmount(mount_point, UnmountFlags::DETACH) {
        Err(rustix::io::Errno::PERM) => {
            let mut command = Command::new("fusermount3");
            let status = command.args(["-u", "-z", "--"]).arg(mount_point).status()?;
            let failed = || io::Error::other(format!("fusermount3: {status}"));
            status.success().then_some(()).ok_or_else(failed)
        }
        // It is unmounted.
        Err(rustix::io::Errno::INVAL) => Ok(()),
        result => Ok(result?),
    }
}
