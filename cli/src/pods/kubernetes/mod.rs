//! Pods of a Kubernetes cluster, each a Deployment of one replica with its own claim of a volume.

mod cluster;
mod forward;
mod name;
mod objects;
mod status;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{
    Event, PersistentVolumeClaim, Pod as PodObject, Secret as SecretObject, Service,
};
use kube::api::{DeleteParams, ListParams, LogParams, Patch, PatchParams, Preconditions};
use reqwest::Url;
use serde_json::json;
use tokio::sync::OnceCell;

use cluster::{Cluster, failed};
use objects::{INSTANCE, OWN, Objects, PROJECT};
use status::Parts;

use super::pod::{Pod, PodSpec, PodState};
use super::provider::Provider;
use crate::error::Result;
use crate::quote::{self, Shell};
use crate::settings::Kubernetes;
use crate::text::clean;

/// Maximum time until a pod that was stopped has ended; a cluster kills it after 30 seconds.
const END_TIMEOUT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(300);

/// A cluster of the kubeconfig.
pub struct KubernetesCluster {
    settings: Kubernetes,
    /// Maximum time of a response.
    timeout: Duration,
    cluster: OnceCell<Cluster>,
    /// What this run has created of a pod.
    created: Mutex<Created>,
}

/// Objects of a pod that did not exist before.
#[derive(Clone, Copy, Debug, Default)]
struct Created {
    claim: bool,
    secret: bool,
    service: bool,
    deployment: bool,
}

impl KubernetesCluster {
    pub fn new(settings: Kubernetes, timeout: Duration) -> Self {
        Self {
            settings,
            timeout,
            cluster: OnceCell::new(),
            created: Mutex::default(),
        }
    }

    async fn cluster(&self) -> Result<&Cluster> {
        let connect = || Cluster::connect(&self.settings, self.timeout);
        self.cluster.get_or_try_init(connect).await
    }

    fn created(&self) -> Created {
        *self.created.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_created(&self, note: impl FnOnce(&mut Created)) {
        note(&mut self.created.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Creates what is missing; the Deployment, which makes a pod of it, is last.
    async fn create(&self, cluster: &Cluster, objects: &Objects) -> Result<()> {
        let claim = cluster.create(&objects.claim).await?;
        self.note_created(|created| created.claim = claim);
        let secret = cluster.create(&objects.secret).await?;
        self.note_created(|created| created.secret = secret);
        let service = cluster.create(&objects.service).await?;
        self.note_created(|created| created.service = service);
        let deployment = cluster.create(&objects.deployment).await?;
        self.note_created(|created| created.deployment = deployment);
        Ok(())
    }

    /// Removes what this run has created; whether nothing of it is left.
    async fn remove_created(&self, cluster: &Cluster, name: &str) -> Result<bool> {
        let created = self.created();
        let own = DeleteParams::background();
        if created.deployment {
            let pods = cluster.list::<PodObject>(&selector(name)).await?;
            if pods.iter().any(status::has_run) {
                // Its volume may hold a project by now.
                self.scale(name, 0).await?;
                return Ok(false);
            }
            cluster.delete::<Deployment>(name, &own).await?;
        }
        if created.service {
            cluster.delete::<Service>(name, &own).await?;
        }
        if created.secret {
            cluster.delete::<SecretObject>(name, &own).await?;
        }
        if created.claim {
            return self.remove_unbound(cluster, name).await;
        }
        Ok(true)
    }

    /// Removes a claim that has never had a volume, and thus no file; whether there is none.
    async fn remove_unbound(&self, cluster: &Cluster, name: &str) -> Result<bool> {
        let Some(claim) = cluster.get::<PersistentVolumeClaim>(name).await? else {
            return Ok(true);
        };
        let volume = claim
            .spec
            .as_ref()
            .and_then(|spec| spec.volume_name.as_ref());
        if volume.is_some() {
            return Ok(false);
        }
        // Unless it gets a volume in this moment.
        let unchanged = DeleteParams {
            preconditions: Some(Preconditions {
                resource_version: claim.metadata.resource_version,
                uid: claim.metadata.uid,
            }),
            ..DeleteParams::default()
        };
        cluster
            .delete::<PersistentVolumeClaim>(name, &unchanged)
            .await?;
        Ok(true)
    }

    async fn scale(&self, name: &str, replicas: u32) -> Result<()> {
        let cluster = self.cluster().await?;
        let deployments = cluster.api::<Deployment>();
        let patch = Patch::Merge(json!({"spec": {"replicas": replicas}}));
        let parameters = PatchParams::default();
        let patched = deployments.patch(name, &parameters, &patch);
        cluster.call(patched).await.map(drop)
    }

    /// Waits until no pod of a Deployment without replicas is left.
    async fn ended(&self, name: &str) -> Result<()> {
        let cluster = self.cluster().await?;
        let start = Instant::now();
        loop {
            let pods = cluster.list::<PodObject>(&selector(name)).await?;
            let Some(pod) = pods.first() else {
                return Ok(());
            };
            if start.elapsed() > END_TIMEOUT {
                let node = status::node(pod).unwrap_or_default();
                let reason = format!(
                    "the pod is to stop, but its node `{node}` does not report that it has"
                );
                return Err(failed(reason).with_hint(
                    "It stops as soon as the node responds. Ask the administrator of the cluster \
                     about the node.",
                ));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn pod(&self, cluster: &Cluster, parts: &Parts<'_>) -> Pod {
        let metadata = &parts.deployment.metadata;
        let id = metadata.name.clone().unwrap_or_default();
        let annotations = metadata.annotations.as_ref();
        let project = annotations.and_then(|annotations| annotations.get(PROJECT));
        let project = project.map(|project| clean(project));
        let name = match &project {
            Some(project) => Pod::name_of(project),
            None => clean(&id),
        };
        let url = self.settings.url.as_ref().and_then(|url| {
            let url = url
                .replace("{name}", &id)
                .replace("{namespace}", &cluster.namespace);
            Url::parse(&format!("{}/", url.trim_end_matches('/'))).ok()
        });
        Pod {
            state: parts.state(),
            name: Some(name),
            url,
            project,
            created: metadata
                .creation_timestamp
                .as_ref()
                .map(|time| time.0.to_string()),
            id: Some(id),
        }
    }

    /// Events of a pod and its claim.
    async fn events(&self, cluster: &Cluster, pods: &[PodObject], name: &str) -> Vec<Event> {
        let events = cluster.api::<Event>();
        let mut found = Vec::new();
        let pod = status::current(pods).and_then(|pod| pod.metadata.name.as_deref());
        let names = [("Pod", pod), ("PersistentVolumeClaim", Some(name))];
        for (kind, name) in names {
            let Some(name) = name else { continue };
            let fields = format!("involvedObject.kind={kind},involvedObject.name={name}");
            let list = ListParams::default().fields(&fields);
            // They are for people: a pod starts without them, too.
            if let Ok(events) = cluster.call(events.list(&list)).await {
                found.extend(events.items);
            }
        }
        found
    }

    /// The log of a pod's container, or of the one before it.
    async fn read_log(&self, id: &str, lines: usize) -> Result<String> {
        let cluster = self.cluster().await?;
        let pods = cluster.list::<PodObject>(&selector(id)).await?;
        let name = status::current(&pods).and_then(|pod| pod.metadata.name.clone());
        let Some(name) = name else {
            return Err(failed("the pod has stopped, and its log is gone"));
        };
        let api = cluster.api::<PodObject>();
        let mut parameters = LogParams {
            tail_lines: i64::try_from(lines).ok(),
            ..LogParams::default()
        };
        let current = cluster.call(api.logs(&name, &parameters)).await;
        if current.as_ref().is_ok_and(|text| !text.trim().is_empty()) {
            return current;
        }
        parameters.previous = true;
        let previous = cluster.timed(api.logs(&name, &parameters)).await?;
        previous.or(current)
    }
}

#[async_trait]
impl Provider for KubernetesCluster {
    fn name(&self) -> &'static str {
        "Kubernetes"
    }

    async fn pods(&self) -> Result<Vec<Pod>> {
        let cluster = self.cluster().await?;
        let deployments = cluster.list::<Deployment>(OWN).await?;
        let pods = cluster.list::<PodObject>(OWN).await?;
        let found = deployments.iter().map(|deployment| {
            let name = deployment.metadata.name.as_deref().unwrap_or_default();
            let pods: Vec<PodObject> = pods
                .iter()
                .filter(|pod| instance(pod) == Some(name))
                .cloned()
                .collect();
            let (pods, events, claim) = (&pods[..], &[][..], None);
            let parts = Parts {
                deployment,
                pods,
                events,
                claim,
            };
            self.pod(cluster, &parts)
        });
        Ok(found.collect())
    }

    async fn start(&self, spec: &PodSpec) -> Result<Pod> {
        let cluster = self.cluster().await?;
        let token = spec.token.reveal();
        let objects = Objects::new(&self.settings, &cluster.namespace, spec, token)?;
        if let Err(error) = self.create(cluster, &objects).await {
            return Err(match self.remove_created(cluster, &objects.name).await {
                Ok(true) => error,
                _ => error.with_hint(format!(
                    "Run the same command again: it is not known whether the pod was created. \
                     Parts of it may exist: `kubectl get all,pvc,secrets -n {} -l {INSTANCE}={}` \
                     lists them.",
                    cluster.namespace, objects.name
                )),
            });
        }
        let pod = self.get(&objects.name).await?;
        if pod.project.as_deref() != Some(spec.project.as_str()) {
            let other = pod.project.unwrap_or_default();
            return Err(failed(format!(
                "the Deployment `{}` is that of another project, `{other}`",
                objects.name
            )));
        }
        Ok(pod)
    }

    async fn resume(&self, id: &str) -> Result<()> {
        self.ended(id).await?;
        self.scale(id, 1).await
    }

    async fn stop(&self, id: &str) -> Result<()> {
        self.scale(id, 0).await?;
        self.ended(id).await
    }

    async fn discard(&self, id: &str) -> bool {
        let Ok(cluster) = self.cluster().await else {
            return false;
        };
        self.remove_created(cluster, id).await.unwrap_or(false)
    }

    async fn get(&self, id: &str) -> Result<Pod> {
        let cluster = self.cluster().await?;
        let deployment = cluster.get::<Deployment>(id).await?;
        let deployment = deployment.ok_or_else(|| failed("the pod does not exist any more"))?;
        let pods = cluster.list::<PodObject>(&selector(id)).await?;
        let (mut events, mut claim) = (Vec::new(), None);
        if status::current(&pods).is_some_and(|pod| !status::is_ready(pod)) {
            events = self.events(cluster, &pods, id).await;
            claim = cluster.get::<PersistentVolumeClaim>(id).await?;
        }
        let parts = Parts {
            deployment: &deployment,
            pods: &pods,
            events: &events,
            claim: claim.as_ref(),
        };
        Ok(self.pod(cluster, &parts))
    }

    async fn open(&self, pod: &Pod) -> Result<Option<Url>> {
        if pod.url.is_some() {
            return Ok(pod.url.clone());
        }
        let cluster = self.cluster().await?;
        forward::open(cluster, pod.handle()).await.map(Some)
    }

    async fn log(&self, id: &str, lines: usize) -> Result<String> {
        self.read_log(id, lines).await
    }

    fn renewal(&self, id: &str) -> Option<String> {
        let namespace = self.settings.namespace.as_deref();
        let namespace = namespace.map_or(vec![], |namespace| vec!["-n", namespace]);
        let words = [&["kubectl", "delete", "deployment", id][..], &namespace].concat();
        let line = quote::lines(Shell::LOCAL, &words).join(" or ");
        Some(format!(
            "If it does not start with the present settings, remove it with `{line}`: the projects \
             stay in its claim, and the next run starts a new one."
        ))
    }

    fn access(&self, pod: &Pod) -> Option<String> {
        let cluster = self.cluster.get()?;
        let is_reached = pod.url.is_some() || pod.state != PodState::Running;
        (!is_reached).then(|| {
            let (namespace, service) = (&cluster.namespace, pod.handle());
            format!("kubectl -n {namespace} port-forward service/{service} 8080")
        })
    }

    async fn plan(&self, spec: &PodSpec) -> Result<String> {
        let cluster = self.cluster().await?;
        Objects::new(&self.settings, &cluster.namespace, spec, "[hidden]")?.yaml()
    }
}

fn selector(name: &str) -> String {
    format!("{INSTANCE}={name}")
}

/// The Deployment that a pod belongs to.
fn instance(pod: &PodObject) -> Option<&str> {
    let labels = pod.metadata.labels.as_ref()?;
    labels.get(INSTANCE).map(String::as_str)
}
