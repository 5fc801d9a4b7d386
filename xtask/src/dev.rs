//! Development: trunk serves and rebuilds the page, and the backend restarts after an edit.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use xshell::{Cmd, cmd};

use crate::builder::{Builder, DEV};
use crate::fingerprint::Fingerprint;
use crate::paths::Paths;
use crate::step;

/// The sources of the backend.
const SOURCES: &str = "Cargo.lock Cargo.toml backend cli shared worker";
const INTERVAL: Duration = Duration::from_millis(500);

/// Serves until it is interrupted or trunk ends.
pub fn run(paths: &Paths) -> Result<()> {
    let builder = Builder::set_up(paths)?;
    if !paths.artifacts.join("web").exists() {
        // The backend embeds a page, though it is trunk's that is opened here.
        builder.page()?;
    }
    builder.fetch()?;
    let dist = paths.root.join("target/dev-web");
    let mut page = Running::start(builder.trunk("serve").arg("--dist").arg(dist))?;
    step::note("the page is served at http://127.0.0.1:8081 once trunk has built it");
    let mut built = None;
    let mut backend: Option<Running> = None;
    loop {
        let sources = Fingerprint::of(&paths.root, SOURCES, "").ok();
        if sources != built {
            built = sources;
            // An error in the code leaves the running backend alone.
            match build_backend(paths, &builder) {
                Ok(()) => {
                    // The old one holds the port.
                    drop(backend.take());
                    backend = Some(start_backend(paths)?);
                }
                Err(error) => step::note(&format!("the backend stays as it was: {error:#}")),
            }
        }
        if page.0.try_wait()?.is_some() {
            return Ok(());
        }
        thread::sleep(INTERVAL);
    }
}

fn build_backend(paths: &Paths, builder: &Builder) -> Result<()> {
    builder.worker(&DEV)?;
    let build = cmd!(paths.host, "cargo build --quiet -p podslate");
    step::show("build podslate", build)
}

fn start_backend(paths: &Paths) -> Result<Running> {
    let program = paths.built("debug", "podslate");
    let serve = ["serve", "--host", "127.0.0.1", "--port", "8080"];
    Running::start(cmd!(paths.host, "{program}").args(serve))
}

/// A child that ends with its owner.
struct Running(Child);

impl Running {
    fn start(command: Cmd<'_>) -> Result<Self> {
        let mut command = Command::from(command);
        Ok(Self(command.stdin(Stdio::null()).spawn()?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
