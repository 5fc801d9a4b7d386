//! A slow volume: a directory that passes everything on to another one, later.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::{memory_dir, skip, wait_for};

/// The program that serves a volume, of the crate `slowfs`.
const PROGRAM: &str = "podslate-slowfs";
/// Time to allow for a volume to be unmounted.
const UNMOUNT_LIMIT: Duration = Duration::from_secs(5);

/// How a volume is mounted.
#[derive(Clone, Debug, Default)]
pub struct SlowVolumeOptions {
    latency: Duration,
    ttl: Option<Duration>,
    backing: Option<PathBuf>,
    program: Option<PathBuf>,
}

impl SlowVolumeOptions {
    /// Each operation takes that much longer than in the directory behind the volume.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// The system keeps names and attributes for that long, instead of 1 second.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// The system keeps no names and no attributes: each use is an operation.
    #[must_use]
    pub fn no_cache(self) -> Self {
        self.ttl(Duration::ZERO)
    }

    /// The directory behind the volume, which stays; otherwise it is temporary and in memory.
    #[must_use]
    pub fn backing(mut self, dir: impl Into<PathBuf>) -> Self {
        self.backing = Some(dir.into());
        self
    }

    /// The program that serves the volume; otherwise it is beside the tests, or is built.
    #[must_use]
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Mounts the volume.
    ///
    /// # Errors
    /// The program cannot be built or started, or may not mount.
    pub fn mount(self) -> io::Result<SlowVolume> {
        let program = self.program.map_or_else(program, Ok)?;
        let own = self.backing.is_none().then(memory_dir).transpose()?;
        let backing = self.backing.or(own.as_ref().map(|dir| dir.path().into()));
        let backing = backing.unwrap_or_default();
        // Not in memory: an empty directory that is hidden by the volume.
        let mount_point = tempfile::tempdir()?;
        let mut command = Command::new(program);
        command.arg(&backing).arg(mount_point.path());
        command.args(["--latency", &microseconds(self.latency)]);
        if let Some(ttl) = self.ttl {
            command.args(["--ttl", &microseconds(ttl)]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        let volume = SlowVolume {
            child,
            pipes: Mutex::new(Some((input, BufReader::new(output)))),
            backing,
            mount_point,
            _own: own,
        };
        volume.await_ready()
    }
}

fn microseconds(duration: Duration) -> String {
    format!("{}us", duration.as_micros())
}

/// A volume whose operations take longer, and which can hang, fail and count its operations.
///
/// What is written to [`path`](Self::path) goes through the volume; what is written to
/// [`backing`](Self::backing) is the work of another machine, of which no notification arrives.
///
/// A process that waits for a volume that hangs cannot be killed: [`release`](Self::release) the
/// volume first, or drop it.
#[derive(Debug)]
pub struct SlowVolume {
    child: Child,
    pipes: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
    backing: PathBuf,
    mount_point: TempDir,
    _own: Option<TempDir>,
}

impl SlowVolume {
    /// Mounts a volume whose operations take `latency` longer.
    ///
    /// `None` if this machine cannot mount one; then the test of the present thread is recorded as
    /// skipped and returns.
    ///
    /// # Panics
    /// The fixture itself does not work.
    pub fn start(latency: Duration) -> Option<Self> {
        Self::options().latency(latency).start()
    }

    /// The options of a volume, for [`SlowVolumeOptions::start`].
    pub fn options() -> SlowVolumeOptions {
        SlowVolumeOptions::default()
    }

    /// The directory through which the volume is used.
    pub fn path(&self) -> &Path {
        self.mount_point.path()
    }

    /// The directory behind the volume.
    pub fn backing(&self) -> &Path {
        &self.backing
    }

    /// Number of operations since the start.
    ///
    /// The system tells the volume that a file was closed after `close` has returned, so the number
    /// may grow a little after the last use.
    pub fn operations(&self) -> u64 {
        let counts = self.counts();
        let number = counts.split(' ').next().unwrap_or_default();
        number.parse().expect("a number of operations")
    }

    /// The number of operations and, for messages, that of each kind: `3 lookup 2 mkdir 1`.
    pub fn counts(&self) -> String {
        let answer = self.send("count");
        answer.trim_start_matches("count ").to_owned()
    }

    /// Sets the time that each operation takes in addition.
    pub fn latency(&self, latency: Duration) {
        self.set(&format!("latency {}", microseconds(latency)));
    }

    /// Has all operations wait until [`release`](Self::release).
    pub fn hang(&self) {
        self.set("hang");
    }

    /// Lets the operations that wait go on.
    pub fn release(&self) {
        self.set("release");
    }

    /// Has all operations fail with an error, for example `EIO`, until [`recover`](Self::recover).
    pub fn fail(&self, error: &str) {
        self.set(&format!("fail {error}"));
    }

    /// Ends [`fail`](Self::fail).
    pub fn recover(&self) {
        self.set("ok");
    }

    /// Number of the process that serves the volume.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    fn set(&self, command: &str) {
        let answer = self.send(command);
        assert_eq!(answer, "ok", "{command}");
    }

    fn send(&self, command: &str) -> String {
        let answer = self.exchange(Some(command));
        answer.unwrap_or_else(|error| {
            let process = self.process();
            let state = std::fs::read_to_string(format!("/proc/{process}/status"));
            let state = state.unwrap_or_default();
            let state = state.lines().find(|line| line.starts_with("State"));
            panic!("the volume does not obey `{command}`: {error}, process {process}: {state:?}")
        })
    }

    /// Sends a line, if there is one, and returns the next line of the program.
    fn exchange(&self, command: Option<&str>) -> io::Result<String> {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let (input, output) = pipes.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        if let Some(command) = command {
            writeln!(input, "{command}")?;
        }
        let mut line = String::new();
        output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    fn await_ready(mut self) -> io::Result<Self> {
        if self.exchange(None)? == "ready" {
            return Ok(self);
        }
        let stderr = self.child.stderr.take();
        let error = stderr.map_or(Ok(String::new()), io::read_to_string)?;
        Err(io::Error::other(error.trim().to_owned()))
    }
}

impl SlowVolumeOptions {
    /// Mounts the volume, or records that the test of the present thread is skipped.
    ///
    /// # Panics
    /// The fixture itself does not work.
    pub fn start(self) -> Option<SlowVolume> {
        if !Path::new("/dev/fuse").exists() {
            return skipped("/dev/fuse is missing");
        }
        let built = self.program.clone().map_or_else(program, Ok);
        let built = built.expect("the program of slow volumes can be built");
        let mounted = self.program(built).mount();
        mounted.map_or_else(|error| skipped(&error.to_string()), Some)
    }
}

fn skipped(reason: &str) -> Option<SlowVolume> {
    let thread = thread::current();
    skip(thread.name().unwrap_or("slow volume"), reason);
    None
}

impl Drop for SlowVolume {
    fn drop(&mut self) {
        // The end of its input has the program unmount the volume.
        *self.pipes.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let ended = wait_for(UNMOUNT_LIMIT, || self.child.try_wait().ok().flatten());
        if ended.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if is_mounted(self.mount_point.path()) {
            let _ = unmount(self.mount_point.path());
        }
    }
}

/// Whether something is mounted at `path`, even if what serves it is gone.
pub fn is_mounted(path: &Path) -> bool {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mut points = mounts.lines().filter_map(|line| line.split(' ').nth(1));
    points.any(|point| Path::new(point) == path)
}

/// Unmounts a volume that nothing serves any more, so that no dead mount is left.
fn unmount(path: &Path) -> io::Result<()> {
    let as_root = Command::new("umount").arg("-l").arg(path).status()?;
    if !as_root.success() {
        let mut command = Command::new("fusermount3");
        command.args(["-u", "-z"]).arg(path).status()?;
    }
    Ok(())
}

/// The program beside the tests, which is built if it is missing.
fn program() -> io::Result<PathBuf> {
    // `target/debug/deps/test-0123`, or `target/release/program`.
    let this = env::current_exe()?;
    let dirs = this.ancestors().skip(1).take(2);
    let found = dirs.map(|dir| dir.join(PROGRAM)).find(|path| path.exists());
    found.map_or_else(build, Ok)
}

fn build() -> io::Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--message-format", "json"]);
    command.args(["--package", PROGRAM]);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.stderr(Stdio::inherit()).output()?;
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut programs = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    let program = programs.next().filter(|_| output.status.success());
    program.ok_or_else(|| io::Error::other(format!("{PROGRAM} cannot be built")))
}
