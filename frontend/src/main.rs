//! podslate's page: the projects of a workspace, in a browser.
#![forbid(unsafe_code)]

mod app;
mod client;
mod components;
mod dom;
mod list;
mod live;
mod naming;
mod pipeline;
mod state;
mod time;
mod toast;

use leptos::prelude::*;
use web_sys::HtmlElement;
use web_sys::wasm_bindgen::JsCast;

fn main() {
    let place = document().get_element_by_id("app");
    let Some(place) = place.and_then(|place| place.dyn_into::<HtmlElement>().ok()) else {
        return;
    };
    place.set_inner_html("");
    mount_to(place, app::App).forget();
}
