//! `podslate list`: the projects of a workspace or pod.

use std::path::Path;
use std::time::Duration;

use podslate_shared::api::Problems;
use serde::Serialize;

use crate::args::{List, Place};
use crate::error::{Error, Result};
use crate::runtime::block_on;
use crate::settings::Settings;
use crate::target::{Target, without_pod};
use crate::{output, pods, text, workspace};

/// Maximum time to look for problems of the projects on this machine.
const PROBLEMS_TIME: Duration = Duration::from_secs(2);
/// Maximum number of projects of this machine that are compared with those of a pod.
const MAX_COMPARED: usize = 1000;

/// Result for programs.
#[derive(Serialize)]
struct Report {
    projects: Vec<String>,
    count: usize,
    /// Problems of projects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Problems>,
    /// Number of projects whose problems are not known.
    #[serde(skip_serializing_if = "is_zero")]
    unchecked: usize,
    /// Place of the projects, if it is not the one that the settings name.
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<Place>,
    /// Folder of this machine that has the projects.
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<String>,
    /// Reason for the place, as part of a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

pub fn run(args: &List, is_json: bool) -> Result<()> {
    let report = match Target::resolve(&args.pod, &args.workspace, args.via)? {
        Target::Local(dir) => local(&dir)?,
        Target::Pod(settings, dir) => match on_pod(&settings) {
            Ok(report) => {
                report_others(&settings, &report.projects, &dir);
                report
            }
            Err(error) if args.via.is_none() && settings.has_fallback() => here(error, &dir)?,
            Err(error) => return Err(without_pod(error, &dir)),
        },
    };
    if is_json {
        return output::action("listed", &report);
    }
    output::lines(&report.projects)?;
    for problems in &report.warnings {
        let name = &problems.project_name;
        for sentence in problems.sentences() {
            output::warning(&format!("`{name}`: {sentence}"));
        }
    }
    if report.unchecked > 0 {
        let count = text::count(report.unchecked as u64, "project");
        output::note(&format!("{count} not checked for problems yet."));
    }
    Ok(())
}

fn local(dir: &Path) -> Result<Report> {
    let workspace = workspace::open(dir)?;
    let projects = workspace.names()?;
    let problems = workspace.problems(PROBLEMS_TIME);
    Ok(Report::new(projects, problems))
}

fn on_pod(settings: &Settings) -> Result<Report> {
    block_on(async {
        let client = pods::connect(settings).await?;
        let projects = client.names().await?;
        let problems = client.problems(&projects).await;
        let unknown = |_| (Vec::new(), projects.len());
        let problems = problems.unwrap_or_else(unknown);
        Ok(Report::new(projects, problems))
    })
}

/// The projects on this machine, where `podslate new` creates them if no pod can be used; the error
/// if there are none.
fn here(error: Error, dir: &Path) -> Result<Report> {
    let report = local(dir).ok().filter(|report| report.count > 0);
    let (Some(why), Some(report)) = (error.no_pod_reason(), report) else {
        return Err(without_pod(error, dir));
    };
    let shown = dir.display();
    output::note(&format!("On this machine, in {shown}, because {why}:"));
    Ok(Report {
        via: Some(Place::Local),
        workspace: Some(shown.to_string()),
        why: Some(why),
        ..report
    })
}

/// Reports projects on this machine that the pod does not have: `podslate new` created them while no
/// pod could be used.
fn report_others(settings: &Settings, projects: &[String], dir: &Path) {
    if !settings.has_fallback() || !podslate_disk::is_named_folder(dir) {
        return;
    }
    let names = workspace::open(dir).and_then(|workspace| Ok(workspace.some_names(MAX_COMPARED)?));
    let mut names = names.unwrap_or_default();
    names.retain(|name| !projects.contains(name));
    if !names.is_empty() {
        let count = text::count(names.len() as u64, "more project");
        let dir = dir.display();
        output::note(&format!(
            "{count} on this machine, in {dir}: add `--via local`."
        ));
    }
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Report {
    fn new(projects: Vec<String>, (warnings, unchecked): (Vec<Problems>, usize)) -> Self {
        Self {
            count: projects.len(),
            projects,
            warnings,
            unchecked,
            via: None,
            workspace: None,
            why: None,
        }
    }
}
