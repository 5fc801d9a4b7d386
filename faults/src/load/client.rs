//! HTTP client that keeps its connections and measures how long responses take.

use std::time::{Duration, Instant};

use anyhow::Result;
use reqwest::RequestBuilder;
use serde_json::Value;

/// Maximum duration of a request, longer than every limit of the server.
const MAX_TIME: Duration = Duration::from_secs(60);
/// Shorter than the server keeps a silent connection, so that none is closed at its next use.
const IDLE: Duration = Duration::from_secs(5);

/// Client of one server.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    root: String,
}

/// Response and the time until its last byte.
#[derive(Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Body; `null` if it is not JSON.
    pub body: Value,
    /// Time since the request was sent.
    pub time: Duration,
}

impl Client {
    /// A client of the server at `address` that keeps at most `kept` connections for later requests.
    ///
    /// # Errors
    /// The system lacks a resource.
    pub fn new(address: &str, kept: usize) -> Result<Self> {
        // reqwest requires a provider even without TLS; installing it again is harmless.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .no_proxy()
            .timeout(MAX_TIME)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(kept);
        Ok(Self {
            http: builder.build()?,
            root: format!("http://{address}"),
        })
    }

    /// Response to `GET path`.
    ///
    /// # Errors
    /// There is none.
    pub async fn get(&self, path: &str) -> Result<Response> {
        send(self.http.get(self.root.clone() + path)).await
    }

    /// Response to `POST path` with a JSON body.
    ///
    /// # Errors
    /// There is none.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Response> {
        send(self.http.post(self.root.clone() + path).json(body)).await
    }
}

async fn send(request: RequestBuilder) -> Result<Response> {
    let start = Instant::now();
    let response = request.send().await?;
    let status = response.status().as_u16();
    let bytes = response.bytes().await?;
    Ok(Response {
        status,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
        time: start.elapsed(),
    })
}
