//! `podslate serve` as a process.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

#[cfg(unix)]
use rustix::process::Signal;

use crate::wait_for;

/// Time that the supervisor has to end after the server.
const END_LIMIT: Duration = Duration::from_secs(5);

/// A server that is killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    /// Its address as it printed it, for example `http://127.0.0.1:8080/`.
    pub url: String,
    /// The process that was started: the supervisor of the server, where there is one.
    pub child: Child,
}

impl Server {
    /// Starts `program` as a server of `workspace` at a free port and waits for its address.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(program: impl AsRef<OsStr>, workspace: &Path) -> io::Result<Self> {
        Self::spawn(&mut Self::command(program, workspace, 0))
    }

    /// The command that starts a server, without a token and a project; port 0 takes a free one.
    pub fn command(program: impl AsRef<OsStr>, workspace: &Path, port: u16) -> Command {
        let mut command = Command::new(program);
        command
            .args(["serve", "--port", &port.to_string(), "--workspace"])
            .arg(workspace)
            .env_remove("PODSLATE_TOKEN")
            .env_remove("PROJECT_NAME");
        command
    }

    /// Starts a server by a command and waits for its address.
    ///
    /// # Errors
    /// It does not start.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        Self::spawn_with_log(command, Stdio::null())
    }

    /// Starts a server whose log goes somewhere, and waits for its address.
    ///
    /// # Errors
    /// It does not start.
    pub fn spawn_with_log(command: &mut Command, log: impl Into<Stdio>) -> io::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn()?;
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        // Owned from here on, so that the process ends on errors, too.
        let mut server = Self {
            url: String::new(),
            child,
        };
        BufReader::new(stdout).read_line(&mut server.url)?;
        if server.url.is_empty() {
            let status = server.child.wait()?;
            return Err(io::Error::other(format!("no address, but {status}")));
        }
        server.url.truncate(server.url.trim_end().len());
        Ok(server)
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        let address = self.url.trim_start_matches("http://");
        address.split('/').next().unwrap_or_default()
    }

    /// The port.
    ///
    /// # Panics
    /// The server printed no port.
    pub fn port(&self) -> u16 {
        let (_, port) = self.address().rsplit_once(':').unwrap_or_default();
        port.parse().expect("an address with a port")
    }

    /// Number of files and connections that it has open, where the system knows it.
    pub fn open_files(&self) -> Option<usize> {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.process()));
        files.ok().map(Iterator::count)
    }

    /// Number of the process that serves: the supervisor's child, where there is a supervisor.
    pub fn process(&self) -> u32 {
        served_by(self.child.id()).unwrap_or(self.child.id())
    }

    /// Kills the process that serves, at whatever it is doing.
    pub fn kill(&mut self) {
        #[cfg(unix)]
        send(self.process(), Signal::KILL);
        // At a second signal its supervisor kills everything that is left, and ends.
        let ended = wait_for(END_LIMIT, || {
            let ended = self.child.try_wait().ok().flatten();
            #[cfg(unix)]
            if ended.is_none() {
                send(self.child.id(), Signal::TERM);
            }
            ended
        });
        if ended.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The child of a process that runs the same program.
fn served_by(parent: u32) -> Option<u32> {
    let program = |id: u32| std::fs::read_link(format!("/proc/{id}/exe")).ok();
    let stat = |id: u32| std::fs::read_to_string(format!("/proc/{id}/stat")).ok();
    let is_child = |id: &u32| {
        let stat = stat(*id).unwrap_or_default();
        let (_, fields) = stat.rsplit_once(") ").unwrap_or_default();
        fields.split(' ').nth(1) == Some(parent.to_string().as_str())
    };
    let entries = std::fs::read_dir("/proc").ok()?.flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut children = ids.filter(is_child);
    children.find(|child| program(*child).is_some_and(|it| Some(it) == program(parent)))
}

#[cfg(unix)]
fn send(id: u32, signal: Signal) {
    use rustix::process::{Pid, kill_process};
    if let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _ = kill_process(id, signal);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(line: &str) -> io::Result<Server> {
        Server::spawn(Command::new("sh").args(["-c", line]))
    }

    #[test]
    fn the_first_line_is_the_address() {
        let server = shell("echo http://127.0.0.1:8080/#token=x; exec sleep 60").expect("a server");
        assert_eq!(server.url, "http://127.0.0.1:8080/#token=x");
        assert_eq!(server.address(), "127.0.0.1:8080");
        assert_eq!(server.port(), 8080);
    }

    #[test]
    fn a_program_that_prints_no_address_is_an_error() {
        let error = shell("exit 3").expect_err("no address");
        assert!(error.to_string().contains('3'), "{error}");
    }

    #[test]
    fn a_dropped_server_has_ended() {
        let server = shell("echo http://127.0.0.1:8080/; exec sleep 60").expect("a server");
        let id = server.child.id().to_string();
        let is_running = || {
            let output = Command::new("kill").args(["-0", &id]).output();
            output.expect("kill runs").status.success()
        };
        assert!(is_running());
        drop(server);
        assert!(!is_running());
    }
}
