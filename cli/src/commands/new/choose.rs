//! Choice of the pod that creates a project.

use super::job::{Fallback, Found, Job, no_pod_configured};
use super::report::Report;
use crate::args::Via;
use crate::error::Error;
use crate::pods::{Client, Pod, PodState, Provider, no_running_pod, provider, several_pods};

impl Job<'_> {
    /// Creates the project on a pod, unless there is none to use.
    pub async fn run(&mut self) -> Result<Found, Error> {
        let mut unreachable = None;
        if let Some(url) = self.settings.url.clone()
            && self.args.via != Some(Via::Start)
        {
            let token = self.settings.token.clone();
            let client = Client::new(&url, token, self.settings.timeout)?;
            match client.health().await {
                Ok(()) => {
                    let pod = Pod::at(url);
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
            (None, Some(why)) => Ok(Found::None(Fallback {
                why: Some(why),
                pod: self.pod.take(),
            })),
            _ => Err(error),
        }
    }

    /// Whether another pod or this machine may be used if the pod at the known address does not
    /// respond. A pod that was named for this command is the only one that is meant.
    fn may_continue_without(&self, error: &Error) -> bool {
        matches!(error, Error::PodUnreachable { .. })
            && !self.settings.is_explicit
            && (self.args.via.is_none() || self.settings.provider.is_some())
    }

    async fn by_provider(&mut self, unreachable: Option<Error>) -> Result<Report, Error> {
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
            [pod] => self.by_running_pod(provider, pod).await,
            [] if via == Some(Via::Api) => {
                Err(no_running_pod(provider).with_hint("Without `--via api`, a pod is started."))
            }
            [] => self.start(provider).await,
            pods => Err(several_pods(pods)),
        }
    }

    async fn by_running_pod(
        &mut self,
        provider: &dyn Provider,
        pod: &Pod,
    ) -> Result<Report, Error> {
        let why = format!("the pod `{}` is running", pod.label());
        if self.args.dry_run {
            return Ok(self.planned(Via::Api, &why, Some(pod.clone()), None));
        }
        let (pod, client) = self.ready(provider, pod).await?;
        self.by_api(&client, pod, &why).await
    }
}
