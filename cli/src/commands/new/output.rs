//! What `podslate new` answers.

use std::path::Path;

use anyhow::Result;
use podslate_shared::{Done, ProjectName, Report};
use serde::Serialize;

use crate::args::Via;
use crate::pods::Pod;
use crate::quote::{self, Shell};
use crate::say;

/// What was done, or would be, which way and why.
#[derive(Debug, Serialize)]
pub struct Answer {
    #[serde(flatten)]
    what: What,
    via: Via,
    why: String,
    /// The pod that has to do with it.
    pod: Option<Pod>,
    /// The commands that bring the project from this machine to a pod.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum What {
    Done(Report),
    Planned {
        status: &'static str,
        action: &'static str,
        project_name: String,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        how: Option<String>,
    },
}

impl Answer {
    /// It is done.
    pub fn done(done: Done, via: Via, why: &str, pod: Option<Pod>) -> Self {
        Self {
            what: What::Done(Report::Success(done)),
            via,
            why: why.to_owned(),
            pod,
            next: Vec::new(),
        }
    }

    /// It would be done; nothing was.
    pub fn planned(
        name: &ProjectName,
        via: Via,
        why: &str,
        pod: Option<Pod>,
        how: Option<String>,
    ) -> Self {
        let way = match via {
            Via::Api => "would be created by the pod's API",
            Via::Start => "would be created by a pod that is started for it",
            Via::Local => "would be created on this machine",
        };
        Self {
            what: What::Planned {
                status: "success",
                action: "planned",
                project_name: name.to_string(),
                message: format!("`{name}` {way}. Nothing was done."),
                how,
            },
            via,
            why: why.to_owned(),
            pod,
            next: Vec::new(),
        }
    }

    /// Adds how the project gets from `folder` on this machine to a pod.
    pub fn bring(&mut self, name: &ProjectName, folder: &Path) {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let folder = folder.display().to_string();
        let own = |command| ["podslate", command, name.as_str(), "--workspace", &folder];
        // In capitals what only the person knows.
        let push = [
            &own("push")[..],
            &["--endpoint", "URL", "--bucket", "VOLUME"],
        ]
        .concat();
        for words in [&own("mount")[..], &push] {
            self.next.extend(quote::lines(Shell::HERE, words));
        }
    }

    /// Says it: the result on standard output, the way and the advice beside it.
    pub fn say(&self, json: bool) -> Result<()> {
        match self.via {
            Via::Api => say::note(&format!("By the pod's API, because {}.", self.why)),
            Via::Start => say::note(&format!("By a pod of its own, because {}.", self.why)),
            Via::Local => {}
        }
        if json {
            return say::result(&(serde_json::to_string(self)? + "\n"));
        }
        match &self.what {
            What::Done(Report::Success(done)) => say::done(done, false)?,
            What::Done(Report::Error(_)) => {}
            What::Planned { message, how, .. } => {
                let how = how
                    .as_ref()
                    .map(|how| format!("{how}\n"))
                    .unwrap_or_default();
                say::result(&format!("{message}\n{how}"))?;
            }
        }
        if !self.next.is_empty() {
            say::note("To bring it to a pod when there is one:");
            for command in &self.next {
                say::note(&format!("  {command}"));
            }
        }
        Ok(())
    }
}
