//! Output of `podslate new`.

use std::path::Path;

use podslate_shared::api::Success;
use podslate_shared::{Created, Done, ProjectName};
use serde::Serialize;

use crate::args::Via;
use crate::error::Result;
use crate::output;
use crate::pods::{Change, Pod};
use crate::quote::{self, Shell};

/// What was done or would be, where and why.
#[derive(Debug, Serialize)]
pub struct Report {
    status: Success,
    #[serde(flatten)]
    result: Outcome,
    via: Via,
    /// Reason for the place, as part of a sentence.
    why: String,
    /// Pod that has the project, or that was started for it in vain.
    pod: Option<Pod>,
    /// Commands that bring the project from this machine to a pod.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    Done(Done),
    ByPod {
        action: &'static str,
        #[serde(flatten)]
        change: Change<Created>,
    },
    Planned {
        action: &'static str,
        project_name: ProjectName,
        message: String,
        /// The folder, the command or the request.
        #[serde(skip_serializing_if = "Option::is_none")]
        how: Option<String>,
    },
}

impl Outcome {
    pub fn planned(name: &ProjectName, via: Via, how: Option<String>) -> Self {
        let place = match via {
            Via::Api => "by the pod's API",
            Via::Start => "by a pod that is started for it",
            Via::Local => "on this machine",
        };
        Self::Planned {
            action: "planned",
            project_name: name.clone(),
            message: format!("Project {name} would be created {place}. Nothing was done."),
            how,
        }
    }
}

impl Report {
    pub fn new(result: Outcome, via: Via, why: &str, pod: Option<Pod>) -> Self {
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
    pub fn print(&self, is_json: bool) -> Result<()> {
        let why = &self.why;
        match (self.via, &self.pod) {
            (Via::Api, _) => output::note(&format!("By the pod's API, because {why}.")),
            (Via::Start, Some(pod)) => {
                output::note(&format!("On its own pod `{}`, because {why}.", pod.label()));
            }
            (Via::Start, None) => output::note(&format!("On its own pod, because {why}.")),
            // Printed before the project was created.
            (Via::Local, _) => {}
        }
        if is_json {
            return output::json(self);
        }
        match &self.result {
            Outcome::Done(done) => output::done(done, false)?,
            Outcome::ByPod { change, .. } => output::result(&change.message)?,
            Outcome::Planned { message, how, .. } => {
                output::result(message)?;
                let lines: Vec<&str> = how.iter().flat_map(|how| how.split('\n')).collect();
                output::lines(&lines)?;
            }
        }
        if !self.next.is_empty() {
            output::note("To bring it to a pod later:");
            self.next
                .iter()
                .for_each(|command| output::note(&format!("  {command}")));
        }
        Ok(())
    }
}
