//! One project of the list.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use podslate_shared::api::ProjectSummary;

use crate::components::icon::{COPY, Icon, PENCIL, WARNING};
use crate::components::name_note::prose;
use crate::components::rename::Rename;
use crate::components::stages::Stages;
use crate::components::toasts::copy_path;
use crate::list::Row;
use crate::state::Store;
use crate::time;
use crate::toast::Toasts;

/// A project: name, stages, times, and what can be done with it.
#[component]
pub fn ProjectRow(
    /// The row to show.
    row: Row,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let Row { name, project } = row;
    let is_renaming = {
        let name = name.clone();
        Memo::new(move |_| store.renaming.read().as_deref() == Some(name.as_str()))
    };
    let is_fresh = {
        let name = name.clone();
        Memo::new(move |_| store.fresh.read().as_deref() == Some(name.as_str()))
    };
    let on_key = {
        let name = name.clone();
        move |event: KeyboardEvent| {
            if event.key() == "F2" {
                event.prevent_default();
                store.renaming.set(Some(name.clone()));
            }
        }
    };
    let name_or_form = {
        let (name, project) = (name.clone(), project.clone());
        move || match is_renaming.get() {
            true => view! { <Rename old=name.clone()/> }.into_any(),
            false => name_cell(&name, project.clone()),
        }
    };
    view! {
        <li
            class="row"
            class:is-renaming=is_renaming
            class:is-fresh=is_fresh
            data-testid="project-row"
            data-name=name
            on:keydown=on_key
        >
            {name_or_form}
            <Stages project=project.clone()/>
            {when(project.clone(), "Changed", "row-modified", |project| project.modified.as_deref())}
            {when(project.clone(), "Created", "row-created", |project| project.created.as_deref())}
            <Actions project/>
        </li>
    }
}

fn name_cell(name: &str, project: ArcRwSignal<ProjectSummary>) -> AnyView {
    let warnings = ArcMemo::new(move |_| project.read().warnings.clone());
    view! {
        <div class="row-name">
            <h3>{name.to_owned()}</h3>
            {move || warnings.read().iter().map(|warning| view! {
                <p class="warning" data-testid="warning">
                    <Icon path=WARNING/> <span>{prose(warning.sentence())}</span>
                </p>
            }).collect_view()}
        </div>
    }
    .into_any()
}

fn when(
    project: ArcRwSignal<ProjectSummary>,
    label: &'static str,
    class: &'static str,
    pick: fn(&ProjectSummary) -> Option<&str>,
) -> AnyView {
    let now = expect_context::<Store>().now;
    let text = ArcMemo::new(move |_| pick(&project.read()).map(str::to_owned));
    let shown = move || {
        let text = text.get();
        let moment = text.as_deref().and_then(time::moment);
        match text.zip(moment) {
            Some((text, moment)) => view! {
                <time datetime=text title=time::exact(moment)>
                    {move || time::ago(now.get() - moment)}
                </time>
            }
            .into_any(),
            None => view! { <span class="unknown">"–"</span> }.into_any(),
        }
    };
    view! {
        <p class=format!("row-time {class}")>
            <span class="row-label">{label} " "</span>
            {shown}
        </p>
    }
    .into_any()
}

#[component]
fn Actions(project: ArcRwSignal<ProjectSummary>) -> impl IntoView {
    let store = expect_context::<Store>();
    let toasts = expect_context::<Toasts>();
    let name = project.read_untracked().name.clone();
    let copy = format!("Copy the path of {name}");
    let rename = format!("Rename {name}");
    let on_copy = move |_| copy_path(toasts, project.read_untracked().path.clone());
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
                <Icon path=COPY/>
            </button>
            <button
                type="button"
                class="icon-button"
                data-testid="rename-start"
                aria-label=rename
                aria-keyshortcuts="F2"
                title="Rename (F2)"
                on:click=move |_| store.renaming.set(Some(name.clone()))
            >
                <Icon path=PENCIL/>
            </button>
        </div>
    }
}
