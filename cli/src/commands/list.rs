//! `podslate list`: the projects of a workspace or pod.

use std::path::Path;

use serde::Serialize;

use crate::args::{List, Place};
use crate::error::{Error, Result};
use crate::runtime::block_on;
use crate::settings::Settings;
use crate::target::{Target, without_pod};
use crate::{output, pods, text, workspace};

/// Maximum number of projects of this machine that are compared with those of a pod.
const MAX_COMPARED: usize = 1000;

/// Result for programs.
#[derive(Serialize)]
struct Report {
    projects: Vec<String>,
    count: usize,
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
        Target::Local(dir) => Report::new(workspace::open(&dir)?.names()?),
        Target::Pod(settings, dir) => match names_on_pod(&settings) {
            Ok(projects) => {
                report_others(&settings, &projects, &dir);
                Report::new(projects)
            }
            Err(error) if args.via.is_none() && settings.has_fallback() => here(error, &dir)?,
            Err(error) => return Err(without_pod(error, &dir)),
        },
    };
    if is_json {
        return output::action("listed", &report);
    }
    output::lines(&report.projects)
}

fn names_on_pod(settings: &Settings) -> Result<Vec<String>> {
    block_on(async { pods::connect(settings).await?.names().await })
}

/// The projects on this machine, where `podslate new` creates them if no pod can be used; the error
/// if there are none.
fn here(error: Error, dir: &Path) -> Result<Report> {
    let projects = workspace::open(dir).and_then(|workspace| Ok(workspace.names()?));
    let projects = projects.unwrap_or_default();
    let Some(why) = error.no_pod_reason().filter(|_| !projects.is_empty()) else {
        return Err(without_pod(error, dir));
    };
    let shown = dir.display();
    output::note(&format!("On this machine, in {shown}, because {why}:"));
    Ok(Report {
        via: Some(Place::Local),
        workspace: Some(shown.to_string()),
        why: Some(why),
        ..Report::new(projects)
    })
}

/// Reports projects on this machine that the pod does not have: `podslate new` created them while no
/// pod could be used.
fn report_others(settings: &Settings, projects: &[String], dir: &Path) {
    if !settings.has_fallback() || !podslate_folder::is_named_folder(dir) {
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

impl Report {
    fn new(projects: Vec<String>) -> Self {
        Self {
            count: projects.len(),
            projects,
            via: None,
            workspace: None,
            why: None,
        }
    }
}
