//! Form that creates a project.

use std::pin::Pin;

use leptos::prelude::*;

use crate::boxed::{effect, optional_view, submit, text};
use crate::client::{self, Saved};
use crate::components::name_form::{NameNote, name_input, submit_button};
use crate::components::tree::Tree;
use crate::dom;
use crate::name_field::NameField;
use crate::store::Store;
use crate::toast::Toasts;

const FIELD: &str = "create-name";

/// The form, and a preview of the project.
#[component]
pub fn Create(is_empty: Memo<bool>) -> impl IntoView {
    let store = expect_context::<Store>();
    let toasts = expect_context::<Toasts>();
    let name = NameField::new(store, FIELD, None);
    let adoptable = Memo::new(move |_| name.adoptable());
    let adopts = RwSignal::new(false);
    let title = text(move || {
        if is_empty.get() {
            "Name your first project"
        } else {
            "Name a new project"
        }
    });
    let on_submit = submit(move || {
        let adopts = adoptable.get_untracked().is_some() && adopts.get_untracked();
        send(store, toasts, name, adopts);
    });
    // An empty workspace offers only this form, so that it takes the focus.
    effect(move || {
        if is_empty.get() && dom::is_nothing_focused() {
            dom::focus(FIELD, false);
        }
    });
    view! {
        <section class="create" aria-labelledby="create-title">
            <h2 id="create-title"><label for=FIELD>{title}</label></h2>
            <form novalidate autocomplete="off" on:submit=on_submit>
                <div class="create-line">
                    {name_input(name, "create")}
                    {submit_button(name, "create", ["Create project", "Creating…"])}
                </div>
                <NameNote name form="create" lead="Creates"/>
                {optional_view(move || adoptable.get().map(|default| adopt_option(default, adopts)))}
            </form>
            <Tree name=name.text/>
        </section>
    }
}

/// Offer to rename the pristine default project.
fn adopt_option(default: String, adopts: RwSignal<bool>) -> AnyView {
    view! {
        <label class="adopt" data-testid="adopt">
            <input
                type="checkbox"
                prop:checked=adopts
                on:change:target=move |event| adopts.set(event.target().checked())
            />
            <span>
                "Rename the unchanged project " <code>{default}</code>
                " instead of creating a second one."
            </span>
        </label>
    }
    .into_any()
}

fn send(store: Store, toasts: Toasts, name: NameField, adopts: bool) {
    let request = move |text: String| -> Pin<Box<dyn Future<Output = _>>> {
        Box::pin(async move { client::create(&text, adopts).await })
    };
    let done = move |text: &str, created: Saved| {
        // Text that was typed during the request stays.
        if name.text.get_untracked() == text {
            name.set(String::new());
        }
        toasts.done(created.message, Some(created.project_path));
        store.created(created.project_name);
    };
    name.submit(Box::new(request), Box::new(done));
}
