//! Changes that a client sends again because it did not get the response.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::{self, Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use podslate_shared::Error;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::error::ApiError;
use super::extract::body_bytes;
use super::to_end::run_to_end;
use crate::lock::lock;

/// Header with a text that the client chooses for each change.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Time that responses are kept, and their maximum number and size.
const LIFE: Duration = Duration::from_secs(10 * 60);
const MAX_KEPT: usize = 1_000;
const MAX_SIZE: usize = 16 << 10;
/// Maximum length of a key, in bytes.
const MAX_KEY: usize = 128;

/// Responses of changes by the key, the address and the body of the request.
#[derive(Debug, Default)]
pub struct Repeats(Mutex<VecDeque<Kept>>);

#[derive(Debug)]
struct Kept {
    id: Id,
    since: Instant,
    response: Arc<OnceCell<Success>>,
}

/// Hash of the key, the address and the body.
type Id = [u8; 32];

/// Response of a change that was made.
#[derive(Clone, Debug)]
struct Success {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Repeats {
    /// The response to a request, which is there once the first of its kind has been answered.
    fn of(&self, id: Id) -> Arc<OnceCell<Success>> {
        let mut kept = lock(&self.0);
        kept.retain(|kept| kept.since.elapsed() < LIFE);
        if let Some(known) = kept.iter().find(|kept| kept.id == id) {
            return Arc::clone(&known.response);
        }
        if kept.len() == MAX_KEPT {
            kept.pop_front();
        }
        let response = Arc::default();
        kept.push_back(Kept {
            id,
            since: Instant::now(),
            response: Arc::clone(&response),
        });
        response
    }
}

/// Answers a change that was made already with the response of the first time. A change that failed
/// is tried again.
pub async fn answer_once(
    State(repeats): State<Arc<Repeats>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let key = request.headers().get(IDEMPOTENCY_KEY);
    let Some(key) = key.filter(|_| request.method() == Method::POST) else {
        return Ok(next.run(request).await);
    };
    let is_printable = |key: &HeaderValue| {
        key.as_bytes()
            .iter()
            .all(|byte| (b'!'..=b'~').contains(byte))
    };
    let key =
        Some(key.clone()).filter(|key| is_printable(key) && (1..=MAX_KEY).contains(&key.len()));
    let Some(key) = key else {
        let reason =
            "`Idempotency-Key` must have 1 to 128 printable ASCII characters and no spaces"
                .to_owned();
        return Err(Error::RequestInvalid { reason }.into());
    };
    let (parts, body) = request.into_parts();
    let bytes = body_bytes(Request::from_parts(parts.clone(), body)).await?;
    let mut hash = Sha256::new();
    for part in [key.as_bytes(), parts.uri.path().as_bytes(), &bytes] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let response = repeats.of(hash.finalize().into());
    let request = Request::from_parts(parts, Body::from(bytes));
    // The response is kept even if the client is gone by then.
    let answered = run_to_end(async move {
        let made = response.get_or_try_init(|| make(next, request)).await;
        Ok(made.cloned())
    });
    Ok(match answered.await? {
        Ok(Success {
            status,
            headers,
            body,
        }) => (status, headers, body).into_response(),
        Err(failure) => *failure,
    })
}

/// Makes a change; returns the response as an error if it failed.
async fn make(next: Next, request: Request) -> Result<Success, Box<Response>> {
    let response = next.run(request).await;
    if !response.status().is_success() {
        return Err(Box::new(response));
    }
    let (parts, body) = response.into_parts();
    let body = body::to_bytes(body, MAX_SIZE).await;
    let body = body.map_err(|_| Box::new(ApiError(Error::Internal).into_response()))?;
    Ok(Success {
        status: parts.status,
        headers: parts.headers,
        body,
    })
}
