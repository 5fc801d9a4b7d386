//! The volume that a folder is on.

use std::io;
use std::path::Path;

use crate::system;

/// Tells whether a path still leads to the volume that it led to before. Where a volume was unmounted,
/// it leads to the empty folder below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volume {
    device: u64,
    kind: u64,
}

impl Volume {
    /// The volume with a folder.
    ///
    /// # Errors
    /// There is no folder, or it cannot be reached.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let (device, kind) = system::volume(folder)?;
        Ok(Self { device, kind })
    }

    /// Whether `folder`, whose device is known, may be on the same volume. A network volume that was
    /// mounted again has another device.
    pub fn may_have(&self, folder: &Path, device: Option<u64>) -> bool {
        if device == Some(self.device) {
            return true;
        }
        let is_same = |other: Self| {
            let is_anonymous = |it: Self| system::is_numbered_anew(it.device);
            self.device == other.device
                || self.kind == other.kind && is_anonymous(*self) && is_anonymous(other)
        };
        Self::of(folder).is_ok_and(is_same)
    }
}
