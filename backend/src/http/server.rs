//! The server: accepts connections, recovers the workspace and ends gracefully.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use podslate_shared::{Error, Recovered};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{self, MissedTickBehavior};

use super::app::{App, Config};
use super::limits::{DRAIN_TIME, HEAD_SIZE, HEAD_TIME, MAX_CONNECTIONS, RECOVERY_INTERVAL};
use super::router;

/// Time to wait after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown` is ready, then finishes the active requests.
///
/// # Errors
/// The listener is broken.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    config.workspace.start_index()?;
    if let Some(reason) = config.workspace.unnotified() {
        tracing::info!(
            reason,
            "comparing times of folders to find changes by other programs"
        );
    }
    let app = App::new(config);
    let recovery = tokio::spawn(recover(app.clone()));
    let service = TowerToHyperService::new(router::router(app.clone()));
    let graceful = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(max_connections()));
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &permits) => accepted?,
            () = &mut shutdown => break,
        };
        let Some((stream, permit)) = accepted else {
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
                tracing::debug!(%error, "connection broken");
            }
            drop(permit);
        });
    }
    drop(listener);
    recovery.abort();
    app.stop();
    tracing::info!("stopping");
    if time::timeout(DRAIN_TIME, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time");
    }
    Ok(())
}

/// Maximum number of connections, after raising the limit of open files as far as this process may.
/// With more, no connection could be accepted and no file be opened.
#[cfg(unix)]
fn max_connections() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // If this is refused, the limit stays.
    let _ = setrlimit(Resource::Nofile, limit);
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let max = files.saturating_sub(super::limits::RESERVED_FILES).max(16);
    usize::try_from(max).map_or(MAX_CONNECTIONS, |max| max.min(MAX_CONNECTIONS))
}

#[cfg(not(unix))]
fn max_connections() -> usize {
    MAX_CONNECTIONS
}

/// The next connection, or `None` if it could not be accepted.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> io::Result<Option<(TcpStream, OwnedSemaphorePermit)>> {
    let permit = Arc::clone(permits).acquire_owned().await;
    let permit = permit.map_err(io::Error::other)?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Responses are written at once, so there is nothing to collect.
            let _ = stream.set_nodelay(true);
            return Ok(Some((stream, permit)));
        }
        // These concern one connection only.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::ConnectionAborted
                    | ErrorKind::ConnectionRefused
                    | ErrorKind::ConnectionReset
            ) => {}
        Err(error) => {
            // Usually this process has too many open files, which passes.
            tracing::warn!(%error, "connection not accepted");
            time::sleep(ACCEPT_PAUSE).await;
        }
    }
    Ok(None)
}

/// Recovers the workspace now and every hour, and projects in which the index finds interrupted
/// changes.
async fn recover(app: App) {
    let mut interval = time::interval(RECOVERY_INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut logged = Vec::new();
    loop {
        let all = tokio::select! {
            _ = interval.tick() => true,
            () = app.config.workspace.found_interrupted() => false,
        };
        let config = app.config.clone();
        let recovery = tokio::task::spawn_blocking(move || config.workspace.recover_found(all));
        match recovery.await {
            Ok(recovered) => log_recovery(recovered, &mut logged),
            Err(error) => tracing::error!(%error, "recovery panicked"),
        }
    }
}

/// Logs changes, and entries that are left only once, not every hour.
fn log_recovery(recovered: Result<Recovered, Error>, logged: &mut Vec<String>) {
    match recovered {
        Ok(recovered) => {
            // Somebody copied or renamed a folder, or a rename was interrupted.
            for repair in recovered.repairs() {
                tracing::info!("wrote the folder's name into a configuration: {repair}");
            }
            let (removed, left) = (recovered.removed, recovered.left);
            if !removed.is_empty() {
                tracing::info!(?removed, "removed what interrupted operations left");
            }
            if !left.is_empty() && *logged != left {
                tracing::warn!(?left, "recovery is incomplete");
            }
            *logged = left;
        }
        Err(error) => {
            let code = error.code().as_str();
            tracing::warn!(code, %error, "recovery failed");
        }
    }
}
