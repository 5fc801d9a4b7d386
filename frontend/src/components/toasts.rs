//! Short messages in the corner of the page.

use leptos::prelude::*;

use crate::boxed::{click, spawn};
use crate::components::icon::{CHECK, COPY, CROSS, ERROR, icon};
use crate::dom;
use crate::toast::{Toast, Toasts};

/// All messages. Screen readers announce failures at once and successes when they are idle.
#[component]
pub fn ToastStack() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let hold = |is_held| click(move || toasts.is_held.set(is_held));
    view! {
        <div class="toasts" on:mouseenter=hold(true) on:mouseleave=hold(false)>
            <div role="alert">{of_kind(toasts, true)}</div>
            <div role="status">{of_kind(toasts, false)}</div>
        </div>
    }
}

/// Copies a text and shows whether that worked.
pub fn copy_text(toasts: Toasts, title: &'static str, text: String) {
    spawn(async move {
        if dom::copy(&text).await {
            toasts.done(format!("{title} copied."), None);
        } else {
            let advice = "Select the text and copy it with the keyboard.";
            toasts.failed(format!("The browser blocked copying. {advice}"));
        }
    });
}

/// Copies a path and shows whether that worked.
pub fn copy_path(toasts: Toasts, path: String) {
    spawn(async move {
        if dom::copy(&path).await {
            toasts.done("Path copied.".to_owned(), None);
        } else {
            toasts.failed(format!(
                "The browser blocked copying. Select this path and copy it with the keyboard: {path}"
            ));
        }
    });
}

fn of_kind(toasts: Toasts, is_error: bool) -> AnyView {
    let list = move || {
        let mut list = toasts.list.get();
        list.retain(|toast| toast.is_error == is_error);
        list
    };
    view! { <For each=list key=|toast| toast.id let(toast)><Message toast/></For> }.into_any()
}

#[component]
fn Message(toast: Toast) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let id = toast.id;
    let copy = toast.path.map(|path| {
        let title = path.clone();
        let on_click = click(move || copy_path(toasts, path.clone()));
        view! {
            <button type="button" class="toast-copy" data-testid="toast-copy" title=title on:click=on_click>
                {icon(COPY)} "Copy path"
            </button>
        }
    });
    view! {
        <div class="toast" class:is-error=toast.is_error data-testid="toast">
            {icon(if toast.is_error { ERROR } else { CHECK })}
            <p class="toast-text">{toast.text}</p>
            <button
                type="button"
                class="icon-button"
                data-testid="toast-dismiss"
                aria-label="Dismiss"
                on:click=click(move || toasts.dismiss(id))
            >
                {icon(CROSS)}
            </button>
            {copy}
        </div>
    }
}
