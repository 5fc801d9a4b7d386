//! Sizes of what is sent and installed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use brotli::CompressorWriter;

use crate::line::{Budget, Line, Unit};
use crate::setup::Setup;

/// The level of the server.
const BROTLI_LEVEL: u32 = 11;
const BROTLI_WINDOW: u32 = 22;
const BUFFER: usize = 4096;
/// As in `xtask/src/builder.rs`.
const WORKER_BUDGET: f64 = 136_000.0;

/// The worker, the page and the program.
pub fn all(setup: &Setup) -> Result<Vec<Line>> {
    let bytes = |title: &str, bytes: usize| Line::new(title, Unit::Bytes).value(bytes as f64);
    let read = |path: &Path| fs::read(path).with_context(|| path.display().to_string());
    let worker = read(&setup.artifacts.join("project-init.wasm"))?;
    let worker = bytes("worker, project-init.wasm", worker.len());
    let mut lines = vec![worker.budget(Budget::AtMost(WORKER_BUDGET))];
    let web = setup.artifacts.join("web");
    for (title, ending) in [
        ("page, WebAssembly after brotli", "wasm"),
        ("page, JavaScript after brotli", "js"),
        ("page, styles after brotli", "css"),
    ] {
        if let Some(path) = find(&web, ending)? {
            lines.push(bytes(title, compressed(&read(&path)?)?));
        }
    }
    lines.push(bytes("podslate, the program", read(&setup.program)?.len()));
    Ok(lines)
}

fn find(folder: &Path, ending: &str) -> Result<Option<PathBuf>> {
    let entries: Result<Vec<_>, _> = fs::read_dir(folder)?.collect();
    let mut paths = entries?.into_iter().map(|entry| entry.path());
    Ok(paths.find(|path| path.extension().is_some_and(|found| found == ending)))
}

fn compressed(bytes: &[u8]) -> Result<usize> {
    let mut output = Vec::new();
    let mut writer = CompressorWriter::new(&mut output, BUFFER, BROTLI_LEVEL, BROTLI_WINDOW);
    writer.write_all(bytes)?;
    drop(writer);
    Ok(output.len())
}
