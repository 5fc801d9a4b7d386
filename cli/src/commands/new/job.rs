//! Creation of a project on a pod: one that is running, or one that is started for it.

use std::path::PathBuf;

use podslate_shared::{ErrorCode, ProjectName};

use super::report::{Outcome, Report};
use crate::args::{New, Via};
use crate::error::{Error, Result};
use crate::pods::{Client, Pod, PodState, no_running_pod, provider, several_pods};
use crate::progress::Stages;
use crate::prompt;
use crate::settings::Settings;
use crate::target::no_pod_configured;

/// State of one run of the command.
pub struct Job<'a> {
    pub name: &'a ProjectName,
    pub args: &'a New,
    pub settings: &'a Settings,
    /// Workspace of this machine, which a pod on this machine mounts.
    pub dir: PathBuf,
    pub stages: Stages,
    /// Pod that was started, to be reported whatever happens next.
    pub pod: Option<Pod>,
}

impl Job<'_> {
    /// Creates the project on a pod, unless there is none to use.
    pub async fn run(&mut self) -> Result<Found> {
        let mut unreachable = None;
        if let Some(known) = self.settings.pod.clone()
            && self.args.via != Some(Via::Start)
        {
            let client = Client::new(&known.url, known.token, self.settings.timeout)?;
            match client.health().await {
                Ok(()) => {
                    let pod = Pod::at(known.url);
                    let why = format!("the pod at {} responds", pod.label());
                    let report = self.by_api(&client, pod, &why).await?;
                    return Ok(Found::Pod(Box::new(report)));
                }
                Err(error) if self.may_continue_without(&error) => unreachable = Some(error),
                Err(error) => return Err(error),
            }
        }
        let error = match self.by_provider(unreachable).await {
            Ok(report) => return Ok(Found::Pod(Box::new(report))),
            Err(error) => error,
        };
        match (self.args.via, error.no_pod_reason()) {
            (None, Some(why)) => Ok(Found::None(Box::new(Fallback {
                why: Some(why),
                pod: self.pod.take(),
            }))),
            _ => Err(error),
        }
    }

    /// Whether another pod or this machine may be used if the pod at the known address does not
    /// respond. A pod that was named for this command is the only one that is meant.
    fn may_continue_without(&self, error: &Error) -> bool {
        matches!(error, Error::PodUnreachable { .. })
            && self.settings.has_fallback()
            && (self.args.via.is_none() || self.settings.starter.is_some())
    }

    async fn by_provider(&mut self, unreachable: Option<Error>) -> Result<Report> {
        let via = self.args.via;
        let Some(provider) = provider(self.settings)? else {
            return Err(unreachable.unwrap_or_else(no_pod_configured));
        };
        let provider = provider.as_ref();
        self.stages
            .stage(&format!("Looking for pods of {}", provider.name()));
        let mut pods = provider.pods().await?;
        let own_name = Some(Pod::name_for(self.name));
        if via != Some(Via::Api)
            && let Some(pod) = pods.iter().find(|pod| pod.name == own_name)
        {
            return self.continue_with(provider, pod.clone()).await;
        }
        if via == Some(Via::Start) {
            return self.start(provider).await;
        }
        pods.retain(|pod| pod.state == PodState::Running);
        match &pods[..] {
            [pod] => {
                let why = format!("the pod `{}` is running", pod.label());
                if self.args.dry_run {
                    return Ok(self.planned(Via::Api, &why, Some(pod.clone()), None));
                }
                let (pod, client) = self.ready(provider, pod).await?;
                self.by_api(&client, pod, &why).await
            }
            [] if via == Some(Via::Api) => {
                Err(no_running_pod(provider).with_hint("Without `--via api`, a pod is started."))
            }
            [] => self.start(provider).await,
            pods => Err(several_pods(pods)),
        }
    }

    /// Creates the project by the API of a pod whose server responds.
    pub async fn by_api(&mut self, client: &Client, pod: Pod, why: &str) -> Result<Report> {
        let check = client.check(self.name).await?;
        let (problem, adoptable) =
            check.map_or((None, None), |check| (check.problem, check.adoptable));
        if let Some(problem) = problem {
            return Err(with_advice(problem.into()));
        }
        if self.args.dry_run {
            return Ok(self.planned(Via::Api, why, Some(pod), None));
        }
        let adopt = match &adoptable {
            Some(default) => self.args.adopt_default || self.confirm_adoption(default)?,
            // The pod says why it cannot.
            None => self.args.adopt_default,
        };
        self.stages
            .stage(&format!("Creating `{}` on the pod", self.name));
        let change = client.create(self.name, adopt).await.map_err(with_advice)?;
        let result = Outcome::ByPod {
            action: "created",
            change,
        };
        Ok(Report::new(result, Via::Api, why, Some(pod)))
    }

    fn confirm_adoption(&self, default: &str) -> Result<bool> {
        let question = format!(
            "The pod has the pristine project `{default}`. Rename it to `{}` instead of creating a \
             second project?",
            self.name
        );
        self.stages.suspend(|| prompt::confirm(&question, true))
    }

    pub fn planned(&self, via: Via, why: &str, pod: Option<Pod>, how: Option<String>) -> Report {
        Report::new(Outcome::planned(self.name, via, how), via, why, pod)
    }
}

/// Result of looking for a pod.
pub enum Found {
    /// A pod created the project, or would.
    Pod(Box<Report>),
    /// No pod can be used, so this machine is next.
    None(Box<Fallback>),
}

/// Circumstances under which a project is created on this machine.
#[derive(Default)]
pub struct Fallback {
    /// Reason, as part of a sentence; `None` if no pod is configured.
    pub why: Option<String>,
    /// Pod that was started nevertheless.
    pub pod: Option<Pod>,
}

/// Adds the case of an interrupted run to the hint for a taken name.
fn with_advice(error: Error) -> Error {
    if !error.is(ErrorCode::NameTaken) {
        return error;
    }
    let hint = error.hint().unwrap_or_default();
    error.with_hint(format!(
        "{hint} If an earlier run of this command was interrupted, this is the project that it \
         created, and nothing is left to do."
    ))
}
