//! Objects in a project's folder of a bucket; paths are relative to the folder.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredential};
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{
    ClientOptions, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    StaticCredentialProvider,
};
use scopeguard::ScopeGuard;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::checksum;
use super::endpoint::Endpoint;
use super::scan::LocalFile;
use crate::error::{Error, Result};

/// Maximum time of a request: enough for a part over a slow line, and for a storage that assembles
/// a large file.
const TIMEOUT: Duration = Duration::from_secs(600);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Objects by their path. Their tags have no quotes.
pub type Objects = BTreeMap<Key, ObjectMeta>;
/// Object that is sent in parts. If it is dropped before it is complete, the parts are removed.
pub type Upload<'a> = ScopeGuard<Parts, Box<dyn FnOnce(Parts) + 'a>>;
type Parts = Box<dyn MultipartUpload>;

#[derive(Debug)]
pub struct Storage {
    pub endpoint: Endpoint,
    store: PrefixStore<AmazonS3>,
    aborts: RefCell<JoinSet<()>>,
}

impl Storage {
    pub fn new(endpoint: Endpoint, key: AwsCredential) -> Result<Self> {
        // It fails only if the same provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = ClientOptions::new()
            .with_allow_http(true)
            .with_timeout(TIMEOUT);
        let store = AmazonS3Builder::new()
            .with_endpoint(&endpoint.url)
            .with_bucket_name(&endpoint.bucket)
            .with_region(&endpoint.region)
            .with_credentials(Arc::new(StaticCredentialProvider::new(key)))
            .with_client_options(options.with_connect_timeout(CONNECT_TIMEOUT))
            .build();
        Ok(Self {
            store: PrefixStore::new(store.map_err(Error::invalid)?, endpoint.folder.clone()),
            endpoint,
            aborts: RefCell::default(),
        })
    }

    pub async fn list(&self) -> Result<Objects> {
        let objects = self.store.list(None).map_ok(|mut object| {
            object.e_tag = object.e_tag.map(without_quotes);
            (object.location.clone(), object)
        });
        let objects: object_store::Result<Objects> = objects.try_collect().await;
        let mut objects = objects.map_err(|error| self.endpoint.explain(&error))?;
        // The folder itself may have an object.
        objects.remove(&Key::default());
        Ok(objects)
    }

    /// Puts an object; returns its tag.
    pub async fn put(&self, path: &Key, bytes: Vec<u8>) -> object_store::Result<Option<String>> {
        let result = self.store.put(path, bytes.into()).await?;
        Ok(result.e_tag.map(without_quotes))
    }

    /// Starts an object that is sent in parts.
    pub async fn start_upload(&self, path: &Key) -> object_store::Result<Upload<'_>> {
        let parts = self.store.put_multipart(path).await?;
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
        let _ = timeout(CONNECT_TIMEOUT, self.aborts.take().join_all()).await;
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

fn without_quotes(tag: String) -> String {
    tag.trim_matches('"').to_owned()
}
