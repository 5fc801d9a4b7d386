//! Panel of the pipeline command: status, start, restart and stop.

use leptos::html;
use leptos::prelude::*;
use podslate_shared::api::{Pipeline, PipelineState};

use crate::boxed::{aria_bool, boxed_view, click, memo, optional_view, text};
use crate::components::log::Output;
use crate::components::prose::error_prose;
use crate::pipeline_store::PipelineStore;
use crate::store::Store;
use crate::time;

/// The panel, if the server has a pipeline command.
#[component]
pub fn PipelinePanel() -> impl IntoView {
    let pipeline = expect_context::<PipelineStore>();
    let has_command = |status: &Pipeline| status.state != PipelineState::None;
    let is_present = memo(move || pipeline.status.read().as_ref().is_some_and(has_command));
    optional_view(move || is_present.get().then(|| view! { <Panel/> }.into_any()))
}

#[component]
fn Panel() -> impl IntoView {
    let pipeline = expect_context::<PipelineStore>();
    let store = expect_context::<Store>();
    let status = move || pipeline.status.get();
    let state = Memo::new(move |_| status().map(|status| status.state).unwrap_or_default());
    let light = text(move || status().as_ref().map_or("waiting", light));
    let part = move |part: fn(Pipeline, f64) -> Option<String>| {
        let part = move |status| part(status, store.now.get());
        text(move || status().and_then(part).unwrap_or_default())
    };
    let sentence = part(|status, now| Some(sentence(&status, now)));
    let command = part(|status, _| status.command);
    let project = part(|status, _| Some(format!(" in {}", status.project_name?)));
    view! {
        <section class="pipeline" aria-labelledby="pipeline-title" data-testid="pipeline">
            <div class="pipeline-head">
                <h2 id="pipeline-title">"Pipeline"</h2>
                <p class="pipeline-state" role="status" data-testid="pipeline-state" data-state=light>
                    <span class="connection-light" aria-hidden="true"></span>
                    {sentence}
                </p>
                {boxed_view(move || buttons(pipeline, state.get()))}
            </div>
            <p class="pipeline-command"><code>{command}</code> {project}</p>
            {optional_view(move || status().and_then(|status| status.error).map(|error| view! {
                <p class="error" data-testid="pipeline-error"><span>{error_prose(&error)}</span></p>
            }.into_any()))}
            <Output/>
        </section>
    }
}

fn buttons(pipeline: PipelineStore, state: PipelineState) -> AnyView {
    let is_busy = aria_bool(move || pipeline.is_busy.get());
    if state != PipelineState::Running {
        let is_restart = state == PipelineState::Exited;
        let label = if is_restart { "Start again" } else { "Start" };
        return view! {
            <button type="button" data-testid="pipeline-start" aria-disabled=is_busy
                on:click=click(move || pipeline.change("restart"))>{label}</button>
        }
        .into_any();
    }
    view! { {confirmed(pipeline, RESTART)} {confirmed(pipeline, STOP)} }.into_any()
}

/// A change that interrupts the command, so that it is confirmed.
struct Interruption {
    action: &'static str,
    verb: &'static str,
    /// Test identifiers of the button that asks and of the one that confirms.
    ids: [&'static str; 2],
    title_id: &'static str,
}

const RESTART: Interruption = Interruption {
    action: "restart",
    verb: "Restart",
    ids: ["pipeline-restart", "pipeline-restart-now"],
    title_id: "restart-title",
};
const STOP: Interruption = Interruption {
    action: "stop",
    verb: "Stop",
    ids: ["pipeline-end", "pipeline-stop"],
    title_id: "stop-title",
};

/// Button of an interruption, and its dialog.
fn confirmed(pipeline: PipelineStore, interruption: Interruption) -> AnyView {
    let Interruption {
        action,
        verb,
        ids,
        title_id,
    } = interruption;
    let dialog = NodeRef::<html::Dialog>::new();
    let open = move || {
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
    let confirm = move || {
        close();
        pipeline.change(action);
    };
    view! {
        <button type="button" data-testid=ids[0]
            aria-disabled=aria_bool(move || pipeline.is_busy.get())
            on:click=click(open)>{format!("{verb}…")}</button>
        <dialog node_ref=dialog class="confirm" aria-labelledby=title_id>
            <h2 id=title_id>{format!("{verb} the pipeline?")}</h2>
            <p>"The current run will be interrupted. Files already written are kept."</p>
            <div class="confirm-buttons">
                <button type="button" on:click=click(close)>"Keep running"</button>
                <button type="button" class="primary" data-testid=ids[1]
                    on:click=click(confirm)>{verb}</button>
            </div>
        </dialog>
    }
    .into_any()
}

/// State for the color of the light.
fn light(status: &Pipeline) -> &'static str {
    match (status.state, status.exit_code) {
        (PipelineState::Running, _) => "online",
        (PipelineState::Exited, Some(0)) => "done",
        (PipelineState::Exited | PipelineState::Failed, _) => "failing",
        (PipelineState::None | PipelineState::NotStarted, _) => "waiting",
    }
}

fn sentence(status: &Pipeline, now: f64) -> String {
    let age = |time: &Option<String>| {
        let time = time.as_deref().and_then(time::parse);
        time.map_or_else(String::new, |time| time::ago(now - time))
    };
    let ended = age(&status.ended);
    match (status.state, status.exit_code, status.signal) {
        (PipelineState::Running, ..) => format!("Running, started {}", age(&status.started)),
        (PipelineState::Exited, Some(0), _) => format!("Finished {ended}"),
        (PipelineState::Exited, Some(code), _) => format!("Ended with exit code {code}, {ended}"),
        (PipelineState::Exited, None, Some(signal)) => format!("Ended by signal {signal}, {ended}"),
        (PipelineState::Exited, None, None) => format!("Ended {ended}"),
        (PipelineState::Failed, ..) => "Could not be started".to_owned(),
        (PipelineState::None | PipelineState::NotStarted, ..) => "Not started".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use podslate_shared::api::Success;

    #[test]
    fn every_status_has_a_sentence_and_a_light() {
        use PipelineState::{Exited, Failed, NotStarted};
        for (state, exit_code, signal, expected, color) in [
            (NotStarted, None, None, "Not started", "waiting"),
            (Failed, None, None, "Could not be started", "failing"),
            (Exited, Some(0), None, "Finished ", "done"),
            (Exited, Some(3), None, "Ended with exit code 3, ", "failing"),
            (Exited, None, Some(9), "Ended by signal 9, ", "failing"),
        ] {
            let status = Pipeline {
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
            };
            assert_eq!(sentence(&status, 0.0), expected);
            assert_eq!(light(&status), color);
        }
    }
}
