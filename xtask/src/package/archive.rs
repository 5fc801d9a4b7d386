//! Archives whose bytes depend on the files alone: no times, owners or orders of a machine.

use std::io;
use std::path::Path;

use anyhow::{Result, anyhow};
use flate2::Compression;
use flate2::write::GzEncoder;
use fs_err as fs;
use tar::HeaderMode;
use walkdir::{DirEntry, WalkDir};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Packs `folder` with its name into a gzipped tar archive.
pub fn tar_gz(folder: &Path, archive: &Path, level: u32) -> Result<()> {
    let gzip = GzEncoder::new(fs::File::create(archive)?, Compression::new(level));
    let mut tar = tar::Builder::new(gzip);
    tar.mode(HeaderMode::Deterministic);
    for entry in files(folder) {
        let entry = entry?;
        tar.append_path_with_name(entry.path(), name(folder, &entry)?)?;
    }
    tar.into_inner()?.finish()?;
    Ok(())
}

/// Packs `folder` with its name into a zip archive.
pub fn zip(folder: &Path, archive: &Path, level: u32) -> Result<()> {
    let mut zip = ZipWriter::new(fs::File::create(archive)?);
    let level = Some(level.into());
    let options = SimpleFileOptions::default().compression_level(level);
    for entry in files(folder) {
        let entry = entry?;
        zip.start_file(name(folder, &entry)?, options)?;
        io::copy(&mut fs::File::open(entry.path())?, &mut zip)?;
    }
    zip.finish()?;
    Ok(())
}

/// The files of a folder, in the order of their names.
fn files(folder: &Path) -> impl Iterator<Item = walkdir::Result<DirEntry>> {
    let entries = WalkDir::new(folder).sort_by_file_name().into_iter();
    entries.filter(|entry| {
        let is_dir = |entry: &DirEntry| entry.file_type().is_dir();
        !entry.as_ref().is_ok_and(is_dir)
    })
}

/// Path of a file from the parent of `folder`, with slashes.
fn name(folder: &Path, entry: &DirEntry) -> Result<String> {
    let parent = folder.parent().unwrap_or(folder);
    let name = entry.path().strip_prefix(parent)?.to_str();
    let name = name.ok_or_else(|| anyhow!("{} is not Unicode.", entry.path().display()))?;
    Ok(name.replace('\\', "/"))
}
