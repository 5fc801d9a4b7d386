//! The connection of the server to its supervisor, which is its standard input. The token and the
//! signals arrive there; the server says when it ends.

use std::ffi::OsString;
#[cfg(unix)]
use std::{
    ffi::OsStr,
    io::{self, Read, Write},
    os::fd::AsFd,
    os::unix::ffi::{OsStrExt, OsStringExt},
    os::unix::net::UnixStream,
};

use podslate_backend::pipeline::Signal;
use tokio::sync::mpsc::UnboundedSender;

use crate::env_vars;

/// What the process that has started the server gives it.
#[derive(Debug, Default)]
pub struct Parent {
    /// The token, as it was in the environment.
    pub token: Option<OsString>,
    link: Option<Link>,
}

/// The connection to a supervisor.
#[derive(Debug)]
struct Link {
    supervisor: u32,
    #[cfg(unix)]
    stream: UnixStream,
}

/// What the server tells its supervisor: that it ends, and with which exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// It answers the last requests.
    Ending(u8),
    /// It exits.
    Done(u8),
}

impl Parent {
    /// No supervisor.
    pub fn missing(token: Option<OsString>) -> Self {
        Self { token, link: None }
    }

    /// No supervisor, and the token of the environment.
    #[cfg_attr(unix, expect(dead_code, reason = "there is a supervisor"))]
    pub fn environment() -> Self {
        Self::missing(env_vars::get(env_vars::TOKEN))
    }

    /// Number of the supervisor.
    pub fn supervisor(&self) -> Option<u32> {
        self.link.as_ref().map(|link| link.supervisor)
    }
}

#[cfg(not(unix))]
impl Parent {
    pub fn forward(&self, _: UnboundedSender<Signal>) {}

    pub fn tell(&self, _: Message) {}
}

#[cfg(unix)]
impl Parent {
    /// Receives the token from the supervisor.
    pub fn connect(supervisor: u32) -> Self {
        let connect = || {
            let mut stream = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
            let mut length = [0; 4];
            stream.read_exact(&mut length)?;
            let mut token = Vec::new();
            (&mut stream)
                .take(u32::from_le_bytes(length).into())
                .read_to_end(&mut token)?;
            io::Result::Ok((stream, token))
        };
        match connect() {
            Ok((stream, token)) => Self {
                token: (!token.is_empty()).then(|| OsString::from_vec(token)),
                link: Some(Link { supervisor, stream }),
            },
            Err(_) => Self::default(),
        }
    }

    /// Sends the signals that the supervisor passes on, and `Terminate` when it has ended.
    pub fn forward(&self, signals: UnboundedSender<Signal>) {
        let stream = self.link.as_ref().map(|link| link.stream.try_clone());
        let Some(Ok(mut stream)) = stream else {
            return;
        };
        std::thread::spawn(move || {
            let mut byte = [0];
            while stream.read_exact(&mut byte).is_ok() {
                let signal = match i32::from(byte[0]) {
                    signal_hook::consts::SIGINT => Signal::Interrupt,
                    signal_hook::consts::SIGUSR1 => Signal::User1,
                    signal_hook::consts::SIGUSR2 => Signal::User2,
                    _ => Signal::Terminate,
                };
                let _ = signals.send(signal);
            }
            let _ = signals.send(Signal::Terminate);
        });
    }

    /// Tells the supervisor something.
    pub fn tell(&self, message: Message) {
        let (kind, code) = match message {
            Message::Ending(code) => (ENDING, code),
            Message::Done(code) => (DONE, code),
        };
        if let Some(link) = &self.link {
            // A supervisor that is gone need not know.
            let _ = (&link.stream).write_all(&[kind, code]);
        }
    }
}

#[cfg(unix)]
const ENDING: u8 = b'e';
#[cfg(unix)]
const DONE: u8 = b'd';

#[cfg(unix)]
impl Message {
    /// The next message of a server; `None` after its end.
    pub fn receive(stream: &mut UnixStream) -> Option<Self> {
        let mut bytes = [0; 2];
        stream.read_exact(&mut bytes).ok()?;
        match bytes {
            [ENDING, code] => Some(Self::Ending(code)),
            [_, code] => Some(Self::Done(code)),
        }
    }
}

/// Sends the token to a server.
#[cfg(unix)]
pub fn send_token(stream: &mut UnixStream, token: Option<&OsStr>) -> io::Result<()> {
    let token = token.map(OsStr::as_bytes).unwrap_or_default();
    let length = u32::try_from(token.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_le_bytes(), token].concat())
}
