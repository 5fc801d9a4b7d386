//! Pods on this machine, by the `docker` command.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use podslate_shared::{ErrorBody, ErrorCode};
use reqwest::Url;
use serde_json::Value;
use tokio::process::Command;

use super::{Order, PORT, PREFIX, Pod, Provider, State, pod_name};
use crate::host_path;
use crate::problem;
use crate::quote::{self, Shell};
use crate::secret::Secret;
use crate::settings::Docker;

/// How long Docker may take to answer a question.
const ASK: Duration = Duration::from_secs(30);
/// Where the workspace is inside a pod.
const TARGET: &str = "/workspace";

/// Docker, by its command line.
pub struct DockerCommand {
    settings: Docker,
    token: Option<Secret>,
    /// How long a pod may take to start, its image's download included.
    wait: Duration,
}

impl DockerCommand {
    /// Docker with what `podslate.toml` says.
    pub fn new(settings: Docker, token: Option<Secret>, wait: Duration) -> Self {
        Self {
            settings,
            token,
            wait,
        }
    }

    /// The arguments of `docker` that start a pod. The token is not among them: Docker takes it
    /// from its environment.
    fn arguments(&self, order: &Order) -> Vec<String> {
        let port = self.settings.port.map(|port| port.to_string());
        let source = format!("source={}", order.workspace.display());
        let source = quote::field(&source);
        let mut words = vec![
            "run".to_owned(),
            "-d".to_owned(),
            "--name".to_owned(),
            pod_name(&order.project),
            "-e".to_owned(),
            format!("PROJECT_NAME={}", order.project),
            "-e".to_owned(),
            "PODSLATE_TOKEN".to_owned(),
            "-p".to_owned(),
            format!("127.0.0.1:{}:{PORT}", port.unwrap_or_default()),
            "--mount".to_owned(),
            format!("type=bind,{source},target={TARGET}"),
        ];
        if let Some(gpus) = &self.settings.gpus {
            words.extend(["--gpus".to_owned(), gpus.clone()]);
        }
        words.push(self.settings.image.clone());
        words
    }

    async fn docker<S: AsRef<std::ffi::OsStr>>(
        &self,
        arguments: &[S],
        token: Option<&Secret>,
        limit: Duration,
    ) -> Result<Output, ErrorBody> {
        let mut command = Command::new("docker");
        command
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        match token {
            Some(token) => command.env("PODSLATE_TOKEN", token.reveal()),
            None => command.env_remove("PODSLATE_TOKEN"),
        };
        match tokio::time::timeout(limit, command.output()).await {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => Err(problem::hinted(
                ErrorCode::ProviderFailed,
                "there is no `docker` command on this machine",
                "Install Docker, or make the project on this machine with `--via local`.",
            )),
            Ok(Err(error)) => Err(failed(&format!("`docker` cannot be run ({error})"))),
            Err(_) => {
                let seconds = limit.as_secs();
                Err(failed(&format!(
                    "Docker did not answer within {seconds} seconds"
                )))
            }
        }
    }

    /// Runs Docker; its standard output, or its complaint.
    async fn ask(&self, arguments: &[&str]) -> Result<String, ErrorBody> {
        let output = self.docker(arguments, None, ASK).await?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(failed(&self.complaint(&output))),
        }
    }

    /// The last lines that Docker said, without the token.
    fn complaint(&self, output: &Output) -> String {
        let text = String::from_utf8_lossy(&output.stderr);
        format!("Docker says: {}", self.tail(&text))
    }

    fn tail(&self, text: &str) -> String {
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let last = lines[lines.len().saturating_sub(5)..].join(" / ");
        let last = match &self.token {
            Some(token) => token.hide_in(&last),
            None => last,
        };
        problem::clean(&without_link_tokens(&last))
    }

    async fn inspect(&self, name: &str) -> Result<Option<Pod>, ErrorBody> {
        let arguments = ["inspect", "--type", "container", name];
        let output = self.docker(&arguments, None, ASK).await?;
        if output.status.success() {
            let read = serde_json::from_slice::<Value>(&output.stdout).ok();
            let pod = read.as_ref().and_then(|all| pod_of(&all[0]));
            return pod
                .map(Some)
                .ok_or_else(|| failed("Docker's answer is not understood"));
        }
        let complaint = String::from_utf8_lossy(&output.stderr).to_lowercase();
        match complaint.contains("no such") {
            true => Ok(None),
            false => Err(failed(&self.complaint(&output))),
        }
    }
}

impl Provider for DockerCommand {
    const NAME: &'static str = "Docker";
    const LAG: Duration = Duration::ZERO;

    async fn pods(&self) -> Result<Vec<Pod>, ErrorBody> {
        let filter = format!("name=^/?{PREFIX}");
        let arguments = ["ps", "--all", "--filter", &filter, "--format", "{{.Names}}"];
        let names = self.ask(&arguments).await?;
        let mut pods = Vec::new();
        for name in names.lines().map(str::trim) {
            // Docker's filters are loose, and a pod may be gone by now.
            if name.starts_with(PREFIX)
                && let Some(pod) = self.inspect(name).await?
            {
                pods.push(pod);
            }
        }
        Ok(pods)
    }

    async fn start(&self, order: &Order) -> Result<Pod, ErrorBody> {
        let is_new = !order.workspace.exists();
        make_source(&order.workspace)?;
        let name = pod_name(&order.project);
        let arguments = self.arguments(order);
        let output = self
            .docker(&arguments, Some(&order.token), self.wait)
            .await?;
        let made = self.inspect(&name).await?;
        if output.status.success() {
            return made.ok_or_else(|| failed("Docker started the pod, but does not know it now"));
        }
        let complaint = String::from_utf8_lossy(&output.stderr).to_lowercase();
        if complaint.contains("already in use by container")
            && let Some(pod) = made
        {
            return Ok(pod);
        }
        if made.is_some_and(|pod| matches!(pod.state, State::Stopped(_))) {
            // Made by this very command, and it never ran.
            let _ = self.ask(&["rm", &name]).await;
        }
        if is_new {
            // Only takes an empty folder away.
            let _ = std::fs::remove_dir(&order.workspace);
        }
        Err(failed(&self.complaint(&output)))
    }

    async fn resume(&self, id: &str) -> Result<(), ErrorBody> {
        self.ask(&["start", id]).await.map(drop)
    }

    async fn look(&self, id: &str) -> Result<Pod, ErrorBody> {
        let pod = self.inspect(id).await?;
        pod.ok_or_else(|| failed("Docker does not know the pod any more"))
    }

    async fn last_words(&self, id: &str) -> Option<String> {
        let output = self
            .docker(&["logs", "--tail", "5", id], None, ASK)
            .await
            .ok()?;
        let both = [output.stdout, b"\n".to_vec(), output.stderr].concat();
        let text = self.tail(&String::from_utf8_lossy(&both));
        (!text.is_empty()).then_some(text)
    }

    fn how_to_stop(&self, id: &str) -> String {
        format!("docker stop {id}")
    }

    fn plan(&self, order: &Order) -> String {
        let words = self.arguments(order);
        let mut all = vec!["docker"];
        all.extend(words.iter().map(String::as_str));
        quote::lines(Shell::HERE, &all).join("\n")
    }
}

/// The folder that a pod gets; Docker does not make it.
fn make_source(path: &Path) -> Result<(), ErrorBody> {
    if !cfg!(windows) && path.to_str().is_some_and(host_path::is_windows_absolute) {
        // Docker's own machine is another one than this.
        return Ok(());
    }
    std::fs::create_dir_all(path).map_err(|error| {
        let what = format!("`{}` cannot be made ({})", path.display(), error.kind());
        problem::new(ErrorCode::WorkspaceUnavailable, what)
    })
}

fn pod_of(json: &Value) -> Option<Pod> {
    let state = &json["State"];
    let ending = || {
        let code = state["ExitCode"].as_i64().unwrap_or_default();
        match state["Error"].as_str().filter(|text| !text.is_empty()) {
            Some(error) => error.to_owned(),
            None => format!("it ended with exit code {code}"),
        }
    };
    let state = match state["Status"].as_str()? {
        "running" => State::Running,
        "created" => State::Stopped("it was never started".to_owned()),
        "exited" => State::Stopped(ending()),
        "dead" | "removing" => State::Broken("Docker cannot use it any more".to_owned()),
        "paused" => State::Broken("it is paused; `docker unpause` lets it go on".to_owned()),
        other => State::Starting(other.to_owned()),
    };
    let published = &json["NetworkSettings"]["Ports"][format!("{PORT}/tcp")][0]["HostPort"];
    let url = published
        .as_str()
        .and_then(|port| Url::parse(&format!("http://127.0.0.1:{port}/")).ok());
    let name = json["Name"].as_str()?.trim_start_matches('/').to_owned();
    Some(Pod {
        id: Some(name.clone()),
        name: Some(name),
        url,
        state,
    })
}

/// A log without the token that a server prints when it had to make one.
fn without_link_tokens(text: &str) -> String {
    const MARK: &str = "#token=";
    let mut parts = text.split(MARK);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        let rest = part.trim_start_matches(|character: char| character.is_ascii_alphanumeric());
        out + MARK + "[hidden]" + rest
    })
}

fn failed(what: &str) -> ErrorBody {
    problem::new(ErrorCode::ProviderFailed, what)
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
        let order = Order {
            project: ProjectName::parse("Robot").unwrap(),
            token: Secret::new("canary-canary-canary-canary", "x").unwrap(),
            workspace: workspace.into(),
        };
        DockerCommand::new(settings, None, ASK).arguments(&order)
    }

    #[test]
    fn a_folder_of_windows_is_mounted_as_it_is() {
        for (folder, mount) in [
            (
                r"E:\2D Programs\ComfyUI_Ext_Output\3D_AI_Inputs",
                r"type=bind,source=E:\2D Programs\ComfyUI_Ext_Output\3D_AI_Inputs,target=/workspace",
            ),
            (
                r"\\studio\3D in",
                r"type=bind,source=\\studio\3D in,target=/workspace",
            ),
            (
                r"E:\a, b",
                "type=bind,\"source=E:\\a, b\",target=/workspace",
            ),
            ("/a\"b", "type=bind,\"source=/a\"\"b\",target=/workspace"),
        ] {
            let words = arguments(folder, Some(8080));
            let expected = [
                "run",
                "-d",
                "--name",
                "podslate-Robot",
                "-e",
                "PROJECT_NAME=Robot",
                "-e",
                "PODSLATE_TOKEN",
                "-p",
                "127.0.0.1:8080:8080",
                "--mount",
                mount,
                "studio/podslate",
            ];
            assert_eq!(words, expected);
        }
        assert_eq!(arguments("/w", None)[9], "127.0.0.1::8080");
    }

    #[test]
    fn what_docker_says_of_a_container() {
        let container = |status: &str| {
            pod_of(&json!({
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
        assert_eq!(pod.state, State::Running);
        let ended = State::Stopped("it ended with exit code 3".to_owned());
        assert_eq!(container("exited").unwrap().state, ended);
        assert!(matches!(
            container("restarting").unwrap().state,
            State::Starting(_)
        ));
        assert!(matches!(container("dead").unwrap().state, State::Broken(_)));
        assert_eq!(pod_of(&json!({})), None);
    }

    #[test]
    fn a_made_token_is_not_in_the_last_words() {
        assert_eq!(
            without_link_tokens("at http://h/#token=abc123 / ok #token=ff"),
            "at http://h/#token=[hidden] / ok #token=[hidden]"
        );
    }
}
