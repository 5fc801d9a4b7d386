//! Work that does not end with the client's connection.

use podslate_shared::Error;

/// Runs work to its end even if the client disconnects.
pub(super) async fn run_to_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    tokio::spawn(work).await.map_err(|_| Error::Internal)?
}
