//! A release as a server has it: the packages, or what a test makes of them.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

use tempfile::TempDir;

use crate::package;

/// The files of a release, which a test may change, and the server of them.
pub struct Release {
    pub dir: TempDir,
    pub url: String,
}

impl Release {
    /// Serves copies of the packages.
    pub fn of(packages: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for file in [package(packages, ".tar.gz"), packages.join("SHA256SUMS")] {
            fs::copy(&file, dir.path().join(file.file_name().unwrap())).unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = dir.path().to_owned();
        thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away is none of the server's business.
                let _ = stream.and_then(|stream| answer(stream, &served));
            }
        });
        Self { dir, url }
    }

    /// The archive for this machine.
    pub fn archive(&self) -> PathBuf {
        package(self.dir.path(), ".tar.gz")
    }
}

/// Answers one request. Of a file beside which there is one named `.cut`, half is sent.
fn answer(mut stream: TcpStream, served: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().unwrap_or(Ok(String::new()))?;
    while lines
        .next()
        .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
    {}
    let name = request.split(['/', ' ']).nth(2).unwrap_or_default();
    let Ok(content) = fs::read(served.join(name)) else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    };
    let length = content.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    let is_cut = served.join(format!("{name}.cut")).exists();
    stream.write_all(&content[..if is_cut { length / 2 } else { length }])
}
