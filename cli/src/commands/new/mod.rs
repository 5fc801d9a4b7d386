//! `podslate new`: one command that makes a project where it is needed.
//!
//! A pod that runs makes it by its API; without one, a pod is started that makes it as it starts;
//! if that fails, it is made on this machine and can be brought to a pod later.

mod answer;
mod remote;
mod start;

use std::path::PathBuf;

use anyhow::{Context, Result};
use podslate_shared::{Done, ErrorBody, ErrorCode, ProjectName};

use crate::args::{New, Via};
use crate::pods::{Client, DockerCommand, Pod, Provider, RunPodApi, State, pod_name};
use crate::progress::Progress;
use crate::settings::{ProviderSettings, Settings};
use crate::{host_path, local, problem, prompt, say};
use answer::Answer;

/// Why a project is made here where nobody speaks of pods.
const NO_POD: &str = "no pod is set up";

/// Makes a project, or says what would be done.
pub fn run(args: &New, json: bool) -> Result<()> {
    // Before anything else: a wrong name costs no pod.
    let name = match &args.name {
        Some(text) => local::parse(text)?,
        None => prompt::name()?,
    };
    let settings = match args.via {
        Some(Via::Local) => None,
        _ => Some(Settings::load(&args.pod)?).filter(Settings::has_pod),
    };
    let mut job = Job {
        name,
        args,
        progress: Progress::new(),
        pod: None,
        folder: folder(args, settings.as_ref()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("The network cannot be used")?;
    let made = runtime.block_on(job.on_a_pod(settings))?;
    job.progress.clear();
    let answer = match made {
        Made::There(answer) => *answer,
        // Outside of the runtime: the worker has its own.
        Made::Nowhere(why) => {
            if why != NO_POD {
                say::note(&format!("On this machine, because {why}."));
            }
            job.local(&why)?
        }
    };
    answer.say(json)
}

/// Where a project has been made.
enum Made {
    /// On a pod, or it was said how.
    There(Box<Answer>),
    /// On no pod, and why; this machine is left.
    Nowhere(String),
}

/// One run of the command.
struct Job<'a> {
    name: ProjectName,
    args: &'a New,
    progress: Progress,
    /// The pod that has been started, so that a person hears of it whatever happens next.
    pod: Option<Pod>,
    /// The workspace of this machine, which a pod of this machine gets.
    folder: PathBuf,
}

impl Job<'_> {
    async fn on_a_pod(&mut self, settings: Option<Settings>) -> Result<Made, ErrorBody> {
        let via = self.args.via;
        let Some(settings) = settings else {
            return match via {
                None => Ok(Made::Nowhere(NO_POD.to_owned())),
                Some(Via::Local) => Ok(Made::Nowhere("`--via local` was given".to_owned())),
                Some(_) => Err(nothing_to_ask()),
            };
        };
        let mut away = None;
        if let Some(url) = settings.url.clone().filter(|_| via != Some(Via::Start)) {
            let client = Client::new(&url, settings.token.clone(), settings.timeout)?;
            match client.health().await {
                Ok(_) => {
                    let pod = Pod::at(url);
                    let why = format!("the pod at {} answers", pod.label());
                    let answer = self.by_api(&client, pod, why).await?;
                    return Ok(Made::There(Box::new(answer)));
                }
                Err(error) if self.may_go_on(&settings, &error) => away = Some(error),
                Err(error) => return Err(error),
            }
        }
        match self.at_provider(&settings, away).await {
            Ok(answer) => Ok(Made::There(Box::new(answer))),
            Err(error) if via.is_none() && is_of_starting(error.code) => {
                Ok(Made::Nowhere(Self::reason(&error)))
            }
            Err(error) => Err(error),
        }
    }

    async fn at_provider(
        &mut self,
        settings: &Settings,
        away: Option<ErrorBody>,
    ) -> Result<Answer, ErrorBody> {
        let token = settings.token.clone();
        match &settings.provider {
            Some(ProviderSettings::Docker(docker)) => {
                let docker = DockerCommand::new(docker.clone(), token, settings.wait);
                self.by_provider(&docker, settings).await
            }
            Some(ProviderSettings::RunPod(runpod)) => {
                let runpod = RunPodApi::new(runpod.clone(), token, settings.wait)?;
                self.by_provider(&runpod, settings).await
            }
            None => Err(away.unwrap_or_else(nothing_to_ask)),
        }
    }

    /// An error as the reason for the next way, in the middle of a sentence.
    fn reason(error: &ErrorBody) -> String {
        let text = error.error.trim_end_matches('.');
        let mut characters = text.chars();
        let first = characters.next().map(|first| first.to_ascii_lowercase());
        first.into_iter().chain(characters).collect()
    }

    /// Whether another way is open when the pod at the known address does not answer. A pod that a
    /// person named is the one that is meant.
    fn may_go_on(&self, settings: &Settings, error: &ErrorBody) -> bool {
        let is_away = error.code == ErrorCode::PodUnreachable && !settings.is_explicit;
        is_away && (self.args.via.is_none() || settings.provider.is_some())
    }

    async fn by_provider<P: Provider>(
        &mut self,
        provider: &P,
        settings: &Settings,
    ) -> Result<Answer, ErrorBody> {
        let via = self.args.via;
        self.progress.stage(&format!("Asking {} for pods", P::NAME));
        let pods = provider.pods().await?;
        let own_name = pod_name(&self.name);
        let own = pods.iter().find(|pod| pod.name.as_ref() == Some(&own_name));
        if via != Some(Via::Api)
            && let Some(own) = own
        {
            return self.continue_with(provider, own.clone(), settings).await;
        }
        let running: Vec<&Pod> = pods
            .iter()
            .filter(|pod| pod.state == State::Running)
            .collect();
        match running[..] {
            [pod] if via != Some(Via::Start) => {
                let why = format!("the pod `{}` is running", pod.label());
                if self.args.dry_run {
                    return Ok(self.planned(Via::Api, &why, Some(pod.clone()), None));
                }
                let (pod, client) = self.ready(provider, pod, settings).await?;
                self.by_api(&client, pod, why).await
            }
            [_, _, ..] if via != Some(Via::Start) => Err(several(&running)),
            [] if via == Some(Via::Api) => Err(problem::hinted(
                ErrorCode::PodUnreachable,
                format!("{} knows no pod that is running", P::NAME),
                "Without `--via api` one is started.",
            )),
            _ => self.start(provider, settings).await,
        }
    }

    /// Makes the project on this machine.
    fn local(&self, why: &str) -> Result<Answer> {
        let folder = match self.folder.to_str() {
            Some(text) if !cfg!(windows) && host_path::is_windows_absolute(text) => {
                self.args.workspace.path()
            }
            _ => self.folder.clone(),
        };
        let mut answer = if self.args.dry_run {
            if folder.is_dir()
                && let Some(error) = local::open(&folder)?.check(self.name.as_str())?.problem
            {
                return Err(error.into());
            }
            let command = Some(format!("in {}", folder.display()));
            self.planned(Via::Local, why, self.pod.clone(), command)
        } else {
            let done = local::open_or_make(&folder)?.create(&self.name)?;
            Answer::done(done, Via::Local, why, self.pod.clone())
        };
        if why != NO_POD {
            answer.bring(&self.name, &folder);
        }
        Ok(answer)
    }

    fn planned(&self, via: Via, why: &str, pod: Option<Pod>, how: Option<String>) -> Answer {
        Answer::planned(&self.name, via, why, pod, how)
    }

    fn created(&self, path: String, is_new: bool, pod: &Pod) -> Done {
        let project_name = self.name.to_string();
        let label = pod.label();
        match is_new {
            true => Done::Created {
                message: format!("Created `{project_name}` at {path} on the pod `{label}`."),
                project_name,
                project_path: path,
            },
            false => Done::Completed {
                message: format!(
                    "`{project_name}` is at {path} on the pod `{label}`, which was started for it."
                ),
                project_name,
                project_path: path,
                added: Vec::new(),
            },
        }
    }
}

/// The folder of the arguments, of the settings, or the usual one. An absolute path of Windows stays
/// as it is everywhere: Docker may run there.
fn folder(args: &New, settings: Option<&Settings>) -> PathBuf {
    let of_docker = match settings.and_then(|settings| settings.provider.as_ref()) {
        Some(ProviderSettings::Docker(docker)) => docker.workspace.clone(),
        _ => None,
    };
    let chosen = args.workspace.given().map(PathBuf::from).or(of_docker);
    match chosen.unwrap_or_else(|| args.workspace.path()) {
        path if path.to_str().is_some_and(host_path::is_windows_absolute) => path,
        path => std::path::absolute(&path).unwrap_or(path),
    }
}

/// The error of several pods of which any could be meant.
pub fn several(pods: &[&Pod]) -> ErrorBody {
    let told = pods.iter().map(|pod| match &pod.url {
        Some(url) => format!("`{}` at {url}", pod.label()),
        None => format!("`{}`", pod.label()),
    });
    problem::new(ErrorCode::PodAmbiguous, Vec::from_iter(told).join(", "))
}

fn nothing_to_ask() -> ErrorBody {
    problem::hinted(
        ErrorCode::Usage,
        "no pod is set up for this way",
        "Give the address of a pod with `--pod URL`, or say in podslate.toml how pods are started.",
    )
}

/// Whether an error means that there is no pod to use, so that this machine is the next way.
fn is_of_starting(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::ProviderFailed | ErrorCode::PodUnreachable)
}
