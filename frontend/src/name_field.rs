//! State of a field for a name: its text, and whether the name can be used.

use std::pin::Pin;

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use podslate_shared::api::NameCheck;
use podslate_shared::{ErrorBody, ErrorCode, NameError, NameRule, ProjectName};

use crate::boxed::{effect, spawn};
use crate::client::{self, RequestError, Saved};
use crate::dom;
use crate::store::Store;

/// Time from the last key to the name check, in milliseconds.
const TYPING_PAUSE: u32 = 250;

/// Whether a name can be used.
#[derive(Clone, Debug, PartialEq)]
pub enum NameStatus {
    Blank,
    Unchanged,
    /// The name is too short so far, which is not an error yet.
    Unfinished(NameError),
    Invalid(NameError),
    Refused(ErrorBody),
    /// The name can be used, as far as the page knows.
    Usable {
        /// Folder of the project, once the server has confirmed that the name is available.
        path: Option<String>,
    },
}

/// Request that sends a name; boxed, so that the program contains what follows once.
pub type Request = Box<dyn FnOnce(String) -> Pin<Box<dyn Future<Output = client::Result<Saved>>>>>;
/// What is done after it, with the name as it was typed.
pub type Done = Box<dyn FnOnce(&str, Saved)>;

/// Field for a name.
#[derive(Clone, Copy)]
pub struct NameField {
    pub text: RwSignal<String>,
    /// Whether the text can be used as a name.
    pub status: Memo<NameStatus>,
    /// Whether a request with the name is in progress.
    pub is_busy: RwSignal<bool>,
    pub id: &'static str,
    facts: RwSignal<Facts>,
    store: Store,
}

/// Inputs, besides the text, that determine the name's status.
#[derive(Clone, Debug, Default)]
struct Facts {
    /// Current name of the project that is renamed.
    current: Option<String>,
    /// Last response of the name check.
    check: Option<NameCheck>,
    /// Name that the server refused last, with the reason.
    refused: Option<(String, ErrorBody)>,
    /// Whether the text was submitted since it changed.
    is_submitted: bool,
}

impl NameField {
    /// Field that checks its text on the server; `current` is the name of a project to rename.
    pub fn new(store: Store, id: &'static str, current: Option<String>) -> Self {
        let text = RwSignal::new(current.clone().unwrap_or_default());
        let facts = RwSignal::new(Facts {
            current,
            ..Facts::default()
        });
        check_while_typing(store, text, facts);
        Self {
            text,
            status: Memo::new(move |_| status(&text.read(), &facts.read())),
            is_busy: RwSignal::new(false),
            id,
            facts,
            store,
        }
    }

    /// Replaces the text.
    pub fn set(self, text: String) {
        self.facts.update(|facts| {
            facts.is_submitted = false;
            facts.refused = None;
        });
        self.text.set(text);
    }

    /// Focuses the field and sends its text with `request`, if it can be sent now. What is typed
    /// stays until `done` changes it.
    pub fn submit(self, request: Request, done: Done) {
        dom::focus(self.id, false);
        self.facts.update(|facts| {
            facts.is_submitted = true;
            // A refused name may work now; the result of the name check still holds.
            facts.refused = None;
        });
        let is_usable = matches!(*self.status.read_untracked(), NameStatus::Usable { .. });
        if !is_usable || !untrack(|| self.can_submit()) {
            return;
        }
        self.is_busy.set(true);
        let text = self.text.get_untracked();
        spawn(async move {
            let result = request(text.clone()).await;
            self.is_busy.set(false);
            match result {
                Ok(saved) => done(&text, saved),
                Err(error) => self.fail(text, error),
            }
        });
    }

    /// Whether the text may be submitted.
    pub fn can_submit(self) -> bool {
        use NameStatus::{Blank, Unchanged, Usable};
        let status = self.status.read();
        let is_submittable = matches!(*status, Blank | Unchanged | Usable { .. });
        is_submittable && !self.is_busy.get() && self.store.is_online()
    }

    /// Pristine default project that can be renamed instead of creating a project.
    pub fn adoptable(self) -> Option<String> {
        let facts = self.facts.read();
        let check = facts.check.as_ref()?;
        let is_current = check.project_name == *self.text.read();
        check.adoptable.clone().filter(|_| is_current)
    }

    fn fail(self, text: String, error: RequestError) {
        match error {
            RequestError::Refused(error) => self
                .facts
                .update(|facts| facts.refused = Some((text, error))),
            // The list shows whether the change was made, as soon as the server responds again.
            error => self.store.connection.set(error.into()),
        }
        self.store.refresh();
    }
}

fn status(text: &str, facts: &Facts) -> NameStatus {
    let current = facts.current.as_deref();
    if current == Some(text) {
        return NameStatus::Unchanged;
    }
    if text.is_empty() && !facts.is_submitted {
        return NameStatus::Blank;
    }
    if let Some((refused, error)) = &facts.refused
        && refused == text
    {
        return NameStatus::Refused(error.clone());
    }
    if let Err(error) = ProjectName::parse(text) {
        if error.rule == NameRule::TooShort && !facts.is_submitted {
            return NameStatus::Unfinished(error);
        }
        return NameStatus::Invalid(error);
    }
    let check = facts.check.as_ref();
    let check = check.filter(|check| check.project_name == text);
    let is_own_case = current.is_some_and(|current| current.eq_ignore_ascii_case(text));
    match check.and_then(|check| check.problem.as_ref()) {
        // A project may change the case of its own name, if the server agrees.
        Some(error) if is_own_case && error.code == ErrorCode::CaseConflict => {
            NameStatus::Usable { path: None }
        }
        Some(error) => NameStatus::Refused(error.clone()),
        None => NameStatus::Usable {
            path: check.and_then(|check| check.project_path.clone()),
        },
    }
}

/// Checks the name on the server whenever typing pauses, and again when the workspace changes.
fn check_while_typing(store: Store, text: RwSignal<String>, facts: RwSignal<Facts>) {
    let timer = StoredValue::new_local(None::<Timeout>);
    let mut last = String::new();
    effect(move || {
        store.revision.track();
        let typed = text.get();
        let is_checkable = store.is_online()
            && facts.read_untracked().current.as_deref() != Some(typed.as_str())
            && ProjectName::parse(&typed).is_ok();
        // A workspace that changes all the time does not put off the check.
        let is_pending = typed == last && timer.with_value(Option::is_some);
        if is_pending && is_checkable {
            return;
        }
        last.clone_from(&typed);
        let check = move || {
            timer.set_value(None);
            spawn(async move {
                let check = client::check(&typed).await;
                // By now the field may be gone, or its text may be another.
                if let Ok(check) = check
                    && text.try_get_untracked().is_some_and(|now| now == typed)
                {
                    facts.try_update(|facts| facts.check = Some(check));
                }
            });
        };
        timer.set_value(is_checkable.then(|| Timeout::new(TYPING_PAUSE, check)));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use podslate_shared::Error;
    use podslate_shared::api::Success;
    use podslate_shared::name::suggest;

    fn check(name: &str, problem: Option<Error>) -> Option<NameCheck> {
        Some(NameCheck {
            status: Success::Success,
            project_name: name.to_owned(),
            available: problem.is_none(),
            project_path: Some(format!("/w/{name}")),
            problem: problem.map(ErrorBody::from),
            adoptable: None,
        })
    }

    fn invalid(text: &str, facts: &Facts) -> NameError {
        match status(text, facts) {
            NameStatus::Invalid(error) => error,
            other => panic!("{other:?}"),
        }
    }

    fn refused(text: &str, facts: &Facts) -> ErrorBody {
        match status(text, facts) {
            NameStatus::Refused(error) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_empty_field_is_an_error_only_after_submitting() {
        let mut facts = Facts::default();
        assert_eq!(status("", &facts), NameStatus::Blank);
        facts.is_submitted = true;
        let sentence = invalid("", &facts).to_string();
        assert_eq!(sentence, "The project name is empty.");
    }

    #[test]
    fn a_single_letter_is_unfinished_until_it_is_submitted() {
        let mut facts = Facts::default();
        assert!(matches!(status("a", &facts), NameStatus::Unfinished(_)));
        facts.is_submitted = true;
        let suggestion = suggest(&invalid("a", &facts).text);
        assert_eq!(suggestion.as_deref(), Some("a_project"));
    }

    #[test]
    fn an_invalid_name_has_a_suggestion() {
        let suggestion = suggest(&invalid("My Robot", &Facts::default()).text);
        assert_eq!(suggestion.as_deref(), Some("My_Robot"));
    }

    #[test]
    fn a_name_check_counts_only_for_its_own_name() {
        let facts = Facts {
            check: check("Robot", None),
            ..Facts::default()
        };
        let path = Some("/w/Robot".to_owned());
        assert_eq!(status("Robot", &facts), NameStatus::Usable { path });
        assert_eq!(status("Robot2", &facts), NameStatus::Usable { path: None });
    }

    #[test]
    fn a_taken_name_is_refused_until_the_text_changes() {
        let name = ProjectName::parse("Robot").unwrap();
        let facts = Facts {
            check: check("Robot", Some(Error::NameTaken { name })),
            ..Facts::default()
        };
        assert_eq!(
            refused("Robot", &facts).error,
            "`Robot` already exists in the workspace."
        );
        assert_eq!(status("Robo", &facts), NameStatus::Usable { path: None });
    }

    #[test]
    fn a_project_may_change_its_own_case_but_not_conflict_with_another() {
        let conflict = |entry: &str| {
            let entry = entry.to_owned();
            Some(Error::CaseConflict { entry })
        };
        let mut facts = Facts {
            current: Some("Robot".to_owned()),
            check: check("ROBOT", conflict("Robot")),
            ..Facts::default()
        };
        assert_eq!(status("Robot", &facts), NameStatus::Unchanged);
        assert_eq!(status("ROBOT", &facts), NameStatus::Usable { path: None });
        facts.check = check("STATUE", conflict("Statue"));
        assert!(refused("STATUE", &facts).hint.is_some());
    }

    #[test]
    fn a_refusal_holds_until_the_text_changes() {
        let facts = Facts {
            refused: Some(("Robot".to_owned(), Error::DiskFull.into())),
            ..Facts::default()
        };
        assert!(refused("Robot", &facts).error.contains("full"));
        assert_eq!(status("Robot2", &facts), NameStatus::Usable { path: None });
    }
}
