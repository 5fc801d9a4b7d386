//! The engine that the `docker` command talks to: which one it is, or why it does not respond.

use std::path::Path;

use serde_json::Value;

use super::command::{self, TIMEOUT, failed};
use crate::error::{Error, Result};
use crate::pods::log;
use crate::text::clean;

/// What is different about an engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Engine {
    /// It runs in a virtual machine that gives its containers the rights of the person.
    pub is_desktop: bool,
    /// It runs as the person, who is root in its containers.
    pub is_rootless: bool,
}

impl Engine {
    /// The engine.
    ///
    /// # Errors
    /// It does not respond.
    pub async fn find() -> Result<Self> {
        let arguments = ["version", "--format", "{{json .}}"];
        let output = command::run(&arguments, None, TIMEOUT).await?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            return Err(unreachable(&log::tail(&stderr, None)).await);
        }
        let version = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Ok(Self::from_version(&version))
    }

    fn from_version(version: &Value) -> Self {
        let server = &version["Server"];
        let platform = server["Platform"]["Name"].as_str().unwrap_or_default();
        let components = server["Components"].as_array().into_iter().flatten();
        Self {
            is_desktop: platform.starts_with("Docker Desktop"),
            is_rootless: components
                .filter_map(|component| component["Name"].as_str())
                .any(|name| name == "rootlesskit"),
        }
    }
}

/// Error for an engine that did not respond, with Docker's own `words` where no better is known.
async fn unreachable(words: &str) -> Error {
    let arguments = [
        "context",
        "inspect",
        "--format",
        "{{json .Endpoints.docker.Host}}",
    ];
    let output = command::run(&arguments, None, TIMEOUT).await;
    let host = output.ok().filter(|output| output.status.success());
    let host = host.and_then(|output| serde_json::from_slice::<String>(&output.stdout).ok());
    let Some(host) = host.map(|host| clean(&host)) else {
        return failed(format!("Docker reports: {words}"));
    };
    let socket = host.strip_prefix("unix://").map(Path::new);
    if socket.is_some_and(is_forbidden) {
        let reason = format!("you may not use the Docker Engine at `{host}`");
        return failed(reason).with_hint(
            "Ask for membership of the group that owns this socket, usually `docker` (`sudo \
             usermod -aG docker USER`), and sign in again.",
        );
    }
    if socket.is_some() || host.starts_with("npipe:") {
        let hint = if cfg!(target_os = "linux") {
            "Start Docker, for example with `sudo systemctl start docker`, and try again."
        } else {
            "Start Docker Desktop and try again."
        };
        return failed(format!("the Docker Engine at `{host}` is not running")).with_hint(hint);
    }
    failed(format!(
        "the Docker Engine at `{host}` does not respond: {words}"
    ))
}

#[cfg(unix)]
fn is_forbidden(socket: &Path) -> bool {
    let connected = std::os::unix::net::UnixStream::connect(socket);
    connected.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

#[cfg(not(unix))]
fn is_forbidden(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Docker's published descriptions of its versions; neither was run.
    #[test]
    fn docker_desktop_and_a_rootless_engine_are_told_by_their_versions() {
        let engine = |platform: &str, component: &str| {
            Engine::from_version(&json!({"Server": {
                "Platform": {"Name": platform},
                "Components": [{"Name": "Engine"}, {"Name": component}],
            }}))
        };
        let desktop = engine("Docker Desktop 4.38.0 (181591)", "runc");
        assert!(desktop.is_desktop && !desktop.is_rootless);
        let rootless = engine("Docker Engine - Community", "rootlesskit");
        assert!(!rootless.is_desktop && rootless.is_rootless);
        assert_eq!(engine("", "runc"), Engine::default());
        assert_eq!(
            Engine::from_version(&json!({"Server": null})),
            Engine::default()
        );
    }
}
