//! Objects in a project's folder of a bucket; paths are relative to the folder.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredential};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{MultipartUpload, ObjectMeta, ObjectStoreExt, StaticCredentialProvider};
use reqwest::Url;
use scopeguard::ScopeGuard;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::checksum;
use super::endpoint::Endpoint;
use super::scan::LocalFile;
use super::transport::Transport;
use crate::error::{Error, Result};

/// Maximum time of a request: enough for a part over a slow line, and for a storage that assembles
/// a large file.
const TIMEOUT: Duration = Duration::from_secs(600);
/// Maximum time to remove parts of incomplete objects.
const ABORT_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum time to list a folder.
const LIST_TIMEOUT: Duration = Duration::from_secs(600);
/// Maximum size of the list of a folder in memory, in bytes, and number of its pages.
const MAX_SIZE: usize = 128 << 20;
const MAX_PAGES: usize = 5_000;

/// Objects by their path. Their tags have no quotes.
pub type Objects = BTreeMap<Key, ObjectMeta>;
/// Object that is sent in parts. If it is dropped before it is complete, the parts are removed.
pub type Upload<'a> = ScopeGuard<Parts, Box<dyn FnOnce(Parts) + 'a>>;
type Parts = Box<dyn MultipartUpload>;

#[derive(Debug)]
pub struct Storage {
    pub endpoint: Endpoint,
    store: Arc<AmazonS3>,
    folder: PrefixStore<Arc<AmazonS3>>,
    aborts: RefCell<JoinSet<()>>,
}

impl Storage {
    pub fn new(endpoint: Endpoint, key: AwsCredential) -> Result<Self> {
        let url = Url::parse(&endpoint.url).map_err(Error::invalid)?;
        let store = AmazonS3Builder::new()
            .with_endpoint(&endpoint.url)
            .with_bucket_name(&endpoint.bucket)
            .with_region(&endpoint.region)
            .with_credentials(Arc::new(StaticCredentialProvider::new(key)))
            .with_allow_http(true)
            .with_http_connector(Transport::new(&url, TIMEOUT)?)
            .build();
        let store = Arc::new(store.map_err(Error::invalid)?);
        Ok(Self {
            folder: PrefixStore::new(Arc::clone(&store), endpoint.folder.clone()),
            store,
            endpoint,
            aborts: RefCell::default(),
        })
    }

    /// All objects in the folder.
    pub async fn list(&self) -> Result<Objects> {
        let unfinished = |_| failed("its list of files was not complete within 10 minutes");
        timeout(LIST_TIMEOUT, self.pages())
            .await
            .map_err(unfinished)?
    }

    async fn pages(&self) -> Result<Objects> {
        let folder = format!("{}/", self.endpoint.folder);
        let (mut objects, mut tokens) = (Objects::new(), HashSet::new());
        let (mut page_token, mut size) = (None, 0);
        loop {
            let options = PaginatedListOptions {
                page_token,
                ..Default::default()
            };
            let page = self.store.list_paginated(Some(&folder), options).await;
            let page = page.map_err(|error| self.endpoint.explain(&error))?;
            for mut object in page.result.objects {
                size += object_size(&object);
                let path = object.location.prefix_match(&self.endpoint.folder);
                let path: Key = path.into_iter().flatten().collect();
                object.e_tag = object.e_tag.map(without_quotes);
                // The folder itself may have an object.
                if !path.as_ref().is_empty() {
                    objects.insert(path, object);
                }
            }
            match page.page_token {
                None => return Ok(objects),
                Some(token) if !tokens.insert(token.clone()) => {
                    return Err(failed("its list of files repeats itself"));
                }
                Some(_) if size > MAX_SIZE || tokens.len() > MAX_PAGES => {
                    return Err(failed("its list of files has no end"));
                }
                next => page_token = next,
            }
        }
    }

    /// Puts an object; returns its tag.
    pub async fn put(&self, path: &Key, bytes: Vec<u8>) -> object_store::Result<Option<String>> {
        let result = self.folder.put(path, bytes.into()).await?;
        Ok(result.e_tag.map(without_quotes))
    }

    /// Starts an object that is sent in parts.
    pub async fn start_upload(&self, path: &Key) -> object_store::Result<Upload<'_>> {
        let parts = self.folder.put_multipart(path).await?;
        let abort = |mut parts: Parts| {
            // The error that led here is the one to report.
            let mut aborts = self.aborts.borrow_mut();
            aborts.spawn(async move { drop(parts.abort().await) });
        };
        Ok(scopeguard::guard(parts, Box::new(abort)))
    }

    /// Makes an object of its parts; returns its tag.
    pub async fn complete(&self, mut upload: Upload<'_>) -> object_store::Result<Option<String>> {
        let result = upload.complete().await?;
        ScopeGuard::into_inner(upload);
        Ok(result.e_tag.map(without_quotes))
    }

    /// Waits until parts of incomplete objects are removed, but not long: the storage may have
    /// failed.
    pub async fn finish_aborts(&self) {
        let _ = timeout(ABORT_TIMEOUT, self.aborts.take().join_all()).await;
    }

    /// Checks that the storage has the files: by size and, where they are known, by the tag
    /// computed here and the one that the storage returned.
    pub async fn verify(&self, files: &[LocalFile]) -> Result<()> {
        let objects = self.list().await?;
        let has_md5 = has_md5_tags(&objects, files);
        let has_arrived = |file: &LocalFile| {
            let mut tags = file.tag.iter().filter(|_| has_md5).chain(&file.stored_tag);
            objects.get(&file.path).is_some_and(|object| {
                let stored = object.e_tag.as_ref();
                object.size == file.size
                    && tags.all(|tag| stored.is_none_or(|stored| stored == tag))
            })
        };
        if let Some(LocalFile { path, .. }) = files.iter().find(|file| !has_arrived(file)) {
            let reason = format!("`{path}` is not there as it was sent");
            return Err(Error::StorageFailed { reason });
        }
        Ok(())
    }
}

/// Whether the storage's tags are MD5s, which not every storage has: one of them is the tag of an
/// empty object or the one computed here.
pub fn has_md5_tags(objects: &Objects, files: &[LocalFile]) -> bool {
    let known = files
        .iter()
        .filter_map(|file| Some((objects.get(&file.path)?, file.tag.as_deref()?)));
    let empty = objects.values().filter(|object| object.size == 0);
    let empty = empty.map(|object| (object, checksum::EMPTY));
    let mut tags = known.chain(empty);
    tags.any(|(object, tag)| object.e_tag.as_deref() == Some(tag))
}

/// Size of an object in a list, in bytes.
fn object_size(object: &ObjectMeta) -> usize {
    let tag = object.e_tag.as_ref().map_or(0, String::len);
    2 * size_of::<ObjectMeta>() + 2 * object.location.as_ref().len() + tag
}

fn failed(reason: &str) -> Error {
    let reason = reason.to_owned();
    Error::StorageFailed { reason }
}

fn without_quotes(tag: String) -> String {
    tag.trim_matches('"').to_owned()
}
