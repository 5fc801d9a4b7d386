//! A bucket, seen from a project: keys are relative to the project's folder.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::TryStreamExt;
use futures_util::future::join_all;
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsAuthorizer, AwsCredential};
use object_store::client::{
    HttpClient, HttpConnector, HttpRequest, HttpRequestBody, ReqwestConnector,
};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as Key;
use object_store::{
    ClientOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use podslate_shared::{ErrorBody, ErrorCode, ProjectName};

use super::checksum;
use super::problem::{self, Where};
use crate::args::Push;

/// Of one request: enough for a part over a slow line, and for a storage that puts a large file
/// together.
const TIMEOUT: Duration = Duration::from_secs(600);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Until the storage has answered once, nobody is kept waiting.
const FIRST_TRIES: usize = 2;
/// What S3 does not want to see encoded.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// A project's place in a bucket.
#[derive(Debug)]
pub struct Storage {
    store: AmazonS3,
    first: AmazonS3,
    folder: Key,
    place: Where,
    client: HttpClient,
    key: AwsCredential,
    /// The objects that come in parts and are not whole yet: number and path.
    begun: Mutex<BTreeMap<String, String>>,
}

/// An object.
#[derive(Clone, Debug)]
pub struct Object {
    /// How many bytes it has.
    pub size: u64,
    /// When it was put there.
    pub modified: SystemTime,
    /// Its tag, without quotes, if the storage tells it.
    pub tag: Option<String>,
}

/// The objects under a project's folder. A folder's own object has the folder's path.
pub type Objects = BTreeMap<String, Object>;

impl Storage {
    /// Prepares the way to the storage.
    ///
    /// # Errors
    /// [`ErrorCode::RequestInvalid`] if an argument cannot be meant.
    pub fn open(args: &Push, name: &ProjectName, key: AwsCredential) -> Result<Self, ErrorBody> {
        // Whoever was first has set the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let place = Where::of(args)?;
        let folder = Key::parse(format!("{}/{name}", args.prefix.trim_matches('/')))
            .map_err(|_| invalid(&format!("`--prefix {}` is no folder", args.prefix)))?;
        let options = ClientOptions::new()
            .with_allow_http(true)
            .with_timeout(TIMEOUT)
            .with_connect_timeout(CONNECT_TIMEOUT);
        let client = ReqwestConnector::default()
            .connect(&options)
            .map_err(|error| invalid(&error.to_string()))?;
        let store = |retry: RetryConfig| {
            let mut builder = AmazonS3Builder::new()
                .with_endpoint(&place.endpoint)
                .with_bucket_name(&place.bucket)
                .with_region(&place.region)
                .with_access_key_id(&key.key_id)
                .with_secret_access_key(&key.secret_key)
                .with_client_options(options.clone())
                .with_http_connector(Shared(client.clone()))
                .with_retry(retry);
            if let Some(token) = &key.token {
                builder = builder.with_token(token);
            }
            builder.build().map_err(|error| invalid(&error.to_string()))
        };
        let hasty = RetryConfig {
            max_retries: FIRST_TRIES,
            ..RetryConfig::default()
        };
        Ok(Self {
            store: store(RetryConfig::default())?,
            first: store(hasty)?,
            folder,
            place,
            client,
            key,
            begun: Mutex::default(),
        })
    }

    /// What is there, at the first contact.
    pub async fn list(&self) -> Result<Objects, ErrorBody> {
        self.objects(&self.first).await
    }

    /// What is there by now.
    pub async fn list_again(&self) -> Result<Objects, ErrorBody> {
        self.objects(&self.store).await
    }

    /// One object.
    pub async fn look_at(&self, path: &str) -> Result<Object, ErrorBody> {
        let found = self.store.head(&self.object(path)).await;
        found.map(Object::from).map_err(|error| self.told(&error))
    }

    /// Puts an object there; its tag.
    pub async fn put(&self, path: &str, content: PutPayload) -> Result<Option<String>, ErrorBody> {
        let put = self.store.put(&self.object(path), content).await;
        Ok(bare(put.map_err(|error| self.told(&error))?.e_tag))
    }

    /// Begins an object that comes in parts; its number.
    pub async fn begin(&self, path: &str) -> Result<String, ErrorBody> {
        let begun = self.store.create_multipart(&self.object(path)).await;
        let upload = begun.map_err(|error| self.told(&error))?;
        self.begun().insert(upload.clone(), path.to_owned());
        Ok(upload)
    }

    /// Puts a part there.
    pub async fn put_part(
        &self,
        path: &str,
        upload: &str,
        index: usize,
        content: PutPayload,
    ) -> Result<PartId, ErrorBody> {
        let (key, upload) = (self.object(path), upload.to_owned());
        let put = self.store.put_part(&key, &upload, index, content).await;
        put.map_err(|error| self.told(&error))
    }

    /// Makes an object of the parts; its tag.
    pub async fn complete(
        &self,
        path: &str,
        upload: &str,
        parts: Vec<PartId>,
    ) -> Result<Option<String>, ErrorBody> {
        let key = self.object(path);
        let done = self
            .store
            .complete_multipart(&key, &upload.to_owned(), parts)
            .await;
        let done = done.map_err(|error| self.told(&error))?;
        self.begun().remove(upload);
        Ok(bare(done.e_tag))
    }

    /// Forgets the parts.
    pub async fn abort(&self, path: &str, upload: &str) {
        let key = self.object(path);
        // What could not be removed is only space; the error that led here is the one to tell.
        let _ = self.store.abort_multipart(&key, &upload.to_owned()).await;
        self.begun().remove(upload);
    }

    /// Forgets all parts of what is not whole, so that they take no space on the volume.
    pub async fn abort_rest(&self) {
        let rest = std::mem::take(&mut *self.begun());
        let aborts = rest.iter().map(|(upload, path)| self.abort(path, upload));
        // A storage that does not answer keeps nobody waiting.
        let _ = tokio::time::timeout(CONNECT_TIMEOUT, join_all(aborts)).await;
    }

    /// Makes an empty folder: an object without content whose name ends with a slash, which the
    /// library's own paths cannot have.
    pub async fn put_folder(&self, path: &str) -> Result<(), ErrorBody> {
        let mut tries = 0;
        loop {
            let (is_final, text) = match self.try_folder(path).await? {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            tries += 1;
            if is_final || tries > RetryConfig::default().max_retries {
                return Err(problem::told(&text, &self.place));
            }
            tokio::time::sleep(Duration::from_millis(100 << tries.min(6))).await;
        }
    }

    /// One try; if it failed, whether another would, too, and what was answered.
    async fn try_folder(&self, path: &str) -> Result<Result<(), (bool, String)>, ErrorBody> {
        let object = self.object(path);
        let encoded = utf8_percent_encode(object.as_ref(), KEPT);
        let url = format!("{}/{}/{encoded}/", self.place.endpoint, self.place.bucket);
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = "PUT".parse().map_err(|_| invalid("PUT"))?;
        *request.uri_mut() = url.parse().map_err(|_| invalid(&url))?;
        let headers = request.headers_mut();
        headers.insert("content-length", 0.into());
        AwsAuthorizer::new(&self.key, "s3", &self.place.region)
            .try_authorize(&mut request, None)
            .map_err(|error| self.told(&error))?;
        let answer = match self.client.execute(request).await {
            Ok(answer) => answer,
            Err(error) => return Ok(Err((false, problem::chain(&error)))),
        };
        let status = answer.status();
        if status.is_success() {
            return Ok(Ok(()));
        }
        let body = answer.into_body().bytes().await.unwrap_or_default();
        let body = String::from_utf8_lossy(&body);
        let is_final = !status.is_server_error() && status.as_u16() != 429;
        Ok(Err((is_final, format!("status code: {status}: {body}"))))
    }

    async fn objects(&self, store: &AmazonS3) -> Result<Objects, ErrorBody> {
        let found: Vec<ObjectMeta> = store
            .list(Some(&self.folder))
            .try_collect()
            .await
            .map_err(|error| self.told(&error))?;
        let relative = |object: ObjectMeta| {
            let path = object
                .location
                .as_ref()
                .strip_prefix(self.folder.as_ref())?;
            let path = path.strip_prefix('/')?.to_owned();
            Some((path, object.into()))
        };
        Ok(found.into_iter().filter_map(relative).collect())
    }

    fn begun(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of a path that was checked when it was found on the disk.
    fn object(&self, path: &str) -> Key {
        Key::parse(format!("{}/{path}", self.folder)).unwrap_or_default()
    }

    fn told(&self, error: &(dyn std::error::Error + 'static)) -> ErrorBody {
        problem::told(&problem::chain(error), &self.place)
    }
}

impl From<ObjectMeta> for Object {
    fn from(object: ObjectMeta) -> Self {
        Self {
            size: object.size,
            modified: object.last_modified.into(),
            tag: bare(object.e_tag),
        }
    }
}

/// One client, and with it one pool of connections, for all.
#[derive(Debug)]
struct Shared(HttpClient);

impl HttpConnector for Shared {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.0.clone())
    }
}

fn bare(tag: Option<String>) -> Option<String> {
    tag.map(|tag| checksum::bare(&tag).to_owned())
}

fn invalid(what: &str) -> ErrorBody {
    ErrorBody::new(ErrorCode::RequestInvalid, what)
}
