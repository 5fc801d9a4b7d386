//! A Kubernetes cluster of one node, which runs its pods in the Docker Engine of these tests.
//!
//! It is one that these tests start for themselves: no cluster of a person is ever touched. It ends
//! with the process of the tests, which take turns.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use testing::{port, wait_until};

use crate::docker::Docker;
use crate::pods::workstation::{Workstation, wait_for};
use crate::program::{repository, text};

/// Folder of the cluster's programs; `cargo xtask cluster` makes it.
const PROGRAMS: &str = "PODSLATE_TEST_KUBERNETES";
const RUN: &str = include_str!("cluster.sh");
const PATIENCE: Duration = Duration::from_secs(120);
/// User of the image.
const USER: u32 = 1000;
const NODE: &str = "node1";

static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
static NAMESPACES: AtomicU32 = AtomicU32::new(0);

struct Cluster {
    home: PathBuf,
    programs: PathBuf,
    /// Its shell ends the cluster when its standard input is closed.
    _shell: Child,
}

/// The cluster with an empty namespace, for one test.
pub struct Kubernetes {
    cluster: &'static Cluster,
    pub namespace: String,
    pub docker: Docker,
}

impl Kubernetes {
    /// The cluster, for the test of this name; `None` if the test is skipped.
    pub fn take(test: &str) -> Option<Self> {
        let Some(programs) = std::env::var_os(PROGRAMS).map(PathBuf::from) else {
            testing::skip(test, &format!("`{PROGRAMS}` is not set"));
            return None;
        };
        let docker = Docker::take(test)?;
        let cluster = match CLUSTER.get_or_init(|| Cluster::start(programs, &docker)) {
            Ok(cluster) => cluster,
            Err(reason) => panic!("the cluster does not start: {reason}"),
        };
        let number = NAMESPACES.fetch_add(1, Ordering::Relaxed);
        let kubernetes = Self {
            cluster,
            namespace: format!("studio-{number}"),
            docker,
        };
        kubernetes.prepare();
        Some(kubernetes)
    }

    /// A workstation of the user whose rights are those of the document, with an image and more in
    /// its settings.
    pub fn machine(&self, image: &str, settings: &str) -> Workstation {
        let machine = self.workstation("artist");
        let namespace = &self.namespace;
        machine.settings(&format!(
            "wait = 90\n[kubernetes]\nimage = \"{image}\"\npull_policy = \"Never\"\n\
             namespace = \"{namespace}\"\nstorage = {{ class = \"{namespace}\", size = \"1Gi\" }}\n\
             {settings}"
        ));
        machine
    }

    /// The same with a volume for one pod at its workspace.
    pub fn machine_with_volume(&self, image: &str, settings: &str) -> Workstation {
        let machine = self.machine(image, settings);
        self.volume(&machine.path("workspace"));
        machine
    }

    /// A workstation of a user, without settings.
    pub fn workstation(&self, user: &str) -> Workstation {
        let mut machine = Workstation::new();
        machine.set(
            "KUBECONFIG",
            self.cluster.kubeconfig(user).to_str().expect("Unicode"),
        );
        machine
    }

    /// Makes a folder the volume of one pod.
    pub fn volume(&self, dir: &Path) {
        fs::create_dir(dir).expect("a directory");
        chown(dir, Some(USER), Some(USER)).expect("an owner");
        let name = dir
            .to_string_lossy()
            .to_lowercase()
            .replace(['/', '.'], "-");
        let name = name.trim_matches('-');
        self.apply(&json!({
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": format!("{}-{name}", self.namespace)},
            "spec": {
                "capacity": {"storage": "1Gi"},
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": self.namespace,
                "hostPath": {"path": dir},
            },
        }));
    }

    /// Standard output of the administrator's command, which succeeds.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        text(
            &self
                .cluster
                .kubectl(&[&["-n", &self.namespace], arguments].concat(), None),
        )
    }

    /// Objects as the administrator sees them.
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        let list = self.kubectl(&["get", kind, "-o", "json"]);
        let list: Value = serde_json::from_str(&list).expect("JSON");
        list["items"].as_array().expect("objects").clone()
    }

    /// Names of all objects that podslate creates, in order.
    pub fn names(&self) -> Vec<String> {
        let names = self.kubectl(&[
            "get",
            "deployments,services,secrets,persistentvolumeclaims",
            "-l",
            "app.kubernetes.io/managed-by=podslate",
            "-o",
            "name",
        ]);
        let mut names: Vec<String> = names.lines().map(str::to_owned).collect();
        names.sort();
        names
    }

    pub fn apply(&self, object: &Value) {
        let arguments = ["-n", &self.namespace, "apply", "-f", "-"];
        text(&self.cluster.kubectl(&arguments, Some(&object.to_string())));
    }

    /// Lets the server check a manifest by its schema, and create nothing.
    pub fn create_dry(&self, manifest: &str) -> Output {
        let arguments = ["create", "--dry-run=server", "--validate=true", "-f", "-"];
        self.cluster.kubectl(&arguments, Some(manifest))
    }

    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        self.cluster.kubeconfig(user)
    }

    /// Stops a program of the cluster where it is, or lets it go on.
    pub fn signal(&self, program: &str, signal: &str) {
        self.cluster.signal(program, signal);
    }

    fn prepare(&self) {
        let name = &self.namespace;
        text(&self.cluster.kubectl(&["create", "namespace", name], None));
        let role = role();
        let arguments = ["-n", name, "apply", "-f", "-"];
        text(&self.cluster.kubectl(&arguments, Some(&role)));
        let binding = ["--role=podslate", "--user=artist"];
        self.kubectl(&[&["create", "rolebinding", "podslate"], &binding[..]].concat());
        wait_for("the default account", || {
            let account = ["-n", name, "get", "serviceaccount", "default"];
            let output = self.cluster.kubectl(&account, None);
            output.status.success().then_some(())
        });
    }
}

impl Drop for Kubernetes {
    fn drop(&mut self) {
        for program in ["kubelet", "kube-apiserver"] {
            self.cluster.signal(program, "CONT");
        }
        let namespace = ["-n", &self.namespace];
        let delete = [
            "delete",
            "deployments,pods",
            "--all",
            "--force",
            "--grace-period=0",
        ];
        self.cluster
            .kubectl(&[&namespace[..], &delete].concat(), None);
        // A container that the kubelet still knows would come back.
        let path = format!("/api/v1/nodes/{NODE}/proxy/pods");
        let has_no_pod = || {
            let pods = self.cluster.kubectl(&["get", "--raw", &path], None);
            let pods: Value = serde_json::from_slice(&pods.stdout).unwrap_or_default();
            pods["kind"] == "PodList" && pods["items"].as_array().is_none_or(Vec::is_empty)
        };
        if !wait_until(PATIENCE, has_no_pod) && !std::thread::panicking() {
            panic!("the node keeps a pod");
        }
    }
}

impl Cluster {
    fn start(programs: PathBuf, docker: &Docker) -> Result<Self, String> {
        let cluster = Self::spawn(programs, docker).map_err(|error| error.to_string())?;
        let is_there = || cluster.node().is_some();
        if !wait_until(PATIENCE, is_there) {
            return Err(cluster.logs());
        }
        // What a cloud's controller would do.
        let is_set_up = || cluster.set_up_node();
        let is_ready = || {
            let node = cluster.node().unwrap_or_default();
            let conditions = node["status"]["conditions"].as_array().cloned();
            let mut conditions = conditions.into_iter().flatten();
            conditions
                .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
        };
        if wait_until(PATIENCE, is_set_up) && wait_until(PATIENCE, is_ready) {
            Ok(cluster)
        } else {
            Err(cluster.logs())
        }
    }

    fn spawn(programs: PathBuf, docker: &Docker) -> io::Result<Self> {
        let home = tempfile::Builder::new()
            .prefix("podslate-kubernetes-")
            .tempdir()?
            .keep();
        let ports: [String; 4] = std::array::from_fn(|_| port::free().to_string());
        let log = fs::File::create(home.join("log"))?;
        let _shell = Command::new("sh")
            .args(["-c", RUN, "sh"])
            .arg(&home)
            .arg(&programs)
            .args(ports)
            .arg(docker.host())
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()?;
        Ok(Self {
            home,
            programs,
            _shell,
        })
    }

    fn kubeconfig(&self, user: &str) -> PathBuf {
        self.home.join(format!("{user}.conf"))
    }

    fn kubectl(&self, arguments: &[&str], input: Option<&str>) -> Output {
        let mut command = Command::new(self.programs.join("kubectl"));
        command
            .arg("--kubeconfig")
            .arg(self.kubeconfig("admin"))
            .args(arguments)
            .env("HOME", &self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("kubectl runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        // It may end without having read it.
        let _ = stdin.write_all(input.unwrap_or_default().as_bytes());
        drop(stdin);
        child.wait_with_output().expect("an end")
    }

    fn node(&self) -> Option<Value> {
        let output = self.kubectl(&["get", "node", NODE, "-o", "json"], None);
        serde_json::from_slice(&output.stdout).ok()
    }

    fn set_up_node(&self) -> bool {
        let Some(mut node) = self.node() else {
            return false;
        };
        // The kubelet changes the same object all the time.
        node["metadata"]["resourceVersion"] = Value::Null;
        node["status"]["addresses"] = json!([{"type": "InternalIP", "address": "127.0.0.1"}]);
        let path = format!("/api/v1/nodes/{NODE}/status");
        let replace = ["replace", "--raw", &path, "-f", "-"];
        if !self
            .kubectl(&replace, Some(&node.to_string()))
            .status
            .success()
        {
            return false;
        }
        let taint = "node.cloudprovider.kubernetes.io/uninitialized-";
        let output = self.kubectl(&["taint", "node", NODE, taint], None);
        output.status.success()
    }

    fn signal(&self, program: &str, signal: &str) {
        let id = fs::read_to_string(self.home.join(format!("{program}.pid"))).expect("a process");
        let kill = Command::new("kill")
            .args(["-s", signal, id.trim()])
            .status();
        assert!(kill.expect("kill runs").success(), "{program}");
    }

    /// The last line of each log.
    fn logs(&self) -> String {
        let names = ["log", "etcd.log", "kube-apiserver.log", "kubelet.log"];
        let last = names.map(|name| {
            let log = fs::read_to_string(self.home.join(name)).unwrap_or_default();
            format!("{name}: {}", log.lines().last().unwrap_or_default())
        });
        last.join("\n")
    }
}

/// The rights that the document asks an administrator for.
fn role() -> String {
    let document = fs::read_to_string(repository("docs/platforms.md")).expect("the document");
    let (_, block) = document.split_once("```yaml\n").expect("a block of YAML");
    block.split("```").next().expect("its end").to_owned()
}
