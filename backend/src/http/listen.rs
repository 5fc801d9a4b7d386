//! Connections: how many, how long, and how they end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time;

use super::{App, Config, recovery, router};

/// At most so many connections at a time; more wait to be accepted.
const CONNECTIONS: usize = 4096;
/// How long a client may take to send the head of a request, or be silent between two requests.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// The largest head of a request, in bytes.
const HEAD_SIZE: usize = 16 * 1024;
/// How long requests under way may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until `shutdown` is ready, then lets the requests under way come to an end.
///
/// # Errors
/// The listener breaks.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let app = App::new(config);
    let recovery = tokio::spawn(recovery::run(app.clone()));
    let service = TowerToHyperService::new(router::router(app));
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted?,
            () = &mut shutdown => break,
        };
        let Some((stream, place)) = accepted else {
            continue;
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_SIZE)
            .serve_connection(TokioIo::new(stream), service.clone());
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(place);
        });
    }
    drop(listener);
    recovery.abort();
    tracing::info!("stopping");
    if time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    Ok(())
}

type Place = tokio::sync::OwnedSemaphorePermit;

/// The next connection, or `None` if it was not to be had.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<Option<(TcpStream, Place)>> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Answers are small and whole, so there is nothing to gather.
            let _ = stream.set_nodelay(true);
            Ok(Some((stream, place)))
        }
        Err(error) if is_of_one_connection(&error) => Ok(None),
        Err(error) => {
            // Mostly that this process has too many files open, which passes.
            tracing::warn!(%error, "a connection could not be accepted");
            time::sleep(Duration::from_millis(100)).await;
            Ok(None)
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    )
}
