//! States of pods, from what a cluster reports about their objects.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ContainerStatus, Event, PersistentVolumeClaim, Pod};

use super::cluster::{QUOTA, QUOTA_HINT};
use crate::pods::pod::PodState;
use crate::text::{clause, clean};

/// Reasons for which a container waits that do not go away by waiting, and what to do.
const IMAGE_HINT: &str = "check `image`, `pull_policy` and `pull_secrets` in `podslate.toml`";
const HOPELESS: [(&str, &str); 6] = [
    ("ErrImageNeverPull", IMAGE_HINT),
    ("ImageInspectError", IMAGE_HINT),
    ("ImagePullBackOff", IMAGE_HINT),
    ("InvalidImageName", IMAGE_HINT),
    (
        "CreateContainerConfigError",
        "check the settings of the pod",
    ),
    ("RunContainerError", "check the settings of the pod"),
];
/// The words for a pod that is to have none.
const STOPPED: &str = "it was stopped";
const ENDING: &str = "it has been stopped, and its container is still ending";

/// What a cluster has of a pod.
pub struct Parts<'a> {
    pub deployment: &'a Deployment,
    /// Pods of the Deployment, in any state.
    pub pods: &'a [Pod],
    /// Events of the pod and its claim, if they were asked for.
    pub events: &'a [Event],
    pub claim: Option<&'a PersistentVolumeClaim>,
}

impl Parts<'_> {
    pub fn state(&self) -> PodState {
        if !is_wanted(self.deployment) {
            let how = if self.pods.is_empty() {
                STOPPED
            } else {
                ENDING
            };
            return PodState::Stopped(how.to_owned());
        }
        if let Some(problem) = replica_failure(self.deployment) {
            return PodState::Broken(problem);
        }
        let Some(pod) = current(self.pods) else {
            return PodState::Starting("that there is no pod yet".to_owned());
        };
        if is_ready(pod) {
            return PodState::Running;
        }
        if let Some(problem) = container_failure(pod) {
            return PodState::Broken(problem);
        }
        PodState::Starting(self.stage(pod))
    }

    /// What the pod waits for, after the word "reports".
    fn stage(&self, pod: &Pod) -> String {
        if let Some(claim) = self.claim.filter(|claim| is_pending(claim)) {
            let name = claim.metadata.name.as_deref().unwrap_or_default();
            let event = self.latest("PersistentVolumeClaim");
            let event = event.map(|text| format!(" ({text})")).unwrap_or_default();
            return format!(
                "that the claim `{name}` has no volume yet{event}; check `storage` in \
                 `podslate.toml`"
            );
        }
        if let Some(message) = unscheduled(pod) {
            return format!(
                "that no node can run it ({message}); check `resources`, `node_selector` and \
                 `tolerations` in `podslate.toml`"
            );
        }
        let waiting = || {
            let status = status(pod)?.state.as_ref()?.waiting.as_ref()?;
            status.reason.as_deref().map(clean)
        };
        let event = self.latest("Pod").or_else(waiting);
        event.unwrap_or_else(|| "that its container is starting".to_owned())
    }

    /// The latest event of an object of a kind.
    fn latest(&self, kind: &str) -> Option<String> {
        let events = self.events.iter();
        let events = events.filter(|event| event.involved_object.kind.as_deref() == Some(kind));
        let event = events.max_by_key(|event| {
            let time = event.last_timestamp.as_ref().map(|time| time.0);
            let version = event.metadata.resource_version.as_deref();
            let version = version.and_then(|version| version.parse::<u64>().ok());
            (time, version)
        })?;
        event.message.as_deref().map(clause)
    }
}

/// Whether the Deployment is to have a pod.
fn is_wanted(deployment: &Deployment) -> bool {
    let spec = deployment.spec.as_ref();
    spec.is_none_or(|spec| spec.replicas != Some(0))
}

/// Why the pod cannot even be created.
fn replica_failure(deployment: &Deployment) -> Option<String> {
    let status = deployment.status.as_ref()?;
    let mut conditions = status.conditions.iter().flatten();
    let failure = conditions
        .find(|condition| condition.type_ == "ReplicaFailure" && condition.status == "True")?;
    let message = clause(failure.message.as_deref().unwrap_or_default());
    Some(if message.contains(QUOTA) {
        let hint = clause(QUOTA_HINT);
        format!("the quota of its namespace is used up: {message}. {hint}")
    } else {
        format!("the cluster refuses to create it: {message}")
    })
}

/// The pod that is not ending; the newest one if there are several.
pub fn current(pods: &[Pod]) -> Option<&Pod> {
    let staying = pods
        .iter()
        .filter(|pod| pod.metadata.deletion_timestamp.is_none());
    staying.max_by_key(|pod| pod.metadata.creation_timestamp.as_ref().map(|time| time.0))
}

pub fn is_ready(pod: &Pod) -> bool {
    condition(pod, "Ready").is_some_and(|(is_true, _)| is_true)
}

/// Whether a container of the pod has ever run.
pub fn has_run(pod: &Pod) -> bool {
    status(pod).is_some_and(|status| {
        let states = [status.state.as_ref(), status.last_state.as_ref()];
        let mut states = states.into_iter().flatten();
        states.any(|state| state.running.is_some() || state.terminated.is_some())
    })
}

/// The name of the node whose pod does not end.
pub fn node(pod: &Pod) -> Option<String> {
    pod.spec.as_ref()?.node_name.as_deref().map(clean)
}

fn is_pending(claim: &PersistentVolumeClaim) -> bool {
    let phase = claim
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    phase != Some("Bound")
}

/// Why no node runs the pod.
fn unscheduled(pod: &Pod) -> Option<String> {
    let (is_true, message) = condition(pod, "PodScheduled")?;
    (!is_true).then(|| clause(message))
}

/// Whether a condition is true, and its message.
fn condition<'a>(pod: &'a Pod, name: &str) -> Option<(bool, &'a str)> {
    let mut conditions = pod.status.as_ref()?.conditions.iter().flatten();
    let condition = conditions.find(|condition| condition.type_ == name)?;
    let message = condition.message.as_deref().unwrap_or_default();
    Some((condition.status == "True", message))
}

/// The status of the pod's only container.
fn status(pod: &Pod) -> Option<&ContainerStatus> {
    pod.status.as_ref()?.container_statuses.as_ref()?.first()
}

/// How the container failed, if waiting does not help.
fn container_failure(pod: &Pod) -> Option<String> {
    let status = status(pod)?;
    let state = status.state.as_ref()?;
    if let Some(waiting) = &state.waiting {
        let reason = waiting.reason.as_deref().unwrap_or_default();
        if let Some((_, hint)) = HOPELESS.iter().find(|(hopeless, _)| *hopeless == reason) {
            let message = clause(waiting.message.as_deref().unwrap_or_default());
            return Some(format!("{reason}: {message}; {hint}"));
        }
    }
    let last = status.last_state.as_ref();
    let ended = last.and_then(|last| last.terminated.as_ref());
    let ended = state.terminated.as_ref().or(ended)?;
    // A killed container starts again; one that ends by itself will do so again.
    Some(format!("it ended with exit code {}", ended.exit_code))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn deployment(replicas: u32, conditions: Value) -> Deployment {
        let spec = json!({
            "replicas": replicas,
            "selector": {},
            "template": {},
        });
        let deployment = json!({"spec": spec, "status": {"conditions": conditions}});
        serde_json::from_value(deployment).unwrap()
    }

    fn pod(status: Value) -> Pod {
        serde_json::from_value(json!({"metadata": {"name": "p"}, "status": status})).unwrap()
    }

    fn state(deployment: &Deployment, pods: &[Pod]) -> PodState {
        let (events, claim) = (&[], None);
        let parts = Parts {
            deployment,
            pods,
            events,
            claim,
        };
        parts.state()
    }

    fn container(state: Value) -> Pod {
        pod(json!({"containerStatuses": [{
            "name": "podslate", "image": "i", "imageID": "", "ready": false, "restartCount": 1,
            "state": state,
        }]}))
    }

    #[test]
    fn a_pod_runs_when_it_is_ready() {
        let one = deployment(1, json!([]));
        let ready = pod(json!({"conditions": [{"type": "Ready", "status": "True"}]}));
        assert_eq!(state(&one, std::slice::from_ref(&ready)), PodState::Running);
        assert!(matches!(state(&one, &[]), PodState::Starting(_)));
        let none = deployment(0, json!([]));
        assert_eq!(state(&none, &[]), PodState::Stopped(STOPPED.to_owned()));
        assert_eq!(state(&none, &[ready]), PodState::Stopped(ENDING.to_owned()));
    }

    #[test]
    fn what_does_not_go_away_is_told_from_what_may() {
        let one = deployment(1, json!([]));
        let waiting = |reason: &str| {
            let waiting = json!({"waiting": {"reason": reason, "message": "no\u{1b} image."}});
            state(&one, &[container(waiting)])
        };
        assert_eq!(
            waiting("ImagePullBackOff"),
            PodState::Broken(format!("ImagePullBackOff: no image; {IMAGE_HINT}"))
        );
        assert_eq!(
            waiting("ErrImagePull"),
            PodState::Starting("ErrImagePull".to_owned())
        );
        let ended = container(json!({"terminated": {"exitCode": 3}}));
        assert_eq!(
            state(&one, &[ended]),
            PodState::Broken("it ended with exit code 3".to_owned())
        );
        let unscheduled = json!({"conditions": [
            {"type": "PodScheduled", "status": "False", "message": "0/1 nodes."}
        ]});
        let PodState::Starting(text) = state(&one, &[pod(unscheduled)]) else {
            panic!("it may be scheduled later");
        };
        assert!(
            text.starts_with("that no node can run it (0/1 nodes);"),
            "{text}"
        );
    }

    #[test]
    fn a_quota_has_its_own_sentence() {
        let condition = |message: &str| {
            let condition = json!({
                "type": "ReplicaFailure", "status": "True", "message": message,
            });
            match state(&deployment(1, json!([condition])), &[]) {
                PodState::Broken(reason) => reason,
                other => panic!("{other:?}"),
            }
        };
        let quota = condition("pods \"x\" is forbidden: exceeded quota: small");
        assert!(
            quota.starts_with("the quota of its namespace is used up: "),
            "{quota}"
        );
        let policy = condition("violates PodSecurity");
        assert_eq!(
            policy,
            "the cluster refuses to create it: violates PodSecurity"
        );
    }
}
