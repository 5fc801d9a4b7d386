//! A workstation and a pod in one folder, with the programs that people have there.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use podslate_shared::ProjectName;
use podslate_shared::layout::CHARACTER;

use crate::port;

const PATIENCE: Duration = Duration::from_secs(20);
/// Where people are, in the document.
const HOME: &str = "/home/me";

/// Both machines.
pub struct Machines {
    home: tempfile::TempDir,
    port: u16,
    command: Option<String>,
    pod: Option<Child>,
}

impl Machines {
    /// Machines with podslate and the pipeline of the document, and without a project.
    pub fn new() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let new = Self {
            home,
            port: port::free(),
            command: None,
            pod: None,
        };
        let bin = new.path("bin");
        let docker = new.path("docker");
        let pipeline = new.path("workspace/pipeline");
        for folder in [&bin, &docker, &pipeline] {
            fs::create_dir_all(folder).expect("a folder");
        }
        fs::write(pipeline.join("one_click.py"), "print('done')\n").expect("a file");
        for (name, text) in programs(&docker) {
            let path = bin.join(name);
            fs::write(&path, text).expect("a file");
            let executable = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&path, executable).expect("permissions");
        }
        new
    }

    /// Starts the pod.
    pub fn start(&mut self, command: &str) {
        self.command = Some(command.to_owned());
        self.restart();
    }

    /// Kills the pod, if there is one, and starts it again.
    pub fn restart(&mut self) {
        self.kill();
        let Some(command) = self.command.clone() else {
            return;
        };
        let log = fs::File::create(self.path("pod.log")).expect("a file");
        let pod = self.shell(&command).process_group(0).stderr(log).spawn();
        self.pod = Some(pod.expect("the shell starts"));
        self.wait_until("the pod does not start", Self::is_up);
    }

    /// Types commands; what they print, as in the document.
    pub fn type_in(&self, commands: &str) -> String {
        let output = self
            .shell(commands)
            .stderr(Stdio::piped())
            .output()
            .expect("the shell runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{commands}{errors}");
        let printed = String::from_utf8(output.stdout).expect("Unicode");
        let home = self.home.path().to_str().expect("Unicode");
        let printed = printed.replace(home, HOME);
        match printed.ends_with('\n') {
            true => printed,
            false => printed + "\n",
        }
    }

    /// The projects stand there whole, and no other.
    pub fn assert_projects(&self, projects: &[&str]) {
        for project in projects {
            let folder = self.path(project);
            let name = folder
                .file_name()
                .and_then(|name| name.to_str())
                .expect("a name");
            let name = ProjectName::parse(name).expect("a good name");
            assert!(
                CHARACTER
                    .directories
                    .iter()
                    .all(|path| folder.join(path).is_dir())
            );
            let config = fs::read_to_string(folder.join("pipeline/config.json"));
            assert_eq!(config.expect("a file"), CHARACTER.files[0].render(&name));
        }
        // A hidden one is what a killed pod left unfinished; nobody sees it as a project.
        let is_hidden = |path: &Path| {
            path.file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
        };
        let is_project = |path: &PathBuf| !is_hidden(path) && path.join("0_input").is_dir();
        let folders = ["3D_AI_Inputs", "inputs", "workspace"].map(|folder| self.path(folder));
        let entries = folders
            .iter()
            .filter_map(|folder| fs::read_dir(folder).ok())
            .flatten();
        let found = entries.map(|entry| entry.expect("an entry").path());
        assert_eq!(found.filter(is_project).count(), projects.len());
    }

    fn shell(&self, commands: &str) -> Command {
        let port = self.port.to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        command
            .args(["-ec", &commands.replace("8080", &port)])
            .current_dir(self.home.path())
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("PODSLATE_PORT", &port)
            .env_remove("PODSLATE_TOKEN")
            .env_remove("PROJECT_NAME")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command
    }

    fn path(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    fn kill(&mut self) {
        if let Some(mut pod) = self.pod.take() {
            let group = format!("-{}", pod.id());
            let _ = Command::new("kill").args(["-9", "--", &group]).status();
            let _ = pod.wait();
            // The shell may be gone before the server that it started.
            self.wait_until("the pod does not end", |machines| !machines.is_up());
        }
    }

    fn is_up(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }

    fn wait_until(&self, trouble: &str, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            let log = || fs::read_to_string(self.path("pod.log")).unwrap_or_default();
            assert!(start.elapsed() < PATIENCE, "{trouble}: {}", log());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        self.kill();
        let boxes = Command::new(self.path("bin/docker"))
            .args(["ps", "-q", "--no-trunc", "-a"])
            .output();
        let ids = boxes.map(|output| output.stdout).unwrap_or_default();
        for id in String::from_utf8_lossy(&ids).split_whitespace() {
            let _ = Command::new(self.path("bin/docker"))
                .args(["stop", id])
                .output();
        }
    }
}

/// The programs in PATH: podslate, a WASI runtime under the name of another one, Docker, and an ssh
/// that goes nowhere.
fn programs(docker: &Path) -> [(&'static str, String); 4] {
    let variable =
        |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let artifacts = std::env::var_os("PODSLATE_ARTIFACTS").map(PathBuf::from);
    let artifacts = artifacts.unwrap_or_else(|| tests.join("../../target/artifacts"));
    let podslate = env!("CARGO_BIN_EXE_podslate");
    let (node, python) = (
        variable("PODSLATE_TEST_NODE", "node"),
        variable("PODSLATE_TEST_PYTHON", "python3"),
    );
    [
        ("podslate", format!("#!/bin/sh\nexec '{podslate}' \"$@\"\n")),
        (
            "wasmtime",
            format!(
                "#!/bin/sh\n\
                 while [ \"$1\" != project-init.wasm ]; do shift; done; shift\n\
                 exec '{node}' --no-warnings '{runner}' '{artifacts}/project-init.wasm' . \"$@\"\n",
                runner = tests.join("../../worker/tests/node-wasi.mjs").display(),
                artifacts = artifacts.display(),
            ),
        ),
        (
            "docker",
            format!(
                "#!/bin/sh\nPODSLATE_TEST_DOCKER='{}' PODSLATE_TEST_PROGRAM='{podslate}' \
                 exec '{python}' '{}' \"$@\"\n",
                docker.display(),
                tests.join("pods/docker.py").display()
            ),
        ),
        ("ssh", "#!/bin/sh\ncd && exec sh -c \"$2\"\n".to_owned()),
    ]
}
