//! Row of a project in the list.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use podslate_shared::api::ProjectSummary;

use crate::boxed::{boxed_view, click, memo, optional_view, text};
use crate::components::icon::{COPY, PENCIL, WARNING, icon};
use crate::components::rename::Rename;
use crate::components::stages::Stages;
use crate::components::toasts::copy_path;
use crate::rows::Row;
use crate::store::Store;
use crate::time;
use crate::toast::Toasts;

/// Name, stages, times and actions of a project, or the place of one that has not been loaded.
pub fn project_row(row: Row) -> AnyView {
    let list = expect_context::<Store>().list;
    let Some(project) = row.project else {
        let bars = view! {
            <li class="row is-placeholder">
                <span class="hidden">"Loading…"</span> <i></i> <i></i> <i></i>
            </li>
        };
        return bars.into_any();
    };
    let name = row.key;
    let is_renaming = is_named(list.renaming, &name);
    let is_highlighted = is_named(expect_context::<Store>().highlighted, &name);
    let key_name = name.clone();
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "F2" {
            event.prevent_default();
            list.renaming.set(Some(key_name.clone()));
        }
    };
    let name_or_form = name_or_form(name.clone(), project.clone(), is_renaming);
    view! {
        <li
            class="row"
            class:is-renaming=is_renaming
            class:is-highlighted=is_highlighted
            data-testid="project-row"
            tabindex="-1"
            data-name=name
            on:keydown=on_key
        >
            {name_or_form}
            <Stages project=project.clone()/>
            {time_cell(project.clone(), "Changed", "row-time row-modified", |p| p.modified.as_deref())}
            {time_cell(project.clone(), "Created", "row-time row-created", |p| p.created.as_deref())}
            <Actions project/>
        </li>
    }
    .into_any()
}

fn is_named(signal: RwSignal<Option<String>>, name: &str) -> Memo<bool> {
    let name = name.to_owned();
    memo(move || signal.read().as_ref() == Some(&name))
}

fn name_or_form(
    name: String,
    project: ArcRwSignal<ProjectSummary>,
    is_renaming: Memo<bool>,
) -> AnyView {
    boxed_view(move || {
        if is_renaming.get() {
            view! { <Rename old=name.clone()/> }.into_any()
        } else {
            name_cell(&name, project.clone())
        }
    })
}

/// The name, on one line if there are warnings, which then have the second one.
fn name_cell(name: &str, project: ArcRwSignal<ProjectSummary>) -> AnyView {
    let drafts = expect_context::<Store>().list.drafts;
    let key = name.to_owned();
    let warnings = optional_view(move || {
        let draft = drafts.read().get(&key).cloned();
        draft.map_or_else(
            || warning_line(&project.read().warning_sentences()),
            draft_line,
        )
    });
    view! {
        <div class="row-name"><h3 title=name.to_owned()>{name.to_owned()}</h3> {warnings}</div>
    }
    .into_any()
}

/// New name that was typed and not saved.
fn draft_line(draft: String) -> Option<AnyView> {
    let view = view! {
        <p class="warning" data-testid="draft" title=draft.clone()>
            {icon(PENCIL)} <span>"Not renamed yet: " {draft.clone()}</span>
        </p>
    };
    Some(view.into_any())
}

fn warning_line(sentences: &[String]) -> Option<AnyView> {
    let sentences = sentences.join(" ");
    let view = view! {
        <p class="warning" data-testid="warning" title=sentences.clone()>
            {icon(WARNING)} <span>{sentences.clone()}</span>
        </p>
    };
    (!sentences.is_empty()).then(|| view.into_any())
}

fn time_cell(
    project: ArcRwSignal<ProjectSummary>,
    label: &'static str,
    class: &'static str,
    pick: fn(&ProjectSummary) -> Option<&str>,
) -> AnyView {
    let now = expect_context::<Store>().now;
    let cell = boxed_view(move || {
        let project = project.read();
        let written = pick(&project).map(str::to_owned);
        let parsed = written.as_deref().and_then(time::parse);
        let checked = project.as_of.as_deref().and_then(time::parse);
        let checked = checked.map(|time| format!("; last looked at {}", time::exact(time)));
        match written.zip(parsed) {
            Some((written, parsed)) => view! {
                <time datetime=written title=time::exact(parsed) + &checked.unwrap_or_default()>
                    {text(move || time::ago(now.get() - parsed))}
                </time>
            }
            .into_any(),
            None => view! { <span>"–"</span> }.into_any(),
        }
    });
    view! { <p class=class><span class="row-label">{label} " "</span> {cell}</p> }.into_any()
}
#[component]
fn Actions(project: ArcRwSignal<ProjectSummary>) -> impl IntoView {
    let store = expect_context::<Store>();
    let toasts = expect_context::<Toasts>();
    let name = project.read_untracked().name.clone();
    let copy = format!("Copy the path of {name}");
    let rename = format!("Rename {name}");
    let on_copy = click(move || copy_path(toasts, project.read_untracked().path.clone()));
    view! {
        <div class="row-actions">
            <button
                type="button"
                class="icon-button"
                data-testid="copy-path"
                aria-label=copy
                title="Copy path"
                on:click=on_copy
            >
                {icon(COPY)}
            </button>
            <button
                type="button"
                class="icon-button"
                data-testid="rename-start"
                aria-label=rename
                aria-keyshortcuts="F2"
                title="Rename (F2)"
                on:click=click(move || store.list.renaming.set(Some(name.clone())))
            >
                {icon(PENCIL)}
            </button>
        </div>
    }
}
