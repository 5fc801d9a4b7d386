//! `podslate new`: one command that creates a project where it is needed.
//!
//! A running pod creates it by its API; without one, a pod is started that creates it as it starts;
//! if that fails, it is created on this machine and can be brought to a pod later.

mod job;
mod local;
mod report;
mod start;

use podslate_shared::ProjectName;

use crate::args::{New, Via};
use crate::error::Result;
use crate::progress::Stages;
use crate::prompt;
use crate::runtime::block_on;
use crate::settings::Settings;
use job::{Fallback, Found, Job, no_pod_configured};

pub fn run(args: &New, is_json: bool) -> Result<()> {
    // Before anything else: an invalid name costs no pod.
    let name = match &args.name {
        Some(text) => ProjectName::parse(text)?,
        None => prompt::project_name()?,
    };
    let settings = match args.via {
        Some(Via::Local) => None,
        _ => Some(Settings::load(&args.pod)?).filter(Settings::has_pod),
    };
    let dir = local::workspace_dir(args, settings.as_ref());
    let found = match (&settings, args.via) {
        (Some(settings), _) => {
            let mut job = Job {
                name: &name,
                args,
                settings,
                dir: dir.clone(),
                stages: Stages::new(),
                pod: None,
            };
            block_on(job.run())?
        }
        (None, None) => Found::None(Fallback::default()),
        (None, Some(Via::Local)) => Found::None(Fallback {
            why: Some("`--via local` was given".to_owned()),
            pod: None,
        }),
        (None, Some(_)) => return Err(no_pod_configured()),
    };
    let report = match found {
        Found::Pod(report) => *report,
        // Outside of the asynchronous runtime: the worker has its own.
        Found::None(fallback) => local::create(args, &name, dir, fallback)?,
    };
    report.print(is_json)
}
