//! `podslate serve`.

use std::env;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result, anyhow, bail};
use podslate_backend::{Config, Token, Workspace};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::args::{LogFormat, Serve};
use crate::{local, say};

/// What a pod of RunPod is told of itself.
const RUNPOD_ID: &str = "RUNPOD_POD_ID";

/// Serves until it is told to stop.
pub fn run(args: &Serve) -> Result<()> {
    log(args.log_format);
    let token = token(args.host)?;
    let workspace = local::open(&args.workspace.path())?;
    workspace.check_writable()?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("The server cannot be started")?
        .block_on(serve(args, workspace, token))
}

async fn serve(args: &Serve, workspace: Workspace, token: Option<(Token, Source)>) -> Result<()> {
    let listener = listen(args).await?;
    let address = listener.local_addr()?;
    let own_host = runpod_host(address.port());
    let mut config = Config::new(workspace);
    config.hosts = args
        .public_hosts
        .iter()
        .chain(&own_host)
        .map(|host| host.to_ascii_lowercase())
        .collect();
    let urls = urls(address, own_host.as_deref());
    tracing::info!(workspace = %config.workspace.root().display(), %address, "serving");
    for url in &urls {
        say::result(&match &token {
            Some((token, Source::Made)) => format!("{url}#token={}\n", token.reveal()),
            _ => format!("{url}\n"),
        })?;
    }
    config.token = token.map(|(token, _)| token);
    podslate_backend::serve(listener, config, stop())
        .await
        .context("The server broke off")
}

/// Where a token comes from: one that was made here has to be told.
enum Source {
    Given,
    Made,
}

fn token(host: IpAddr) -> Result<Option<(Token, Source)>> {
    match env::var("PODSLATE_TOKEN") {
        Ok(text) if !text.is_empty() => {
            let token = Token::new(&text).map_err(|sentence| anyhow!(sentence))?;
            Ok(Some((token, Source::Given)))
        }
        Err(env::VarError::NotUnicode(_)) => bail!("PODSLATE_TOKEN is not valid Unicode."),
        _ if host.is_loopback() => Ok(None),
        _ => {
            let token = Token::random().context("This system has no random numbers for a token")?;
            Ok(Some((token, Source::Made)))
        }
    }
}

async fn listen(args: &Serve) -> Result<TcpListener> {
    let (host, port) = (args.host, args.port);
    TcpListener::bind((host, port)).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "Port {port} is in use by another program; stop that one, or choose another port with \
             `--port`."
        ),
        ErrorKind::PermissionDenied => {
            anyhow!("This program may not use port {port}; choose one above 1023 with `--port`.")
        }
        ErrorKind::AddrNotAvailable => {
            anyhow!("This machine does not have the address {host}; `--host` takes one of its own.")
        }
        _ => anyhow!("The server cannot listen at {host} port {port} ({error})."),
    })
}

/// The addresses for people, the most useful one first.
fn urls(address: SocketAddr, own_host: Option<&str>) -> Vec<String> {
    let public = own_host.map(|host| format!("https://{host}/"));
    let local = match address.ip().is_unspecified() {
        true => format!("http://localhost:{}/", address.port()),
        false => format!("http://{address}/"),
    };
    public.into_iter().chain([local]).collect()
}

/// The name under which RunPod's proxy serves this port of this pod.
fn runpod_host(port: u16) -> Option<String> {
    let id = env::var(RUNPOD_ID).ok()?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then(|| format!("{}-{port}.proxy.runpod.net", id.to_ascii_lowercase()))
}

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("PODSLATE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Human => {
            use std::io::IsTerminal;
            lines
                .with_target(false)
                .with_ansi(std::io::stderr().is_terminal())
                .init();
        }
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}

/// Ready when this process is told to stop.
pub async fn stop() {
    let interrupted = async {
        // Without the signal the process ends at once when it is interrupted, which is as good.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminated) = signal(SignalKind::terminate()) else {
            return interrupted.await;
        };
        tokio::select! {
            () = interrupted => {}
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    interrupted.await;
}
