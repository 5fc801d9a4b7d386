//! Output of the pipeline command.

use std::collections::VecDeque;

use leptos::html;
use leptos::prelude::*;
use podslate_shared::api::LogLine;
use web_sys::wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlPreElement};

use crate::ansi::{pieces, plain};
use crate::boxed::{click, effect, optional_view, text};
use crate::components::icon::{COPY, icon};
use crate::components::toasts::copy_text;
use crate::pipeline_store::PipelineStore;
use crate::toast::Toasts;

/// Line on the page.
struct Drawn {
    line: LogLine,
    element: HtmlElement,
}

/// The output, folded at first.
#[component]
pub fn Output() -> impl IntoView {
    let pipeline = expect_context::<PipelineStore>();
    let toasts = expect_context::<Toasts>();
    let count = text(move || {
        let status = pipeline.status.read();
        let lines = status.as_ref().map_or(0, |status| status.lines);
        let plural = if lines == 1 { "" } else { "s" };
        format!(" · {lines} line{plural}")
    });
    let output = NodeRef::<html::Pre>::new();
    let mut drawn = VecDeque::new();
    effect(move || {
        let lines = pipeline.lines.read();
        if let Some(output) = output.get() {
            draw(&mut drawn, &lines, &output);
        }
    });
    effect(move || {
        if let (true, Some(output)) = (pipeline.is_open.get(), output.get()) {
            output.set_scroll_top(output.scroll_height());
        }
    });
    let copy = move || {
        let line = |line: &LogLine| plain(&line.text) + "\n";
        let lines = pipeline.lines.read_untracked();
        copy_text(toasts, "Output", lines.iter().map(line).collect());
    };
    let copy_button = optional_view(move || {
        let button = view! {
            <button type="button" class="log-copy" data-testid="log-copy" on:click=click(copy)>
                {icon(COPY)} "Copy output"
            </button>
        };
        (!pipeline.lines.read().is_empty()).then(|| button.into_any())
    });
    view! {
        <details
            class="pipeline-log"
            data-testid="pipeline-log"
            on:toggle:target=move |event| pipeline.is_open.set(event.target().open())
        >
            <summary>"Output"<span class="tree-count">{count}</span></summary>
            <pre node_ref=output tabindex="0" role="log" aria-label="Output of the pipeline"></pre>
            {copy_button}
        </details>
    }
}

/// Draws what has changed; elements of lines that stay are kept, and with them what is selected. The
/// output follows only if its end is visible before anything is drawn; otherwise what is visible
/// stays where it is.
fn draw(drawn: &mut VecDeque<Drawn>, lines: &[LogLine], output: &HtmlPreElement) {
    let top = output.scroll_top();
    let is_at_end = output.scroll_height() - top - output.client_height() < 4;
    let first = lines.first().map_or(u64::MAX, |line| line.number);
    let place = |drawn: &VecDeque<Drawn>| drawn.front().map(|drawn| drawn.element.offset_top());
    let before = drawn
        .iter()
        .find(|drawn| drawn.line.number >= first)
        .map(|drawn| drawn.element.offset_top())
        .zip(place(drawn));
    while let Some(gone) = drawn.pop_front_if(|drawn| drawn.line.number < first) {
        gone.element.remove();
    }
    for (at, line) in lines.iter().enumerate() {
        match drawn.get_mut(at) {
            Some(known) if known.line == *line => {}
            Some(known) => {
                known.line.clone_from(line);
                fill(&known.element, line);
            }
            None => drawn.extend(append(line, output)),
        }
    }
    for gone in drawn.drain(lines.len().min(drawn.len())..) {
        gone.element.remove();
    }
    if is_at_end {
        output.set_scroll_top(output.scroll_height());
    } else if let Some((kept, start)) = before.filter(|(kept, start)| kept > start) {
        output.set_scroll_top((top - (kept - start)).max(0));
    }
}

fn append(line: &LogLine, output: &HtmlPreElement) -> Option<Drawn> {
    let element = document().create_element("span").ok()?;
    let element: HtmlElement = element.dyn_into().ok()?;
    fill(&element, line);
    output.append_child(&element).ok()?;
    let line = line.clone();
    Some(Drawn { line, element })
}

fn fill(element: &HtmlElement, line: &LogLine) {
    element.set_text_content(None);
    for piece in pieces(&line.text) {
        if let Ok(part) = document().create_element("span") {
            part.set_text_content(Some(&piece.text));
            if !piece.classes.is_empty() {
                part.set_class_name(&piece.classes.join(" "));
            }
            // Fails only for an element that cannot have children.
            let _ = element.append_child(&part);
        }
    }
    let _ = element.append_child(&document().create_text_node("\n"));
}
