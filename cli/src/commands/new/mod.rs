//! `podslate new`: one command that creates a project where it is needed.
//!
//! A running pod creates it by its API; without one, a pod is started that creates it as it starts;
//! if that fails, it is created on this machine and can be brought to a pod later.

mod job;
mod local;
mod report;
mod start;

use podslate_shared::ProjectName;

use crate::args::{New, Place, Via};
use crate::error::Result;
use crate::progress::Stages;
use crate::prompt;
use crate::runtime::block_on;
use crate::settings::Settings;
use crate::target::{self, Target};
use job::{Fallback, Found, Job};

pub fn run(args: &New, is_json: bool) -> Result<()> {
    // Before anything else: an invalid name costs no pod.
    let name = match &args.name {
        Some(text) => ProjectName::parse(text)?,
        None => prompt::project_name()?,
    };
    let (settings, dir) = match args.via {
        Some(Via::Local) => {
            let target = Target::resolve(&args.pod, &args.workspace, Some(Place::Local))?;
            (None, target.workspace())
        }
        _ => {
            let settings = Some(Settings::load(&args.pod)?).filter(Settings::has_pod);
            let of_settings = settings.as_ref().and_then(Settings::workspace);
            let dir = target::dir(&args.workspace, of_settings);
            (settings, dir)
        }
    };
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
            let here = target::here(&args.workspace, dir.clone());
            block_on(job.run()).map_err(|error| target::without_pod(error, &here))?
        }
        (None, None) => Found::None(Box::default()),
        (None, Some(Via::Local)) => Found::None(Box::new(Fallback {
            why: Some("`--via local` was given".to_owned()),
            pod: None,
        })),
        (None, Some(_)) => return Err(target::no_pod_configured()),
    };
    let report = match found {
        Found::Pod(report) => *report,
        // Outside of the asynchronous runtime: the worker has its own.
        Found::None(fallback) => local::create(args, &name, dir, *fallback)?,
    };
    report.print(is_json)
}
