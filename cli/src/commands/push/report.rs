//! Result of an upload.

use indicatif::HumanBytes;
use object_store::path::Path as Key;
use serde::Serialize;

use super::plan::Plan;
use super::scan::{LocalFile, SkippedFile, Tree};
use crate::args::Push;
use crate::defaults::POD_WORKSPACE;
use crate::error::{Error, Result};
use crate::{output, text};

/// Maximum number of files that one sentence names.
const MAX_NAMED: usize = 3;

#[derive(Debug, Default, Serialize)]
pub struct Report {
    project_name: String,
    bucket: String,
    dry_run: bool,
    /// Path of the project on a pod that has the volume.
    project_path: String,
    /// Files that were sent or, in a dry run, would be.
    sent: Vec<String>,
    sent_bytes: u64,
    /// Number of files that the volume had already.
    unchanged: usize,
    skipped: Vec<SkippedFile>,
    /// Files that could not be sent.
    pub not_sent: Vec<SkippedFile>,
    /// Files that were kept because they are newer on the volume.
    newer: Vec<String>,
    /// Number of files that only the volume has.
    only_there: u64,
    message: String,
}

impl Report {
    pub fn new(args: &Push, folder: &Key, tree: Tree, plan: &Plan, only_there: u64) -> Self {
        let newer = plan.newer.iter().map(|file| file.path.to_string());
        Self {
            project_name: args.name.clone(),
            bucket: args.bucket.clone(),
            dry_run: args.dry_run,
            project_path: format!("{POD_WORKSPACE}/{folder}"),
            unchanged: plan.same.len(),
            newer: newer.collect(),
            only_there,
            skipped: tree.skipped,
            not_sent: tree.unreadable,
            ..Self::default()
        }
    }

    pub fn add_sent(&mut self, file: &LocalFile) {
        self.sent.push(file.path.to_string());
        self.sent_bytes += file.size;
    }

    /// Whether the volume has all that is here.
    pub fn check(&self) -> Result<()> {
        if !self.not_sent.is_empty() {
            let files = few(self.not_sent.iter().map(SkippedFile::to_string));
            return Err(Error::FilesNotSent { files });
        }
        if !self.newer.is_empty() {
            let files = few(self.newer.iter().map(|path| format!("`{path}`")));
            return Err(Error::FilesNewer { files });
        }
        Ok(())
    }

    pub fn print(mut self, is_json: bool) -> Result<()> {
        let skipped = self.skipped.iter().map(|file| ("skipped", file));
        let not_sent = self.not_sent.iter().map(|file| ("not sent", file));
        for (label, file) in skipped.chain(not_sent) {
            output::note(&format!("{label} {file}"));
        }
        for path in &self.newer {
            output::note(&format!("kept {path}: it is newer on the volume"));
        }
        if self.only_there > 0 {
            let files = text::count(self.only_there, "file");
            output::note(&format!("{files} only on the volume: not changed"));
        }
        self.check()?;
        let (name, volume, path) = (&self.project_name, &self.bucket, &self.project_path);
        let verb = if self.dry_run { "Would push" } else { "Pushed" };
        let files = text::count(self.sent.len() as u64, "file");
        let (bytes, same) = (HumanBytes(self.sent_bytes), self.unchanged);
        let message = format!("{verb} {name} to {volume}: {files} ({bytes}), {same} unchanged.");
        if is_json {
            self.message = message;
            return output::action("pushed", &self);
        }
        let mut lines = Vec::new();
        if self.dry_run {
            lines.extend(self.sent.iter().map(|path| format!("would send {path}")));
        }
        lines.push(message);
        if !self.dry_run {
            lines.push(format!(
                "Attach the network volume {volume} at {POD_WORKSPACE} when you create the pod, in \
                 the volume's data center; the project is then in {path}. At RunPod:"
            ));
            lines.push(format!(
                "  runpodctl pod create --network-volume-id {volume} --volume-mount-path \
                 {POD_WORKSPACE} …"
            ));
        }
        output::lines(&lines)
    }
}

fn few(mut names: impl ExactSizeIterator<Item = String>) -> String {
    let first: Vec<String> = names.by_ref().take(MAX_NAMED).collect();
    let first = first.join(", ");
    match names.len() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
