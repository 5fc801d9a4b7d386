//! Sending of files: several at a time, with bounded memory.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

use futures_util::{StreamExt, stream};
use tokio::fs::{self, File};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::report::Report;
use super::scan::{LocalFile, SkippedFile};
use super::storage::{Storage, Upload};
use super::{checksum, scan};
use crate::error::Result;
use crate::progress::Transfer;

/// Maximum number of files that are sent at the same time.
const FILES: usize = 8;
/// Permits for the parts in memory, of all large files together.
static PARTS: Semaphore = Semaphore::const_new(8);
/// Error for a file that changes while it is sent; one that became shorter causes it by itself.
const CHANGED: ErrorKind = ErrorKind::UnexpectedEof;
/// Maximum number of times that a file is sent because it changes.
const TRIES: usize = 3;

#[derive(Debug)]
pub struct Sender<'a> {
    pub storage: &'a Storage,
    pub root: &'a Path,
    pub progress: Transfer,
}

/// Why a file was not sent: for a reason of its own, or because the storage failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error(transparent)]
    Storage(#[from] object_store::Error),
}

impl Sender<'_> {
    /// Sends files and reports each; returns those that were sent, with their tags.
    pub async fn send_all(
        &self,
        files: &[LocalFile],
        report: &mut Report,
    ) -> Result<Vec<LocalFile>> {
        let mut results = stream::iter(files)
            .map(|file| async move { (file, self.send(file).await) })
            .buffer_unordered(FILES);
        let mut sent = Vec::new();
        while let Some((file, result)) = results.next().await {
            match result {
                Ok(file) => {
                    self.progress.sent(file.path.as_ref(), file.size);
                    report.add_sent(&file);
                    sent.push(file);
                }
                Err(Failure::File(error)) => {
                    let file = SkippedFile::new(file.path.to_string(), &error);
                    self.progress.warning(&format!("not sent: {file}"));
                    report.not_sent.push(file);
                }
                Err(Failure::Storage(error)) => return Err(self.storage.endpoint.explain(&error)),
            }
        }
        Ok(sent)
    }

    async fn send(&self, file: &LocalFile) -> Result<LocalFile, Failure> {
        for _ in 1..TRIES {
            match self.send_once(file).await {
                Err(Failure::File(error)) if error.kind() == CHANGED => {}
                result => return result,
            }
        }
        self.send_once(file).await
    }

    /// Sends a file as it is now. The storage has all of it only if it has not changed afterwards.
    async fn send_once(&self, file: &LocalFile) -> Result<LocalFile, Failure> {
        let path = self.root.join(file.path.as_ref());
        let version @ (size, modified) = version(&path).await?;
        let mut opened = File::open(&path).await?;
        let mut md5s = Vec::new();
        let stored_tag = if size <= checksum::PART {
            let bytes = checksum::read_part(&mut opened, size, &mut md5s).await?;
            let tag = self.storage.put(&file.path, bytes).await?;
            self.progress.advance(size);
            tag
        } else {
            let upload = self.put_parts(file, opened, size, &mut md5s).await?;
            // Until the parts are assembled, the storage keeps the object that it has.
            check_unchanged(&path, version).await?;
            self.storage.complete(upload).await?
        };
        check_unchanged(&path, version).await?;
        Ok(LocalFile {
            path: file.path.clone(),
            size,
            modified,
            tag: Some(checksum::tag(&md5s, size)),
            stored_tag,
        })
    }

    async fn put_parts(
        &self,
        file: &LocalFile,
        mut opened: File,
        size: u64,
        md5s: &mut Vec<u8>,
    ) -> Result<Upload<'_>, Failure> {
        let mut upload = self.storage.start_upload(&file.path).await?;
        let mut puts = JoinSet::new();
        let mut rest = size;
        while rest > 0 || !puts.is_empty() {
            tokio::select! {
                Some(put) = puts.join_next() => {
                    let size = put.map_err(object_store::Error::from)??;
                    self.progress.advance(size);
                }
                permit = PARTS.acquire(), if rest > 0 => {
                    let permit = permit.map_err(io::Error::other)?;
                    let size = rest.min(checksum::part_size(size));
                    let bytes = checksum::read_part(&mut opened, size, md5s).await?;
                    rest -= size;
                    let put = upload.put_part(bytes.into());
                    puts.spawn(async move {
                        let _permit = permit;
                        put.await.map(|()| size)
                    });
                }
            }
        }
        Ok(upload)
    }
}

/// Size and time of a file, which tell its versions apart.
async fn version(path: &Path) -> io::Result<(u64, SystemTime)> {
    let metadata = fs::symlink_metadata(path).await?;
    if !metadata.is_file() {
        return Err(scan::not_a_file(&metadata));
    }
    Ok((metadata.len(), metadata.modified()?))
}

async fn check_unchanged(path: &Path, before: (u64, SystemTime)) -> io::Result<()> {
    let is_same = version(path).await? == before;
    is_same.then_some(()).ok_or(CHANGED.into())
}
