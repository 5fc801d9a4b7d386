//! A client that keeps its connections and measures how long answers take.

use std::time::{Duration, Instant};

use reqwest::RequestBuilder;
use serde_json::Value;

/// Longer than every limit of the server.
const MOST_TIME: Duration = Duration::from_secs(60);
/// Shorter than the server keeps a silent connection, so that none is closed at its next use.
const IDLE: Duration = Duration::from_secs(5);

/// A client of one server.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    root: String,
}

/// An answer and when its last byte was there.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; `null` if it is no JSON.
    pub body: Value,
    /// Since the request was sent.
    pub time: Duration,
}

impl Client {
    /// A client of the server at `address`; `kept` connections at most wait for the next request.
    ///
    /// # Errors
    /// The system gives it no place.
    pub fn new(address: &str, kept: usize) -> Result<Self, String> {
        // It has to be told who would encrypt, also where nothing is; told twice is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .no_proxy()
            .timeout(MOST_TIME)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(kept);
        Ok(Self {
            http: builder.build().map_err(|error| error.to_string())?,
            root: format!("http://{address}"),
        })
    }

    /// The answer to `GET path`.
    ///
    /// # Errors
    /// There is none.
    pub async fn get(&self, path: &str) -> Result<Answer, String> {
        answer(self.http.get(self.root.clone() + path)).await
    }

    /// The answer to `POST path` with a body.
    ///
    /// # Errors
    /// There is none.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, String> {
        answer(self.http.post(self.root.clone() + path).json(body)).await
    }
}

async fn answer(request: RequestBuilder) -> Result<Answer, String> {
    let failed = |error: reqwest::Error| format!("no answer: {error:?}");
    let start = Instant::now();
    let answer = request.send().await.map_err(failed)?;
    let status = answer.status().as_u16();
    let bytes = answer.bytes().await.map_err(failed)?;
    let time = start.elapsed();
    Ok(Answer {
        status,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
        time,
    })
}
