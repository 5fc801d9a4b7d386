//! SHA256SUMS, in the format of `sha256sum`.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use fs_err as fs;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

/// Writes the checksums of the files in `folder` beside them.
pub fn write(folder: &Path) -> Result<()> {
    let mut lines = String::new();
    for entry in WalkDir::new(folder).min_depth(1).sort_by_file_name() {
        let entry = entry?;
        let hash = const_hex::encode(Sha256::digest(fs::read(entry.path())?));
        writeln!(lines, "{hash}  {}", entry.file_name().to_string_lossy())?;
    }
    Ok(fs::write(folder.join("SHA256SUMS"), lines)?)
}
