//! Containers as Docker describes them in JSON.

use std::process::Output;

use reqwest::Url;
use serde_json::Value;

use crate::defaults::PORT;
use crate::env_vars;
use crate::pods::pod::{Pod, PodState};
use crate::text::clean;

/// How a container is called that was created and did not start.
const NEVER_STARTED: &str = "it was never started";

/// The containers in the output of `docker inspect`.
pub fn pods(json: &[u8]) -> Vec<Pod> {
    let containers: Value = serde_json::from_slice(json).unwrap_or_default();
    let containers = containers.as_array().into_iter().flatten();
    containers.filter_map(pod).collect()
}

/// Whether a container was created and has never run.
pub fn has_never_run(pod: &Pod) -> bool {
    pod.state == PodState::Stopped(NEVER_STARTED.to_owned())
}

/// Lines that a container has printed, which `docker logs --timestamps` writes to two streams.
pub fn log(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let lines = streams.iter().flat_map(|stream| stream.lines());
    let mut lines: Vec<(&str, &str)> = lines
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
        .collect();
    lines.sort_by_key(|(time, _)| *time);
    let lines: Vec<&str> = lines.into_iter().map(|(_, line)| line).collect();
    lines.join("\n")
}

fn pod(json: &Value) -> Option<Pod> {
    let port = &json["NetworkSettings"]["Ports"][format!("{PORT}/tcp")][0]["HostPort"];
    let url = port
        .as_str()
        .and_then(|port| port.parse::<u16>().ok())
        .and_then(|port| Url::parse(&format!("http://127.0.0.1:{port}/")).ok());
    let name = clean(json["Name"].as_str()?.trim_start_matches('/'));
    let variables = json["Config"]["Env"].as_array().into_iter().flatten();
    let mut variables = variables.filter_map(Value::as_str);
    let project = variables.find_map(|variable| {
        let (name, value) = variable.split_once('=')?;
        (name == env_vars::PROJECT_NAME).then(|| clean(value))
    });
    Some(Pod {
        id: Some(name.clone()),
        project: project.or_else(|| Pod::project_of(&name)),
        name: Some(name),
        url,
        state: state(&json["State"])?,
        created: json["Created"].as_str().map(clean),
    })
}

fn state(state: &Value) -> Option<PodState> {
    let stopped = || {
        let code = state["ExitCode"].as_i64().unwrap_or_default();
        let error = state["Error"].as_str().filter(|text| !text.is_empty());
        let ending = error.map_or_else(|| format!("it ended with exit code {code}"), clean);
        PodState::Stopped(ending)
    };
    Some(match state["Status"].as_str()? {
        "running" => PodState::Running,
        "created" => PodState::Stopped(NEVER_STARTED.to_owned()),
        "exited" => stopped(),
        "dead" | "removing" => PodState::Broken("Docker cannot use it any more".to_owned()),
        "paused" => PodState::Broken("it is paused; resume it with `docker unpause`".to_owned()),
        other => PodState::Starting(clean(other)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn container(state: &Value) -> Option<Pod> {
        let json = json!([{
            "Name": "/podslate-Robot",
            "Created": "2026-11-25T20:06:20.928051306Z",
            "State": state,
            "Config": {"Env": ["PATH=/bin", "PROJECT_NAME=Hero"]},
            "NetworkSettings": {"Ports": {"8080/tcp": [
                {"HostIp": "127.0.0.1", "HostPort": "49153"}
            ]}},
        }]);
        pods(json.to_string().as_bytes()).pop()
    }

    #[test]
    fn a_container_is_read_as_a_pod() {
        let of_status = |status: &str| {
            let pod = container(&json!({"Status": status, "ExitCode": 3, "Error": ""}));
            pod.expect("a pod")
        };
        let pod = of_status("running");
        assert_eq!(pod.name.as_deref(), Some("podslate-Robot"));
        assert_eq!(pod.project.as_deref(), Some("Hero"));
        assert_eq!(pod.url.unwrap().as_str(), "http://127.0.0.1:49153/");
        assert_eq!(pod.state, PodState::Running);
        let state = |status: &str| of_status(status).state;
        let ended = PodState::Stopped("it ended with exit code 3".to_owned());
        assert_eq!(state("exited"), ended);
        assert!(has_never_run(&of_status("created")));
        assert!(matches!(state("restarting"), PodState::Starting(_)));
        assert!(matches!(state("dead"), PodState::Broken(_)));
        assert!(matches!(state("paused"), PodState::Broken(_)));
        let error = container(&json!({"Status": "exited", "Error": "no\u{1b} space"}));
        let reason = PodState::Stopped("no space".to_owned());
        assert_eq!(error.expect("a pod").state, reason);
        assert_eq!(pods(b"[]\n"), []);
        assert_eq!(pods(b"[{}]"), []);
    }
}
