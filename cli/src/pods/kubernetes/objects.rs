//! The objects of a pod in a cluster: its volume, its token, its address and its container.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Secret, Service};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::name::object_name;
use crate::defaults::{POD_WORKSPACE, PORT};
use crate::env_vars;
use crate::error::{Error, Result};
use crate::pods::pod::PodSpec;
use crate::settings::{Amount, Kubernetes};

/// Annotation with the project's name, which the objects' names only resemble.
pub const PROJECT: &str = "podslate/project";
/// Label with the name that all objects of a pod share.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// Labels of everything that this program creates.
pub const OWN: &str = "app.kubernetes.io/managed-by=podslate,app.kubernetes.io/name=podslate";
/// User of podslate's image.
const USER: u32 = 1000;
const STORAGE_SIZE: &str = "10Gi";
/// Key of the token in the Secret.
const TOKEN_KEY: &str = "token";

/// The objects of a pod, in the order in which they are created.
pub struct Objects {
    pub name: String,
    pub claim: PersistentVolumeClaim,
    pub secret: Secret,
    pub service: Service,
    pub deployment: Deployment,
}

impl Objects {
    /// The objects of a pod whose Secret has the text `token`.
    pub fn new(
        settings: &Kubernetes,
        namespace: &str,
        spec: &PodSpec,
        token: &str,
    ) -> Result<Self> {
        let name = object_name(&spec.project);
        let metadata = json!({
            "name": name,
            "namespace": namespace,
            "labels": labels(&name),
            "annotations": {PROJECT: spec.project},
        });
        let mut claim = json!({
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {
                "storage": settings.storage.size.as_deref().unwrap_or(STORAGE_SIZE),
            }},
        });
        set(&mut claim, "storageClassName", &settings.storage.class);
        Ok(Self {
            claim: typed(&json!({"metadata": metadata, "spec": claim}))?,
            secret: typed(&json!({
                "metadata": metadata,
                "type": "Opaque",
                "stringData": {TOKEN_KEY: token},
            }))?,
            service: typed(&json!({"metadata": metadata, "spec": {
                "selector": {INSTANCE: name},
                "ports": [{"name": "http", "port": PORT, "targetPort": "http"}],
            }}))?,
            deployment: typed(&json!({"metadata": metadata, "spec": {
                "replicas": 1,
                // Two pods at a time would write to the same projects.
                "strategy": {"type": "Recreate"},
                "selector": {"matchLabels": {INSTANCE: name}},
                "template": {
                    "metadata": {"labels": labels(&name), "annotations": {PROJECT: spec.project}},
                    "spec": pod(settings, &name, spec),
                },
            }}))?,
            name,
        })
    }

    /// All objects as the documents of one YAML text.
    pub fn yaml(&self) -> Result<String> {
        let documents = [
            document(&self.claim)?,
            document(&self.secret)?,
            document(&self.service)?,
            document(&self.deployment)?,
        ];
        Ok(documents
            .map(|text| text.trim_end().to_owned())
            .join("\n---\n"))
    }
}

fn labels(name: &str) -> Value {
    json!({
        "app.kubernetes.io/name": "podslate",
        "app.kubernetes.io/managed-by": "podslate",
        INSTANCE: name,
    })
}

/// Specification of the pod itself.
fn pod(settings: &Kubernetes, name: &str, spec: &PodSpec) -> Value {
    let user = settings.user.unwrap_or(USER);
    let mut pod = json!({
        "automountServiceAccountToken": false,
        // The variables of all services of the namespace are none of the pipeline's business.
        "enableServiceLinks": false,
        "securityContext": {
            "runAsNonRoot": true,
            "runAsUser": user,
            "runAsGroup": user,
            "fsGroup": user,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container(settings, name, spec)],
        "volumes": [
            {"name": "workspace", "persistentVolumeClaim": {"claimName": name}},
            {"name": "tmp", "emptyDir": {}},
        ],
    });
    if !settings.node_selector.is_empty() {
        pod["nodeSelector"] = json!(settings.node_selector);
    }
    if !settings.tolerations.is_empty() {
        pod["tolerations"] = json!(settings.tolerations);
    }
    if !settings.pull_secrets.is_empty() {
        let name = |name: &String| json!({"name": name});
        pod["imagePullSecrets"] = settings.pull_secrets.iter().map(name).collect();
    }
    pod
}

fn container(settings: &Kubernetes, name: &str, spec: &PodSpec) -> Value {
    let mut container = json!({
        "name": "podslate",
        "image": settings.image,
        "env": variables(settings, name, spec),
        "ports": [{"name": "http", "containerPort": PORT}],
        "readinessProbe": probe(2, 3),
        // A volume that does not answer for a while is no reason to start again.
        "livenessProbe": probe(10, 12),
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "workspace", "mountPath": POD_WORKSPACE},
            {"name": "tmp", "mountPath": "/tmp"},
        ],
    });
    set(&mut container, "imagePullPolicy", &settings.pull_policy);
    if !settings.resources.is_empty() {
        let amounts = settings.resources.iter();
        let amounts = amounts.map(|(name, amount)| (name.clone(), json!(text(amount))));
        let amounts = Value::Object(amounts.collect());
        container["resources"] = json!({"requests": amounts, "limits": amounts});
    }
    container
}

fn variables(settings: &Kubernetes, name: &str, spec: &PodSpec) -> Vec<Value> {
    let own = [env_vars::PROJECT_NAME, env_vars::TOKEN];
    let given = settings.env.iter();
    let given = given.filter(|(name, _)| !own.contains(&name.as_str()));
    let mut variables: Vec<Value> = given
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let token = json!({"secretKeyRef": {"name": name, "key": TOKEN_KEY}});
    variables.push(json!({"name": env_vars::PROJECT_NAME, "value": spec.project}));
    variables.push(json!({"name": env_vars::TOKEN, "valueFrom": token}));
    variables
}

fn probe(period: u32, failures: u32) -> Value {
    json!({
        "httpGet": {"path": "/health", "port": "http"},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    })
}

fn text(amount: &Amount) -> String {
    match amount {
        Amount::Number(number) => number.to_string(),
        Amount::Text(text) => text.clone(),
    }
}

fn set(object: &mut Value, key: &str, value: &Option<String>) {
    if let Some(value) = value {
        object[key] = json!(value);
    }
}

fn typed<T: DeserializeOwned>(object: &Value) -> Result<T> {
    T::deserialize(object).map_err(Error::unexpected)
}

/// An object as YAML; its fields are in the same order in every build.
fn document(object: &impl Serialize) -> Result<String> {
    let value = serde_json::to_value(object).map_err(Error::unexpected)?;
    serde_saphyr::to_string(&sorted(value)).map_err(Error::unexpected)
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut members: Vec<(String, Value)> = object.into_iter().collect();
            members.sort_by(|one, other| one.0.cmp(&other.0));
            let members = members.into_iter().map(|(key, value)| (key, sorted(value)));
            Value::Object(Map::from_iter(members))
        }
        Value::Array(values) => values.into_iter().map(sorted).collect(),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use podslate_shared::ProjectName;

    /// What every key of the settings does, as `podslate new --dry-run` prints it.
    const MANIFEST: &str = include_str!("manifest.yaml");

    fn objects(settings: &str) -> Objects {
        let settings = toml::from_str(settings).unwrap();
        let spec = PodSpec {
            project: ProjectName::parse("My_Robot").unwrap(),
            token: crate::secret::Secret::new("canary-token", "x").unwrap(),
            workspace: "/w".into(),
        };
        Objects::new(&settings, "studio", &spec, "[hidden]").unwrap()
    }

    #[test]
    fn the_objects_of_a_pod_are_those_of_the_manifest() {
        let objects = objects(
            "image = \"registry.example.com/podslate:1.0\"\n\
             storage = { class = \"fast\", size = \"100Gi\" }\n\
             resources = { cpu = \"4\", memory = \"16Gi\", \"nvidia.com/gpu\" = 1 }\n\
             node_selector = { gpu-type = \"rtx-4090\" }\n\
             tolerations = [{ key = \"nvidia.com/gpu\", operator = \"Exists\" }]\n\
             pull_policy = \"IfNotPresent\"\npull_secrets = [\"registry\"]\nuser = 1001\n\
             env = { PIPELINE = \"a: b\", PODSLATE_TOKEN = \"canary\" }",
        );
        let yaml = format!("{}\n", objects.yaml().unwrap());
        assert_eq!(yaml, MANIFEST, "{yaml}");
        assert!(!yaml.contains("canary"));
    }

    #[test]
    fn the_cluster_chooses_what_the_settings_leave_open() {
        let yaml = objects("image = \"i\"").yaml().unwrap();
        for key in [
            "storageClassName",
            "imagePullPolicy",
            "resources:\n          ",
            "nodeSelector",
        ] {
            assert!(MANIFEST.contains(key), "{key}");
            assert!(!yaml.contains(key), "{key}");
        }
        assert!(yaml.contains("storage: 10Gi") && yaml.contains("runAsUser: 1000"));
    }
}
