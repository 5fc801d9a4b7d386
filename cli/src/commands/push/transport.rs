//! Requests to a storage: no redirects, which would carry the session token to another host, and no
//! response larger than a storage has reason to send.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use reqwest::Url;

use crate::error::Result;
use crate::http;

/// Maximum size of a response, in bytes: a page of a list has at most 1,000 names.
pub const MAX_RESPONSE: usize = 8 << 20;

/// Client for one storage.
#[derive(Clone, Debug)]
pub struct Transport(reqwest::Client);

/// Response that is larger than [`MAX_RESPONSE`].
#[derive(Debug, thiserror::Error)]
#[error("the response is larger than {} MiB", MAX_RESPONSE >> 20)]
pub struct TooLarge;

impl Transport {
    pub fn new(url: &Url, timeout: Duration) -> Result<Self> {
        http::client(url, timeout).map(Self)
    }
}

impl HttpConnector for Transport {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Transport {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (head, body) = self.0.call(request).await?.into_parts();
        let mut chunks = body.bytes_stream();
        let mut bytes = Vec::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            if bytes.len() + chunk.len() > MAX_RESPONSE {
                return Err(HttpError::new(HttpErrorKind::Unknown, TooLarge));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(HttpResponse::from_parts(head, bytes.into()))
    }
}
