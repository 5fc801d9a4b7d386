//! The form that makes a project.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::components::name_input::{name_input, submit_button};
use crate::components::name_note::{NameNote, NoteIds};
use crate::components::tree::Tree;
use crate::dom;
use crate::live::{live, spawn, text};
use crate::naming::NameField;
use crate::state::Store;
use crate::toast::Toasts;

const IDS: NoteIds = NoteIds {
    field: "create-name",
    note: "create-note",
    error: "create-error",
    path: "create-path",
    lead: "Makes",
};

/// The form, and what it will make.
#[component]
pub fn Create(
    /// Whether this is the first project of the workspace.
    is_empty: Memo<bool>,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let toasts = expect_context::<Toasts>();
    let name = NameField::new(store, None);
    let adoptable = Memo::new(move |_| name.adoptable());
    let adopts = RwSignal::new(false);
    let title = text(move || match is_empty.get() {
        true => "Name your first project",
        false => "Name a new project",
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let adopts = adoptable.get_untracked().is_some() && adopts.get_untracked();
        submit(store, toasts, name, adopts);
    };
    welcome(is_empty);
    view! {
        <section class="create" aria-labelledby="create-title">
            <h2 id="create-title"><label for=IDS.field>{title}</label></h2>
            <form novalidate autocomplete="off" on:submit=on_submit>
                <div class="create-line">
                    {name_input(name, IDS.field, IDS.note)}
                    {submit_button(name, "create-submit", ["Create project", "Creating…"])}
                </div>
                <NameNote name ids=IDS/>
                {live(move || match adoptable.get() {
                    Some(default) => adopt(default, adopts),
                    None => ().into_any(),
                })}
            </form>
            <Tree name=name.text/>
        </section>
    }
}

/// The offer to rename the untouched default project.
fn adopt(default: String, adopts: RwSignal<bool>) -> AnyView {
    view! {
        <label class="adopt" data-testid="adopt">
            <input
                type="checkbox"
                prop:checked=adopts
                on:change:target=move |event| adopts.set(event.target().checked())
            />
            <span>
                "Rename the untouched project " <code>{default}</code>
                " to this, instead of making a second one."
            </span>
        </label>
    }
    .into_any()
}

fn submit(store: Store, toasts: Toasts, name: NameField, adopts: bool) {
    dom::focus(IDS.field, false);
    let Some(text) = name.submit() else {
        return;
    };
    spawn(async move {
        match store.client.create(&text, adopts).await {
            Ok(created) => {
                name.is_busy.set(false);
                // Whoever typed on while the project was made keeps the new text.
                if name.text.get_untracked() == text {
                    name.set(String::new());
                }
                let said = format!("Created {}", created.project_name);
                toasts.done(said, Some(created.project_path.clone()));
                store.created(created.project_name, created.project_path);
            }
            Err(failure) => name.refused(text, failure),
        }
    });
}

/// In an empty workspace there is only one thing to do, so the focus waits there.
fn welcome(is_empty: Memo<bool>) {
    Effect::new(move |_| {
        if is_empty.get() && dom::is_nothing_focused() {
            dom::focus(IDS.field, false);
        }
    });
}
