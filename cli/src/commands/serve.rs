//! `podslate serve`.

use std::env;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use podslate_backend::pipeline::Signal;
use podslate_backend::startup::{self, Wishes};
use podslate_backend::{Config, Origin, Pipeline, Token, Workspace};
use podslate_shared::ProjectName;
use tokio::net::{TcpListener, TcpSocket};
use tracing_subscriber::EnvFilter;

use crate::args::{LogFormat, Serve};
use crate::signals::Signals;
use crate::{local, say};

/// What a pod of RunPod is told of itself.
const RUNPOD_ID: &str = "RUNPOD_POD_ID";

/// So many connections may wait to be accepted; the system has a limit of its own, too.
const BACKLOG: u32 = 4096;
/// Says the whole address of each request, which may hold whatever somebody pasted.
const SAYS_TOO_MUCH: &str = "tower_http::csrf=off";

/// Serves until it is told to stop; the exit code.
pub fn run(args: &Serve) -> Result<u8> {
    log(args.log_format);
    // Before anything is written: a wrong name leaves nothing behind.
    let wishes = Wishes {
        project: local::name_from_env()?,
        default: args
            .default_project
            .as_deref()
            .map(local::parse)
            .transpose()?,
    };
    let token = token(args.host)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("The server cannot be started")?
        .block_on(serve(args, &wishes, token))
}

async fn serve(args: &Serve, wishes: &Wishes, token: Option<(Token, Source)>) -> Result<u8> {
    let origins = args.origins.iter().map(|origin| Origin::new(origin));
    let origins = origins
        .collect::<Result<_, _>>()
        .map_err(|sentence| anyhow!(sentence))?;
    let mut signals = Signals::new()?;
    let listener = listen(args)?;
    let address = listener.local_addr()?;
    let (path, wishes) = (args.workspace.path(), wishes.clone());
    let default = wishes.default.clone();
    let prepared = tokio::task::spawn_blocking(move || prepare(&path, &wishes));
    let (workspace, project) = prepared.await.context("The start broke off")??;
    let own_host = runpod_host(address.port());
    let mut config = Config::new(workspace);
    let hosts = args.public_hosts.iter().chain(&own_host);
    config.hosts = hosts.map(|host| host_name(host)).collect::<Result<_>>()?;
    config.origins = origins;
    config.default_project = default.or(config.default_project);
    config.pipeline = pipeline(args, &config, project);
    tracing::info!(workspace = %config.workspace.root().display(), %address, "serving");
    print_urls(&urls(address, own_host.as_deref()), token.as_ref())?;
    config.token = token.map(|(token, _)| token);

    let pipeline = config.pipeline.clone();
    if let Some(pipeline) = &pipeline
        && let Err(error) = pipeline.start(None).await
    {
        tracing::error!("{} {}", error.error, error.hint.unwrap_or_default());
    }
    let until = signals.end(pipeline.clone(), args.exit_with_pipeline);
    podslate_backend::serve(listener, config, until)
        .await
        .context("The server broke off")?;
    Ok(match pipeline {
        Some(pipeline) => {
            pipeline.stop(Signal::Terminate).await;
            let code = pipeline.ended().await;
            if args.exit_with_pipeline { code } else { 0 }
        }
        None => 0,
    })
}

/// Opens the workspace and prepares the project that the pipeline runs in.
fn prepare(path: &Path, wishes: &Wishes) -> Result<(Workspace, Option<ProjectName>)> {
    let workspace = local::open_or_make(path)?;
    workspace.check_writable()?;
    let found = startup::prepare(&workspace, wishes)?;
    if let Some(done) = &found.done {
        tracing::info!("{}", say::sentence(done).trim_end());
    }
    if let Some(project) = &found.project {
        for warning in workspace.details(project)?.warnings {
            tracing::warn!(%project, "{}", warning.sentence());
        }
    }
    Ok((workspace, found.project))
}

fn pipeline(args: &Serve, config: &Config, project: Option<ProjectName>) -> Option<Pipeline> {
    let command = args.pipeline.clone();
    let root = config.workspace.root().to_owned();
    (!command.is_empty()).then(|| Pipeline::new(command, root, project))
}

/// A token that was made here is in the address, in the part that browsers send nobody.
fn print_urls(urls: &[String], token: Option<&(Token, Source)>) -> Result<()> {
    for url in urls {
        say::result(&match token {
            Some((token, Source::Made)) => format!("{url}#token={}\n", token.reveal()),
            _ => format!("{url}\n"),
        })?;
    }
    Ok(())
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

fn listen(args: &Serve) -> Result<TcpListener> {
    let (host, port) = (args.host, args.port);
    bind(SocketAddr::new(host, port)).map_err(|error| match error.kind() {
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

/// Listens with room for more waiting connections than the usual 128: of a burst beyond that the
/// system drops some, and their clients try again only after a second.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // What is left of the last server's connections does not keep the port; on Windows this would
    // take it from another program.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
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

/// A host's name as requests spell it.
fn host_name(text: &str) -> Result<String> {
    let name = text.trim_end_matches('.').to_ascii_lowercase();
    let is_name = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if name.is_empty() || !name.chars().all(is_name) {
        bail!(
            "`{text}` is not the name of a host; it looks like `pod.example.com`, without a port."
        );
    }
    Ok(name)
}

/// The name under which RunPod's proxy serves this port of this pod.
fn runpod_host(port: u16) -> Option<String> {
    let id = env::var(RUNPOD_ID).ok()?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then(|| format!("{}-{port}.proxy.runpod.net", id.to_ascii_lowercase()))
}

fn log(format: LogFormat) {
    let wished = env::var("PODSLATE_LOG")
        .ok()
        .filter(|wished| !wished.is_empty());
    let filter = wished.and_then(|wished| EnvFilter::try_new(wished).ok());
    let mut filter = filter.unwrap_or_else(|| EnvFilter::new("info"));
    if let Ok(directive) = SAYS_TOO_MUCH.parse() {
        filter = filter.add_directive(directive);
    }
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
