//! The moving parts of the page, each as one type: every other type of closure would be compiled
//! into its own copy of Leptos's machinery, and half of the page's program was such copies.

use std::pin::Pin;

use leptos::ev::MouseEvent;
use leptos::prelude::*;

/// Text that follows its signals.
pub type Text = Box<dyn Fn() -> String + Send + Sync>;
/// A condition that follows its signals.
pub type Condition = Box<dyn Fn() -> bool + Send + Sync>;
/// What a button does.
pub type Click = Box<dyn FnMut(MouseEvent)>;

/// A part of the page that follows its signals.
pub fn live(part: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let part: Box<dyn Fn() -> AnyView + Send> = Box::new(part);
    part.into_any()
}

/// Text that follows its signals.
pub fn text<T: Into<String>>(text: impl Fn() -> T + Send + Sync + 'static) -> Text {
    Box::new(move || text().into())
}

/// A condition that follows its signals.
pub fn when(condition: impl Fn() -> bool + Send + Sync + 'static) -> Condition {
    Box::new(condition)
}

/// `true` or `false`, for attributes that want a word.
pub fn word(condition: impl Fn() -> bool + Send + Sync + 'static) -> Text {
    Box::new(move || condition().to_string())
}

/// What a button does.
pub fn click(mut action: impl FnMut() + 'static) -> Click {
    Box::new(move |_| action())
}

/// Runs a task beside the page.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    leptos::task::spawn_local(task);
}
