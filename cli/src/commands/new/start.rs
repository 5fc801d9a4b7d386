//! A project on a pod that is started for it, now or by an earlier run.

use std::time::{Duration, Instant};

use podslate_shared::{Completed, Created, Done, ErrorCode};

use super::job::Job;
use super::report::{Outcome, Report};
use crate::args::Via;
use crate::error::{Error, Result};
use crate::pods::{Client, Pod, PodSpec, PodState, Provider, TAIL, tail};
use crate::secret::Secret;
use crate::settings::ProviderSettings;
use crate::target::no_pod_configured;
use crate::text;

/// First pause between two requests for the state of a pod; it grows up to [`MAX_PAUSE`].
const MIN_PAUSE: Duration = Duration::from_millis(200);
const MAX_PAUSE: Duration = Duration::from_secs(5);

impl Job<'_> {
    /// Starts a pod that creates the project.
    pub async fn start(&mut self, provider: &dyn Provider) -> Result<Report> {
        let why = "no pod is running";
        let spec = PodSpec {
            project: self.name.clone(),
            token: self.token()?,
            workspace: self.dir.clone(),
        };
        if self.args.dry_run {
            let plan = Some(provider.plan(&spec).await?);
            return Ok(self.planned(Via::Start, why, None, plan));
        }
        self.stages.stage(&format!(
            "Starting the pod `{}` with {}",
            Pod::name_for(&spec.project),
            provider.name()
        ));
        let pod = provider.start(&spec).await?;
        self.announce(&pod);
        let (pod, client) = self.wait(provider, &pod, &spec.token, History::New).await?;
        self.find_or_create(&client, pod, why, true).await
    }

    /// Continues with the pod that an earlier run started for this project.
    pub async fn continue_with(&mut self, provider: &dyn Provider, pod: Pod) -> Result<Report> {
        let why = format!(
            "the pod `{}` was started for this project before",
            pod.label()
        );
        if self.args.dry_run {
            return Ok(self.planned(Via::Start, &why, Some(pod), None));
        }
        self.announce(&pod);
        let (pod, client) = self.ready(provider, &pod).await?;
        self.find_or_create(&client, pod, &why, false).await
    }

    /// A pod of the provider, as soon as its server responds.
    pub async fn ready(&mut self, provider: &dyn Provider, pod: &Pod) -> Result<(Pod, Client)> {
        let token = self.token()?;
        let mut history = History::Running;
        if let (PodState::Stopped(_), Some(id)) = (&pod.state, &pod.id) {
            self.stages
                .stage(&format!("Starting the pod `{}` again", pod.label()));
            provider.resume(id).await?;
            history = History::Resumed;
        }
        self.wait(provider, pod, &token, history).await
    }

    /// Waits until a pod is running and its server responds, which is later.
    async fn wait(
        &mut self,
        provider: &dyn Provider,
        pod: &Pod,
        token: &Secret,
        history: History,
    ) -> Result<(Pod, Client)> {
        let id = pod.id.clone().unwrap_or_default();
        let start = Instant::now();
        let mut pause = MIN_PAUSE;
        loop {
            let pod = provider.get(&id).await?;
            self.pod = Some(pod.clone());
            let status = match &pod.state {
                PodState::Starting(state) => format!("{} reports {state}", provider.name()),
                PodState::Stopped(_)
                    if history == History::Resumed
                        && start.elapsed() < provider.restart_grace() =>
                {
                    "it has not started again yet".to_owned()
                }
                PodState::Stopped(how) | PodState::Broken(how) => {
                    return Err(self.not_running(provider, &pod, how, history).await);
                }
                PodState::Running => match self.server(provider, &pod, token).await? {
                    Ok(client) => return Ok((pod, client)),
                    Err(status) => status,
                },
            };
            self.stages.stage(&format!("Waiting for the pod: {status}"));
            if start.elapsed() + pause >= self.settings.wait {
                return Err(self.not_ready(&pod, &status));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(MAX_PAUSE);
        }
    }

    /// Client of a running pod whose server responds, or what it still lacks.
    async fn server(
        &self,
        provider: &dyn Provider,
        pod: &Pod,
        token: &Secret,
    ) -> Result<Result<Client, String>> {
        let url = match provider.open(pod).await {
            Ok(Some(url)) => url,
            Ok(None) => return Ok(Err(format!("{} reports no address", provider.name()))),
            Err(Error::PodUnreachable { reason }) => return Ok(Err(reason)),
            Err(error) => return Err(error),
        };
        let client = Client::new(&url, Some(token.clone()), self.settings.timeout)?;
        match client.health().await {
            Ok(()) => Ok(Ok(client)),
            Err(error @ Error::PodUntrusted { .. }) => Err(error),
            Err(_) => {
                let status = "it is running, but its server does not respond yet";
                Ok(Err(status.to_owned()))
            }
        }
    }

    /// Finds the project, which the pod creates as it starts, or has the pod create it.
    async fn find_or_create(
        &mut self,
        client: &Client,
        pod: Pod,
        why: &str,
        is_new: bool,
    ) -> Result<Report> {
        self.stages
            .stage(&format!("Looking for `{}` on the pod", self.name));
        let (project_path, is_new) = match client.find(self.name).await? {
            Some(path) => (path, is_new),
            None => match client.create(self.name, false).await {
                Ok(created) => (created.result.project_path, true),
                Err(error) if error.is(ErrorCode::NameTaken) => {
                    let path = client.find(self.name).await?;
                    (path.ok_or(error)?, is_new)
                }
                Err(error) => return Err(error),
            },
        };
        let project_name = self.name.clone();
        let done = if is_new {
            Done::Created(Created {
                project_name,
                project_path,
            })
        } else {
            Done::Completed(Completed {
                project_name,
                project_path,
                added: Vec::new(),
            })
        };
        Ok(Report::new(Outcome::Done(done), Via::Start, why, Some(pod)))
    }

    /// Reports at once how to stop the pod: it costs money, and this program may be interrupted.
    fn announce(&mut self, pod: &Pod) {
        self.pod = Some(pod.clone());
        let command = pod.stop_command();
        self.stages
            .note(&format!("To stop the pod `{}`: {command}", pod.label()));
    }

    /// Token for a pod of the provider; created and stored if there is none yet.
    fn token(&self) -> Result<Secret> {
        let starter = self.settings.starter.as_ref();
        let starter = starter.ok_or_else(no_pod_configured)?;
        if let Some(token) = &starter.token {
            return Ok(token.clone());
        }
        if let ProviderSettings::RunPod(runpod) = &starter.provider
            && let Some(name) = &runpod.token_secret
        {
            let reason = format!("the token in RunPod's secret `{name}` is not known here");
            return Err(Error::SettingsInvalid { reason }.with_hint(
                "Set `PODSLATE_TOKEN` to it, or store it in the file that `token_file` names.",
            ));
        }
        if self.args.dry_run {
            return Secret::new("created-at-the-start", "the token");
        }
        Secret::create(&starter.new_token)
    }

    fn not_ready(&self, pod: &Pod, status: &str) -> Error {
        let limit = text::count(self.settings.wait.as_secs(), "second");
        let command = pod.stop_command();
        let reason = format!(
            "the pod `{}` is not ready after {limit}: {status}",
            pod.label()
        );
        Error::ProviderFailed { reason }.with_hint(format!(
            "Run the same command again to continue waiting, or stop the pod: {command}"
        ))
    }

    /// Error for a pod that has ended; what is left of one that this run started is removed.
    async fn not_running(
        &mut self,
        provider: &dyn Provider,
        pod: &Pod,
        how: &str,
        history: History,
    ) -> Error {
        let id = pod.id.as_deref().unwrap_or_default();
        let log = provider.log(id, TAIL).await.unwrap_or_default();
        let mut log_tail = tail(&log, self.token().ok().as_ref());
        if !log_tail.is_empty() {
            log_tail = format!("; the end of its log: {log_tail}");
        }
        let reason = format!("the pod `{}` is not running: {how}{log_tail}", pod.label());
        let error = Error::ProviderFailed { reason };
        let is_left = history != History::New || !provider.discard(id).await;
        if !is_left {
            self.pod = None;
        }
        match provider.renewal(id).filter(|_| is_left) {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

/// What this run has done with a pod before it waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum History {
    /// It was started for the first time.
    New,
    /// It had stopped and was started again.
    Resumed,
    Running,
}
