//! Measures what users wait for.

mod times;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::artifacts::Kit;
use crate::place::Place;
use crate::tools;

/// Compresses a file as the server does at its best and prints the size.
const BROTLI: &str = "const z = require('zlib'); \
    const bytes = require('fs').readFileSync(process.argv[1]); \
    const params = { [z.constants.BROTLI_PARAM_QUALITY]: 11 }; \
    console.log(z.brotliCompressSync(bytes, { params }).length)";

/// Builds everything and prints one table for each kind of measurement.
pub fn run(place: &Place) -> Result<()> {
    let program = Kit::set_up(place)?.program()?;
    print_sizes(&sizes(place, &program)?);
    println!();
    let scratch = place.root.join("target/bench");
    let measured = times::print(&program, &scratch);
    times::clean(&scratch);
    measured
}

/// One measured file.
struct Size {
    what: &'static str,
    bytes: usize,
    /// Only of what travels over a network.
    brotli: Option<usize>,
}

fn sizes(place: &Place, program: &Path) -> Result<Vec<Size>> {
    let web = place.artifacts.join("web");
    let travels = [
        (
            "worker, project-init.wasm",
            place.artifacts.join("project-init.wasm"),
        ),
        ("page, WebAssembly", with_ending(&web, ".wasm")?),
        ("page, JavaScript", with_ending(&web, ".js")?),
        ("page, index.html", web.join("index.html")),
    ];
    let mut sizes = Vec::new();
    for (what, path) in travels {
        sizes.push(Size {
            what,
            bytes: size(&path)?,
            brotli: Some(brotli(place, &path)?),
        });
    }
    let stays = [
        (
            "worker, compiled ahead of time",
            place.artifacts.join("project-init.cwasm"),
        ),
        ("podslate", program.into()),
    ];
    for (what, path) in stays {
        sizes.push(Size {
            what,
            bytes: size(&path)?,
            brotli: None,
        });
    }
    Ok(sizes)
}

fn print_sizes(sizes: &[Size]) {
    println!("{:<34}{:>14}{:>14}", "Size", "bytes", "brotli 11");
    for Size {
        what,
        bytes,
        brotli,
    } in sizes
    {
        println!(
            "{what:<34}{bytes:>14}{:>14}",
            brotli.map_or_else(|| "-".into(), |size| size.to_string())
        );
    }
}

fn size(path: &Path) -> Result<usize> {
    let content = fs::read(path)
        .with_context(|| format!("{} is missing; run the command again.", path.display()))?;
    Ok(content.len())
}

fn brotli(place: &Place, path: &Path) -> Result<usize> {
    let output = Command::new(tools::node(place)?)
        .args(["-e", BROTLI])
        .arg(path)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim()
        .parse()
        .with_context(|| format!("Node.js did not compress {}.", path.display()))
}

fn with_ending(folder: &Path, ending: &str) -> Result<PathBuf> {
    fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().ends_with(ending))
        .with_context(|| format!("The page has no {ending} file; run `cargo xtask build page`."))
}
