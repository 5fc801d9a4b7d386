//! The messages in the corner.

use leptos::prelude::*;

use crate::components::icon::{CHECK, COPY, CROSS, ERROR, icon};
use crate::dom;
use crate::live::{Click, click, spawn};
use crate::toast::{Toast, Toasts};

/// All messages; good news politely, failures at once.
#[component]
pub fn ToastStack() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    view! {
        <div
            class="toasts"
            on:mouseenter=hold(toasts, true)
            on:mouseleave=hold(toasts, false)
        >
            <div role="alert">
                {of_kind(toasts, true)}
            </div>
            <div role="status">
                {of_kind(toasts, false)}
            </div>
        </div>
    }
}

/// Copies a path and says so.
pub fn copy_path(toasts: Toasts, path: String) {
    spawn(async move {
        match dom::copy(&path).await {
            true => toasts.done("Copied the path".to_owned(), None),
            false => toasts.failed(
                "The browser did not allow copying. Select the path and copy it with the keyboard.",
            ),
        }
    });
}

fn hold(toasts: Toasts, is_held: bool) -> Click {
    click(move || toasts.is_held.set(is_held))
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
            {toast.path.map(|path| view! {
                <p class="toast-path">
                    <code>{path.clone()}</code>
                    <button
                        type="button"
                        data-testid="toast-copy"
                        on:click=click({
                            let path = path.clone();
                            move || copy_path(toasts, path.clone())
                        })
                    >
                        {icon(COPY)} "Copy path"
                    </button>
                </p>
            })}
        </div>
    }
}
