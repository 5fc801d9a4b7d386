//! A workstation and a pod in one directory, with the programs that people have there.

use std::fs;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use podslate_shared::layout::CONFIG_PATH;
use testing::{PATIENCE, config_of, names, port, wait_until};

use crate::program::{self, PODSLATE, is_project, without_settings, worker_in_node, write_program};

/// Home directory in the document.
const HOME: &str = "/home/me";

/// Both machines.
pub struct Machines {
    home: tempfile::TempDir,
    port: u16,
    environment: Vec<(&'static str, String)>,
    command: Option<String>,
    pod: Option<Child>,
}

impl Machines {
    /// Machines with podslate and the pipeline of the document, and without a project; variables of
    /// their environment.
    pub fn new(environment: &[(&'static str, String)]) -> Self {
        let machines = Self {
            home: tempfile::tempdir().expect("a directory"),
            port: port::free(),
            environment: environment.to_vec(),
            command: None,
            pod: None,
        };
        let (bin, pipeline) = (machines.path("bin"), machines.path("workspace/pipeline"));
        for dir in [&bin, &pipeline] {
            fs::create_dir_all(dir).expect("a directory");
        }
        fs::write(pipeline.join("one_click.py"), "print('done')\n").expect("a file");
        for (name, text) in programs() {
            write_program(&bin.join(name), &text);
        }
        machines
    }

    /// Starts the pod.
    pub fn start(&mut self, command: &str) {
        self.command = Some(command.to_owned());
        self.restart();
    }

    /// Whether the pod was started.
    pub fn has_pod(&self) -> bool {
        self.command.is_some()
    }

    /// Kills the pod, if there is one, and starts it again.
    pub fn restart(&mut self) {
        self.kill();
        if let Some(command) = &self.command {
            let log = fs::File::create(self.path("pod.log")).expect("a file");
            let pod = self.shell(command).process_group(0).stderr(log).spawn();
            self.pod = Some(pod.expect("the shell starts"));
            self.wait_until("the pod does not start", Self::is_up);
        }
    }

    /// Runs commands; what they print, as in the document.
    pub fn type_in(&self, commands: &str) -> String {
        let output = self.shell(commands).stderr(Stdio::piped()).output();
        let printed = program::text(&output.expect("the shell runs"));
        let home = self.home.path().to_str().expect("Unicode");
        let printed = printed.replace(home, HOME);
        if printed.ends_with('\n') {
            printed
        } else {
            printed + "\n"
        }
    }

    /// Asserts that these projects are complete and that there is no other.
    pub fn assert_projects(&self, projects: &[&str]) {
        for project in projects {
            let dir = self.path(project);
            assert!(is_project(&dir), "{project}");
            let name = dir.file_name().and_then(|name| name.to_str());
            let config = fs::read_to_string(dir.join(CONFIG_PATH)).expect("a configuration");
            assert_eq!(config, config_of(name.expect("a name")));
        }
        // A hidden directory is what a killed pod left unfinished; nobody sees it as a project.
        let found = ["3D_AI_Inputs", "inputs", "workspace"].map(|dir| {
            let dir = self.path(dir);
            let is_project =
                |name: &&String| !name.starts_with('.') && dir.join(name).join("0_input").is_dir();
            names(&dir)
                .unwrap_or_default()
                .iter()
                .filter(is_project)
                .count()
        });
        assert_eq!(found.iter().sum::<usize>(), projects.len());
    }

    fn shell(&self, commands: &str) -> Command {
        let port = self.port.to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        without_settings(&mut command)
            .args(["-ec", &commands.replace("8080", &port)])
            .current_dir(self.home.path())
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("PODSLATE_PORT", &port)
            .envs(self.environment.iter().cloned())
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

    fn wait_until(&self, failure: &str, condition: impl Fn(&Self) -> bool) {
        let log = || fs::read_to_string(self.path("pod.log")).unwrap_or_default();
        assert!(
            wait_until(PATIENCE, || condition(self)),
            "{failure}: {}",
            log()
        );
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The programs in `PATH`: podslate, a WASI runtime under the name of another one, and an `ssh` that
/// stays on this machine.
fn programs() -> [(&'static str, String); 3] {
    [
        ("podslate", format!("#!/bin/sh\nexec '{PODSLATE}' \"$@\"\n")),
        (
            "wasmtime",
            format!(
                "#!/bin/sh\n\
                 while [ \"$1\" != project-init.wasm ]; do shift; done; shift\n\
                 exec {} \"$@\"\n",
                worker_in_node()
            ),
        ),
        ("ssh", "#!/bin/sh\ncd && exec sh -c \"$2\"\n".to_owned()),
    ]
}
