//! Pods on this machine, managed with the `docker` command.

mod command;
mod container;
mod engine;

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use podslate_shared::Error as ApiError;
use serde_json::Value;

use command::{TIMEOUT, failed};
use engine::Engine;

use super::log;
use super::pod::{PREFIX, Pod, PodSpec};
use super::provider::Provider;
use crate::defaults::{POD_WORKSPACE, PORT};
use crate::error::{Error, Result};
use crate::quote::{self, Shell};
use crate::secret::Secret;
use crate::settings::Docker;
use crate::{env_vars, host_path};

/// Docker, by its command line.
pub struct DockerCommand {
    settings: Docker,
    token: Option<Secret>,
    /// Maximum time until a pod has started, including the download of its image.
    wait: Duration,
    /// Workspace that was created for a pod.
    created: OnceLock<PathBuf>,
}

impl DockerCommand {
    pub fn new(settings: Docker, token: Option<Secret>, wait: Duration) -> Self {
        Self {
            settings,
            token,
            wait,
            created: OnceLock::new(),
        }
    }

    /// Arguments of `docker create` and `docker run` for a pod. The token is not among them: Docker
    /// reads it from its environment.
    fn arguments(&self, spec: &PodSpec, user: Option<String>) -> Vec<String> {
        let name = Pod::name_for(&spec.project);
        let project = format!("{}={}", env_vars::PROJECT_NAME, spec.project);
        let port = self.settings.port.map(|port| port.to_string());
        let port = format!("127.0.0.1:{}:{PORT}", port.unwrap_or_default());
        let source = format!("source={}", spec.workspace.display());
        let mount = format!("type=bind,{},target={POD_WORKSPACE}", quote::field(&source));
        let mut words = vec!["--name", &name, "-e", &project];
        words.extend(["-e", env_vars::TOKEN, "-p", &port, "--mount", &mount]);
        if let Some(user) = &user {
            words.extend(["--user", user]);
        }
        if let Some(gpus) = &self.settings.gpus {
            words.extend(["--gpus", gpus]);
        }
        words.push(&self.settings.image);
        words.into_iter().map(str::to_owned).collect()
    }

    fn docker_error(&self, output: &Output) -> Error {
        failed(format!("Docker reports: {}", self.words(output)))
    }

    /// The end of what Docker says.
    fn words(&self, output: &Output) -> String {
        let stderr = String::from_utf8_lossy(&output.stderr);
        log::tail(&stderr, self.token.as_ref())
    }

    /// Runs Docker; returns its standard output.
    async fn stdout(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        let output = command::run(arguments, None, TIMEOUT).await?;
        if !output.status.success() {
            Engine::find().await?;
            return Err(self.docker_error(&output));
        }
        Ok(output.stdout)
    }

    /// The containers of these names; those that do not exist are left out.
    async fn inspect(&self, names: &[&str]) -> Result<Vec<Pod>> {
        let arguments = [&["inspect", "--type", "container"], names].concat();
        let output = command::run(&arguments, None, TIMEOUT).await?;
        let pods = container::pods(&output.stdout);
        // The exit code is the same for a missing container and for a failure.
        if pods.is_empty() && !output.status.success() {
            Engine::find().await?;
        }
        Ok(pods)
    }

    async fn find(&self, name: &str) -> Result<Option<Pod>> {
        Ok(self.inspect(&[name]).await?.pop())
    }

    /// Creates a container, unless there is one of that name.
    async fn create(&self, spec: &PodSpec) -> Result<()> {
        let user = user(&spec.workspace, Engine::find().await?);
        let arguments = self.arguments(spec, user);
        let arguments = arguments.iter().map(String::as_str);
        let arguments: Vec<&str> = ["create"].into_iter().chain(arguments).collect();
        let output = command::run(&arguments, Some(&spec.token), self.wait).await?;
        let name = Pod::name_for(&spec.project);
        if output.status.success() || self.find(&name).await?.is_some() {
            return Ok(());
        }
        let image = &self.settings.image;
        let inspect = ["image", "inspect", "--format", "{{json .Id}}", image];
        let is_missing = !command::run(&inspect, None, TIMEOUT)
            .await?
            .status
            .success();
        if is_missing {
            let words = self.words(&output);
            let reason = format!("there is no image `{image}`; Docker reports: {words}");
            return Err(failed(reason).with_hint(
                "Build the image or check `image` in `podslate.toml`, then try again.",
            ));
        }
        Err(self.docker_error(&output))
    }

    /// Starts a container. One that has never run and does not start is removed.
    async fn launch(&self, name: &str) -> Result<Pod> {
        let output = command::run(&["start", name], None, self.wait).await?;
        let pod = self.find(name).await?;
        if output.status.success() {
            return pod.ok_or_else(|| failed("Docker started the pod, but cannot find it"));
        }
        let error = self.start_error(&output).await;
        if pod.as_ref().is_some_and(container::has_never_run) {
            let _ = self.stdout(&["rm", name]).await;
        }
        Err(error)
    }

    /// Why a container does not start, as far as that can be found out.
    async fn start_error(&self, output: &Output) -> Error {
        let engine = match Engine::find().await {
            Ok(engine) => engine,
            Err(error) => return error,
        };
        let words = self.words(output);
        if let Some(port) = self.settings.port
            && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err()
        {
            let reason = format!("port {port} of this machine is in use");
            return failed(reason).with_hint(
                "Stop the program or pod that uses it (`podslate pods` lists the pods), or choose \
                 another `port` in `podslate.toml`.",
            );
        }
        if let Some(gpus) = &self.settings.gpus {
            let reason = format!("Docker refuses `--gpus {gpus}`: {words}");
            return failed(reason).with_hint(
                "Install the graphics driver and, with a card of NVIDIA, its Container Toolkit, or \
                 remove `gpus` from `podslate.toml`.",
            );
        }
        let error = self.docker_error(output);
        if engine.is_desktop {
            return error.with_hint(
                "If the folder of the workspace is not shared, add it in Docker Desktop under \
                 Settings, Resources, File sharing.",
            );
        }
        error
    }

    /// Removes the workspace that was created for a pod, if it is still empty.
    fn remove_created(&self) {
        if let Some(dir) = self.created.get() {
            #[expect(
                clippy::disallowed_methods,
                reason = "only an empty folder, which this program created"
            )]
            let _ = std::fs::remove_dir(dir);
        }
    }
}

#[async_trait]
impl Provider for DockerCommand {
    fn name(&self) -> &'static str {
        "Docker"
    }

    async fn pods(&self) -> Result<Vec<Pod>> {
        let filter = format!("name=^/?{PREFIX}");
        let arguments = ["ps", "--all", "--filter", &filter, "--format", "{{json .}}"];
        let list = self.stdout(&arguments).await?;
        let list = String::from_utf8_lossy(&list);
        let rows = list
            .lines()
            .filter_map(|row| serde_json::from_str(row).ok());
        let names: Vec<String> = rows
            .filter_map(|row: Value| row["Names"].as_str().map(str::to_owned))
            // The filter of some versions matches more names.
            .filter(|name| name.starts_with(PREFIX))
            .collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        self.inspect(&names.iter().map(String::as_str).collect::<Vec<_>>())
            .await
    }

    async fn start(&self, spec: &PodSpec) -> Result<Pod> {
        if create_source(&spec.workspace)? {
            let _ = self.created.set(spec.workspace.clone());
        }
        let started = match self.create(spec).await {
            Ok(()) => self.launch(&Pod::name_for(&spec.project)).await,
            Err(error) => Err(error),
        };
        if started.is_err() {
            self.remove_created();
        }
        started
    }

    async fn resume(&self, id: &str) -> Result<()> {
        self.launch(id).await.map(drop)
    }

    async fn stop(&self, id: &str) -> Result<()> {
        self.stdout(&["stop", id]).await.map(drop)
    }

    async fn discard(&self, id: &str) -> bool {
        let removed = self.stdout(&["rm", id]).await;
        self.remove_created();
        removed.is_ok()
    }

    async fn get(&self, id: &str) -> Result<Pod> {
        let pod = self.find(id).await?;
        pod.ok_or_else(|| failed("the pod does not exist any more"))
    }

    async fn log(&self, id: &str, lines: usize) -> Result<String> {
        let count = lines.to_string();
        let arguments = ["logs", "--timestamps", "--tail", &count, id];
        let output = command::run(&arguments, None, TIMEOUT).await?;
        if !output.status.success() {
            Engine::find().await?;
            return Err(self.docker_error(&output));
        }
        Ok(container::log(&output))
    }

    fn renewal(&self, id: &str) -> Option<String> {
        let line = quote::lines(Shell::LOCAL, &["docker", "rm", id]).join(" or ");
        Some(format!(
            "If it does not start with the present settings, remove it with `{line}`: the projects \
             stay, and the next run starts a new one."
        ))
    }

    async fn plan(&self, spec: &PodSpec) -> Result<String> {
        let user = user(&spec.workspace, Engine::find().await?);
        let arguments = self.arguments(spec, user);
        let mut words = vec!["docker", "run", "-d"];
        words.extend(arguments.iter().map(String::as_str));
        Ok(quote::lines(Shell::LOCAL, &words).join("\n"))
    }
}

/// Whether Docker runs on another machine than this program, as its paths show.
fn is_elsewhere(path: &Path) -> bool {
    !cfg!(windows) && path.to_str().is_some_and(host_path::is_windows_absolute)
}

/// Creates the folder that a pod mounts, which Docker does not; whether it was missing.
#[expect(
    clippy::disallowed_methods,
    reason = "the workspace itself, no project"
)]
fn create_source(path: &Path) -> Result<bool> {
    let unavailable = |reason| ApiError::WorkspaceUnavailable { reason };
    let Some(text) = path.to_str() else {
        let reason = "its path is not valid Unicode".to_owned();
        return Err(unavailable(reason).into());
    };
    host_path::check(text)?;
    if is_elsewhere(path) || podslate_disk::is_named_folder(path) {
        return Ok(false);
    }
    std::fs::create_dir_all(path).map_err(|error| {
        let reason = format!("`{}` cannot be created ({})", path.display(), error.kind());
        unavailable(reason)
    })?;
    Ok(true)
}

/// The user and group that may write to the workspace: its owner, or who will create it. `None`
/// where Docker takes care of that itself.
#[cfg(unix)]
#[expect(
    clippy::disallowed_methods,
    reason = "the workspace itself, no project"
)]
fn user(workspace: &Path, engine: Engine) -> Option<String> {
    use std::os::unix::fs::MetadataExt;

    if engine.is_desktop || is_elsewhere(workspace) {
        return None;
    }
    if engine.is_rootless {
        return Some("0:0".to_owned());
    }
    let own = || {
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        (user.as_raw(), group.as_raw())
    };
    let metadata = std::fs::metadata(workspace);
    let owner = metadata.map(|metadata| (metadata.uid(), metadata.gid()));
    let (user, group) = owner.unwrap_or_else(|_| own());
    Some(format!("{user}:{group}"))
}

#[cfg(not(unix))]
fn user(_: &Path, _: Engine) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use podslate_shared::ProjectName;

    fn arguments(workspace: &str, port: Option<u16>, user: Option<&str>) -> Vec<String> {
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
        DockerCommand::new(settings, None, TIMEOUT).arguments(&spec, user.map(str::to_owned))
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
            let words = arguments(dir, Some(8080), None);
            assert_eq!(
                words.join("|"),
                format!(
                    "--name|podslate-Robot|-e|PROJECT_NAME=Robot|-e|PODSLATE_TOKEN|-p|\
                     127.0.0.1:8080:8080|--mount|type=bind,{source},target=/workspace|\
                     studio/podslate"
                )
            );
        }
        let words = arguments("/w", None, Some("7:8"));
        assert_eq!(words[7], "127.0.0.1::8080");
        assert_eq!(words[10..12], ["--user", "7:8"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_pod_runs_as_the_owner_of_the_workspace_unless_docker_sees_to_it() {
        use std::os::unix::fs::MetadataExt;

        let home = tempfile::tempdir().unwrap();
        let metadata = home.path().metadata().unwrap();
        let owner = format!("{}:{}", metadata.uid(), metadata.gid());
        let of = |engine| user(home.path(), engine);
        assert_eq!(of(Engine::default()), Some(owner));
        let engine = |is_desktop, is_rootless| Engine {
            is_desktop,
            is_rootless,
        };
        assert_eq!(of(engine(true, false)), None);
        assert_eq!(of(engine(false, true)).as_deref(), Some("0:0"));
        let windows = Path::new(r"E:\3D");
        assert_eq!(user(windows, Engine::default()), None);
    }
}
