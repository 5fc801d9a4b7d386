//! Progress of a project: its stages as steps, filled or empty.

use leptos::prelude::*;
use podslate_shared::api::{ProjectSummary, StageState};
use podslate_shared::layout::STAGES;

use crate::boxed::boxed_view;

/// Stages of a project.
#[component]
pub fn Stages(project: ArcRwSignal<ProjectSummary>) -> impl IntoView {
    let steps = boxed_view(move || {
        let project = project.read();
        let is_counted = project.state.is_none();
        let step = |stage| step(stage, is_counted);
        project.stages.iter().map(step).collect_view()
    });
    view! {
        <ol class="stages" data-testid="stages" aria-label="Pipeline stages">{steps}</ol>
    }
}

/// Name of a stage for people: `0_input` is "Input".
pub fn title(folder: &str) -> String {
    let known = STAGES.iter().find(|stage| stage.folder == folder);
    let name = known.map_or(folder, |stage| stage.name);
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn step(stage: &StageState, is_counted: bool) -> AnyView {
    let title = title(&stage.name);
    let filled = match stage.files {
        _ if !is_counted => "unknown",
        0 => "false",
        _ => "true",
    };
    let label = match stage.files {
        _ if !is_counted => format!("{title}: counting…"),
        0 => format!("{title}: empty"),
        1 => format!("{title}: 1 file"),
        files if stage.more => format!("{title}: {}+ files", grouped(files)),
        files => format!("{title}: {} files", grouped(files)),
    };
    view! {
        <li data-stage=stage.name.clone() data-filled=filled title=label>
            <span class="hidden">{label.clone()}</span>
            <span class="step" aria-hidden="true">{(filled == "true").then(|| short(stage))}</span>
            <span class="step-title" aria-hidden="true">{title}</span>
        </li>
    }
    .into_any()
}

/// Number of files in at most five characters.
fn short(stage: &StageState) -> String {
    let more = if stage.more { "+" } else { "" };
    match stage.files {
        files @ 0..1_000 => format!("{files}{more}"),
        files @ 1_000..1_000_000 => format!("{}k{more}", files / 1_000),
        files => format!("{}M{more}", files / 1_000_000),
    }
}

/// Number with a comma between thousands.
pub fn grouped(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1_000), number % 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_have_names_for_people() {
        assert_eq!(title("0_input"), "Input");
        assert_eq!(title("5_render"), "5_render");
        assert_eq!(title(""), "");
    }

    #[test]
    fn large_numbers_are_abbreviated() {
        let stage = |(files, more)| StageState {
            name: String::new(),
            files,
            more,
        };
        let numbers = [(7, false), (999, true), (15_500, true), (2_000_000, false)];
        let numbers = numbers.map(|number| short(&stage(number)));
        assert_eq!(numbers, ["7", "999+", "15k+", "2M"]);
    }

    #[test]
    fn thousands_are_separated() {
        let numbers = [0, 999, 1_204, 20_000, 1_000_005];
        let expected = ["0", "999", "1,204", "20,000", "1,000,005"];
        assert_eq!(numbers.map(grouped), expected);
    }
}
