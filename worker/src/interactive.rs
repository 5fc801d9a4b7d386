//! Asking a person for the name of a new project.

use std::io::BufRead;

use podslate_shared::{Created, Error, Result};

use crate::output;

/// Asks on standard error and reads standard input until `create` accepts a name.
pub fn ask_for_name(create: &dyn Fn(&str) -> Result<Created>) -> Result<Created> {
    let mut lines = std::io::stdin().lock().lines();
    loop {
        output::print_error("Project name: ");
        let Some(Ok(line)) = lines.next() else {
            output::print_error("\n");
            let reason = "no project name was given".to_owned();
            return Err(Error::RequestInvalid { reason });
        };
        match create(line.trim()) {
            Err(error) if error.code().is_refusal() => output::error(&error),
            result => return result,
        }
    }
}
