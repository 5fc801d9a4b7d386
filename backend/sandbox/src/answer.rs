//! What the worker says, which is believed only where all of it fits together.

use podslate_shared::{Done, ErrorBody, ErrorCode, ProjectName, Report};

use crate::run::Output;

/// The worker's answer, which is believed if the exit code says the same and, for a success, if
/// `is_asked` says that it is an answer to what was asked.
///
/// # Errors
/// As the worker says; [`ErrorCode::Internal`] where it is not to be believed.
pub fn read(output: &Output, is_asked: impl Fn(&Done) -> bool) -> Result<Done, ErrorBody> {
    match serde_json::from_slice(&output.stdout) {
        Ok(Report::Success(done)) if output.exit == 0 && is_asked(&done) => Ok(done),
        Ok(Report::Error(error)) if output.exit == i32::from(error.code.info().exit) => Err(error),
        _ => Err(ErrorBody::new(ErrorCode::Internal, "")),
    }
}

/// Whether an answer says that the project `name` is there now.
pub fn is_about(done: &Done, name: &ProjectName) -> bool {
    match done {
        Done::Created {
            project_name: told, ..
        }
        | Done::Completed {
            project_name: told, ..
        }
        | Done::Renamed { new_name: told, .. } => told == name.as_str(),
        Done::Recovered { .. } | Done::Listed { .. } => false,
    }
}
