//! Progress of a project: its stages as steps, filled or empty.

use leptos::prelude::*;
use podslate_shared::api::{ProjectSummary, StageState};
use podslate_shared::layout::STAGES;

use crate::boxed::boxed_view;

/// Stages of a project.
#[component]
pub fn Stages(project: ArcRwSignal<ProjectSummary>) -> impl IntoView {
    view! {
        <ol class="stages" data-testid="stages" aria-label="Pipeline stages">
            {boxed_view(move || project.read().stages.iter().map(step).collect_view())}
        </ol>
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

fn step(stage: &StageState) -> AnyView {
    let title = title(&stage.name);
    let is_filled = stage.files > 0;
    let label = match stage.files {
        0 => format!("{title}: empty"),
        1 => format!("{title}: 1 file"),
        files => format!("{title}: {files} files"),
    };
    view! {
        <li data-stage=stage.name.clone() data-filled=is_filled.to_string() title=label>
            <span class="hidden">{label.clone()}</span>
            <span class="step" aria-hidden="true">{is_filled.then(|| short(stage.files))}</span>
            <span class="step-title" aria-hidden="true">{title}</span>
        </li>
    }
    .into_any()
}

/// Number in at most four characters.
fn short(files: u64) -> String {
    match files {
        0..1_000 => files.to_string(),
        1_000..1_000_000 => format!("{}k", files / 1_000),
        _ => format!("{}M", files / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::{short, title};

    #[test]
    fn stages_have_names_for_people() {
        assert_eq!(title("0_input"), "Input");
        assert_eq!(title("5_render"), "5_render");
        assert_eq!(title(""), "");
    }

    #[test]
    fn large_numbers_are_abbreviated() {
        let numbers = [7, 999, 15_500, 2_000_000];
        assert_eq!(numbers.map(short), ["7", "999", "15k", "2M"]);
    }
}
