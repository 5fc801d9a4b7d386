//! Pods on this machine, managed with the `docker` command.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use podslate_shared::Error as ApiError;
use reqwest::Url;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::pod::{PREFIX, Pod, PodSpec, PodState};
use super::provider::Provider;
use crate::defaults::{POD_WORKSPACE, PORT};
use crate::error::{Error, Result};
use crate::quote::{self, Shell};
use crate::secret::Secret;
use crate::settings::Docker;
use crate::text::{self, clean};
use crate::{env_vars, host_path};

/// Maximum time of a command that does not start a pod.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum size of an output of Docker, in bytes.
const MAX_OUTPUT: usize = 4 << 20;
/// Number of lines of a log or an error that are shown.
const TAIL: usize = 5;

/// Docker, by its command line.
pub struct DockerCommand {
    pub settings: Docker,
    pub token: Option<Secret>,
    /// Maximum time until a pod has started, including the download of its image.
    pub wait: Duration,
}

impl DockerCommand {
    /// Arguments of `docker` that start a pod. The token is not among them: Docker reads it from
    /// its environment.
    fn run_arguments(&self, spec: &PodSpec) -> Vec<String> {
        let name = Pod::name_for(&spec.project);
        let project = format!("{}={}", env_vars::PROJECT_NAME, spec.project);
        let port = self.settings.port.map(|port| port.to_string());
        let port = format!("127.0.0.1:{}:{PORT}", port.unwrap_or_default());
        let source = format!("source={}", spec.workspace.display());
        let mount = format!("type=bind,{},target={POD_WORKSPACE}", quote::field(&source));
        let mut words = vec!["run", "-d", "--name", &name, "-e", &project];
        words.extend(["-e", env_vars::TOKEN, "-p", &port, "--mount", &mount]);
        if let Some(gpus) = &self.settings.gpus {
            words.extend(["--gpus", gpus]);
        }
        words.push(&self.settings.image);
        words.into_iter().map(str::to_owned).collect()
    }

    async fn docker<S: AsRef<OsStr> + Sync>(
        &self,
        arguments: &[S],
        token: Option<&Secret>,
        timeout: Duration,
    ) -> Result<Output> {
        let mut command = Command::new("docker");
        command
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        match token {
            Some(token) => command.env(env_vars::TOKEN, token.reveal()),
            None => command.env_remove(env_vars::TOKEN),
        };
        match tokio::time::timeout(timeout, bounded_output(command)).await {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                let hint =
                    "Install Docker, or create the project on this machine with `--via local`.";
                Err(failed("there is no `docker` command on this machine").with_hint(hint))
            }
            Ok(Err(error)) => Err(failed(format!("`docker` cannot be run ({error})"))),
            Err(_) => {
                let seconds = text::count(timeout.as_secs(), "second");
                Err(failed(format!("Docker did not respond within {seconds}")))
            }
        }
    }

    /// Runs Docker; returns its standard output.
    async fn stdout(&self, arguments: &[&str]) -> Result<String> {
        let output = self.docker(arguments, None, TIMEOUT).await?;
        if !output.status.success() {
            return Err(self.docker_error(&output));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn docker_error(&self, output: &Output) -> Error {
        let stderr = String::from_utf8_lossy(&output.stderr);
        failed(format!("Docker reports: {}", self.tail(&stderr)))
    }

    /// The last lines of a text, without tokens.
    fn tail(&self, text: &str) -> String {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let lines: Vec<&str> = lines.collect();
        let mut tail = lines[lines.len().saturating_sub(TAIL)..].join(" / ");
        if let Some(token) = &self.token {
            tail = token.hide_in(&tail);
        }
        text::clause(&hide_link_tokens(&tail))
    }

    /// Names of all pods that this program started.
    async fn names(&self) -> Result<Vec<String>> {
        let filter = format!("name=^/?{PREFIX}");
        let arguments = ["ps", "--all", "--filter", &filter, "--format", "{{.Names}}"];
        let names = self.stdout(&arguments).await?;
        let names = names.lines().map(|name| name.trim().to_owned());
        // The filter of some versions matches more names.
        Ok(names.filter(|name| name.starts_with(PREFIX)).collect())
    }

    /// A pod by its name; `None` if it does not exist.
    async fn inspect(&self, name: &str) -> Result<Option<Pod>> {
        let arguments = ["inspect", "--type", "container", name];
        let output = self.docker(&arguments, None, TIMEOUT).await?;
        if output.status.success() {
            let containers: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            let pod = pod_from(&containers[0]);
            let pod = pod.ok_or_else(|| failed("Docker's output cannot be read"));
            return pod.map(Some);
        }
        // The exit code is the same for a missing container and for a failure.
        if self.names().await?.iter().any(|other| other == name) {
            return Err(self.docker_error(&output));
        }
        Ok(None)
    }
}

#[async_trait]
impl Provider for DockerCommand {
    fn name(&self) -> &'static str {
        "Docker"
    }

    async fn pods(&self) -> Result<Vec<Pod>> {
        let mut pods = Vec::new();
        for name in self.names().await? {
            // It may have been removed in the meantime.
            pods.extend(self.inspect(&name).await?);
        }
        Ok(pods)
    }

    async fn start(&self, spec: &PodSpec) -> Result<Pod> {
        let is_new = !podslate_disk::is_named(&spec.workspace);
        create_source(&spec.workspace)?;
        let name = Pod::name_for(&spec.project);
        let arguments = self.run_arguments(spec);
        let output = self
            .docker(&arguments, Some(&spec.token), self.wait)
            .await?;
        let pod = self.inspect(&name).await?;
        if output.status.success() {
            return pod.ok_or_else(|| failed("Docker started the pod, but cannot find it"));
        }
        // No exit code tells a name that is in use from other failures.
        let stderr = String::from_utf8_lossy(&output.stderr).to_lowercase();
        if stderr.contains("already in use by container")
            && let Some(pod) = pod
        {
            return Ok(pod);
        }
        if pod.is_some_and(|pod| matches!(pod.state, PodState::Stopped(_))) {
            // This command created it, and it never ran.
            let _ = self.stdout(&["rm", &name]).await;
        }
        if is_new {
            // Only removes an empty folder.
            #[expect(
                clippy::disallowed_methods,
                reason = "the workspace that this call created"
            )]
            let _ = std::fs::remove_dir(&spec.workspace);
        }
        Err(self.docker_error(&output))
    }

    async fn resume(&self, id: &str) -> Result<()> {
        self.stdout(&["start", id]).await.map(drop)
    }

    async fn get(&self, id: &str) -> Result<Pod> {
        let pod = self.inspect(id).await?;
        pod.ok_or_else(|| failed("the pod does not exist any more"))
    }

    async fn log_tail(&self, id: &str) -> Option<String> {
        let arguments = ["logs", "--tail", &TAIL.to_string(), id];
        let output = self.docker(&arguments, None, TIMEOUT).await.ok()?;
        let both = [output.stdout, b"\n".to_vec(), output.stderr].concat();
        let text = self.tail(&String::from_utf8_lossy(&both));
        (!text.is_empty()).then_some(text)
    }

    fn stop_command(&self, id: &str) -> String {
        format!("docker stop {id}")
    }

    fn plan(&self, spec: &PodSpec) -> String {
        let arguments = self.run_arguments(spec);
        let mut words = vec!["docker"];
        words.extend(arguments.iter().map(String::as_str));
        quote::lines(Shell::LOCAL, &words).join("\n")
    }
}

/// Output of a command; of each stream the last [`MAX_OUTPUT`] bytes.
async fn bounded_output(mut command: Command) -> io::Result<Output> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = tokio::try_join!(read_all(stdout), read_all(stderr))?;
    let status = child.wait().await?;
    Ok(Output {
        status,
        stdout,
        stderr,
    })
}

/// Reads a stream to its end, and keeps the last bytes of it.
async fn read_all(stream: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let (mut kept, mut buffer) = (Vec::new(), [0; 8192]);
    let Some(mut stream) = stream else {
        return Ok(kept);
    };
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(kept);
        }
        if kept.len() + count > MAX_OUTPUT {
            kept.drain(..kept.len() / 2);
        }
        kept.extend_from_slice(&buffer[..count]);
    }
}

/// Creates the folder that a pod mounts; Docker does not.
#[expect(
    clippy::disallowed_methods,
    reason = "the workspace itself, no project"
)]
fn create_source(path: &Path) -> Result<()> {
    if !cfg!(windows) && path.to_str().is_some_and(host_path::is_windows_absolute) {
        // Docker runs on another machine than this program.
        return Ok(());
    }
    std::fs::create_dir_all(path).map_err(|error| {
        let reason = format!("`{}` cannot be created ({})", path.display(), error.kind());
        ApiError::WorkspaceUnavailable { reason }.into()
    })
}

fn pod_from(json: &Value) -> Option<Pod> {
    let state = &json["State"];
    let ending = || match state["Error"].as_str().filter(|text| !text.is_empty()) {
        Some(error) => clean(error),
        None => {
            let code = state["ExitCode"].as_i64().unwrap_or_default();
            format!("it ended with exit code {code}")
        }
    };
    let state = match state["Status"].as_str()? {
        "running" => PodState::Running,
        "created" => PodState::Stopped("it was never started".to_owned()),
        "exited" => PodState::Stopped(ending()),
        "dead" | "removing" => PodState::Broken("Docker cannot use it any more".to_owned()),
        "paused" => PodState::Broken("it is paused; resume it with `docker unpause`".to_owned()),
        other => PodState::Starting(clean(other)),
    };
    let port = &json["NetworkSettings"]["Ports"][format!("{PORT}/tcp")][0]["HostPort"];
    let url = port
        .as_str()
        .and_then(|port| port.parse::<u16>().ok())
        .and_then(|port| Url::parse(&format!("http://127.0.0.1:{port}/")).ok());
    let name = clean(json["Name"].as_str()?.trim_start_matches('/'));
    Some(Pod {
        id: Some(name.clone()),
        name: Some(name),
        url,
        state,
    })
}

/// A log without the token that a server creates and prints in its address.
fn hide_link_tokens(text: &str) -> String {
    const MARK: &str = "#token=";
    let mut parts = text.split(MARK);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |hidden, part| {
        let rest = part.trim_start_matches(|character: char| character.is_ascii_alphanumeric());
        hidden + MARK + "[hidden]" + rest
    })
}

fn failed(reason: impl Into<String>) -> Error {
    let reason = reason.into();
    Error::ProviderFailed { reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use podslate_shared::ProjectName;
    use serde_json::json;

    fn arguments(workspace: &str, port: Option<u16>) -> Vec<String> {
        let settings = Docker {
            image: "studio/podslate".to_owned(),
            port,
            workspace: None,
            gpus: None,
        };
        let spec = PodSpec {
            project: ProjectName::parse("Robot").unwrap(),
            token: Secret::new("canary-canary-canary-canary", "x").unwrap(),
            workspace: workspace.into(),
        };
        let docker = DockerCommand {
            settings,
            token: None,
            wait: TIMEOUT,
        };
        docker.run_arguments(&spec)
    }

    #[test]
    fn a_windows_folder_is_mounted_unchanged() {
        let windows = r"E:\2D Programs\ComfyUI_Ext_Output\3D_AI_Inputs";
        for (dir, source) in [
            (windows, format!("source={windows}")),
            (r"\\studio\3D in", r"source=\\studio\3D in".to_owned()),
            (r"E:\a, b", r#""source=E:\a, b""#.to_owned()),
            ("/a\"b", r#""source=/a""b""#.to_owned()),
        ] {
            let words = arguments(dir, Some(8080));
            assert_eq!(
                words.join("|"),
                format!(
                    "run|-d|--name|podslate-Robot|-e|PROJECT_NAME=Robot|-e|PODSLATE_TOKEN|-p|\
                     127.0.0.1:8080:8080|--mount|type=bind,{source},target=/workspace|\
                     studio/podslate"
                )
            );
        }
        assert_eq!(arguments("/w", None)[9], "127.0.0.1::8080");
    }

    #[test]
    fn a_container_is_read_as_a_pod() {
        let container = |status: &str| {
            pod_from(&json!({
                "Name": "/podslate-Robot",
                "State": {"Status": status, "ExitCode": 3, "Error": ""},
                "NetworkSettings": {"Ports": {"8080/tcp": [
                    {"HostIp": "127.0.0.1", "HostPort": "49153"}
                ]}},
            }))
        };
        let pod = container("running").unwrap();
        assert_eq!(pod.name.as_deref(), Some("podslate-Robot"));
        assert_eq!(pod.url.unwrap().as_str(), "http://127.0.0.1:49153/");
        assert_eq!(pod.state, PodState::Running);
        let state = |status: &str| container(status).unwrap().state;
        let ended = PodState::Stopped("it ended with exit code 3".to_owned());
        assert_eq!(state("exited"), ended);
        assert!(matches!(state("restarting"), PodState::Starting(_)));
        assert!(matches!(state("dead"), PodState::Broken(_)));
        assert_eq!(pod_from(&json!({})), None);
    }

    #[test]
    fn a_created_token_is_not_in_the_tail_of_a_log() {
        assert_eq!(
            hide_link_tokens("at http://h/#token=abc123 / ok #token=ff"),
            "at http://h/#token=[hidden] / ok #token=[hidden]"
        );
    }
}
