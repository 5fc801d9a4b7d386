//! Questions to a person at a terminal. Without a terminal nothing is asked.

use std::io::IsTerminal;

use inquire::ui::RenderConfig;
use inquire::validator::Validation;
use inquire::{Confirm, InquireError, Text};
use podslate_shared::{ErrorBody, ErrorCode, ProjectName, name};

use crate::problem;

/// Asks for the name of a project. What is typed is checked at once: while it is no name, one that
/// is close to it is offered, and pressing Enter says which rule it breaks.
///
/// # Errors
/// There is no terminal, or the person broke off.
pub fn name() -> Result<ProjectName, ErrorBody> {
    if !is_possible() {
        let what = "the project's name is missing, and there is no terminal to ask for it";
        let hint = "Write it after the command: `podslate new NAME`.";
        return Err(problem::hinted(ErrorCode::Usage, what, hint));
    }
    let text = Text::new("Name of the new project:")
        .with_help_message(name::RULE)
        .with_autocomplete(|text: &str| Ok(offered(text)))
        .with_validator(|text: &str| {
            Ok(match ProjectName::parse(text) {
                Ok(_) => Validation::Valid,
                Err(broken) => Validation::Invalid(broken.to_string().into()),
            })
        })
        .with_render_config(look())
        .prompt()
        .map_err(|error| broken_off(&error))?;
    ProjectName::parse(&text).map_err(|broken| ErrorBody::name(&text, &broken))
}

/// Asks a question whose usual answer is yes; without a terminal the answer is no.
///
/// # Errors
/// The person broke off.
pub fn agrees(question: &str) -> Result<bool, ErrorBody> {
    if !is_possible() {
        return Ok(false);
    }
    Confirm::new(question)
        .with_default(true)
        .with_render_config(look())
        .prompt()
        .map_err(|error| broken_off(&error))
}

fn is_possible() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A name close to a text that is none.
fn offered(text: &str) -> Vec<String> {
    match ProjectName::parse(text) {
        Ok(_) => Vec::new(),
        Err(_) => name::suggest(text).into_iter().collect(),
    }
}

fn look() -> RenderConfig<'static> {
    match std::env::var_os("NO_COLOR") {
        Some(value) if !value.is_empty() => RenderConfig::empty(),
        _ => RenderConfig::default_colored(),
    }
}

fn broken_off(error: &InquireError) -> ErrorBody {
    let what = match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            "the question was not answered, so nothing was done".to_owned()
        }
        error => format!("the question could not be asked ({error})"),
    };
    problem::new(ErrorCode::Usage, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_offered_while_what_is_typed_is_none() {
        assert_eq!(offered("My Robot"), ["My_Robot"]);
        assert_eq!(offered("con"), ["con_project"]);
        assert!(offered("Robot").is_empty());
        assert!(offered("").is_empty());
    }

    /// Tests have no terminal at standard input and error both, or are run by hand.
    #[test]
    fn nothing_is_asked_without_a_terminal() {
        if is_possible() {
            return;
        }
        assert_eq!(name().unwrap_err().code, ErrorCode::Usage);
        assert_eq!(agrees("Well?"), Ok(false));
    }
}
