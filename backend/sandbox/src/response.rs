//! The worker's response, believed only if its exit code and content fit the request.

use podslate_shared::{
    Created, Done, Error, FolderName, ProjectName, Recovered, Renamed, Report, Result,
};

use crate::run::Output;

/// Result or error that the worker printed. `expect` picks the requested result from a success.
///
/// # Errors
/// The worker's own error, or [`Error::Internal`] if the response cannot be believed.
pub fn read<T>(output: &Output, expect: impl FnOnce(Done) -> Option<T>) -> Result<T> {
    match serde_json::from_slice(&output.stdout) {
        Ok(Report::Success(done)) if output.exit == 0 => expect(done).ok_or(Error::Internal),
        Ok(Report::Error(body)) if output.exit == i32::from(body.code.exit_code()) => {
            Err(body.into())
        }
        _ => Err(Error::Internal),
    }
}

/// The new project, if it is `name`.
pub fn created(done: Done, name: &ProjectName) -> Option<Created> {
    match done {
        Done::Created(created) if created.project_name == *name => Some(created),
        _ => None,
    }
}

/// The new or completed project, if it is `name`.
pub fn completed(done: Done, name: &ProjectName) -> Option<Done> {
    match &done {
        Done::Created(created) => created.project_name == *name,
        Done::Completed(completed) => completed.project_name == *name,
        _ => false,
    }
    .then_some(done)
}

/// The renamed project, if it was `old` and is `new`.
pub fn renamed(done: Done, old: &FolderName, new: &ProjectName) -> Option<Renamed> {
    match done {
        Done::Renamed(renamed) if renamed.old_name == *old && renamed.new_name == *new => {
            Some(renamed)
        }
        _ => None,
    }
}

/// The result of a recovery.
pub fn recovered(done: Done) -> Option<Recovered> {
    match done {
        Done::Recovered(recovered) => Some(recovered),
        _ => None,
    }
}
