//! S3 server and client of the tests, and a proxy that can hold up an upload.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread;

use serde_json::Value;

use crate::program;

/// A running server. It ends with the test program, because that closes its standard input.
pub struct Server {
    pub url: String,
    pub bucket: String,
    pub key: String,
    pub secret: String,
    _process: Child,
}

impl Server {
    /// The server, which all tests share.
    pub fn get() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(Self::start)
    }

    fn start() -> Self {
        let mut child = python()
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Python and the test packages are installed");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let server: Value = serde_json::from_str(&line).expect("the address of the server");
        let text = |key: &str| server[key].as_str().unwrap().to_owned();
        Self {
            url: text("url"),
            bucket: text("bucket"),
            key: text("key"),
            secret: text("secret"),
            _process: child,
        }
    }

    /// Objects under a prefix by their key, each with size, time and tag.
    pub fn list(&self, prefix: &str) -> serde_json::Map<String, Value> {
        serde_json::from_str(&self.client(&["list", &self.url, &self.bucket, prefix])).unwrap()
    }

    /// Incomplete multipart uploads under a prefix.
    pub fn uploads(&self, prefix: &str) -> Value {
        let found = self.client(&["uploads", &self.url, &self.bucket, prefix]);
        serde_json::from_str(&found).unwrap()
    }

    /// Downloads all objects under a prefix.
    pub fn download(&self, prefix: &str, folder: &Path) {
        let folder = folder.to_str().unwrap();
        self.client(&["download", &self.url, &self.bucket, prefix, folder]);
    }

    /// Puts an object.
    pub fn put(&self, key: &str, text: &str) {
        self.client(&["put", &self.url, &self.bucket, key, text]);
    }

    fn client(&self, args: &[&str]) -> String {
        let output = python()
            .args(args)
            .env("AWS_ACCESS_KEY_ID", &self.key)
            .env("AWS_SECRET_ACCESS_KEY", &self.secret)
            .output()
            .expect("Python and the test packages are installed");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn python() -> Command {
    let mut command = Command::new(program::python());
    command.arg(program::script("push/s3.py"));
    command
}

/// A proxy in front of a server that stops after a number of bytes, until it is opened again.
pub struct Gate {
    pub url: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

struct State {
    left: u64,
    is_held: bool,
}

impl Gate {
    /// Starts a gate that lets a number of bytes through.
    pub fn before(server: &Server, bytes: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            left: bytes,
            is_held: false,
        };
        let state = Arc::new((Mutex::new(state), Condvar::new()));
        let (shared, target) = (Arc::clone(&state), server.url.replace("http://", ""));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(&target).unwrap();
                let (from, to) = (client.try_clone(), server.try_clone());
                let (from, to) = (from.unwrap(), to.unwrap());
                let state = Arc::clone(&shared);
                thread::spawn(move || pass(from, to, Some(&state)));
                thread::spawn(move || pass(server, client, None));
            }
        });
        Self { url, state }
    }

    /// Waits until the gate stops the upload.
    pub fn wait_until_held(&self) {
        let (state, changed) = &*self.state;
        let state = state.lock().unwrap();
        let limit = std::time::Duration::from_secs(60);
        let (state, _) = changed
            .wait_timeout_while(state, limit, |state| !state.is_held)
            .unwrap();
        assert!(state.is_held, "the upload never reached the gate");
    }

    /// Lets everything through.
    pub fn open(&self) {
        let (state, changed) = &*self.state;
        state.lock().unwrap().left = u64::MAX;
        changed.notify_all();
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, gate: Option<&(Mutex<State>, Condvar)>) {
    let mut buffer = [0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if let Some((state, changed)) = gate {
            let mut state = state.lock().unwrap();
            while state.left < count as u64 {
                state.is_held = true;
                changed.notify_all();
                state = changed.wait(state).unwrap();
            }
            state.left -= count as u64;
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
