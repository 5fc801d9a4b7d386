//! A Docker Engine of these tests, with an image built from the Dockerfile for the program under
//! test.
//!
//! The engine has its own data, socket and network bridge, and changes no rule of the firewall. It
//! ends with the process of the tests, which take turns.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::Value;
use testing::wait_until;

use crate::pods::workstation::Workstation;
use crate::program::{PODSLATE, artifact, repository, text, write_program};

/// Archive of the file system that the image is based on; `cargo xtask test` makes it.
const BASE: &str = "PODSLATE_TEST_BASE";
/// Time in which the engine starts.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the engine in the folder `$1` until the tests have ended.
const RUN: &str = r#"
cd "$1" || exit
ip link add "$2" type bridge && ip addr add "$3" dev "$2" && ip link set "$2" up || exit
dockerd --add-runtime "runc-unprotected=$1/runc" --default-runtime runc-unprotected \
    --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/pid" --host "unix://$1/sock" \
    --bridge "$2" --iptables=false --ip6tables=false --ip-masq=false --ip-forward=false \
    --containerd-namespace "$2" --containerd-plugins-namespace "$2-plugins" &
cat > /dev/null
kill $!
wait
ip link del "$2"
cd / && rm -rf "$1"
"#;

/// Root may lack the right to protect a process from the kernel's killer of processes, which the
/// first container of a pod in Kubernetes asks for.
const RUNTIME: &str = r#"#!/bin/sh
for word; do
    if [ "$previous" = --bundle ]; then
        sed -i 's/"oomScoreAdj":-[0-9]*/"oomScoreAdj":0/' "$word/config.json"
    fi
    previous=$word
done
exec runc "$@"
"#;

/// Images that behave in other ways than that of the Dockerfile.
const IMAGES: [(&str, &str); 5] = [
    (
        "crash",
        "FROM podslate\nENTRYPOINT [\"sh\", \"-c\", \"echo one; echo the pipeline broke with \
         $PODSLATE_TOKEN >&2; exit 3\"]\n",
    ),
    ("deaf", "FROM podslate\nENTRYPOINT [\"sleep\", \"600\"]\n"),
    // The first container of a pod in Kubernetes.
    (
        "pause",
        "FROM podslate\nUSER 0\n\
         ENTRYPOINT [\"sh\", \"-c\", \"trap exit TERM; sleep infinity & wait\"]\n",
    ),
    (
        "plain",
        "FROM podslate\nENV PODSLATE_DEFAULT_PROJECT=\n\
         ENTRYPOINT [\"env\", \"-u\", \"PROJECT_NAME\", \"podslate\", \"serve\"]\n",
    ),
    (
        "slow",
        "FROM podslate\nENTRYPOINT [\"sh\", \"-c\", \"until [ -e /workspace/go ]; do sleep 0.05; \
         done; rm /workspace/go; exec podslate serve\"]\n",
    ),
];

static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
static TURN: Mutex<()> = Mutex::new(());

struct Engine {
    home: PathBuf,
    /// Its shell ends the engine when its standard input is closed.
    _shell: Child,
}

/// The engine without a container, for one test.
pub struct Docker {
    engine: &'static Engine,
    /// Directory of the command that records its calls.
    bin: tempfile::TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Docker {
    /// The engine, for the test of this name; `None` if the test is skipped.
    pub fn take(test: &str) -> Option<Self> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let engine = match ENGINE.get_or_init(Engine::start) {
            Ok(engine) => engine,
            Err(reason) => {
                testing::skip(test, reason);
                return None;
            }
        };
        let bin = tempfile::tempdir().expect("a directory");
        let calls = bin.path().join("calls");
        let docker = format!(
            "#!/bin/sh\necho \"$1\" >> '{}'\nexec '{}' \"$@\"\n",
            calls.display(),
            path_of("docker").expect("the command").display()
        );
        write_program(&bin.path().join("docker"), &docker);
        open(bin.path());
        fs::write(&calls, "").expect("a file");
        fs::set_permissions(&calls, PermissionsExt::from_mode(0o666)).expect("permissions");
        Some(Self {
            engine,
            bin,
            _turn: turn,
        })
    }

    /// A workstation with this Docker.
    pub fn workstation(&self) -> Workstation {
        let mut machine = Workstation::new();
        for (name, value) in self.environment() {
            machine.set(name, value);
        }
        machine
    }

    /// A workstation with this Docker and an image in its settings.
    pub fn machine(&self, image: &str) -> Workstation {
        let machine = self.workstation();
        machine.settings(&format!("wait = 60\n[docker]\nimage = \"{image}\""));
        machine
    }

    /// Environment variables that lead to this Docker.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", self.bin.path().display());
        [("PATH", path), ("DOCKER_HOST", self.engine.host())]
    }

    /// Address of the socket.
    pub fn host(&self) -> String {
        self.engine.host()
    }

    /// Group that may use the socket.
    pub fn group(&self) -> u32 {
        let socket = self.engine.home.join("sock");
        socket.metadata().expect("a socket").gid()
    }

    /// The program under test, where every user may run it.
    pub fn program(&self) -> PathBuf {
        self.engine.home.join("context/src/target/dist/podslate")
    }

    /// Number of calls of a command that a workstation has made.
    pub fn calls(&self, command: &str) -> usize {
        let calls = fs::read_to_string(self.bin.path().join("calls")).expect("a file");
        calls.lines().filter(|call| *call == command).count()
    }

    /// Standard output of a command, which succeeds.
    pub fn run(&self, arguments: &[&str]) -> String {
        text(&self.engine.docker(arguments))
    }

    /// Output of a command, whatever it ends with.
    pub fn output(&self, arguments: &[&str]) -> Output {
        self.engine.docker(arguments)
    }

    /// A container, by its name.
    pub fn inspect(&self, name: &str) -> Value {
        let output = self.run(&["inspect", "--type", "container", name]);
        let containers: Value = serde_json::from_str(&output).expect("JSON");
        containers[0].clone()
    }

    /// Names of all containers, in order.
    pub fn containers(&self) -> Vec<String> {
        let names = self.run(&["ps", "--all", "--format", "{{.Names}}"]);
        let mut names: Vec<String> = names.lines().map(str::to_owned).collect();
        names.sort();
        names
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        let all = self.engine.docker(&["ps", "--all", "--quiet"]);
        let all = String::from_utf8_lossy(&all.stdout).into_owned();
        let all: Vec<&str> = all.lines().collect();
        if !all.is_empty() {
            let remove = [&["rm", "--force", "--volumes"], &all[..]].concat();
            self.engine.docker(&remove);
        }
    }
}

impl Engine {
    fn start() -> Result<Self, String> {
        let base = std::env::var_os(BASE).map(PathBuf::from);
        let base = base.ok_or_else(|| format!("`{BASE}` is not set"))?;
        if !rustix::process::geteuid().is_root() {
            return Err("only root can start a Docker Engine".to_owned());
        }
        let missing = ["docker", "dockerd", "ip"]
            .into_iter()
            .find(|name| path_of(name).is_none());
        if let Some(name) = missing {
            return Err(format!("there is no `{name}`"));
        }
        let engine = Self::spawn().map_err(|error| format!("it does not start: {error}"))?;
        let is_up = || engine.docker(&["version"]).status.success();
        if !wait_until(PATIENCE, is_up) {
            let log = fs::read_to_string(engine.home.join("log")).unwrap_or_default();
            let last = log.lines().last().unwrap_or_default();
            return Err(format!("the Docker Engine does not start: {last}"));
        }
        engine.build(&base);
        Ok(engine)
    }

    fn spawn() -> io::Result<Self> {
        let home = tempfile::Builder::new()
            .prefix("podslate-docker-")
            .tempdir()?;
        open(home.path());
        let home = home.keep();
        write_program(&home.join("runc"), RUNTIME);
        let id = std::process::id();
        let (bridge, net) = (format!("podslate{id}"), id % 512);
        let address = format!("198.{}.{}.1/24", 18 + net / 256, net % 256);
        let log = fs::File::create(home.join("log"))?;
        let shell = Command::new("sh")
            .args(["-c", RUN, "sh"])
            .arg(&home)
            .args([bridge, address])
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()?;
        let _shell = shell;
        Ok(Self { home, _shell })
    }

    fn host(&self) -> String {
        format!("unix://{}/sock", self.home.display())
    }

    fn docker(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("docker");
        command.args(arguments).stdin(Stdio::null());
        command.env("DOCKER_HOST", self.host());
        command.output().expect("docker runs")
    }

    /// Builds the images: that of the Dockerfile's last stage, and those for single tests.
    fn build(&self, base: &Path) {
        let (from, dockerfile) = runtime_stage();
        let base = base.to_str().expect("Unicode");
        text(&self.docker(&["import", base, &from]));
        let context = self.home.join("context");
        let dist = context.join("src/target/dist");
        fs::create_dir_all(&dist).expect("a directory");
        fs::copy(PODSLATE, dist.join("podslate")).expect("a copy");
        let worker = "project-init.wasm";
        fs::copy(artifact(worker), dist.join(worker)).expect("a copy");
        self.build_image("podslate", &context, &dockerfile);
        let empty = self.home.join("empty");
        fs::create_dir(&empty).expect("a directory");
        for (name, dockerfile) in IMAGES {
            self.build_image(name, &empty, dockerfile);
        }
    }

    fn build_image(&self, name: &str, context: &Path, dockerfile: &str) {
        let mut command = Command::new("docker");
        command
            .args(["build", "--quiet", "--tag", name, "--file", "-"])
            .arg(context)
            .env("DOCKER_HOST", self.host())
            .env("DOCKER_BUILDKIT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("docker runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(dockerfile.as_bytes()).expect("written");
        drop(stdin);
        text(&child.wait_with_output().expect("an end"));
    }
}

/// The base of the Dockerfile's last stage, and that stage with what it copies from the first one
/// read from the context.
fn runtime_stage() -> (String, String) {
    let dockerfile = fs::read_to_string(repository("Dockerfile")).expect("a Dockerfile");
    let start = dockerfile.rfind("\nFROM ").expect("a stage") + 1;
    let stage = &dockerfile[start..];
    let from = stage.split_whitespace().nth(1).expect("a base");
    assert!(stage.contains("COPY --from=build /src/"), "{stage}");
    (
        from.to_owned(),
        stage.replace("COPY --from=build /", "COPY "),
    )
}

/// Lets every user into a directory.
fn open(dir: &Path) {
    fs::set_permissions(dir, PermissionsExt::from_mode(0o755)).expect("permissions");
}

fn path_of(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut paths = std::env::split_paths(&path).map(|dir| dir.join(program));
    paths.find(|path| path.is_file())
}
