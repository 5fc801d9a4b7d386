//! The parent of the server. It inherits what the pipeline leaves behind, and ends the server and
//! all of that in time, whatever their threads wait for.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use podslate_backend::pipeline::processes::{self, Process};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;

use crate::env_vars;
use crate::parent::{self, Message, Parent};
use crate::signals::ignores_hangup;

/// Time from the first signal, or from the end of the pipeline that the server ends with, until
/// everything is killed. Containers are killed after 10 seconds by default.
const GRACE: Duration = Duration::from_secs(9);
/// Time that the server has to exit when its work is done.
const EXIT_GRACE: Duration = Duration::from_secs(1);
/// Time to wait for the end of what was killed: what waits for a volume may not end.
const KILL_GRACE: Duration = Duration::from_millis(500);
const CHECK_INTERVAL: Duration = Duration::from_millis(20);
/// Exit code of a server that was killed.
const KILLED: u8 = 128 + 9;
/// A longer token is refused, and would not fit into a pipe.
const MAX_TOKEN: usize = 32 * 1024;

/// A process of `podslate serve`.
pub enum Start {
    /// It was the supervisor; the exit code.
    Ended(u8),
    /// It is the server.
    Serve(Parent),
}

/// What a process of `podslate serve` was started as.
enum Role {
    Supervisor,
    Server { supervisor: u32 },
}

/// Becomes the supervisor, or continues as the server that the supervisor has started.
pub fn start() -> Start {
    let token = match role() {
        Some(Role::Server { supervisor }) => return Start::Serve(Parent::connect(supervisor)),
        Some(Role::Supervisor) => {
            let mut token = Vec::new();
            let read = io::stdin().read_to_end(&mut token);
            read.is_ok().then(|| OsString::from_vec(token))
        }
        None => {
            let token = env_vars::get(env_vars::TOKEN);
            if let Some(token) = &token {
                // Returns only if it fails.
                let _ = hide(token);
            }
            token
        }
    };
    match Supervisor::start(token.as_deref()) {
        Ok((supervisor, events)) => Start::Ended(supervisor.run(&events)),
        // Without a supervisor there is a server nevertheless.
        Err(_) => Start::Serve(Parent::missing(token)),
    }
}

/// The variable may be inherited from a server far above, so it names a process.
fn role() -> Option<Role> {
    let role = env::var(env_vars::ROLE).ok()?;
    let (role, id) = role.split_once(':')?;
    let id: u32 = id.parse().ok()?;
    match role {
        "supervisor" if id == std::process::id() => Some(Role::Supervisor),
        "server" if id == std::os::unix::process::parent_id() => {
            Some(Role::Server { supervisor: id })
        }
        _ => None,
    }
}

/// Executes this program again in this process, without the token in the environment, which other
/// processes can read.
fn hide(token: &OsStr) -> io::Result<()> {
    let (reader, mut writer): (PipeReader, _) = io::pipe()?;
    let token = token.as_bytes();
    writer.write_all(&token[..token.len().min(MAX_TOKEN)])?;
    drop(writer);
    let mut command = this_program("supervisor")?;
    Err(command.stdin(reader).exec())
}

fn this_program(role: &str) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command
        .args(env::args_os().skip(1))
        .env_remove(env_vars::TOKEN)
        .env(env_vars::ROLE, format!("{role}:{}", std::process::id()));
    Ok(command)
}

enum Event {
    Signal(i32),
    Message(Message),
}

struct Supervisor {
    server: Option<Pid>,
    link: UnixStream,
    /// When everything is killed.
    deadline: Option<Instant>,
    /// Exit code that the server will have.
    code: Option<u8>,
    is_stopping: bool,
}

impl Supervisor {
    /// Starts the server.
    fn start(token: Option<&OsStr>) -> io::Result<(Self, Receiver<Event>)> {
        let hangup = (!ignores_hangup()).then_some(SIGHUP);
        let signals = [SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];
        let signals = Signals::new(signals.into_iter().chain(hangup))?;
        // Where it cannot inherit them, what the pipeline leaves behind goes to process 1.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        let (mut link, other) = UnixStream::pair()?;
        let mut server = this_program("server")?;
        server.stdin(OwnedFd::from(other));
        // Its handle is dropped without waiting: `wait` below reports every child.
        let server = server.spawn()?.id();
        let server = i32::try_from(server).ok().and_then(Pid::from_raw);
        // A server that has ended already is reported as a child.
        let _ = parent::send_token(&mut link, token);
        let (sender, events) = mpsc::channel();
        let messages = link.try_clone()?;
        listen(signals, messages, sender);
        let supervisor = Self {
            server,
            link,
            deadline: None,
            code: None,
            is_stopping: false,
        };
        Ok((supervisor, events))
    }

    /// Returns the exit code after the end of the server and of everything that it has started.
    fn run(mut self, events: &Receiver<Event>) -> u8 {
        loop {
            let event = match self.deadline {
                Some(deadline) => {
                    events.recv_timeout(deadline.saturating_duration_since(Instant::now()))
                }
                None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match event {
                Ok(Event::Signal(SIGCHLD)) => {
                    if let Some(code) = self.reap() {
                        self.end_others(events);
                        return code;
                    }
                }
                Ok(Event::Signal(signal)) => {
                    if self.pass_on(signal) {
                        return self.kill();
                    }
                }
                Ok(Event::Message(message)) => self.note(message),
                Err(_) => return self.kill(),
            }
        }
    }

    /// Passes a signal on to the server; whether everything has to end at once.
    fn pass_on(&mut self, signal: i32) -> bool {
        if signal == SIGQUIT {
            self.send(Signal::QUIT);
            return false;
        }
        // A server that cannot receive it is killed at the deadline.
        let _ = self.link.write_all(&[signal.unsigned_abs() as u8]);
        if !is_stop(signal) {
            return false;
        }
        self.deadline.get_or_insert(Instant::now() + GRACE);
        std::mem::replace(&mut self.is_stopping, true)
    }

    fn note(&mut self, message: Message) {
        let (grace, code) = match message {
            Message::Ending(code) => (GRACE, code),
            Message::Done(code) => (EXIT_GRACE, code),
        };
        let end = Instant::now() + grace;
        self.deadline = Some(self.deadline.map_or(end, |deadline| deadline.min(end)));
        self.code = Some(code);
    }

    /// Ends what the server has left.
    fn end_others(&mut self, events: &Receiver<Event>) {
        let grace = podslate_backend::pipeline::STOP_GRACE;
        let end = self.deadline.unwrap_or(Instant::now() + grace);
        send(&others(), Signal::TERM);
        while !others().is_empty() {
            self.reap();
            let stops = |event| matches!(event, Event::Signal(signal) if is_stop(signal));
            if Instant::now() > end || events.try_iter().any(stops) {
                self.kill();
                return;
            }
            thread::sleep(CHECK_INTERVAL);
        }
    }

    /// Kills everything; returns the exit code.
    fn kill(&mut self) -> u8 {
        let end = Instant::now() + KILL_GRACE;
        let mut code = None;
        loop {
            self.send(Signal::KILL);
            send(&others(), Signal::KILL);
            code = code.or(self.reap());
            let is_over = code.is_some() && others().is_empty();
            if is_over || Instant::now() > end {
                return self.code.or(code).unwrap_or(KILLED);
            }
            thread::sleep(CHECK_INTERVAL);
        }
    }

    /// Sends a signal to the server.
    fn send(&self, signal: Signal) {
        if let Some(server) = self.server {
            let _ = kill_process(server, signal);
        }
    }

    /// Reaps the children that have ended; returns the exit code if the server is one of them.
    fn reap(&mut self) -> Option<u8> {
        let mut code = None;
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            if Some(pid) == self.server {
                // Another process may get its number.
                self.server = None;
                code = Some(exit_code(ExitStatus::from_raw(status.as_raw())));
            }
        }
        code
    }
}

/// Processes below this one.
fn others() -> Vec<Process> {
    processes::descendants(std::process::id())
}

fn send(processes: &[Process], signal: Signal) {
    processes.iter().for_each(|process| process.send(signal));
}

fn is_stop(signal: i32) -> bool {
    matches!(signal, SIGINT | SIGTERM | SIGHUP)
}

/// Sends everything that happens to one receiver.
fn listen(mut signals: Signals, mut messages: UnixStream, events: Sender<Event>) {
    let others = events.clone();
    thread::spawn(move || {
        for signal in &mut signals {
            let _ = events.send(Event::Signal(signal));
        }
    });
    thread::spawn(move || {
        while let Some(message) = Message::receive(&mut messages) {
            let _ = others.send(Event::Message(message));
        }
    });
}

/// Exit code as shells report it: 128 plus the number of a signal.
fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(2)
}
