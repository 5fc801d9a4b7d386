//! Projects on a pod that runs, for the commands that only look or rename.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};
use podslate_shared::api::Health;
use podslate_shared::{Done, ErrorBody, ErrorCode};

use crate::args::{PodArgs, Workspace};
use crate::new::several;
use crate::pods::{Client, DockerCommand, Pod, Provider, RunPodApi, State};
use crate::settings::{ProviderSettings, Settings};
use crate::{local, problem, say};

/// How long a health check waits.
const PATIENCE: Duration = Duration::from_secs(4);

/// The pod that is meant, or `None` if a folder of this machine is.
///
/// # Errors
/// The settings cannot be used.
pub fn settings(pod: &PodArgs, workspace: &Workspace) -> Result<Option<Settings>> {
    let is_typed = pod.pod.as_ref().is_some_and(|url| !url.is_empty());
    if !is_typed && workspace.given().is_some() {
        return Ok(None);
    }
    Ok(Some(Settings::load(pod)?).filter(Settings::has_pod))
}

/// Lists the projects of a pod.
pub fn list(settings: &Settings, json: bool) -> Result<()> {
    let projects = block_on(async { connect(settings).await?.names().await })?;
    let projects: Vec<String> = projects.iter().map(|name| problem::clean(name)).collect();
    let count = projects.len();
    say::done(&Done::Listed { projects, count }, json)
}

/// Renames a project of a pod.
pub fn rename(settings: &Settings, old: &str, new: &str, json: bool) -> Result<()> {
    let (old, new) = (local::parse(old)?, local::parse(new)?);
    let done = block_on(async { connect(settings).await?.rename(&old, &new).await })?;
    let done = Done::Renamed {
        old_name: done.old_name,
        new_name: done.new_name,
        project_path: done.project_path,
        message: problem::clean(&done.message),
    };
    say::done(&done, json)
}

/// Whether the server on this machine works.
pub fn health(port: u16) -> Result<()> {
    let silent = |_| {
        let what = format!("nothing answers at port {port} of this machine");
        problem::new(ErrorCode::PodUnreachable, what)
    };
    let answer = ask(port).map_err(silent)?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body);
    match body.and_then(|body| serde_json::from_str::<Health>(body).ok()) {
        Some(health) => say::result(&format!("{} {}\n", health.status, health.version)),
        None => {
            let what = format!("port {port} of this machine");
            Err(problem::new(ErrorCode::NotAPodslate, what).into())
        }
    }
}

/// The whole answer to a question about health, over the plainest of connections: the client for
/// pods wants the system's certificates, which a small image does not have.
fn ask(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The pod that answers.
async fn connect(settings: &Settings) -> Result<Client, ErrorBody> {
    let url = match (&settings.url, &settings.provider) {
        (Some(url), _) => Some(url.clone()),
        (None, Some(ProviderSettings::Docker(docker))) => {
            let docker = DockerCommand::new(docker.clone(), None, settings.wait);
            running(&docker).await?.url
        }
        (None, Some(ProviderSettings::RunPod(runpod))) => {
            let runpod = RunPodApi::new(runpod.clone(), None, settings.wait)?;
            running(&runpod).await?.url
        }
        (None, None) => None,
    };
    let url =
        url.ok_or_else(|| problem::new(ErrorCode::PodUnreachable, "it has no address yet"))?;
    let client = Client::new(&url, settings.token.clone(), settings.timeout)?;
    client.health().await?;
    Ok(client)
}

async fn running<P: Provider>(provider: &P) -> Result<Pod, ErrorBody> {
    let mut pods = provider.pods().await?;
    pods.retain(|pod| pod.state == State::Running);
    match &pods[..] {
        [pod] => Ok(pod.clone()),
        [] => Err(problem::hinted(
            ErrorCode::PodUnreachable,
            format!("{} knows no pod that is running", P::NAME),
            "For a folder of this machine, name it with `--workspace DIR`.",
        )),
        pods => Err(several(&Vec::from_iter(pods))),
    }
}

fn block_on<T>(work: impl Future<Output = Result<T, ErrorBody>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("The network cannot be used")?;
    Ok(runtime.block_on(work)?)
}
