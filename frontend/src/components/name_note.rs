//! What is said below a field for a name: what is wrong with it, or where it leads.

use leptos::prelude::*;

use crate::components::icon::{CHECK, ERROR, icon};
use crate::dom;
use crate::live::{click, live};
use crate::naming::{self, NameField, Problem, Verdict};
use crate::state::{Connection, Store, expected_path};

/// The names that tests know the parts of a note by.
#[derive(Clone, Copy)]
pub struct NoteIds {
    /// The field.
    pub field: &'static str,
    /// The whole note.
    pub note: &'static str,
    /// What is wrong.
    pub error: &'static str,
    /// Where the project will be.
    pub path: &'static str,
    /// What goes before the path.
    pub lead: &'static str,
}

/// The note of a field.
#[component]
pub fn NameNote(
    /// The field.
    name: NameField,
    /// How its parts are called.
    ids: NoteIds,
) -> impl IntoView {
    let store = expect_context::<Store>();
    view! {
        <div class="note" id=ids.note>
            <div aria-live="polite">
                {live(move || match name.verdict.get() {
                    Verdict::Wrong(problem) => wrong(name, ids, problem),
                    _ => ().into_any(),
                })}
            </div>
            {live(move || match name.verdict.get() {
                Verdict::Usable { path } => leads_to(store, ids, &name.text.read(), path),
                Verdict::Wrong(_) => ().into_any(),
                Verdict::Blank | Verdict::Unchanged => {
                    view! { <p class="rule">{naming::rule()}</p> }.into_any()
                }
            })}
        </div>
    }
}

/// A sentence in which what stands between backticks is set as code.
pub fn prose(sentence: &str) -> AnyView {
    let part = |(index, text): (usize, &str)| match index % 2 {
        0 => text.to_owned().into_any(),
        _ => view! { <code>{text.to_owned()}</code> }.into_any(),
    };
    sentence
        .split('`')
        .enumerate()
        .map(part)
        .collect_view()
        .into_any()
}

fn wrong(name: NameField, ids: NoteIds, problem: Problem) -> AnyView {
    let use_it = move |suggestion: String| {
        click(move || {
            name.set(suggestion.clone());
            dom::focus(ids.field, false);
        })
    };
    let suggestion = problem.suggestion.map(|suggestion| {
        view! {
            <button
                type="button"
                class="link"
                data-testid="suggestion"
                on:click=use_it(suggestion.clone())
            >
                "Use " <code>{suggestion.clone()}</code>
            </button>
        }
    });
    view! {
        <p class="wrong" class:is-unfinished=problem.is_unfinished data-testid=ids.error>
            {(!problem.is_unfinished).then(|| icon(ERROR))}
            <span>
                {prose(&problem.sentence)} " " {problem.hint.as_deref().map(prose)} {suggestion}
            </span>
        </p>
    }
    .into_any()
}

fn leads_to(store: Store, ids: NoteIds, text: &str, path: Option<String>) -> AnyView {
    let is_reachable = *store.connection.read() != Connection::Unreachable;
    let is_free = path.is_some() && is_reachable;
    let guess = || {
        store
            .health
            .get()
            .map(|health| expected_path(&health.workspace, text))
    };
    let state = match (is_reachable, is_free) {
        (false, _) => "the pod does not answer; the name stays here until it does.",
        (true, true) => "this name is free",
        (true, false) => "checking…",
    };
    view! {
        <p class="leads-to" class:is-free=is_free data-testid=ids.path>
            {is_free.then(|| icon(CHECK))}
            <span>
                {ids.lead} " " <code>{path.or_else(guess)}</code> " · "
                <span class="leads-to-state">{state}</span>
            </span>
        </p>
    }
    .into_any()
}
