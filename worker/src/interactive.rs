//! Asking a person for the name, until one can be had.

use std::io::BufRead;

use podslate_shared::{ErrorBody, ErrorCode};

use crate::Answer;
use crate::args::Command;
use crate::{create, say};

/// Asks on standard error, reads from standard input, and creates the project.
pub fn ask(command: &Command) -> Answer {
    let mut lines = std::io::stdin().lock().lines();
    loop {
        say::question("Project name: ");
        let Some(Ok(line)) = lines.next() else {
            say::question("\n");
            return Err(ErrorBody::new(
                ErrorCode::RequestInvalid,
                "no project name was given",
            ));
        };
        match create::new(command, line.trim()) {
            Err(error) if error.code.info().exit == 1 => say::problem(&error),
            answer => return answer,
        }
    }
}
