//! Development: the page from trunk, which rebuilds it, and the backend restarted when it is edited.

use std::env::consts::EXE_SUFFIX;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::artifacts::{Kit, Profile, host_cargo};
use crate::fingerprint;
use crate::place::Place;
use crate::step;

/// What the backend is made from.
const WATCHED: [&str; 6] = [
    "Cargo.lock",
    "Cargo.toml",
    "backend",
    "cli",
    "shared",
    "worker",
];
const LOOK: Duration = Duration::from_millis(500);

/// Serves until it is interrupted or the page's server ends.
pub fn run(place: &Place) -> Result<()> {
    let kit = Kit::set_up(place)?;
    if !place.artifacts.join("web").exists() {
        // The backend embeds a page; here trunk's is the one that is looked at.
        kit.page_artifact()?;
    }
    kit.fetch()?;
    let mut page = Running(
        kit.trunk("serve")
            .arg("--dist")
            .arg(place.root.join("target/dev-web"))
            .stdin(Stdio::null())
            .spawn()
            .context("trunk cannot be started; run `cargo xtask setup`.")?,
    );
    step::note("the page is served at http://127.0.0.1:8081 once trunk has built it");
    let mut seen = None;
    let mut backend: Option<Running> = None;
    loop {
        let newest = fingerprint::newest(&place.root, &WATCHED);
        if newest != seen {
            seen = newest;
            match build_backend(place, &kit) {
                Ok(()) => {
                    // The old one holds the port.
                    drop(backend.take());
                    backend = Some(start_backend(place)?);
                }
                Err(error) => step::note(&format!("the backend stays as it was: {error:#}")),
            }
        }
        if page.0.try_wait()?.is_some() {
            return Ok(());
        }
        thread::sleep(LOOK);
    }
}

/// Builds before anything is stopped: a mistake leaves the running backend alone.
fn build_backend(place: &Place, kit: &Kit) -> Result<()> {
    kit.worker_artifacts(Profile::Dev)?;
    step::show(
        "build podslate",
        host_cargo(place).args(["build", "--quiet", "-p", "podslate"]),
    )
}

fn start_backend(place: &Place) -> Result<Running> {
    let program = place
        .host_target
        .join("debug")
        .join(format!("podslate{EXE_SUFFIX}"));
    let child = Command::new(&program)
        .args(["serve", "--host", "127.0.0.1", "--port", "8080"])
        .current_dir(&place.root)
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("{} cannot be started.", program.display()))?;
    Ok(Running(child))
}

/// A child that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
