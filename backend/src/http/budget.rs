//! Memory that responses take until they are written, which clients decide that do not read.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use podslate_shared::Error;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Memory of all responses above [`LARGE`], and of all others, in bytes.
const MAX_BYTES: usize = 64 << 20;
/// Size of a large response, in bytes. Small ones have a budget of their own, so that they need not
/// wait for clients that read large ones slowly.
const LARGE: usize = 256 << 10;
/// Number of large responses that are made at the same time.
const MAX_MAKERS: usize = 2;
/// Unit of the budgets, in bytes.
const UNIT: usize = 1024;

/// The budget of a server.
#[derive(Clone, Debug)]
pub struct Budget {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
    makers: Arc<Semaphore>,
    disk_makers: Arc<Semaphore>,
}

/// Bytes and their share of the budget.
struct Held {
    bytes: Bytes,
    _share: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Default for Budget {
    fn default() -> Self {
        let budget = || Arc::new(Semaphore::new(MAX_BYTES / UNIT));
        let makers = || Arc::new(Semaphore::new(MAX_MAKERS));
        Self {
            small: budget(),
            large: budget(),
            makers: makers(),
            disk_makers: makers(),
        }
    }
}

impl Budget {
    /// Waits until a response that may be large can be made, from memory.
    pub async fn make(&self) -> Result<OwnedSemaphorePermit, Error> {
        acquire(&self.makers).await
    }

    /// The same for a response that waits for the disk, and must not keep the others waiting.
    pub async fn make_from_disk(&self) -> Result<OwnedSemaphorePermit, Error> {
        acquire(&self.disk_makers).await
    }

    /// The bytes of a response, as soon as there is a share for them, which they hold until they
    /// are written.
    pub async fn hold(&self, bytes: Bytes) -> Result<Bytes, Error> {
        let budget = if bytes.len() < LARGE {
            &self.small
        } else {
            &self.large
        };
        let units = bytes.len().min(MAX_BYTES).div_ceil(UNIT);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let share = Arc::clone(budget).acquire_many_owned(units).await;
        let share = share.map_err(|_| Error::Internal)?;
        Ok(Bytes::from_owner(Held {
            bytes,
            _share: share,
        }))
    }

    /// A response with JSON.
    pub async fn json(&self, value: &impl Serialize) -> Result<Response, Error> {
        let json = serde_json::to_vec(value).map_err(|_| Error::Internal)?;
        let json = self.hold(json.into()).await?;
        Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
    }
}

async fn acquire(permits: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Error> {
    let permit = Arc::clone(permits).acquire_owned().await;
    permit.map_err(|_| Error::Internal)
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;

    #[tokio::test]
    async fn bytes_hold_their_share_until_the_last_copy_is_dropped() {
        let budget = Budget::default();
        let all = budget.hold(vec![0; MAX_BYTES * 2].into()).await.unwrap();
        let small = budget.hold("small".into()).await.unwrap();
        assert_eq!(small, "small");
        let copy = all.slice(..10);
        drop(all);
        let mut next = std::pin::pin!(budget.hold(vec![0; LARGE].into()));
        assert!(poll!(next.as_mut()).is_pending());
        drop(copy);
        assert_eq!(next.await.unwrap().len(), LARGE);
    }
}
