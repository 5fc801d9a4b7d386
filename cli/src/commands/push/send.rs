//! Sending of files: several at a time, with bounded memory.

use std::io::{self, ErrorKind};
use std::path::Path;

use futures_util::{StreamExt, stream};
use object_store::path::Path as Key;
use tokio::fs::File;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::checksum;
use super::report::Report;
use super::scan::{LocalFile, SkippedFile};
use super::storage::{Storage, Upload};
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
            .map(|file| async move { (file, self.send(&file.path).await) })
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

    async fn send(&self, path: &Key) -> Result<LocalFile, Failure> {
        for _ in 1..TRIES {
            match self.send_once(path).await {
                Err(Failure::File(error)) if error.kind() == CHANGED => {}
                result => return result,
            }
        }
        self.send_once(path).await
    }

    /// Sends a file as it is now. The storage has all of it only if it has not changed afterwards.
    async fn send_once(&self, path: &Key) -> Result<LocalFile, Failure> {
        let mut file = self.current(path).await?;
        let opened = podslate_disk::open(&self.root.join(path.as_ref()));
        let mut opened = File::from_std(opened.map_err(io::Error::from)?);
        let mut md5s = Vec::new();
        let stored_tag = if file.size <= checksum::PART {
            let bytes = checksum::read_part(&mut opened, file.size, &mut md5s).await?;
            let tag = self.storage.put(path, bytes).await?;
            self.progress.advance(file.size);
            tag
        } else {
            let upload = self.put_parts(&file, opened, &mut md5s).await?;
            // Until the parts are assembled, the storage keeps the object that it has.
            self.check_unchanged(&file).await?;
            self.storage.complete(upload).await?
        };
        self.check_unchanged(&file).await?;
        file.tag = Some(checksum::tag(&md5s, file.size));
        file.stored_tag = stored_tag;
        Ok(file)
    }

    async fn put_parts(
        &self,
        file: &LocalFile,
        mut opened: File,
        md5s: &mut Vec<u8>,
    ) -> Result<Upload<'_>, Failure> {
        let mut upload = self.storage.start_upload(&file.path).await?;
        let mut puts = JoinSet::new();
        let mut rest = file.size;
        while rest > 0 || !puts.is_empty() {
            tokio::select! {
                Some(put) = puts.join_next() => {
                    let size = put.map_err(object_store::Error::from)??;
                    self.progress.advance(size);
                }
                permit = PARTS.acquire(), if rest > 0 => {
                    let permit = permit.map_err(io::Error::other)?;
                    let size = rest.min(checksum::part_size(file.size));
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

    async fn current(&self, path: &Key) -> io::Result<LocalFile> {
        let metadata = podslate_disk::metadata_of(&self.root.join(path.as_ref()))?;
        LocalFile::new(path.clone(), &metadata)
    }

    async fn check_unchanged(&self, file: &LocalFile) -> io::Result<()> {
        let is_same = self.current(&file.path).await? == *file;
        is_same.then_some(()).ok_or(CHANGED.into())
    }
}
