//! Reactive parts of the page, boxed into one type each: every other closure type would get its own
//! copy of Leptos's rendering code, and such copies once made up half of the program.

use std::pin::Pin;

use leptos::ev::{MouseEvent, SubmitEvent};
use leptos::prelude::*;

/// Text that follows its signals.
pub type Text = Box<dyn Fn() -> String + Send + Sync>;
/// Condition that follows its signals.
pub type Condition = Box<dyn Fn() -> bool + Send + Sync>;
/// Handler of a click.
pub type Click = Box<dyn FnMut(MouseEvent)>;

/// View that follows its signals.
pub fn boxed_view<T: IntoAny>(view: impl Fn() -> T + Send + 'static) -> AnyView {
    let view: Box<dyn Fn() -> AnyView + Send> = Box::new(move || view().into_any());
    view.into_any()
}

/// View that follows its signals and may be absent.
pub fn optional_view(view: impl Fn() -> Option<AnyView> + Send + 'static) -> AnyView {
    boxed_view(move || view().unwrap_or_else(|| ().into_any()))
}

/// Text that follows its signals.
pub fn text<T: Into<String>>(text: impl Fn() -> T + Send + Sync + 'static) -> Text {
    Box::new(move || text().into())
}

/// Condition that follows its signals.
pub fn condition(condition: impl Fn() -> bool + Send + Sync + 'static) -> Condition {
    Box::new(condition)
}

/// `true` or `false`, as ARIA attributes spell a condition.
pub fn aria_bool(condition: impl Fn() -> bool + Send + Sync + 'static) -> Text {
    Box::new(move || condition().to_string())
}

/// Handler of a click.
pub fn click(mut action: impl FnMut() + 'static) -> Click {
    Box::new(move |_| action())
}

/// Handler of a form that the page itself sends.
pub fn submit(mut action: impl FnMut() + 'static) -> Box<dyn FnMut(SubmitEvent)> {
    Box::new(move |event| {
        event.prevent_default();
        action();
    })
}

/// Condition that is computed again only when its signals change.
pub fn memo(condition: impl Fn() -> bool + Send + Sync + 'static) -> Memo<bool> {
    let condition: Condition = Box::new(condition);
    Memo::new(move |_| condition())
}

/// Runs an action now, and again whenever signals change that it reads.
pub fn effect(action: impl FnMut() + 'static) {
    let mut action: Box<dyn FnMut()> = Box::new(action);
    Effect::new(move |_: Option<()>| action());
}

/// Runs a task in the background.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    leptos::task::spawn_local(task);
}
