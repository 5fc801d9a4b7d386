//! A project on a running pod, by its API.

use podslate_shared::ErrorCode;

use super::job::Job;
use super::report::{Outcome, Report};
use crate::args::Via;
use crate::error::Error;
use crate::pods::{Client, Pod};
use crate::prompt;

impl Job<'_> {
    /// Creates the project by the API of a pod whose server responds.
    pub async fn by_api(&mut self, client: &Client, pod: Pod, why: &str) -> Result<Report, Error> {
        let check = client.check(self.name).await?;
        let (problem, adoptable) =
            check.map_or((None, None), |check| (check.problem, check.adoptable));
        if let Some(problem) = problem {
            return Err(with_advice(problem.into()));
        }
        if self.args.dry_run {
            return Ok(self.planned(Via::Api, why, Some(pod), None));
        }
        let adopt = match &adoptable {
            Some(default) => self.args.adopt_default || self.confirm_adoption(default)?,
            None => false,
        };
        self.stages
            .stage(&format!("Creating `{}` on the pod", self.name));
        let change = client.create(self.name, adopt).await.map_err(with_advice)?;
        let result = Outcome::ByPod {
            action: "created",
            change,
        };
        Ok(Report::new(result, Via::Api, why, Some(pod)))
    }

    fn confirm_adoption(&mut self, default: &str) -> Result<bool, Error> {
        self.stages.clear();
        prompt::confirm(&format!(
            "The pod has the pristine project `{}`. Rename it to `{}` instead of creating a second \
             project?",
            default, self.name
        ))
    }
}

/// Adds the case of an interrupted run to the hint for a taken name.
fn with_advice(error: Error) -> Error {
    if !error.is(ErrorCode::NameTaken) {
        return error;
    }
    let hint = error.hint().unwrap_or_default();
    error.with_hint(format!(
        "{hint} If an earlier run of this command was interrupted, this is the project that it \
         created, and nothing is left to do."
    ))
}
