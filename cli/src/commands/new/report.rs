//! Output of `podslate new`.

use std::path::Path;

use podslate_shared::api::Success;
use podslate_shared::{Done, ProjectName};
use serde::Serialize;

use crate::args::Via;
use crate::error::Error;
use crate::output;
use crate::pods::Pod;
use crate::quote::{self, Shell};

/// What was done or would be, where and why.
#[derive(Debug, Serialize)]
pub struct Report {
    status: Success,
    #[serde(flatten)]
    result: Result,
    via: Via,
    why: String,
    /// Pod that has the project, or that was started for it in vain.
    pod: Option<Pod>,
    /// Commands that bring the project from this machine to a pod.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Result {
    Done(Done),
    Planned {
        action: &'static str,
        project_name: ProjectName,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        how: Option<String>,
    },
}

impl Report {
    /// Report of what was done.
    pub fn done(done: Done, via: Via, why: &str, pod: Option<Pod>) -> Self {
        Self::new(Result::Done(done), via, why, pod)
    }

    /// Report of a dry run; `how` is the folder, the command or the request.
    pub fn planned(
        name: &ProjectName,
        via: Via,
        why: &str,
        pod: Option<Pod>,
        how: Option<String>,
    ) -> Self {
        let place = match via {
            Via::Api => "by the pod's API",
            Via::Start => "by a pod that is started for it",
            Via::Local => "on this machine",
        };
        let planned = Result::Planned {
            action: "planned",
            project_name: name.clone(),
            message: format!("Project {name} would be created {place}. Nothing was done."),
            how,
        };
        Self::new(planned, via, why, pod)
    }

    fn new(result: Result, via: Via, why: &str, pod: Option<Pod>) -> Self {
        Self {
            status: Success::Success,
            result,
            via,
            why: why.to_owned(),
            pod,
            next: Vec::new(),
        }
    }

    /// Adds the commands that bring the project from the workspace `dir` to a pod.
    pub fn add_next_commands(&mut self, name: &ProjectName, dir: &Path) {
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        let dir = dir.display().to_string();
        let mount = ["podslate", "mount", name.as_str(), "--workspace", &dir];
        // Only the person knows what is in capitals.
        let storage = ["--endpoint", "URL", "--bucket", "VOLUME"];
        let push = ["podslate", "push", name.as_str(), "--workspace", &dir];
        for words in [&mount[..], &[&push[..], &storage].concat()] {
            self.next.extend(quote::lines(Shell::LOCAL, words));
        }
    }

    /// Prints the result to standard output, and the place and the next commands to standard error.
    pub fn print(&self, is_json: bool) -> std::result::Result<(), Error> {
        match (self.via, &self.pod) {
            (Via::Api, _) => output::note(&format!("By the pod's API, because {}.", self.why)),
            (Via::Start, Some(pod)) => output::note(&format!(
                "On its own pod `{}`, because {}.",
                pod.label(),
                self.why
            )),
            (Via::Start, None) => {
                output::note(&format!("On a pod of its own, because {}.", self.why));
            }
            (Via::Local, _) => {}
        }
        if is_json {
            return output::json(self);
        }
        match &self.result {
            Result::Done(done) => output::done(done, false)?,
            Result::Planned { message, how, .. } => {
                output::result(message)?;
                how.iter().try_for_each(|how| output::result(how))?;
            }
        }
        if !self.next.is_empty() {
            output::note("To bring it to a pod later:");
            for command in &self.next {
                output::note(&format!("  {command}"));
            }
        }
        Ok(())
    }
}
