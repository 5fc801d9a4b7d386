//! `podslate push`: uploads a project to a storage that speaks S3.
//!
//! What is there already is not sent again, so the same command goes on after an interruption. The
//! project's configuration is sent last, when all else is known to have arrived: a volume with only
//! a part of the project has none. Nothing on the volume is ever deleted.

mod checksum;
mod credentials;
mod plan;
mod problem;
mod report;
mod scan;
mod send;
mod storage;
mod verify;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use podslate_shared::layout::CONFIG_PATH;
use podslate_shared::{ErrorBody, ErrorCode, ProjectName};

use self::plan::Plan;
use self::report::Outcome;
use self::send::Sender;
use self::storage::Storage;
use crate::args::Push;
use crate::progress::Transfer;
use crate::{signals, workspace};

/// Uploads a project.
pub fn run(args: &Push, json: bool) -> Result<()> {
    let name = args.name.parse()?;
    let root = workspace::project_dir(&args.workspace.path(), &name)?;
    let key = credentials::read(args.credentials.as_deref())?;
    let storage = Arc::new(Storage::open(args, &name, key)?);
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("The upload cannot be started")?
        .block_on(push_or_stop(args, &name, &root, storage))?;
    report::done(args, &name, &outcome, json)?;
    match outcome.refusal() {
        Some(refusal) => Err(refusal.into()),
        None => Ok(()),
    }
}

/// Uploads until all is done or this process is told to stop.
async fn push_or_stop(
    args: &Push,
    name: &ProjectName,
    root: &Path,
    storage: Arc<Storage>,
) -> Result<Outcome, ErrorBody> {
    let outcome = tokio::select! {
        outcome = push(args, name, root, Arc::clone(&storage)) => outcome,
        () = signals::stop() => Err(ErrorBody::new(ErrorCode::FilesNotSent, "it was interrupted")),
    };
    if outcome.is_err() {
        storage.abort_rest().await;
    }
    outcome
}

async fn push(
    args: &Push,
    name: &ProjectName,
    root: &Path,
    storage: Arc<Storage>,
) -> Result<Outcome, ErrorBody> {
    // Before the first look at the disk, so that a wrong key is told at once.
    let there = storage.list().await?;
    let tree = scan::project(root)?;
    let mut plan = Plan::make(root, &tree, &there, args.overwrite).await;
    let config = plan.take(CONFIG_PATH);
    let mut outcome = Outcome::new(args, name, &tree, &there, &plan, config.as_ref());
    if args.dry_run {
        return Ok(outcome);
    }
    let progress = Transfer::new(plan.bytes() + config.as_ref().map_or(0, |file| file.size));
    let sender = Sender::new(storage, root, progress);
    let sent = sender.send_all(&plan.send, &mut outcome).await?;
    sender.send_folders(&plan.folders).await?;
    if !sent.is_empty() || !plan.folders.is_empty() {
        verify::listed(&sender, &sent, &plan, &mut outcome).await?;
    }
    if let Some(config) = config
        && outcome.refusal().is_none()
    {
        let sent = sender.send_all(&[config], &mut outcome).await?;
        verify::last(&sender, &sent).await?;
    }
    sender.progress.finish();
    Ok(outcome)
}
