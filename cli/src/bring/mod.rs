//! Bringing a project of this machine to a pod: as a folder that Docker mounts, or uploaded to a
//! volume that the pod will have.

mod args;
mod find;
mod mount;
mod push;

pub use args::{Mount, Push};
pub use mount::run as mount;
pub use push::run as push;

/// Where pods have their volume, and so their projects.
const POD_WORKSPACE: &str = "/workspace";
