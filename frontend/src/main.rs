//! podslate's page: the projects of a workspace, in a browser.
#![forbid(unsafe_code)]

mod address;
mod ansi;
mod app;
mod boxed;
mod cache;
mod client;
mod components;
mod connection;
mod dom;
mod events;
mod list;
mod name_field;
mod pipeline_store;
mod rows;
mod schedule;
mod store;
mod time;
mod toast;
mod viewport;

use leptos::prelude::*;
use web_sys::HtmlElement;
use web_sys::wasm_bindgen::JsCast;

fn main() {
    let root = document().get_element_by_id("app");
    let Some(root) = root.and_then(|root| root.dyn_into::<HtmlElement>().ok()) else {
        return;
    };
    root.set_inner_html("");
    mount_to(root, app::App).forget();
}
