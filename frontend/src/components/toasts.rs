//! The messages in the corner.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::icon::{CHECK, COPY, CROSS, ERROR, Icon};
use crate::dom;
use crate::toast::{Toast, Toasts};

/// All messages; good news politely, failures at once.
#[component]
pub fn ToastStack() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let of_kind = move |is_error| {
        let mut list = toasts.list.get();
        list.retain(|toast| toast.is_error == is_error);
        list
    };
    view! {
        <div
            class="toasts"
            on:mouseenter=move |_| toasts.is_held.set(true)
            on:mouseleave=move |_| toasts.is_held.set(false)
            on:focusin=move |_| toasts.is_held.set(true)
            on:focusout=move |_| toasts.is_held.set(false)
        >
            <div role="alert">
                <For each=move || of_kind(true) key=|toast| toast.id let(toast)>
                    <Message toast/>
                </For>
            </div>
            <div role="status">
                <For each=move || of_kind(false) key=|toast| toast.id let(toast)>
                    <Message toast/>
                </For>
            </div>
        </div>
    }
}

/// Copies a path and says so.
pub fn copy_path(toasts: Toasts, path: String) {
    spawn_local(async move {
        match dom::copy(&path).await {
            true => toasts.done("Copied the path".to_owned(), None),
            false => toasts.failed(
                "The browser did not allow copying. Select the path and copy it with the keyboard.",
            ),
        }
    });
}

#[component]
fn Message(toast: Toast) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let id = toast.id;
    view! {
        <div class="toast" class:is-error=toast.is_error data-testid="toast">
            <Icon path=if toast.is_error { ERROR } else { CHECK }/>
            <p class="toast-text">{toast.text}</p>
            <button
                type="button"
                class="icon-button"
                data-testid="toast-dismiss"
                aria-label="Dismiss"
                on:click=move |_| toasts.dismiss(id)
            >
                <Icon path=CROSS/>
            </button>
            {toast.path.map(|path| view! {
                <p class="toast-path">
                    <code>{path.clone()}</code>
                    <button
                        type="button"
                        data-testid="toast-copy"
                        on:click=move |_| copy_path(toasts, path.clone())
                    >
                        <Icon path=COPY/> "Copy path"
                    </button>
                </p>
            })}
        </div>
    }
}
