//! A field for a name: what is typed, and what there is to say about it.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use podslate_shared::api::NameCheck;
use podslate_shared::name::{MIN_LENGTH, RULE};
use podslate_shared::{ErrorBody, ErrorCode, ProjectName};

use crate::client::Failure;
use crate::live::spawn;
use crate::state::{Connection, Store};

/// Milliseconds from the last key to the question whether the name is free.
const TYPING: u32 = 250;

/// The rule for names, without the marks of a plain text.
pub fn rule() -> String {
    RULE.replace('`', "")
}

/// What there is to say about a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Nothing was typed.
    Blank,
    /// It is the project's name already.
    Unchanged,
    /// It cannot be used.
    Wrong(Problem),
    /// As far as the page knows it can be used.
    Usable {
        /// Where the project would be, once the server said that the name is free.
        path: Option<String>,
    },
}

/// Why a name cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// What is wrong.
    pub sentence: String,
    /// What to do.
    pub hint: Option<String>,
    /// A name that would pass.
    pub suggestion: Option<String>,
    /// Whether it will come right by typing on, so that nobody needs to be alarmed.
    pub is_unfinished: bool,
}

/// What was sent and what went wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The name that was sent.
    pub text: String,
    /// The server's answer.
    pub error: ErrorBody,
}

/// A field for a name.
#[derive(Clone, Copy)]
pub struct NameField {
    /// What is typed.
    pub text: RwSignal<String>,
    /// What there is to say about it.
    pub verdict: Memo<Verdict>,
    /// Whether a request with the name is under way.
    pub is_busy: RwSignal<bool>,
    known: RwSignal<Known>,
    store: Store,
}

impl NameField {
    /// A field that asks the server about what is typed; `current` is the name to replace, if any.
    pub fn new(store: Store, current: Option<String>) -> Self {
        let text = RwSignal::new(current.clone().unwrap_or_default());
        let known = RwSignal::new(Known {
            current,
            ..Known::default()
        });
        ask_while_typing(store, text, known);
        Self {
            text,
            verdict: Memo::new(move |_| judge(&text.read(), &known.read())),
            is_busy: RwSignal::new(false),
            known,
            store,
        }
    }

    /// Puts a text in place of what is typed.
    pub fn set(self, text: String) {
        self.known.update(|known| {
            known.is_tried = false;
            known.refusal = None;
        });
        self.text.set(text);
    }

    /// The name to send, if it can be sent now.
    pub fn submit(self) -> Option<String> {
        self.known.update(|known| {
            known.is_tried = true;
            // What was refused once may work now; what the name check says still holds.
            known.refusal = None;
        });
        let usable = matches!(*self.verdict.read_untracked(), Verdict::Usable { .. });
        let may_send = usable && untrack(|| self.may_submit());
        self.is_busy.update(|is_busy| *is_busy |= may_send);
        may_send.then(|| self.text.get_untracked())
    }

    /// Whether sending the name is worth a try.
    pub fn may_submit(self) -> bool {
        let is_wrong = matches!(*self.verdict.read(), Verdict::Wrong(_));
        !is_wrong && !self.is_busy.get() && self.store.is_online()
    }

    /// Takes note that a name was refused, or that nobody answered. What is typed stays.
    pub fn refused(self, text: String, failure: Failure) {
        self.is_busy.set(false);
        let error = match failure {
            Failure::Refused(error) => error,
            Failure::Unauthorized => {
                self.store.connection.set(Connection::Unauthorized);
                return;
            }
            Failure::Unreachable => {
                // Whether it was done shows as soon as the server answers again.
                self.store.connection.set(Connection::Unreachable);
                self.store.refresh();
                return;
            }
        };
        self.known
            .update(|known| known.refusal = Some(Refusal { text, error }));
        self.store.refresh();
    }
}

/// What is known beside the text of a field.
#[derive(Clone, Debug, Default)]
struct Known {
    /// The name to replace.
    current: Option<String>,
    /// The server's last answer.
    answer: Option<NameCheck>,
    /// What was refused last.
    refusal: Option<Refusal>,
    /// Whether someone tried to go on with what is typed.
    is_tried: bool,
}

fn judge(text: &str, known: &Known) -> Verdict {
    let current = known.current.as_deref();
    if current == Some(text) {
        return Verdict::Unchanged;
    }
    if text.is_empty() && !known.is_tried {
        return Verdict::Blank;
    }
    if let Some(refusal) = known
        .refusal
        .as_ref()
        .filter(|refusal| refusal.text == text)
    {
        return Verdict::Wrong(problem(&refusal.error, false));
    }
    let name = match ProjectName::parse(text) {
        Ok(name) => name,
        Err(broken) => {
            let is_unfinished = text.len() < MIN_LENGTH && broken.rule() == "too_short";
            let error = ErrorBody::name(text, &broken);
            return Verdict::Wrong(problem(&error, is_unfinished && !known.is_tried));
        }
    };
    let answer = known
        .answer
        .as_ref()
        .filter(|answer| answer.project_name == text);
    let own_twin = current.is_some_and(|current| name.is_case_twin(current));
    match answer.and_then(|answer| answer.problem.as_ref()) {
        // A project may change its own capitals; whether it can is the server's to say.
        Some(error) if own_twin && error.code == ErrorCode::CaseTwin => {
            Verdict::Usable { path: None }
        }
        Some(error) => Verdict::Wrong(problem(error, false)),
        None => Verdict::Usable {
            path: answer.and_then(|answer| answer.project_path.clone()),
        },
    }
}

fn problem(error: &ErrorBody, is_unfinished: bool) -> Problem {
    let suggestion = error.suggestion.clone();
    // The hint of a bad name is its suggestion, which is shown as something to click.
    let hint = error.hint.clone().filter(|_| suggestion.is_none());
    Problem {
        sentence: error.error.clone(),
        hint,
        suggestion: suggestion.filter(|_| !is_unfinished),
        is_unfinished,
    }
}

/// Asks the server whenever the typing pauses, and again when the workspace changes.
fn ask_while_typing(store: Store, text: RwSignal<String>, known: RwSignal<Known>) {
    let timer = StoredValue::new_local(None::<Timeout>);
    Effect::new(move |_| {
        store.revision.track();
        let typed = text.get();
        let is_worth_asking = store.is_online()
            && known.read_untracked().current.as_deref() != Some(typed.as_str())
            && ProjectName::parse(&typed).is_ok();
        let ask = move || {
            spawn(async move {
                let check = store.client.check(&typed).await;
                // By now the field may be gone or say something else.
                if let Ok(check) = check
                    && text.try_get_untracked().is_some_and(|now| now == typed)
                {
                    known.try_update(|known| known.answer = Some(check));
                }
            });
        };
        timer.set_value(is_worth_asking.then(|| Timeout::new(TYPING, ask)));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use podslate_shared::api::Success;

    fn check(name: &str, problem: Option<ErrorBody>) -> NameCheck {
        NameCheck {
            status: Success::Success,
            project_name: name.to_owned(),
            available: problem.is_none(),
            project_path: Some(format!("/w/{name}")),
            problem,
            adoptable: None,
        }
    }

    fn wrong(verdict: &Verdict) -> &Problem {
        match verdict {
            Verdict::Wrong(problem) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_typed_is_no_error_until_someone_goes_on() {
        let mut known = Known::default();
        assert_eq!(judge("", &known), Verdict::Blank);
        known.is_tried = true;
        assert_eq!(
            wrong(&judge("", &known)).sentence,
            "The project name is empty."
        );
    }

    #[test]
    fn the_first_letter_alarms_nobody() {
        let mut known = Known::default();
        assert!(wrong(&judge("a", &known)).is_unfinished);
        known.is_tried = true;
        let verdict = judge("a", &known);
        assert!(!wrong(&verdict).is_unfinished);
        assert_eq!(wrong(&verdict).suggestion.as_deref(), Some("a_project"));
    }

    #[test]
    fn a_bad_name_comes_with_a_better_one() {
        let verdict = judge("My Robot", &Known::default());
        assert_eq!(wrong(&verdict).suggestion.as_deref(), Some("My_Robot"));
        assert_eq!(wrong(&verdict).hint, None);
    }

    #[test]
    fn an_answer_counts_only_for_its_own_name() {
        let answer = check("Robot", None);
        let known = Known {
            answer: Some(answer),
            ..Known::default()
        };
        let path = Some("/w/Robot".to_owned());
        assert_eq!(judge("Robot", &known), Verdict::Usable { path });
        assert_eq!(judge("Robot2", &known), Verdict::Usable { path: None });
    }

    #[test]
    fn a_taken_name_is_wrong_until_the_text_changes() {
        let answer = check("Robot", Some(ErrorBody::new(ErrorCode::NameTaken, "Robot")));
        let known = Known {
            answer: Some(answer),
            ..Known::default()
        };
        let verdict = judge("Robot", &known);
        assert_eq!(
            wrong(&verdict).sentence,
            "`Robot` already exists in the workspace."
        );
        assert_eq!(judge("Robo", &known), Verdict::Usable { path: None });
    }

    #[test]
    fn a_project_may_change_its_own_capitals_but_not_take_a_twins_name() {
        let twin = |name: &str| ErrorBody::new(ErrorCode::CaseTwin, name);
        let own = check("ROBOT", Some(twin("Robot")));
        let known = Known {
            current: Some("Robot".to_owned()),
            answer: Some(own),
            ..Known::default()
        };
        assert_eq!(judge("Robot", &known), Verdict::Unchanged);
        assert_eq!(judge("ROBOT", &known), Verdict::Usable { path: None });
        let other = check("STATUE", Some(twin("Statue")));
        let known = Known {
            answer: Some(other),
            ..known
        };
        assert!(wrong(&judge("STATUE", &known)).hint.is_some());
    }

    #[test]
    fn a_refusal_stands_until_the_text_changes() {
        let refusal = Refusal {
            text: "Robot".to_owned(),
            error: ErrorBody::new(ErrorCode::DiskFull, ""),
        };
        let known = Known {
            refusal: Some(refusal),
            ..Known::default()
        };
        assert!(wrong(&judge("Robot", &known)).sentence.contains("full"));
        assert_eq!(judge("Robot2", &known), Verdict::Usable { path: None });
    }
}
