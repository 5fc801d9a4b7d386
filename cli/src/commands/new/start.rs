//! A pod that is started for a project, or that an earlier run started for it.

use std::time::{Duration, Instant};

use podslate_shared::{ErrorBody, ErrorCode};

use super::Job;
use super::answer::Answer;
use crate::args::Via;
use crate::pods::{Client, Order, Pod, Provider, State, pod_name};
use crate::problem;
use crate::secret::Secret;
use crate::settings::{ProviderSettings, Settings};

/// The pauses between two looks at a pod that starts.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

impl Job<'_> {
    /// Starts a pod that makes the project.
    pub(super) async fn start<P: Provider>(
        &mut self,
        provider: &P,
        settings: &Settings,
    ) -> Result<Answer, ErrorBody> {
        let why = "no pod is running";
        let token = self.token(settings)?;
        let order = Order {
            project: self.name.clone(),
            token: token.clone(),
            workspace: self.folder.clone(),
        };
        if self.args.dry_run {
            let plan = Some(provider.plan(&order));
            return Ok(self.planned(Via::Start, why, None, plan));
        }
        let label = pod_name(&self.name);
        self.progress
            .stage(&format!("Starting the pod `{label}` with {}", P::NAME));
        let pod = provider.start(&order).await?;
        self.told(provider, &pod);
        let (pod, client) = self.wait(provider, &pod, &token, settings, false).await?;
        self.confirm(&client, pod, why, true).await
    }

    /// Goes on with the pod that an earlier run started for this project.
    pub(super) async fn continue_with<P: Provider>(
        &mut self,
        provider: &P,
        pod: Pod,
        settings: &Settings,
    ) -> Result<Answer, ErrorBody> {
        let why = format!(
            "the pod `{}` was started for this project before",
            pod.label()
        );
        if self.args.dry_run {
            return Ok(self.planned(Via::Start, &why, Some(pod), None));
        }
        self.told(provider, &pod);
        let (pod, client) = self.ready(provider, &pod, settings).await?;
        self.confirm(&client, pod, &why, false).await
    }

    /// A pod of the provider, as soon as its service answers.
    pub(super) async fn ready<P: Provider>(
        &mut self,
        provider: &P,
        pod: &Pod,
        settings: &Settings,
    ) -> Result<(Pod, Client), ErrorBody> {
        let token = self.token(settings)?;
        let stopped = matches!(pod.state, State::Stopped(_));
        if stopped && let Some(id) = &pod.id {
            self.progress
                .stage(&format!("Starting the pod `{}` again", pod.label()));
            provider.resume(id).await?;
        }
        self.wait(provider, pod, &token, settings, stopped).await
    }

    /// Waits until a pod runs and its service answers, which is later.
    async fn wait<P: Provider>(
        &mut self,
        provider: &P,
        pod: &Pod,
        token: &Secret,
        settings: &Settings,
        resumed: bool,
    ) -> Result<(Pod, Client), ErrorBody> {
        let id = pod.id.clone().unwrap_or_default();
        let begin = Instant::now();
        let mut pause = PAUSES.0;
        loop {
            let pod = provider.look(&id).await?;
            self.pod = Some(pod.clone());
            let missing = match (&pod.state, &pod.url) {
                (State::Starting(word), _) => format!("{} says {word}", P::NAME),
                (State::Stopped(_), _) if resumed && begin.elapsed() < P::LAG => {
                    "it has not started again".to_owned()
                }
                (State::Stopped(how) | State::Broken(how), _) => {
                    return Err(ended(provider, &pod, how).await);
                }
                (State::Running, None) => format!("{} does not say its address", P::NAME),
                (State::Running, Some(url)) => {
                    let client = Client::new(url, Some(token.clone()), settings.timeout)?;
                    match client.health().await {
                        Ok(_) => return Ok((pod, client)),
                        Err(error) if error.code == ErrorCode::PodUntrusted => return Err(error),
                        Err(_) => "it runs, but its service does not answer yet".to_owned(),
                    }
                }
            };
            self.progress
                .stage(&format!("Waiting for the pod: {missing}"));
            if begin.elapsed() + pause >= settings.wait {
                return Err(late(provider, &pod, &missing, settings.wait));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(PAUSES.1);
        }
    }

    /// The pod makes its project as it starts; one that does not is asked to.
    async fn confirm(
        &mut self,
        client: &Client,
        pod: Pod,
        why: &str,
        is_new: bool,
    ) -> Result<Answer, ErrorBody> {
        self.progress
            .stage(&format!("Looking for `{}` on the pod", self.name));
        let (path, made_now) = match client.find(&self.name).await? {
            Some(path) => (path, is_new),
            None => match client.create(&self.name, false).await {
                Ok(made) => (made.project_path, true),
                Err(error) if error.code == ErrorCode::NameTaken => {
                    let path = client.find(&self.name).await?;
                    (path.ok_or(error)?, is_new)
                }
                Err(error) => return Err(error),
            },
        };
        let done = self.created(path, made_now, &pod);
        Ok(Answer::done(done, Via::Start, why, Some(pod)))
    }

    /// Says at once that there is a pod now: it costs something, and this program may be stopped.
    fn told<P: Provider>(&mut self, provider: &P, pod: &Pod) {
        let id = pod.id.as_deref().unwrap_or_default();
        self.pod = Some(pod.clone());
        self.progress.note(&format!(
            "The pod `{}` is at {}. To stop it: {}",
            pod.label(),
            P::NAME,
            provider.how_to_stop(id)
        ));
    }

    /// The token for a pod of the provider; made and kept if there is none yet.
    fn token(&self, settings: &Settings) -> Result<Secret, ErrorBody> {
        if let Some(token) = &settings.token {
            return Ok(token.clone());
        }
        if let Some(ProviderSettings::RunPod(runpod)) = &settings.provider
            && let Some(name) = &runpod.token_secret
        {
            let what = format!("the token that RunPod's secret `{name}` holds is not known here");
            let hint = "Put it into the environment variable PODSLATE_TOKEN, or into the file that \
                        `token_file` names.";
            return Err(problem::hinted(ErrorCode::SettingsInvalid, what, hint));
        }
        match &settings.new_token {
            Some(_) if self.args.dry_run => Secret::new("made-when-it-is-started", "the token"),
            Some(path) => Secret::make(path),
            None => {
                let what = "there is no token for the pod";
                let hint = "Set PODSLATE_TOKEN or `--token-file`.";
                Err(problem::hinted(ErrorCode::SettingsInvalid, what, hint))
            }
        }
    }
}

async fn ended<P: Provider>(provider: &P, pod: &Pod, how: &str) -> ErrorBody {
    let words = match &pod.id {
        Some(id) => provider.last_words(id).await,
        None => None,
    };
    let words = words
        .map(|words| format!("; its last words: {words}"))
        .unwrap_or_default();
    let what = format!("the pod `{}` is not running: {how}{words}", pod.label());
    problem::new(ErrorCode::ProviderFailed, what)
}

fn late<P: Provider>(provider: &P, pod: &Pod, missing: &str, wait: Duration) -> ErrorBody {
    let seconds = wait.as_secs();
    let id = pod.id.as_deref().unwrap_or_default();
    problem::hinted(
        ErrorCode::ProviderFailed,
        format!(
            "the pod `{}` is not ready after {seconds} seconds: {missing}",
            pod.label()
        ),
        format!(
            "Run the same command again to go on waiting, or stop the pod: {}",
            provider.how_to_stop(id)
        ),
    )
}
