//! Form that renames a project in its row.

use std::pin::Pin;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use podslate_shared::{ErrorBody, ErrorCode};

use crate::boxed::{click, effect, submit};
use crate::client::{self, Saved};
use crate::components::icon::{WARNING, icon};
use crate::components::name_form::{NameNote, name_input, submit_button};
use crate::dom;
use crate::name_field::{Action, NameField, NameStatus};
use crate::store::Store;
use crate::toast::Toasts;

const FIELD: &str = "rename-input";

/// The form. Only one is open at a time.
#[component]
pub fn Rename(old: String) -> impl IntoView {
    let store = expect_context::<Store>();
    let toasts = expect_context::<Toasts>();
    let list = store.list;
    let name = NameField::new(store, FIELD, Some(old.clone()));
    if let Some(draft) = list.drafts.read_untracked().get(&old) {
        name.set(draft.clone());
    }
    let moved = list.moved.get_untracked().filter(|(_, new)| *new == old);
    let label = format!("New name for {old}");
    let old = StoredValue::new(old);
    let on_submit = submit(move || send(store, toasts, name, old.get_value()));
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() {
            close(store, name, old.get_value());
        }
    };
    // The field cannot take the focus before it is drawn.
    effect(move || {
        request_animation_frame(|| dom::focus(FIELD, true));
        dom::show_row(old.get_value(), false);
    });
    effect(move || list.keep_draft(old.get_value(), name.text.get()));
    view! {
        <form class="rename" novalidate autocomplete="off" on:submit=on_submit on:keydown=on_key>
            <label class="hidden" for=FIELD>{label}</label>
            {name_input(name, "rename")}
            {submit_button(name, "rename", || ["Rename", "Renaming…"])}
            <button
                type="button"
                data-testid="rename-cancel"
                on:click=click(move || close(store, name, old.get_value()))
            >
                "Cancel"
            </button>
            <NameNote name form="rename" lead="Becomes"/>
            {moved.map(|(old, new)| view! {
                <p class="moved" role="status" data-testid="rename-moved">
                    {icon(WARNING)}
                    <span>{format!("{old} was renamed to {new} elsewhere.")}</span>
                </p>
            })}
        </form>
    }
}

fn close(store: Store, name: NameField, old: String) {
    if !name.is_busy.get_untracked() {
        store.list.close_form(&old);
        dom::show_row(old, true);
    }
}

fn send(store: Store, toasts: Toasts, name: NameField, old: String) {
    if name.status.get_untracked() == NameStatus::Unchanged {
        close(store, name, old);
        return;
    }
    let list = store.list;
    let current = old.clone();
    let request = move |new: String, key: String| -> Pin<Box<dyn Future<Output = _>>> {
        list.sent.set(Some(current.clone()));
        let old = current.clone();
        Box::pin(async move { client::rename(&old, &new, &key).await })
    };
    let gone = old.clone();
    let done = move |_: &str, renamed: Saved| {
        toasts.done(renamed.message, Some(renamed.project_path));
        store.renamed(&old, renamed.project_name);
    };
    let refused = move |error: &ErrorBody| {
        list.sent.set(None);
        if error.code == ErrorCode::ProjectNotFound {
            list.lose(gone.clone());
        }
    };
    name.submit(Action {
        request: Box::new(request),
        done: Box::new(done),
        refused: Box::new(refused),
    });
}
