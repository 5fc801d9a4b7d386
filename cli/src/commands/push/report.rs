//! What came of an upload, and how it is told.

use anyhow::Result;
use indicatif::HumanBytes;
use podslate_shared::api::Success;
use podslate_shared::{ErrorBody, ErrorCode, ProjectName};
use serde::Serialize;

use super::plan::Plan;
use super::scan::{File, Left, Tree};
use super::storage::Objects;
use crate::args::Push;
use crate::defaults::POD_WORKSPACE;
use crate::output;

/// So many files are named in one sentence.
const NAMED: usize = 3;

/// What came of an upload.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Where a pod finds the project when it has the volume.
    project_path: String,
    /// The files that were sent or, in a rehearsal, would be.
    sent: Vec<String>,
    sent_bytes: u64,
    /// How many files were there already.
    unchanged: usize,
    /// How many empty folders were made or, in a rehearsal, would be.
    folders: usize,
    /// How many of them the storage does not list.
    pub unseen_folders: usize,
    /// What is not sent by rule.
    skipped: Vec<Left>,
    /// What should have been sent and could not be.
    not_sent: Vec<Left>,
    /// What was kept because it is newer there.
    newer: Vec<String>,
    /// How many files there are not here; they were left alone.
    only_there: usize,
}

/// The answer for programs.
#[derive(Serialize)]
struct Report<'a> {
    status: Success,
    action: &'static str,
    project_name: &'a str,
    bucket: &'a str,
    dry_run: bool,
    #[serde(flatten)]
    outcome: &'a Outcome,
    message: String,
}

impl Outcome {
    /// What is known before anything is sent.
    pub fn new(
        args: &Push,
        name: &ProjectName,
        tree: &Tree,
        there: &Objects,
        plan: &Plan,
        config: Option<&File>,
    ) -> Self {
        let is_here = |path: &String| {
            tree.files.iter().any(|file| file.path == *path) || tree.folders.contains(path)
        };
        let prefix = args.prefix.trim_matches('/');
        let prefix = if prefix.is_empty() {
            String::new()
        } else {
            format!("{prefix}/")
        };
        let mut outcome = Self {
            project_path: format!("{POD_WORKSPACE}/{prefix}{name}"),
            unchanged: plan.same.len(),
            folders: plan.folders.len(),
            skipped: tree.skipped.clone(),
            not_sent: tree.unreadable.clone(),
            newer: plan.newer.iter().map(|file| file.path.clone()).collect(),
            only_there: there.keys().filter(|path| !is_here(path)).count(),
            ..Self::default()
        };
        if args.dry_run {
            plan.send
                .iter()
                .chain(config)
                .for_each(|file| outcome.sent(file));
        }
        outcome
    }

    /// A file was sent.
    pub fn sent(&mut self, file: &File) {
        self.sent.push(file.path.clone());
        self.sent_bytes += file.size;
    }

    /// A file was not sent.
    pub fn not_sent(&mut self, path: &str, reason: String) {
        self.not_sent.push(Left {
            path: path.to_owned(),
            reason,
        });
    }

    /// Why the volume does not have all that is here.
    pub fn refusal(&self) -> Option<ErrorBody> {
        let not_sent = self
            .not_sent
            .iter()
            .map(|left| format!("`{}`: {}", left.path, left.reason));
        let newer = self.newer.iter().map(|path| format!("`{path}`"));
        match (self.not_sent.is_empty(), self.newer.is_empty()) {
            (false, _) => Some(ErrorBody::new(ErrorCode::FilesNotSent, &few(not_sent))),
            (true, false) => Some(ErrorBody::new(ErrorCode::FilesNewer, &few(newer))),
            (true, true) => None,
        }
    }

    fn message(&self, args: &Push, name: &ProjectName) -> String {
        let (what, bucket) = (counted(self.sent.len(), "file"), &args.bucket);
        let verb = if args.dry_run { "Would push" } else { "Pushed" };
        let folders = counted(self.folders, "empty folder");
        format!(
            "{verb} {name} to {bucket}: {what} ({}) and {folders} sent, {} unchanged.",
            HumanBytes(self.sent_bytes),
            self.unchanged
        )
    }
}

/// Says what came of it.
pub fn done(args: &Push, name: &ProjectName, outcome: &Outcome, json: bool) -> Result<()> {
    for left in &outcome.skipped {
        output::note(&format!("skipped {}: {}", left.path, left.reason));
    }
    for left in &outcome.not_sent {
        output::note(&format!("not sent {}: {}", left.path, left.reason));
    }
    for path in &outcome.newer {
        output::note(&format!("kept {path}: it is newer on the volume"));
    }
    if outcome.only_there > 0 {
        let count = counted(outcome.only_there, "file");
        output::note(&format!(
            "{count} on the volume only; nothing is deleted there"
        ));
    }
    if outcome.refusal().is_some() {
        return Ok(());
    }
    let message = outcome.message(args, name);
    if json {
        let report = Report {
            status: Success::Success,
            action: "pushed",
            project_name: name.as_str(),
            bucket: &args.bucket,
            dry_run: args.dry_run,
            outcome,
            message,
        };
        return output::json(&report);
    }
    if args.dry_run {
        let files = outcome
            .sent
            .iter()
            .map(|path| format!("would send {path}\n"));
        return output::result(&(files.collect::<String>() + &message));
    }
    output::result(&format!(
        "{message}\n{}",
        attach(&args.bucket, &outcome.project_path)
    ))
}

/// How a pod gets to see the project.
fn attach(volume: &str, path: &str) -> String {
    format!(
        "Attach the network volume {volume} at {POD_WORKSPACE} when the pod is created, in the \
         volume's own data center; the project is then in {path}. With RunPod's program:\n  \
         runpodctl pod create --network-volume-id {volume} --volume-mount-path {POD_WORKSPACE} …"
    )
}

fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

fn few(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let named = all.take(NAMED).collect::<Vec<_>>().join(", ");
    match more {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
