//! Icons in the color of the surrounding text.

use leptos::prelude::*;

pub const PENCIL: &str = "M12.5 4.5l3 3L7 16H4v-3zM11 6l3 3";
pub const COPY: &str = "M7.500 7.500h9v9h-9zM12.500 7.500v-4h-9v9h4";
pub const CROSS: &str = "M5 5l10 10M15 5L5 15";
pub const CHECK: &str = "M4 10.500l4 4 8-9";
pub const WARNING: &str = "M10 3.500L17.500 16.500h-15zM10 8.500v3.500M10 14v.2";
pub const ERROR: &str = "M10 2.500a7.500 7.500 0 1 0 .01 0M10 6v5M10 13.500v.2";
pub const SEARCH: &str = "M8.500 3a5.500 5.500 0 1 0 .01 0M12.500 12.500L17 17";

/// Decorative icon, hidden from screen readers.
pub fn icon(path: &'static str) -> AnyView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d=path></path>
        </svg>
    }
    .into_any()
}

#[component]
pub fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <path class="logo-face" d="M16 16.500 25.500 11v10L16 26.500z"></path>
            <path d="M16 5.500 25.500 11v10L16 26.500 6.500 21V11z"></path>
            <path d="m6.500 11 9.500 5.500 9.500-5.500M16 16.500v10"></path>
        </svg>
    }
}
