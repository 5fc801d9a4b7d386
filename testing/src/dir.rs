//! Temporary directories.

use std::io;
use std::path::Path;

use tempfile::TempDir;

/// Creates a temporary directory in memory where the system has a place for it: kills and errors
/// leave the same there as on a disk, and syncing takes no time.
///
/// # Errors
/// It cannot be created.
pub fn memory_dir() -> io::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    }
}
