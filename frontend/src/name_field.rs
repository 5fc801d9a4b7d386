//! State of a field for a name: its text, and whether the name can be used.

use std::pin::Pin;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use podslate_shared::api::NameCheck;
use podslate_shared::name::{suggest, trim};
use podslate_shared::{ErrorBody, ErrorCode, NameError, NameRule, ProjectName};

use crate::boxed::{effect, spawn};
use crate::client::{self, RequestError, Saved};
use crate::dom;
use crate::store::Store;

/// Time from the last key to the name check, in milliseconds.
const TYPING_PAUSE: u32 = 250;
/// Time until a request without a response is sent again, doubled every time, and its maximum, in
/// milliseconds.
const MIN_PAUSE: u32 = 250;
const MAX_PAUSE: u32 = 8_000;

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

/// Sends a name, with a key that is the same when it is sent again.
type Request = dyn Fn(String, String) -> Sending;
/// A request that waits for its response.
type Sending = Pin<Box<dyn Future<Output = client::Result<Saved>>>>;
/// Called with the name as it was sent.
type Done = dyn Fn(&str, Saved);

/// What is done with a name; boxed, so that the program contains what follows once.
pub struct Action {
    pub request: Box<Request>,
    pub done: Box<Done>,
    pub refused: Box<dyn Fn(&ErrorBody)>,
}

/// A name that was sent, and may have been saved although there was no response.
#[derive(Clone, Debug)]
struct Sent {
    name: String,
    key: String,
    attempts: u32,
}

/// Field for a name.
#[derive(Clone, Copy)]
pub struct NameField {
    pub text: RwSignal<String>,
    /// Whether the text can be used as a name.
    pub status: Memo<NameStatus>,
    /// Whether a request with the name is in progress.
    pub is_busy: RwSignal<bool>,
    /// Whether an input method is composing text, which is not judged yet.
    pub is_composing: RwSignal<bool>,
    pub id: &'static str,
    facts: RwSignal<Facts>,
    /// The action that was started last.
    action: StoredValue<Option<Rc<Action>>, LocalStorage>,
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
    /// The name that was sent last, until there is a response.
    sent: Option<Sent>,
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
        let is_composing = RwSignal::new(false);
        let status = move |_: Option<&NameStatus>| match is_composing.get() {
            true => NameStatus::Blank,
            false => status(trim(&text.read()), &facts.read()),
        };
        let field = Self {
            text,
            status: Memo::new(status),
            is_busy: RwSignal::new(false),
            is_composing,
            id,
            facts,
            action: StoredValue::new_local(None),
            store,
        };
        effect(move || {
            if store.is_online() {
                untrack(|| field.send_again_later());
            }
        });
        field
    }

    /// The text without spaces around it.
    pub fn name(self) -> String {
        trim(&self.text.read_untracked()).to_owned()
    }

    /// Replaces the text.
    pub fn set(self, text: String) {
        self.facts.update(|facts| {
            facts.is_submitted = false;
            facts.refused = None;
        });
        self.text.set(text);
    }

    /// Focuses the field and starts an action with its text, if that can be sent now. What is typed
    /// stays until the action changes it.
    pub fn submit(self, action: Action) {
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
        self.action.set_value(Some(Rc::new(action)));
        self.send();
    }

    fn send(self) {
        let Some(action) = self.action.get_value() else {
            return;
        };
        let name = self.name();
        let last = self.facts.with_untracked(|facts| facts.sent.clone());
        let sent = match last.filter(|sent| sent.name == name) {
            Some(sent) => sent,
            None => Sent {
                name: name.clone(),
                key: client::new_key(),
                attempts: 0,
            },
        };
        let key = sent.key.clone();
        self.facts.update(|facts| facts.sent = Some(sent));
        self.is_busy.set(true);
        spawn(async move {
            let result = (action.request)(name.clone(), key).await;
            // The field may be gone by now; what was saved is shown all the same.
            self.is_busy.try_set(false);
            match result {
                Ok(saved) => {
                    self.facts.try_update(|facts| facts.sent = None);
                    (action.done)(&name, saved);
                }
                Err(error) => self.fail(name, error, &action),
            }
        });
    }

    /// Sends the name again that may have been saved already, unless the text is another by then.
    fn send_again_later(self) {
        let Some(sent) = self.facts.with_untracked(|facts| facts.sent.clone()) else {
            return;
        };
        if self.is_busy.get_untracked() {
            return;
        }
        let pause = (MIN_PAUSE << sent.attempts.min(8)).min(MAX_PAUSE);
        let send = move || {
            // The field may be gone by now.
            let is_same = self
                .text
                .try_with_untracked(|text| trim(text) == sent.name)
                .unwrap_or_default();
            if is_same && !self.is_busy.get_untracked() && untrack(|| self.store.is_online()) {
                self.send();
            }
        };
        Timeout::new(pause, send).forget();
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
        let is_current = check.project_name == trim(&self.text.read());
        check.adoptable.clone().filter(|_| is_current)
    }

    /// Name that can be used instead of the text. While the server responds, it has said so.
    pub fn suggestion(self) -> Option<String> {
        let text = self.text.read();
        let facts = self.facts.read();
        let name = checkable(&text)?;
        let other = (name != trim(&text)).then(|| name.clone());
        if !self.store.is_online() {
            return other;
        }
        let check = facts.check.as_ref();
        let check = check.filter(|check| check.project_name == name)?;
        match &check.problem {
            Some(problem) => problem.suggestion.clone(),
            None => other,
        }
    }

    fn fail(self, name: String, error: RequestError, action: &Action) {
        match error {
            RequestError::Refused(error) => {
                (action.refused)(&error);
                self.facts.try_update(|facts| {
                    let sent = facts.sent.take();
                    let error = explain(error, sent.is_some_and(|sent| sent.attempts > 0));
                    facts.refused = Some((name, error));
                });
            }
            // The name is sent again as soon as the server responds, unless it was refused.
            error => {
                let is_lost = error == RequestError::Unreachable;
                self.facts.try_update(|facts| {
                    facts.sent = facts.sent.take().filter(|_| is_lost);
                    if let Some(sent) = &mut facts.sent {
                        sent.attempts += 1;
                    }
                });
                self.store.connection.set(error.into());
            }
        }
        self.store.refresh();
    }
}

/// The name to check for a text: itself, or a similar one.
fn checkable(text: &str) -> Option<String> {
    suggest(trim(text))
}

/// Error of a name that was sent again, and that the server does not know to be the same request.
fn explain(mut error: ErrorBody, is_repeated: bool) -> ErrorBody {
    let is_taken = matches!(error.code, ErrorCode::NameTaken | ErrorCode::CaseConflict);
    if is_repeated && is_taken {
        let hint = "The response to the first request was lost, so this may be the project that it \
                    created.";
        error.hint = Some(hint.to_owned());
    }
    error
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
    let is_sent = facts.sent.as_ref().is_some_and(|sent| sent.name == text);
    match check.and_then(|check| check.problem.as_ref()) {
        // The project may be the one that the field has created.
        Some(_) if is_sent => NameStatus::Usable { path: None },
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
        let typed = trim(&text.read()).to_owned();
        let name = checkable(&typed);
        let is_checkable = store.is_online()
            && facts.read_untracked().current.as_deref() != Some(typed.as_str())
            && name.is_some();
        // A workspace that changes all the time does not put off the check.
        let is_pending = typed == last && timer.with_value(Option::is_some);
        if is_pending && is_checkable {
            return;
        }
        last.clone_from(&typed);
        let check = move || {
            timer.set_value(None);
            spawn(async move {
                let check = client::check(&name.unwrap_or_default()).await;
                // By now the field may be gone, or its text may be another.
                if let Ok(check) = check
                    && text
                        .try_get_untracked()
                        .is_some_and(|now| trim(&now) == typed)
                {
                    facts.try_update(|facts| facts.check = Some(check));
                }
            });
        };
        timer.set_value(is_checkable.then(|| Timeout::new(TYPING_PAUSE, check)));
    });
}

#[cfg(test)]
mod tests;
