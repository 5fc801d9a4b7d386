//! Questions to a person at a terminal. Without a terminal, nothing is asked.

use std::io::IsTerminal;

use inquire::ui::RenderConfig;
use inquire::validator::Validation;
use inquire::{Confirm, InquireError, Text};
use podslate_shared::{Error as ApiError, ProjectName, name, printable};

use crate::env_vars;
use crate::error::{Error, Result};

/// Asks for the name of a project. While the text is not a valid name, a similar one is offered,
/// and Enter shows the rule that the text breaks.
pub fn project_name() -> Result<ProjectName> {
    if !is_possible() {
        let error = usage("the project's name is missing, and there is no terminal to ask for it");
        return Err(error.with_hint("Add the name to the command: `podslate new NAME`."));
    }
    let text = Text::new("Name of the new project:")
        .with_help_message(name::RULE)
        .with_autocomplete(|text: &str| Ok(suggestions(text)))
        .with_validator(|text: &str| {
            Ok(match ProjectName::parse(text) {
                Ok(_) => Validation::Valid,
                Err(error) => Validation::Invalid(printable(&error.to_string()).into()),
            })
        })
        .with_render_config(render_config())
        .prompt()
        .map_err(|error| unanswered(&error))?;
    Ok(ProjectName::parse(&text)?)
}

/// Asks a question, with the answer of an empty line; without a terminal, the answer is no.
pub fn confirm(question: &str, default: bool) -> Result<bool> {
    if !is_possible() {
        return Ok(false);
    }
    Confirm::new(&printable(question))
        .with_default(default)
        .with_render_config(render_config())
        .prompt()
        .map_err(|error| unanswered(&error))
}

/// Whether somebody can answer.
pub fn is_possible() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A valid name similar to a text that is not one.
fn suggestions(text: &str) -> Vec<String> {
    let suggestion = name::suggest(text).filter(|name| name != text);
    suggestion.into_iter().collect()
}

fn render_config() -> RenderConfig<'static> {
    if env_vars::get(env_vars::NO_COLOR).is_some() {
        RenderConfig::empty()
    } else {
        RenderConfig::default_colored()
    }
}

fn unanswered(error: &InquireError) -> Error {
    match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            usage("the question was not answered, so nothing was done")
        }
        error => usage(&format!("the question could not be asked ({error})")),
    }
}

fn usage(reason: &str) -> Error {
    let reason = reason.to_owned();
    ApiError::Usage { reason }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_suggested_while_the_text_is_not_one() {
        assert_eq!(suggestions("My Robot"), ["My_Robot"]);
        assert_eq!(suggestions("con"), ["con_project"]);
        assert!(suggestions("Robot").is_empty());
        assert!(suggestions("").is_empty());
    }

    #[test]
    fn nothing_is_asked_without_a_terminal() {
        if is_possible() {
            let name = "prompt::tests::nothing_is_asked_without_a_terminal";
            testing::skip(name, "a person runs it at a terminal");
            return;
        }
        assert_eq!(project_name().unwrap_err().code(), "usage");
        assert_eq!(confirm("Really?", true), Ok(false));
    }
}
