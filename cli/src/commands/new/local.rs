//! A project on this machine.

use std::path::PathBuf;

use podslate_shared::{Done, ProjectName};

use super::job::Fallback;
use super::report::{Outcome, Report};
use crate::args::{New, Via};
use crate::error::Result;
use crate::settings::{ProviderSettings, Settings};
use crate::{host_path, output, workspace};

/// Workspace in the arguments or the settings, or the default one. An absolute Windows path stays
/// unchanged on every system: Docker may run there.
pub fn workspace_dir(args: &New, settings: Option<&Settings>) -> PathBuf {
    let of_docker = match settings.and_then(|settings| settings.provider.as_ref()) {
        Some(ProviderSettings::Docker(docker)) => docker.workspace.clone(),
        _ => None,
    };
    let given = args.workspace.given().map(PathBuf::from);
    let path = given.or(of_docker).unwrap_or_else(|| args.workspace.path());
    if path.to_str().is_some_and(host_path::is_windows_absolute) {
        return path;
    }
    std::path::absolute(&path).unwrap_or(path)
}

pub fn create(args: &New, name: &ProjectName, dir: PathBuf, fallback: Fallback) -> Result<Report> {
    if let Some(why) = &fallback.why {
        output::note(&format!("On this machine, because {why}."));
    }
    let is_elsewhere = !cfg!(windows) && dir.to_str().is_some_and(host_path::is_windows_absolute);
    let dir = if is_elsewhere {
        args.workspace.path()
    } else {
        dir
    };
    let why = fallback.why.as_deref().unwrap_or("no pod is configured");
    let result = if args.dry_run {
        if dir.is_dir()
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
