//! A cluster: who it is, requests to it with a time limit, and sentences for what it refuses.

use std::time::Duration;

use k8s_openapi::NamespaceResourceScope;
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::core::Status;
use kube::{Api, Client, Config, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::settings::Kubernetes;
use crate::{error_chain, http, text};

/// A namespace of a cluster, with the rights of the person.
pub struct Cluster {
    client: Client,
    pub namespace: String,
    /// Address of the API server.
    address: String,
    timeout: Duration,
}

impl Cluster {
    /// The cluster of the kubeconfig, or the one that this program runs in.
    pub async fn connect(settings: &Kubernetes, timeout: Duration) -> Result<Self> {
        http::use_ring();
        let mut config = config(settings.context.as_ref()).await?;
        config.connect_timeout = Some(timeout);
        let namespace = settings.namespace.clone();
        let namespace = namespace.unwrap_or_else(|| config.default_namespace.clone());
        let address = config.cluster_url.to_string();
        let client = Client::try_from(config).map_err(|error| {
            let reason = error_chain::describe(&error);
            settings_error(&format!("the kubeconfig cannot be used ({reason})"))
        })?;
        Ok(Self {
            client,
            namespace,
            address: address.trim_end_matches('/').to_owned(),
            timeout,
        })
    }

    /// Requests about one kind of object.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Result of a request within the time limit.
    pub async fn call<T>(&self, request: impl Future<Output = kube::Result<T>>) -> Result<T> {
        self.timed(request)
            .await?
            .map_err(|error| self.error(error))
    }

    /// What a request returns within the time limit.
    pub async fn timed<T>(&self, request: impl Future<Output = T>) -> Result<T> {
        let seconds = text::count(self.timeout.as_secs(), "second");
        let late = |_| self.unreachable(&format!("it did not respond within {seconds}"));
        tokio::time::timeout(self.timeout, request)
            .await
            .map_err(late)
    }

    /// Creates an object; `false` if there is one of that name already.
    pub async fn create<K>(&self, object: &K) -> Result<bool>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + std::fmt::Debug
            + DeserializeOwned
            + Serialize,
    {
        let api = self.api::<K>();
        let created = async {
            match api.create(&PostParams::default(), object).await {
                Ok(_) => Ok(true),
                Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(false),
                Err(error) => Err(error),
            }
        };
        self.call(created).await
    }

    /// The objects that a selector names.
    pub async fn list<K>(&self, labels: &str) -> Result<Vec<K>>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + std::fmt::Debug
            + DeserializeOwned,
    {
        let api = self.api::<K>();
        let selected = ListParams::default().labels(labels);
        Ok(self.call(api.list(&selected)).await?.items)
    }

    /// An object, if it exists.
    pub async fn get<K>(&self, name: &str) -> Result<Option<K>>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + std::fmt::Debug
            + DeserializeOwned,
    {
        self.call(self.api::<K>().get_opt(name)).await
    }

    /// Deletes an object, unless it is gone already.
    pub async fn delete<K>(&self, name: &str, parameters: &DeleteParams) -> Result<()>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + std::fmt::Debug
            + DeserializeOwned,
    {
        let api = self.api::<K>();
        let deleted = async {
            match api.delete(name, parameters).await {
                Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
                deleted => deleted.map(drop),
            }
        };
        self.call(deleted).await
    }

    /// The error of a request.
    pub fn error(&self, error: kube::Error) -> Error {
        match error {
            kube::Error::Api(status) => self.refusal(&status),
            kube::Error::Auth(error) => {
                let reason = text::clause(&error.to_string());
                failed(format!(
                    "your credentials for the cluster cannot be had: {reason}"
                ))
                .with_hint("Sign in to the cluster again, then repeat the command.")
            }
            error => self.unreachable(&cause(&error)),
        }
    }

    fn unreachable(&self, reason: &str) -> Error {
        let reason = format!("the cluster at {} cannot be used: {reason}", self.address);
        failed(reason).with_hint(
            "Check the connection to the cluster and that `kubectl cluster-info` works, then run \
             the same command again: it continues with what exists.",
        )
    }

    fn refusal(&self, status: &Status) -> Error {
        let message = text::clause(&status.message);
        let namespace = &self.namespace;
        let (problem, hint) = match status.code {
            401 => (
                "the cluster does not accept your credentials".to_owned(),
                "Sign in to the cluster again, then repeat the command.",
            ),
            403 if message.contains(QUOTA) => (
                format!("the quota of the namespace `{namespace}` is used up"),
                QUOTA_HINT,
            ),
            403 => (
                format!("you may not do this in the namespace `{namespace}`"),
                "Ask the administrator of the cluster for the rights that `docs/platforms.md` \
                 lists, or choose another `namespace` in `podslate.toml`.",
            ),
            404 if message.starts_with("namespaces ") => (
                format!("there is no namespace `{namespace}`"),
                "Create it, or choose another `namespace` in `podslate.toml`.",
            ),
            400 | 422 => (
                "the cluster does not accept the settings of the pod".to_owned(),
                "Check `[kubernetes]` in `podslate.toml`.",
            ),
            _ => (
                format!("the cluster refuses the request (status {})", status.code),
                "Run the same command again: it continues with what exists.",
            ),
        };
        failed(format!("{problem}: {message}")).with_hint(hint)
    }
}

/// Part of every message about a quota.
pub const QUOTA: &str = "exceeded quota";
pub const QUOTA_HINT: &str = "Stop a pod (`podslate pods` lists them), ask for less in \
     `podslate.toml`, or ask the administrator of the cluster for more.";

pub fn failed(reason: impl Into<String>) -> Error {
    let reason = reason.into();
    Error::ProviderFailed { reason }
}

async fn config(context: Option<&String>) -> Result<Config> {
    let options = KubeConfigOptions {
        context: context.cloned(),
        ..KubeConfigOptions::default()
    };
    let error = match Kubeconfig::read() {
        Ok(file) => match Config::from_custom_kubeconfig(file, &options).await {
            Ok(config) => return Ok(config),
            Err(error) => error,
        },
        Err(error) => match Config::incluster() {
            Ok(config) if context.is_none() && is_missing(&error) => return Ok(config),
            _ => error,
        },
    };
    Err(kubeconfig_error(&error))
}

fn is_missing(error: &KubeconfigError) -> bool {
    match error {
        KubeconfigError::FindPath => true,
        KubeconfigError::ReadConfig(error, _) => error.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

fn kubeconfig_error(error: &KubeconfigError) -> Error {
    let (reason, hint) = match error {
        KubeconfigError::ReadConfig(_, path) if is_missing(error) => (
            format!("there is no kubeconfig `{}`", path.display()),
            "Get one from the administrator of the cluster, and set `KUBECONFIG` to its path \
             unless it is `~/.kube/config`.",
        ),
        KubeconfigError::CurrentContextNotSet => (
            "the kubeconfig has no current context".to_owned(),
            "Name one with `context` in `podslate.toml`, or choose one with `kubectl config \
             use-context`.",
        ),
        KubeconfigError::LoadContext(context) => (
            format!("the kubeconfig has no context `{}`", text::clean(context)),
            "`kubectl config get-contexts` lists them; name one with `context` in `podslate.toml`.",
        ),
        error => {
            let reason = text::clause(&error_chain::describe(error));
            let reason = format!("the kubeconfig cannot be used ({reason})");
            return settings_error(&reason);
        }
    };
    settings_error(&reason).with_hint(hint)
}

fn settings_error(reason: &str) -> Error {
    let reason = reason.to_owned();
    Error::SettingsInvalid { reason }.with_hint(
        "Check the kubeconfig with `kubectl cluster-info`; `docs/podslate.toml.md` says which one \
         is used.",
    )
}

/// What is at the bottom of an error of the connection.
fn cause(error: &kube::Error) -> String {
    if let Some(error) = error_chain::find::<rustls::Error>(error) {
        return text::clause(&format!("the TLS connection failed ({error})"));
    }
    if let Some(error) = error_chain::find::<std::io::Error>(error) {
        return text::clause(&error.kind().to_string());
    }
    text::clause(&error_chain::describe(error))
}
