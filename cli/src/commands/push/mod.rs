//! `podslate push`: uploads a project to S3-compatible storage.
//!
//! Files that are on the volume already are not sent again, so the same command resumes an
//! interrupted upload. The project's configuration is sent last, after all other files were verified:
//! a volume with only a part of the project has none. Nothing on the volume is ever deleted.

mod checksum;
mod credentials;
mod endpoint;
mod plan;
mod report;
mod scan;
mod send;
mod storage;
mod transport;

use std::path::Path;

use object_store::path::Path as Key;

use self::endpoint::Endpoint;
use self::plan::Plan;
use self::report::Report;
use self::send::Sender;
use self::storage::Storage;
use crate::args::Push;
use crate::error::{Error, Result};
use crate::progress::Transfer;
use crate::runtime::block_on;
use crate::{signals, workspace};

pub fn run(args: &Push, is_json: bool) -> Result<()> {
    let name = args.name.parse()?;
    let root = workspace::project_dir(&args.workspace.path(), &name)?;
    let root = podslate_disk::real_path(&root).unwrap_or(root);
    let key = credentials::read(args.credentials.as_deref())?;
    let storage = Storage::new(Endpoint::new(args, &name)?, key)?;
    let report = block_on(async {
        let files = "the upload was interrupted".to_owned();
        let report = tokio::select! {
            report = push(args, &root, &storage) => report,
            () = signals::stop() => Err(Error::FilesNotSent { files }),
        };
        storage.finish_aborts().await;
        report
    })?;
    report.print(is_json)
}

async fn push(args: &Push, root: &Path, storage: &Storage) -> Result<Report> {
    // Before the disk is read, so that a wrong key is reported at once.
    let objects = storage.list().await?;
    let mut tree = scan::scan(root)?;
    let files = plan::with_tags(root, std::mem::take(&mut tree.files), &objects).await;
    let plan = Plan::new(files, &objects, args.overwrite);
    let is_here = |path: &Key| podslate_disk::metadata_of(&root.join(path.as_ref())).is_ok();
    let only_there = objects.keys().filter(|path| !is_here(path)).count() as u64;
    let mut report = Report::new(args, &storage.endpoint.folder, tree, &plan, only_there);
    let all = plan.send.iter().chain(&plan.config);
    if args.dry_run {
        all.for_each(|file| report.add_sent(file));
        return Ok(report);
    }
    let sender = Sender {
        storage,
        root,
        progress: Transfer::new(all.map(|file| file.size).sum()),
    };
    let mut sent = sender.send_all(&plan.send, &mut report).await?;
    if !sent.is_empty() {
        sent.extend(plan.same);
        storage.verify(&sent).await?;
    }
    if !plan.config.is_empty() && report.check().is_ok() {
        let config = sender.send_all(&plan.config, &mut report).await?;
        storage.verify(&config).await?;
    }
    Ok(report)
}
