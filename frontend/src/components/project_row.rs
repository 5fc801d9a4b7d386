//! Row of a project in the list.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use podslate_shared::api::{ProjectSummary, Warning};

use crate::boxed::{boxed_view, click, text};
use crate::components::icon::{COPY, PENCIL, WARNING, icon};
use crate::components::rename::Rename;
use crate::components::stages::Stages;
use crate::components::toasts::copy_path;
use crate::rows::Row;
use crate::store::Store;
use crate::time;
use crate::toast::Toasts;

/// Name, stages, times and actions of a project.
#[component]
pub fn ProjectRow(row: Row) -> impl IntoView {
    let store = expect_context::<Store>();
    let Row { name, project } = row;
    let is_renaming = is_named(store.renaming, &name);
    let key_name = name.clone();
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "F2" {
            event.prevent_default();
            store.renaming.set(Some(key_name.clone()));
        }
    };
    let name_or_form = {
        let (name, project) = (name.clone(), project.clone());
        boxed_view(move || {
            if is_renaming.get() {
                view! { <Rename old=name.clone()/> }.into_any()
            } else {
                name_cell(&name, project.clone())
            }
        })
    };
    view! {
        <li
            class="row"
            class:is-renaming=is_renaming
            class:is-highlighted=is_named(store.highlighted, &name)
            data-testid="project-row"
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
}

fn is_named(signal: RwSignal<Option<String>>, name: &str) -> Memo<bool> {
    let name = name.to_owned();
    Memo::new(move |_| signal.read().as_ref() == Some(&name))
}

fn name_cell(name: &str, project: ArcRwSignal<ProjectSummary>) -> AnyView {
    let warning = |warning: &Warning| {
        view! {
            <p class="warning" data-testid="warning">
                {icon(WARNING)} <span>{warning.message()}</span>
            </p>
        }
    };
    let warnings = boxed_view(move || project.read().warnings.iter().map(warning).collect_view());
    view! { <div class="row-name"><h3>{name.to_owned()}</h3> {warnings}</div> }.into_any()
}

fn time_cell(
    project: ArcRwSignal<ProjectSummary>,
    label: &'static str,
    class: &'static str,
    pick: fn(&ProjectSummary) -> Option<&str>,
) -> AnyView {
    let now = expect_context::<Store>().now;
    let cell = boxed_view(move || {
        let written = pick(&project.read()).map(str::to_owned);
        let parsed = written.as_deref().and_then(time::parse);
        match written.zip(parsed) {
            Some((written, parsed)) => view! {
                <time datetime=written title=time::exact(parsed)>
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
                on:click=click(move || store.renaming.set(Some(name.clone())))
            >
                {icon(PENCIL)}
            </button>
        </div>
    }
}
