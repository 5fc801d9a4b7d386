//! The command that the server runs in a project: how it stands, what it writes, start and stop.

use leptos::html;
use leptos::prelude::*;
use podslate_shared::api::{Pipeline, PipelineState};

use crate::components::name_note::prose;
use crate::live::{click, live, text, word};
use crate::pipeline::PipelineStore;
use crate::state::Store;
use crate::time;

/// The command, if the server has one.
#[component]
pub fn PipelinePanel() -> impl IntoView {
    let pipeline = expect_context::<PipelineStore>();
    let is_there = Memo::new(move |_| {
        let now = pipeline.now.read();
        now.as_ref()
            .is_some_and(|now| now.state != PipelineState::None)
    });
    live(move || match is_there.get() {
        true => view! { <Panel/> }.into_any(),
        false => ().into_any(),
    })
}

#[component]
fn Panel() -> impl IntoView {
    let pipeline = expect_context::<PipelineStore>();
    let store = expect_context::<Store>();
    let told = move || pipeline.now.get();
    let state = Memo::new(move |_| told().map(|now| now.state).unwrap_or_default());
    let error = move || told().and_then(|now| now.error);
    view! {
        <section class="pipeline" aria-labelledby="pipeline-title" data-testid="pipeline">
            <div class="pipeline-head">
                <h2 id="pipeline-title">"Pipeline"</h2>
                <p
                    class="pipeline-state"
                    role="status"
                    data-testid="pipeline-state"
                    data-state=text(move || state_word(told().as_ref()))
                >
                    <span class="connection-light" aria-hidden="true"></span>
                    {text(move || sentence(told().as_ref(), store.now.get()))}
                </p>
                {live(move || buttons(pipeline, state.get()))}
            </div>
            <p class="pipeline-what">
                <code>{text(move || told().and_then(|now| now.command).unwrap_or_default())}</code>
                {text(move || place(told().as_ref()))}
            </p>
            {live(move || match error() {
                Some(error) => view! {
                    <p class="wrong" data-testid="pipeline-error"><span>
                        {prose(&error.error)} " " {error.hint.as_deref().map(prose)}
                    </span></p>
                }.into_any(),
                None => ().into_any(),
            })}
            <Output/>
        </section>
    }
}

#[component]
fn Output() -> impl IntoView {
    let pipeline = expect_context::<PipelineStore>();
    let count = text(move || {
        let lines = pipeline.now.read().as_ref().map_or(0, |now| now.lines);
        let plural = if lines == 1 { "" } else { "s" };
        format!(" · {lines} line{plural}")
    });
    let lines = move || {
        let line = |line: &podslate_shared::api::LogLine| line.text.clone() + "\n";
        pipeline.lines.read().iter().map(line).collect::<String>()
    };
    let place = NodeRef::<html::Pre>::new();
    // Whoever reads at the end stays there; whoever scrolled up stays where they are.
    Effect::new(move |_| {
        pipeline.lines.track();
        let Some(place) = place.get() else { return };
        let rest = place.scroll_height() - place.scroll_top() - place.client_height();
        if rest < 80 || place.scroll_top() == 0 {
            request_animation_frame(move || place.set_scroll_top(place.scroll_height()));
        }
    });
    view! {
        <details
            class="pipeline-log"
            data-testid="pipeline-log"
            on:toggle:target=move |event| pipeline.is_open.set(event.target().open())
        >
            <summary>"Output"<span class="tree-count">{count}</span></summary>
            <pre node_ref=place tabindex="0" role="log" aria-label="Output of the pipeline">
                {text(lines)}
            </pre>
        </details>
    }
}

fn buttons(pipeline: PipelineStore, state: PipelineState) -> AnyView {
    let dialog = NodeRef::<html::Dialog>::new();
    let ask = move || {
        if let Some(dialog) = dialog.get_untracked() {
            // Fails only if it is open already.
            let _ = dialog.show_modal();
        }
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let is_busy = word(move || pipeline.is_busy.get());
    if state != PipelineState::Running {
        let label = match state {
            PipelineState::Exited => "Start again",
            _ => "Start",
        };
        return view! {
            <button type="button" data-testid="pipeline-start" aria-disabled=is_busy
                on:click=click(move || pipeline.restart())>{label}</button>
        }
        .into_any();
    }
    view! {
        <button type="button" data-testid="pipeline-end" aria-disabled=is_busy
            on:click=click(ask)>"Stop…"</button>
        <dialog node_ref=dialog class="ask" aria-labelledby="pipeline-ask">
            <h2 id="pipeline-ask">"End the pipeline?"</h2>
            <p>"What it is doing now is broken off. Files that it has written stay."</p>
            <div class="ask-buttons">
                <button type="button" on:click=click(close)>"Keep it running"</button>
                <button type="button" data-testid="pipeline-restart" on:click=click(move || {
                    close();
                    pipeline.restart();
                })>"Restart"</button>
                <button type="button" class="primary" data-testid="pipeline-stop"
                    on:click=click(move || {
                        close();
                        pipeline.stop();
                    })
                >"Stop"</button>
            </div>
        </dialog>
    }
    .into_any()
}

fn place(now: Option<&Pipeline>) -> String {
    let project = now.and_then(|now| now.project_name.as_deref());
    project.map_or_else(String::new, |project| format!(" in {project}"))
}

/// For the colour of the light.
fn state_word(now: Option<&Pipeline>) -> &'static str {
    match now {
        Some(now) => match (now.state, now.exit_code) {
            (PipelineState::Running, _) => "online",
            (PipelineState::Exited, Some(0)) => "done",
            (PipelineState::Exited | PipelineState::Failed, _) => "failing",
            (PipelineState::None | PipelineState::NotStarted, _) => "waiting",
        },
        None => "waiting",
    }
}

fn sentence(now: Option<&Pipeline>, clock: f64) -> String {
    let Some(now) = now else {
        return String::new();
    };
    let since = |moment: Option<&String>| {
        let moment = moment.and_then(|moment| time::moment(moment));
        moment.map_or_else(String::new, |moment| time::ago(clock - moment))
    };
    let ended = since(now.ended.as_ref());
    match (now.state, now.exit_code, now.signal) {
        (PipelineState::Running, ..) => {
            format!("Running, started {}", since(now.started.as_ref()))
        }
        (PipelineState::Exited, Some(0), _) => format!("Done {ended}"),
        (PipelineState::Exited, Some(code), _) => format!("Ended with exit code {code} {ended}"),
        (PipelineState::Exited, None, Some(signal)) => {
            format!("Ended by signal {signal} {ended}")
        }
        (PipelineState::Exited, None, None) => format!("Ended {ended}"),
        (PipelineState::Failed, ..) => "Could not be started".to_owned(),
        (PipelineState::None | PipelineState::NotStarted, ..) => "Not started".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use podslate_shared::api::Success;

    fn pipeline(state: PipelineState, exit_code: Option<i32>, signal: Option<i32>) -> Pipeline {
        Pipeline {
            status: Success::Success,
            state,
            project_name: Some("Robot".to_owned()),
            command: Some("true".to_owned()),
            started: None,
            ended: None,
            exit_code,
            signal,
            error: None,
            lines: 0,
        }
    }

    #[test]
    fn every_end_has_its_words_and_its_light() {
        let table = [
            (
                PipelineState::NotStarted,
                None,
                None,
                "Not started",
                "waiting",
            ),
            (
                PipelineState::Failed,
                None,
                None,
                "Could not be started",
                "failing",
            ),
            (PipelineState::Exited, Some(0), None, "Done ", "done"),
            (
                PipelineState::Exited,
                Some(3),
                None,
                "Ended with exit code 3 ",
                "failing",
            ),
            (
                PipelineState::Exited,
                None,
                Some(9),
                "Ended by signal 9 ",
                "failing",
            ),
        ];
        for (state, code, signal, words, light) in table {
            let now = pipeline(state, code, signal);
            assert_eq!(sentence(Some(&now), 0.0), words);
            assert_eq!(state_word(Some(&now)), light);
        }
    }
}
