//! Renaming a project in its row.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;

use crate::components::name_input::{name_input, submit_button};
use crate::components::name_note::{NameNote, NoteIds};
use crate::dom;
use crate::live::{click, spawn};
use crate::naming::{NameField, Verdict};
use crate::state::Store;
use crate::toast::Toasts;

const IDS: NoteIds = NoteIds {
    field: "rename-input",
    note: "rename-note",
    error: "rename-error",
    path: "rename-path",
    lead: "Becomes",
};

/// The form in a row. Only one is open at a time.
#[component]
pub fn Rename(
    /// The project's name until now.
    old: String,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let toasts = expect_context::<Toasts>();
    let name = NameField::new(store, Some(old.clone()));
    let label = format!("New name of {old}");
    let old = StoredValue::new(old);
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        submit(store, toasts, name, old.get_value());
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            close(store, name, old.get_value());
        }
    };
    // The field is there once the view is; an effect runs after that.
    Effect::new(|_| dom::focus(IDS.field, true));
    view! {
        <form class="rename" novalidate autocomplete="off" on:submit=on_submit on:keydown=on_key>
            <label class="hidden" for=IDS.field>{label}</label>
            {name_input(name, IDS.field, IDS.note)}
            {submit_button(name, "rename-submit", ["Rename", "Renaming…"])}
            <button
                type="button"
                data-testid="rename-cancel"
                on:click=click(move || close(store, name, old.get_value()))
            >
                "Cancel"
            </button>
            <NameNote name ids=IDS/>
        </form>
    }
}

fn close(store: Store, name: NameField, old: String) {
    if !name.is_busy.get_untracked() {
        store.renaming.set(None);
        dom::show_row(old, true);
    }
}

fn submit(store: Store, toasts: Toasts, name: NameField, old: String) {
    if name.verdict.get_untracked() == Verdict::Unchanged {
        close(store, name, old);
        return;
    }
    dom::focus(IDS.field, false);
    let Some(text) = name.submit() else {
        return;
    };
    spawn(async move {
        match store.client.rename(&old, &text).await {
            Ok(renamed) => {
                let said = format!("Renamed {} to {}", renamed.old_name, renamed.new_name);
                toasts.done(said, Some(renamed.project_path.clone()));
                store.renamed(&old, renamed.new_name, renamed.project_path);
            }
            Err(failure) => name.refused(text, failure),
        }
    });
}
