//! Where the workspaces of the suite are.

use std::io;
use std::path::Path;

use tempfile::TempDir;

/// A folder in memory where there is one: what a kill or an error leaves is the same there, and
/// syncing takes no time.
///
/// # Errors
/// It cannot be made.
pub fn in_memory() -> io::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    }
}
