//! Sending: many files at once, in memory that does not grow with them.

use std::fs::{self, File as Opened};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::PutPayload;
use object_store::multipart::PartId;
use podslate_shared::{ErrorBody, ErrorCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::checksum;
use super::report::Outcome;
use super::scan::{self, File};
use super::storage::Storage;
use crate::progress::Transfer;

/// So many requests are under way at once, each with at most one part in memory.
const SLOTS: usize = 8;
/// A file that changes while it is sent is sent again, but not for ever.
const TRIES: usize = 3;

/// Sends files.
#[derive(Debug)]
pub struct Sender {
    /// Where to.
    pub storage: Arc<Storage>,
    /// What a person sees.
    pub progress: Transfer,
    root: PathBuf,
    slots: Arc<Semaphore>,
}

/// A file that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The file, as it was when it was sent.
    pub file: File,
    /// The checksum of what was sent.
    pub tag: String,
    /// The tag that the storage answered with.
    pub told: Option<String>,
}

/// Why a file was not sent.
enum Failure {
    /// It is the file's own.
    File(String),
    /// It is the storage's, and no other file would fare better.
    Storage(ErrorBody),
}

/// The bytes of a part, and the permit to have them in memory.
struct Part {
    bytes: Vec<u8>,
    permit: OwnedSemaphorePermit,
}

impl Sender {
    /// Prepares sending from the folder `root`.
    pub fn new(storage: Arc<Storage>, root: &Path, progress: Transfer) -> Self {
        Self {
            storage,
            progress,
            root: root.to_owned(),
            slots: Arc::new(Semaphore::new(SLOTS)),
        }
    }

    /// Sends files; those that could not be are told of in the outcome.
    ///
    /// # Errors
    /// The storage failed.
    pub async fn send_all(
        &self,
        files: &[File],
        outcome: &mut Outcome,
    ) -> Result<Vec<Sent>, ErrorBody> {
        let mut sending = stream::iter(files)
            .map(|file| async move { (file, self.send(file).await) })
            .buffer_unordered(SLOTS);
        let mut sent = Vec::new();
        while let Some((file, result)) = sending.next().await {
            match result {
                Ok(done) => {
                    self.progress.sent(&done.file.path, done.file.size);
                    outcome.sent(&done.file);
                    sent.push(done);
                }
                Err(Failure::File(reason)) => {
                    self.progress
                        .warn(&format!("`{}` was not sent: {reason}", file.path));
                    outcome.not_sent(&file.path, reason);
                }
                Err(Failure::Storage(error)) => return Err(error),
            }
        }
        Ok(sent)
    }

    /// Makes empty folders.
    ///
    /// # Errors
    /// The storage failed.
    pub async fn send_folders(&self, folders: &[String]) -> Result<(), ErrorBody> {
        stream::iter(folders)
            .map(|folder| self.storage.put_folder(folder))
            .buffer_unordered(SLOTS)
            .try_collect()
            .await
    }

    async fn send(&self, file: &File) -> Result<Sent, Failure> {
        let path = self.root.join(&file.path);
        for _ in 0..TRIES {
            let (opened, file) = open(path.clone(), file.path.clone()).await?;
            let sent = match file.size {
                size if size <= checksum::PART => self.send_whole(opened, &file).await?,
                _ => self.send_in_parts(opened, &file).await?,
            };
            // What was sent is what was there only if it still is.
            match sent {
                Some(sent) if is_unchanged(&path, &sent.file).await => return Ok(sent),
                _ => {}
            }
        }
        Err(Failure::File("it changed while it was sent".to_owned()))
    }

    /// Sends a file at once; `None` if it changed meanwhile.
    async fn send_whole(&self, opened: Opened, file: &File) -> Result<Option<Sent>, Failure> {
        let Some((_, part)) = self.read(opened, file.size).await? else {
            return Ok(None);
        };
        let tag = checksum::tag(&[checksum::of(&part.bytes)], file.size);
        let content = PutPayload::from(part.bytes);
        let told = self.storage.put(&file.path, content).await?;
        self.progress.advance(file.size);
        drop(part.permit);
        Ok(Some(Sent {
            file: file.clone(),
            tag,
            told,
        }))
    }

    /// Sends a large file; `None` if it changed meanwhile. Until all parts are there and belong
    /// together, the storage shows what it showed before.
    async fn send_in_parts(&self, opened: Opened, file: &File) -> Result<Option<Sent>, Failure> {
        let upload = self.storage.begin(&file.path).await?;
        let done = match self.send_parts(opened, file, &upload).await {
            Ok(Some((sums, parts))) if is_unchanged(&self.root.join(&file.path), file).await => {
                let told = self.storage.complete(&file.path, &upload, parts).await;
                told.map_err(Failure::from).map(|told| {
                    Some(Sent {
                        file: file.clone(),
                        tag: checksum::tag(&sums, file.size),
                        told,
                    })
                })
            }
            Ok(_) => Ok(None),
            Err(failure) => Err(failure),
        };
        if !matches!(done, Ok(Some(_))) {
            self.storage.abort(&file.path, &upload).await;
        }
        done
    }

    async fn send_parts(
        &self,
        mut opened: Opened,
        file: &File,
        upload: &str,
    ) -> Result<Option<(Vec<[u8; 16]>, Vec<PartId>)>, Failure> {
        let size = checksum::part_size(file.size);
        let mut sending = JoinSet::new();
        let mut sums = Vec::new();
        let mut left = file.size;
        while left > 0 {
            let Some((next, part)) = self.read(opened, left.min(size)).await? else {
                return Ok(None);
            };
            opened = next;
            left -= part.bytes.len() as u64;
            sums.push(checksum::of(&part.bytes));
            let storage = Arc::clone(&self.storage);
            let (path, upload, index) = (file.path.clone(), upload.to_owned(), sums.len() - 1);
            sending.spawn(async move {
                let count = part.bytes.len() as u64;
                let content = PutPayload::from(part.bytes);
                let put = storage.put_part(&path, &upload, index, content).await;
                drop(part.permit);
                put.map(|id| (index, id, count))
            });
        }
        let mut parts: Vec<Option<PartId>> = sums.iter().map(|_| None).collect();
        while let Some(done) = sending.join_next().await {
            let (index, id, count) = done.map_err(|_| broken())??;
            self.progress.advance(count);
            parts[index] = Some(id);
        }
        Ok(Some((sums, parts.into_iter().flatten().collect())))
    }

    /// Reads so many bytes when there is room for them; `None` if there are not as many.
    async fn read(&self, opened: Opened, size: u64) -> Result<Option<(Opened, Part)>, Failure> {
        let slots = Arc::clone(&self.slots);
        let permit = slots.acquire_owned().await.map_err(|_| broken())?;
        let reading = tokio::task::spawn_blocking(move || {
            let mut opened = opened;
            let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
            opened.read_exact(&mut bytes).map(|()| (opened, bytes))
        });
        match reading.await.map_err(|_| broken())? {
            Ok((opened, bytes)) => Ok(Some((opened, Part { bytes, permit }))),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(Failure::File(scan::words(error.kind()))),
        }
    }
}

impl From<ErrorBody> for Failure {
    fn from(error: ErrorBody) -> Self {
        Self::Storage(error)
    }
}

/// Opens a file, as it is now.
async fn open(path: PathBuf, name: String) -> Result<(Opened, File), Failure> {
    let opening = tokio::task::spawn_blocking(move || -> io::Result<(Opened, File)> {
        if fs::symlink_metadata(&path)?.is_symlink() {
            return Err(ErrorKind::InvalidInput.into());
        }
        let opened = Opened::open(&path)?;
        let found = opened.metadata()?;
        let file = File {
            path: name,
            size: found.len(),
            modified: found.modified()?,
        };
        Ok((opened, file))
    });
    match opening.await.map_err(|_| broken())? {
        Ok(opened) => Ok(opened),
        Err(error) if error.kind() == ErrorKind::InvalidInput => Err(Failure::File(
            "a link took its place, and links are not followed".to_owned(),
        )),
        Err(error) => Err(Failure::File(scan::words(error.kind()))),
    }
}

async fn is_unchanged(path: &Path, file: &File) -> bool {
    let (path, size, modified) = (path.to_owned(), file.size, file.modified);
    let looking = tokio::task::spawn_blocking(move || {
        fs::symlink_metadata(path).is_ok_and(|found| {
            found.is_file() && found.len() == size && found.modified().ok() == Some(modified)
        })
    });
    looking.await.unwrap_or(false)
}

/// A task of this program ended before its time.
fn broken() -> Failure {
    Failure::Storage(ErrorBody::new(ErrorCode::Internal, ""))
}
