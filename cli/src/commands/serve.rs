//! `podslate serve`: the page and the API of a workspace, and the pipeline beside them.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use podslate_backend::pipeline::Signal;
use podslate_backend::startup::{self, StartupOptions};
use podslate_backend::{Config, Origin, Pipeline, Token, Workspace};
use podslate_shared::former::followed;
use podslate_shared::{FolderName, ProjectName};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Runtime;

use crate::args::Serve;
use crate::ending::Ending;
use crate::error::Error;
use crate::parent::{Message, Parent};
use crate::signals::Signals;
use crate::{env_vars, log, output, workspace};

/// Maximum number of connections that wait to be accepted; the system has a limit of its own, too.
const BACKLOG: u32 = 4096;
/// Time that the start of the pipeline may delay the server.
const START_PATIENCE: Duration = Duration::from_secs(1);

/// Serves until a signal ends the process; returns the exit code.
pub fn run(args: &Serve, parent: Parent) -> Result<u8> {
    log::init(args.log_format);
    // Before anything is written: an invalid name leaves nothing behind.
    let default_project = args.default_project.as_deref().map(ProjectName::parse);
    let options = StartupOptions {
        project: workspace::project_from_env()?,
        default_project: default_project.transpose().map_err(Error::from)?,
    };
    let token = token(args.host, parent.token.as_deref())?;
    let runtime = Runtime::new().context("The server cannot be started")?;
    let parent = Arc::new(parent);
    let result = runtime.block_on(serve(args, options, token, &parent));
    // Threads that wait for a volume are left behind.
    runtime.shutdown_background();
    if let Ok(code) = result {
        parent.tell(Message::Done(code));
    }
    result
}

async fn serve(
    args: &Serve,
    options: StartupOptions,
    token: Option<ServerToken>,
    parent: &Arc<Parent>,
) -> Result<u8> {
    let origins = args.origins.iter().map(|origin| Origin::new(origin));
    let origins = origins
        .collect::<Result<_, _>>()
        .map_err(|sentence| anyhow!(sentence))?;
    let mut signals = Signals::new(parent)?;
    let listener = listen(args)?;
    let address = listener.local_addr()?;
    let path = args.workspace.path();
    let default_project = options.default_project.clone();
    let prepared = tokio::task::spawn_blocking(move || prepare(&path, &options));
    let (mut workspace, project) = tokio::select! {
        prepared = prepared => prepared.context("The start failed")??,
        _ = signals.stop(None) => return Ok(0),
    };
    if args.no_watch {
        workspace.compare_times();
    }
    let runpod_host = runpod_host(address.port());
    let mut config = Config::new(workspace);
    let hosts = args.public_hosts.iter().chain(&runpod_host);
    config.hosts = hosts.map(|host| parse_host(host)).collect::<Result<_>>()?;
    config.origins = origins;
    config.default_project = default_project.or(config.default_project);
    config.pipeline = pipeline(args, &config, project, parent.supervisor());
    tracing::info!(workspace = %config.workspace.root().display(), %address, "serving");
    if print_urls(&urls(address, runpod_host.as_deref()), token.as_ref()).is_err() {
        tracing::warn!("standard output cannot be written, so the address is not printed");
    }
    config.token = token.map(|token| token.token);

    let ending = Ending {
        parent: Arc::clone(parent),
        pipeline: config.pipeline.clone(),
        is_with_pipeline: args.exit_with_pipeline,
    };
    let pipeline = config.pipeline.clone();
    if let Some(pipeline) = &pipeline {
        start(pipeline).await;
    }
    podslate_backend::serve(listener, config, ending.wait(signals))
        .await
        .context("The server failed")?;
    let Some(pipeline) = pipeline else {
        return Ok(0);
    };
    pipeline.stop(Signal::Terminate).await;
    let code = pipeline.wait().await;
    Ok(if args.exit_with_pipeline { code } else { 0 })
}

/// Starts the pipeline. If that takes long, the server does not wait.
async fn start(pipeline: &Pipeline) {
    let pipeline = pipeline.clone();
    let start = tokio::spawn(async move {
        if let Err(error) = pipeline.start(None).await {
            tracing::error!("{error} {}", error.hint().unwrap_or_default());
        }
    });
    let _ = tokio::time::timeout(START_PATIENCE, start).await;
}

/// Opens the workspace and prepares the project that the pipeline runs in.
fn prepare(
    path: &Path,
    options: &StartupOptions,
) -> Result<(Workspace, Option<FolderName>), Error> {
    let workspace = workspace::open_or_create(path)?;
    workspace.check_writable()?;
    let prepared = startup::prepare(&workspace, options)?;
    if let (Some(former), Some(project)) = (&prepared.former_name, &prepared.project) {
        tracing::warn!("{}", followed(former.as_str(), project.as_str()));
    }
    if let Some(done) = &prepared.done {
        tracing::info!("{done}");
    }
    if let Some(project) = &prepared.project {
        for sentence in workspace.details(project)?.warning_sentences() {
            tracing::warn!(%project, "{sentence}");
        }
    }
    Ok((workspace, prepared.project))
}

fn pipeline(
    args: &Serve,
    config: &Config,
    project: Option<FolderName>,
    supervisor: Option<u32>,
) -> Option<Pipeline> {
    let command = args.pipeline.clone();
    let root = config.workspace.root().to_owned();
    (!command.is_empty()).then(|| Pipeline::new(command, root, project, supervisor))
}

/// Prints the addresses. A token that was created here is appended as the part that browsers do not
/// send.
fn print_urls(urls: &[String], token: Option<&ServerToken>) -> Result<(), Error> {
    let created = token.filter(|token| token.is_new);
    let suffix = created.map(|token| format!("#token={}", token.token.reveal()));
    let suffix = suffix.unwrap_or_default();
    urls.iter()
        .try_for_each(|url| output::result(&format!("{url}{suffix}")))
}

/// Token that the server requires.
struct ServerToken {
    token: Token,
    /// Whether it was created here, so that it has to be printed.
    is_new: bool,
}

fn token(host: IpAddr, given: Option<&OsStr>) -> Result<Option<ServerToken>> {
    if let Some(text) = given {
        let Some(text) = text.to_str() else {
            bail!("`{}` is not valid Unicode.", env_vars::TOKEN);
        };
        let token = Token::new(text).map_err(|sentence| anyhow!(sentence))?;
        let is_new = false;
        return Ok(Some(ServerToken { token, is_new }));
    }
    if host.is_loopback() {
        return Ok(None);
    }
    let token = Token::random().context("This system has no random numbers for a token")?;
    let is_new = true;
    Ok(Some(ServerToken { token, is_new }))
}

fn listen(args: &Serve) -> Result<TcpListener> {
    let (host, port) = (args.host, args.port);
    bind(SocketAddr::new(host, port)).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "Port {port} is in use by another program; stop it, or choose another port with \
             `--port`."
        ),
        ErrorKind::PermissionDenied => {
            anyhow!("This program may not use port {port}; choose one above 1023 with `--port`.")
        }
        ErrorKind::AddrNotAvailable => {
            anyhow!(
                "{host} is not an address of this machine; choose one of its own with `--host`."
            )
        }
        _ => anyhow!("The server cannot listen at {host} port {port} ({error})."),
    })
}

/// Listens with a longer queue of waiting connections than the usual 128: the system drops some of
/// a larger burst, and their clients try again only after a second.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Connections of a previous server do not block the port; on Windows, this would take the port
    // from another program.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Addresses for people, the most useful one first.
fn urls(address: SocketAddr, runpod_host: Option<&str>) -> Vec<String> {
    let public = runpod_host.map(|host| format!("https://{host}/"));
    let local = if address.ip().is_unspecified() {
        format!("http://localhost:{}/", address.port())
    } else {
        format!("http://{address}/")
    };
    public.into_iter().chain([local]).collect()
}

/// Host name in the spelling of requests.
fn parse_host(text: &str) -> Result<String> {
    let name = text.trim_end_matches('.').to_ascii_lowercase();
    let is_name = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if name.is_empty() || !name.chars().all(is_name) {
        bail!("`{text}` is not a host name; give one such as `pod.example.com`, without a port.");
    }
    Ok(name)
}

/// Host name at which RunPod's proxy serves this port of this pod.
fn runpod_host(port: u16) -> Option<String> {
    let id = std::env::var(env_vars::RUNPOD_POD_ID).ok()?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then(|| format!("{}-{port}.proxy.runpod.net", id.to_ascii_lowercase()))
}
