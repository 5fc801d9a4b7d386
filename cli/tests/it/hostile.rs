//! Servers that break every rule, and the memory of the programs that talk to them.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::program::python;

/// A server with an answer of its own to every request.
pub struct Hostile {
    /// Address.
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Hostile {
    /// Starts a server; `answer` gets the head of a request.
    pub fn start(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || {
                    let head = head(&stream);
                    seen.lock().expect("no panic before").push(head.clone());
                    answer(&head, &mut stream);
                });
            }
        });
        Self { url, requests }
    }

    /// A server with one response to all requests.
    pub fn responding(response: impl Into<String>) -> Self {
        let response = response.into();
        Self::start(move |_, stream| {
            let _ = stream.write_all(response.as_bytes());
        })
    }

    /// Heads of all requests.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic before").clone()
    }
}

fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// A complete response.
pub fn response(status: u16, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} -\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// Writes a response head and then `block` again and again, up to about a gigabyte.
pub fn flood(stream: &mut TcpStream, head: &str, block: &[u8]) {
    let _ = stream.write_all(head.as_bytes());
    let block = block.repeat((1 << 20) / block.len() + 1);
    for _ in 0..1024 {
        if stream.write_all(&block).is_err() {
            return;
        }
    }
}

/// Runs a command; its output, and its largest size in memory in MiB.
pub fn with_memory(command: &Command) -> (Output, u64) {
    const PROGRAM: &str = "import resource, subprocess, sys\n\
                           code = subprocess.run(sys.argv[1:]).returncode\n\
                           size = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n\
                           print(f'\\n{size}', file=sys.stderr, end='')\n\
                           sys.exit(code)";
    let mut measured = Command::new(python());
    measured.args(["-c", PROGRAM]).arg(command.get_program());
    measured.args(command.get_args());
    if let Some(dir) = command.get_current_dir() {
        measured.current_dir(dir);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => measured.env(name, value),
            None => measured.env_remove(name),
        };
    }
    let output = measured.output().expect("Python runs");
    let notes = String::from_utf8_lossy(&output.stderr).into_owned();
    let size = notes.rsplit('\n').next().unwrap_or_default();
    let size: u64 = size.parse().unwrap_or_else(|_| panic!("{notes}"));
    // Linux counts in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") {
        1 << 20
    } else {
        1 << 10
    };
    (output, size / unit)
}
