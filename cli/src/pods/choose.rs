//! The pod that a command means.

use super::connect::several_pods;
use super::pod::{Pod, PodState};
use crate::error::{Error, Result};

/// The pod that is meant: the one of that name, else the one of that project, else the only one
/// that has not stopped.
///
/// # Errors
/// None or several are meant; then the hint has the `command` with each of them.
pub fn choose(
    provider: &str,
    mut pods: Vec<Pod>,
    name: Option<&str>,
    command: &str,
) -> Result<Pod> {
    let has_stopped = |pod: &Pod| matches!(pod.state, PodState::Stopped(_));
    let Some(name) = name else {
        pods.retain(|pod| !has_stopped(pod));
        let provider = provider.to_owned();
        return only(pods, command, || Error::NoPodRunning { provider });
    };
    let is_called = |pod: &Pod| pod.handle() == name || pod.name.as_deref() == Some(name);
    let has_project = |pod: &Pod| pod.project.as_deref() == Some(name);
    let was_started_for = |pod: &Pod| {
        let project = pod.name.as_deref().and_then(Pod::project_of);
        project.as_deref() == Some(name)
    };
    let matches: [&dyn Fn(&Pod) -> bool; 3] = [&is_called, &has_project, &was_started_for];
    let found = matches
        .iter()
        .find(|matches| pods.iter().any(|pod| matches(pod)));
    pods.retain(|pod| found.is_some_and(|matches| matches(pod)));
    if pods.len() > 1 && pods.iter().any(|pod| !has_stopped(pod)) {
        pods.retain(|pod| !has_stopped(pod));
    }
    let name = name.to_owned();
    only(pods, command, || Error::PodNotFound { name })
}

fn only(mut pods: Vec<Pod>, command: &str, none: impl FnOnce() -> Error) -> Result<Pod> {
    if pods.len() > 1 {
        let handles = pods
            .iter()
            .map(|pod| format!("podslate {command} {}", pod.handle()));
        let handles: Vec<String> = handles.collect();
        let hint = format!("Name one: `{}`.", handles.join("` or `"));
        return Err(several_pods(&pods).with_hint(hint));
    }
    pods.pop().ok_or_else(none)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(id: &str, name: &str, project: &str, state: PodState) -> Pod {
        Pod {
            id: Some(id.to_owned()),
            name: Some(name.to_owned()),
            url: None,
            state,
            project: Some(project.to_owned()),
            created: None,
        }
    }

    fn pods() -> Vec<Pod> {
        let stopped = || PodState::Stopped("it ended".to_owned());
        vec![
            pod("a1", "podslate-Robot", "Hero", PodState::Running),
            pod("b2", "podslate-Hero", "Hero", stopped()),
            pod("c3", "podslate-Twin", "Twin", PodState::Running),
            pod("d4", "podslate-Twin", "Twin", PodState::Running),
            pod("e5", "podslate-Old", "Old", stopped()),
        ]
    }

    #[test]
    fn a_pod_is_found_by_its_identifier_its_name_and_its_project() {
        let chosen = |name: &str| {
            choose("Docker", pods(), Some(name), "stop")
                .unwrap()
                .id
                .unwrap()
        };
        assert_eq!(chosen("d4"), "d4");
        assert_eq!(chosen("podslate-Robot"), "a1");
        assert_eq!(chosen("podslate-Hero"), "b2");
        // The one that runs comes before the one that has stopped.
        assert_eq!(chosen("Hero"), "a1");
        assert_eq!(chosen("Robot"), "a1");
        assert_eq!(chosen("Old"), "e5");
    }

    #[test]
    fn none_and_several_are_refused_with_what_to_do() {
        let refused = |pods: Vec<Pod>, name: Option<&str>| {
            let error = choose("Docker", pods, name, "stop").unwrap_err();
            assert_eq!(error.exit_code(), 1);
            (error.code(), error.hint().unwrap())
        };
        assert_eq!(refused(pods(), Some("Twins")).0, "pod_not_found");
        assert_eq!(refused(pods(), Some("")).0, "pod_not_found");
        assert_eq!(refused(Vec::new(), None).0, "no_pod_running");
        for name in [None, Some("Twin"), Some("podslate-Twin")] {
            let (code, hint) = refused(pods(), name);
            assert_eq!(code, "pod_ambiguous");
            assert!(
                hint.contains("`podslate stop c3` or `podslate stop d4`"),
                "{hint}"
            );
        }
        let only = vec![pods().remove(0), pods().remove(1)];
        assert_eq!(
            choose("Docker", only, None, "stop").unwrap().id.unwrap(),
            "a1"
        );
    }
}
