//! Browser functions beyond the display of elements: focus, scrolling, the address, the clipboard.

use leptos::prelude::{document, request_animation_frame, window};
use web_sys::js_sys::futures::JsFuture;
use web_sys::js_sys::{Reflect, decode_uri_component};
use web_sys::wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Element, FocusOptions, HtmlDocument, HtmlElement, HtmlInputElement, HtmlTextAreaElement,
    ScrollIntoViewOptions, ScrollLogicalPosition, VisibilityState, css,
};

const TOKEN_FRAGMENT: &str = "#token=";

/// Whether the page is visible to a person.
pub fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// Whether no element in particular has the focus.
pub fn is_nothing_focused() -> bool {
    focused_tag().is_none_or(|tag| tag == "BODY")
}

/// Whether the focused element accepts text.
pub fn is_typing() -> bool {
    const TEXT: [&str; 3] = ["text", "search", "password"];
    let focused = document().active_element();
    focused.is_some_and(|element| match element.dyn_ref::<HtmlInputElement>() {
        Some(input) => TEXT.contains(&input.type_().as_str()),
        None => element.tag_name() == "TEXTAREA",
    })
}

fn focused_tag() -> Option<String> {
    let element = document().active_element()?;
    Some(element.tag_name())
}

/// Focuses the element with an id and, on request, selects its text.
pub fn focus(id: &str, select: bool) {
    let Some(element) = document().get_element_by_id(id) else {
        return;
    };
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        // Fails only for an element that is gone.
        let _ = element.focus();
    }
    if let (true, Some(input)) = (select, element.dyn_ref::<HtmlInputElement>()) {
        input.select();
    }
}

/// Scrolls a project's row into view once it is drawn and, on request, focuses its rename button
/// unless another element has the focus by then.
pub fn show_row(name: String, focus: bool) {
    request_animation_frame(move || {
        let name = css::escape(&name);
        let selector = format!("[data-testid=project-row][data-name={name}]");
        let Ok(Some(row)) = document().query_selector(&selector) else {
            return;
        };
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        row.scroll_into_view_with_scroll_into_view_options(&options);
        let button = row.query_selector("[data-testid=rename-start]");
        if focus
            && is_nothing_focused()
            && let Ok(Some(button)) = button
            && let Some(button) = button.dyn_ref::<HtmlElement>()
        {
            let _ = button.focus();
        }
    });
}

/// Name of the project whose row has the focus.
pub fn focused_row() -> Option<String> {
    let row = document().active_element()?.closest("[data-name]").ok()??;
    row.get_attribute("data-name")
}

/// Focuses an element without scrolling.
pub fn focus_in_place(element: &Element) {
    let Some(element) = element.dyn_ref::<HtmlElement>() else {
        return;
    };
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    // Fails only for an element that is gone.
    let _ = element.focus_with_options(&options);
}

/// Scrolls up to the title of the list if it is not in view.
pub fn show_title() {
    if let Some(title) = document().get_element_by_id("projects-title") {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        title.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Takes the token out of the page's address, so that nobody reads or shares it by accident.
pub fn take_token() -> Option<String> {
    let location = window().location();
    let fragment = location.hash().unwrap_or_default();
    let token = fragment.strip_prefix(TOKEN_FRAGMENT)?;
    let address = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
    Some(decode_uri_component(token).map_or_else(|_| token.to_owned(), String::from))
}

/// Copies text to the clipboard; returns whether that worked.
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    // Browsers offer the clipboard only to pages from HTTPS or from this machine.
    let has_clipboard = Reflect::get(&navigator, &JsValue::from_str("clipboard"))
        .is_ok_and(|clipboard| !clipboard.is_undefined());
    if has_clipboard {
        let written = navigator.clipboard().write_text(text);
        return JsFuture::from(written).await.is_ok();
    }
    copy_by_selection(text).unwrap_or(false)
}

fn copy_by_selection(text: &str) -> Option<bool> {
    let document = document().dyn_into::<HtmlDocument>().ok()?;
    let focused = document.active_element();
    // Unlike the other fields, it keeps line breaks.
    let field = document.create_element("textarea").ok()?;
    let field: HtmlTextAreaElement = field.dyn_into().ok()?;
    field.set_value(text);
    document.body()?.append_child(&field).ok()?;
    field.select();
    let is_copied = document.exec_command("copy").unwrap_or(false);
    field.remove();
    if let Some(focused) = focused.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = focused.focus();
    }
    Some(is_copied)
}
