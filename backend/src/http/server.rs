//! The server: accepts connections, recovers the workspace and ends gracefully.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use podslate_shared::{Error, Recovered};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{self, MissedTickBehavior};
use tower::ServiceExt;

use super::app::{App, Config};
use super::connections::{Connections, Place};
use super::limits::{
    DRAIN_TIME, HEAD_SIZE, HEAD_TIME, MAX_CONNECTIONS, MAX_WAITING, RECOVERY_INTERVAL,
};
use super::progress::{self, Stream};
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
    let graceful = GracefulShutdown::new();
    let clients = Clients {
        router: router::router(app.clone()),
        connections: Connections::new(max_connections()),
        waiting: Arc::new(Semaphore::new(MAX_WAITING)),
    };
    let connections = Arc::clone(&clients.connections);
    let sweeper = tokio::spawn(async move { connections.sweep().await });
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = &mut shutdown => break,
        };
        if let Some((stream, address)) = accepted {
            clients.enter(stream, address, graceful.watcher(), app.stopping());
        }
    }
    drop(listener);
    recovery.abort();
    app.stop();
    tracing::info!("stopping");
    let drained = async {
        tokio::select! {
            () = graceful.shutdown() => {}
            () = clients.connections.drain() => {}
        }
    };
    if time::timeout(DRAIN_TIME, drained).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    sweeper.abort();
    Ok(())
}

/// Everything that a connection needs.
#[derive(Clone)]
struct Clients {
    router: Router,
    connections: Arc<Connections>,
    waiting: Arc<Semaphore>,
}

impl Clients {
    /// Serves a connection, as soon as there is a place for it.
    fn enter(
        &self,
        stream: TcpStream,
        address: IpAddr,
        watcher: Watcher,
        mut stopping: watch::Receiver<bool>,
    ) {
        if let Some(place) = self.connections.admit(address) {
            return self.serve(stream, place, watcher);
        }
        let Ok(waiting) = Arc::clone(&self.waiting).try_acquire_owned() else {
            tracing::info!("connection refused, there are too many");
            return;
        };
        let clients = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                place = clients.connections.wait(address) => clients.serve(stream, place, watcher),
                _ = stopping.wait_for(|stopping| *stopping) => {}
            }
            drop(waiting);
        });
    }

    /// Serves a connection in a task of its own.
    fn serve(&self, stream: TcpStream, place: Place, watcher: Watcher) {
        let (router, progress) = (self.router.clone(), Arc::clone(&place.progress));
        let service = service_fn(move |request| {
            let (router, progress) = (router.clone(), Arc::clone(&progress));
            async move {
                let request = progress::note_request(request, &progress);
                let response = router.oneshot(request).await?;
                Ok::<_, Infallible>(progress::note_response(response, progress))
            }
        });
        let stream = Stream::new(stream, Arc::clone(&place.progress));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_SIZE)
            .serve_connection(TokioIo::new(stream), service);
        let connection = watcher.watch(connection);
        let number = place.number();
        let task = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection broken");
            }
            drop(place);
        });
        self.connections.set_task(number, task.abort_handle());
    }
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

/// The next connection and its address, or `None` if it could not be accepted.
async fn accept(listener: &TcpListener) -> Option<(TcpStream, IpAddr)> {
    match listener.accept().await {
        Ok((stream, address)) => {
            // Responses are written at once, so there is nothing to collect.
            let _ = stream.set_nodelay(true);
            return Some((stream, address.ip()));
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
    None
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
