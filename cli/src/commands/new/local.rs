//! A project on this machine.

use std::path::PathBuf;

use podslate_shared::{Done, ProjectName};

use super::job::Fallback;
use super::report::{Outcome, Report};
use crate::args::{New, Via};
use crate::error::Result;
use crate::{output, target, workspace};

pub fn create(args: &New, name: &ProjectName, dir: PathBuf, fallback: Fallback) -> Result<Report> {
    if let Some(why) = &fallback.why {
        output::note(&format!("On this machine, because {why}."));
    }
    let dir = target::here(&args.workspace, dir);
    let why = fallback.why.as_deref().unwrap_or("no pod is configured");
    let result = if args.dry_run {
        if podslate_disk::is_named_folder(&dir)
            && let Some(problem) = workspace::open(&dir)?.check(name.as_str())?.problem
        {
            return Err(problem.into());
        }
        let how = format!("in {}", dir.display());
        Outcome::planned(name, Via::Local, Some(how))
    } else {
        let workspace = workspace::open_or_create(&dir)?;
        Outcome::Done(Done::Created(workspace.create(name)?))
    };
    let mut report = Report::new(result, Via::Local, why, fallback.pod);
    if fallback.why.is_some() {
        report.add_next_commands(name, &dir);
    }
    Ok(report)
}
