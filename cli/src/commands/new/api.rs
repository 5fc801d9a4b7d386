//! A project on a pod that runs, by its API.

use podslate_shared::{Done, ErrorBody, ErrorCode};

use super::Job;
use super::answer::Answer;
use crate::args::Via;
use crate::pods::{Client, Pod};
use crate::prompt;

impl Job<'_> {
    /// Makes the project by the API of a pod, which answers.
    pub(super) async fn by_api(
        &mut self,
        client: &Client,
        pod: Pod,
        why: String,
    ) -> Result<Answer, ErrorBody> {
        let checked = match client.check(&self.name).await {
            Ok(checked) => Some(checked),
            // A pod of an older version does not know this question.
            Err(error) if error.code == ErrorCode::NotFound => None,
            Err(error) => return Err(error),
        };
        let (problem, adoptable) = match checked {
            Some(checked) => (checked.problem, checked.adoptable),
            None => (None, None),
        };
        if let Some(error) = problem {
            return Err(with_advice(error));
        }
        if self.args.dry_run {
            return Ok(self.planned(Via::Api, &why, Some(pod), None));
        }
        let adopt = match &adoptable {
            Some(default) => self.args.adopt_default || self.agrees_to_adopt(default)?,
            None => false,
        };
        self.progress
            .stage(&format!("Creating `{}` on the pod", self.name));
        let made = client
            .create(&self.name, adopt)
            .await
            .map_err(with_advice)?;
        let done = Done::Created {
            project_name: made.project_name,
            project_path: made.project_path,
            message: crate::problem::clean(&made.message),
        };
        Ok(Answer::done(done, Via::Api, &why, Some(pod)))
    }

    fn agrees_to_adopt(&mut self, default: &str) -> Result<bool, ErrorBody> {
        let default = crate::problem::clean(default);
        self.progress.clear();
        prompt::agrees(&format!(
            "The pod has the untouched project `{default}`. Rename it to `{}` instead of making a \
             second project?",
            self.name
        ))
    }
}

/// What a person can make of a name that is taken.
fn with_advice(error: ErrorBody) -> ErrorBody {
    if error.code != ErrorCode::NameTaken {
        return error;
    }
    let hint = "Choose another name. If an earlier run of this command was interrupted, this is \
                the project that it made, and nothing is left to do.";
    ErrorBody {
        hint: Some(hint.to_owned()),
        ..error
    }
}
