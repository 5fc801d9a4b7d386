//! Views that the forms for creating and renaming share: the field, its button and its note.

use leptos::prelude::*;
use podslate_shared::name::{RULE, suggest, trim};
use podslate_shared::{ErrorBody, NameError, host_path};
use web_sys::wasm_bindgen::JsCast;
use web_sys::{Event, InputEvent};

use crate::boxed::{aria_bool, click, optional_view, text};
use crate::components::icon::{CHECK, ERROR, icon};
use crate::components::prose::{error_prose, prose};
use crate::dom;
use crate::name_field::{NameField, NameStatus};
use crate::store::{Connection, Store};

/// Field for a name; `form` is the prefix of identifiers.
pub fn name_input(name: NameField, form: &str) -> AnyView {
    use NameStatus::{Invalid, Refused};
    let is_invalid = move || matches!(*name.status.read(), Invalid(_) | Refused(_));
    view! {
        <input
            id=name.id
            class="name-input"
            data-testid=name.id
            type="text"
            placeholder="MyCharacter"
            autocapitalize="off"
            spellcheck="false"
            enterkeyhint="go"
            aria-describedby=format!("{form}-note")
            aria-invalid=aria_bool(is_invalid)
            prop:value=name.text
            on:input:target=move |event| {
                let value = event.target().value();
                name.set(if is_pasted(&event) { trim(&value).to_owned() } else { value });
            }
            on:compositionstart=move |_| name.is_composing.set(true)
            on:compositionend=move |_| name.is_composing.set(false)
        />
    }
    .into_any()
}

/// Whether text came into a field at once, from elsewhere.
fn is_pasted(event: &Event) -> bool {
    let event = event.dyn_ref::<InputEvent>();
    event.is_some_and(|event| {
        let kind = event.input_type();
        kind == "insertFromPaste" || kind == "insertFromDrop"
    })
}

/// Button that submits a name, with its label and its label during the request.
pub fn submit_button(
    name: NameField,
    form: &str,
    labels: impl Fn() -> [&'static str; 2] + Send + Sync + 'static,
) -> AnyView {
    view! {
        <button
            class="primary"
            type="submit"
            data-testid=format!("{form}-submit")
            aria-disabled=aria_bool(move || !name.can_submit())
            class:is-busy=name.is_busy
        >
            {text(move || labels()[usize::from(name.is_busy.get())])}
        </button>
    }
    .into_any()
}

/// Note below a field: the error of the name, the project's folder, or the rule for names.
#[component]
pub fn NameNote(
    name: NameField,
    /// Prefix of identifiers.
    form: &'static str,
    /// Word before the project's folder.
    #[prop(into)]
    lead: Signal<&'static str>,
) -> impl IntoView {
    let store = expect_context::<Store>();
    view! {
        <div class="note" id=format!("{form}-note")>
            <div aria-live="polite">
                {optional_view(move || {
                    let (error, is_unfinished) = match name.status.get() {
                        NameStatus::Unfinished(error) => (prose(&error.to_string()), true),
                        NameStatus::Invalid(error) => (invalid_prose(name, &error), false),
                        NameStatus::Refused(error) => (refused_prose(name, &error), false),
                        _ => return None,
                    };
                    Some(error_note(form, error, is_unfinished))
                })}
            </div>
            {optional_view(move || match name.status.get() {
                NameStatus::Usable { path } => Some(view! {
                    <p class="path-note" data-testid=format!("{form}-path")>
                        {path_note(store, lead.get(), trim(&name.text.read()), path)}
                    </p>
                }.into_any()),
                NameStatus::Blank | NameStatus::Unchanged => {
                    Some(view! { <p class="rule"><span>{prose(RULE)}</span></p> }.into_any())
                }
                _ => None,
            })}
        </div>
    }
}

fn error_note(form: &str, error: AnyView, is_unfinished: bool) -> AnyView {
    view! {
        <p class="error" class:is-unfinished=is_unfinished data-testid=format!("{form}-error")>
            {(!is_unfinished).then(|| icon(ERROR))}
            <span>{error}</span>
        </p>
    }
    .into_any()
}

/// Error of a name, with a button that takes a similar valid name, or else with the rule.
fn invalid_prose(name: NameField, error: &NameError) -> AnyView {
    let sentence = prose(&error.to_string());
    let rule = suggest(&error.text).is_none().then(|| prose(RULE));
    view! { {sentence} " " {rule} {suggestion_button(name)} }.into_any()
}

/// Error of the server, with a button that takes a name that is free.
fn refused_prose(name: NameField, error: &ErrorBody) -> AnyView {
    view! { {error_prose(error)} " " {suggestion_button(name)} }.into_any()
}

fn suggestion_button(name: NameField) -> Option<AnyView> {
    let suggestion = name.suggestion()?;
    let label = suggestion.clone();
    let on_click = click(move || {
        name.set(suggestion.clone());
        dom::focus(name.id, false);
    });
    let button = view! {
        <button type="button" class="link" data-testid="suggestion" on:click=on_click>
            "Use " <code>{label}</code>
        </button>
    };
    Some(button.into_any())
}

fn path_note(store: Store, lead: &'static str, name: &str, path: Option<String>) -> AnyView {
    let is_reachable = *store.connection.read() != Connection::Unreachable;
    let is_available = path.is_some() && is_reachable;
    let state = match (is_reachable, is_available) {
        (false, _) => "the server is not responding; the name stays here until it responds",
        (true, true) => "this name is available",
        (true, false) => "checking…",
    };
    // Until the server has confirmed it.
    let expected = || host_path::join(&store.health.get()?.workspace, name);
    view! {
        {is_available.then(|| icon(CHECK))}
        <span class:is-available=is_available>
            {lead} " " <code>{path.or_else(expected)}</code> " · "
            <span class="path-note-state">{state}</span>
        </span>
    }
    .into_any()
}
